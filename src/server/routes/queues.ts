/** What the queues hold, as numbers; and a board over them for the owners of the installation. */
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'
import { rawRoutes } from '#contract/routes.ts'
import type { RedisCarriers } from '#infra/carriers/bullmq.ts'
import type { Authorize } from '../access.ts'
import type { Bind } from '../bind.ts'
import { foreseen, problemBody, sendProblem } from '../problems.ts'

/** Null: no Redis is set. `trouble`: why it cannot be asked now. */
export type QueuesDoorDeps = {
  redis: { carriers: Pick<RedisCarriers, 'numbers' | 'queues'>; trouble: () => string | null } | null
}

export const registerQueues = (bind: Bind, { redis }: QueuesDoorDeps): void => {
  bind('queueList', async () => {
    if (!redis) return { carrier: 'process' as const, trouble: null, items: [] }
    const none = (trouble: string) => ({ carrier: 'redis' as const, trouble, items: [] })
    const trouble = redis.trouble()
    if (trouble) return none(trouble)
    try {
      return { carrier: 'redis' as const, trouble: null, items: await redis.carriers.numbers() }
    } catch {
      return none(redis.trouble() ?? 'does not answer')
    }
  })
}

/** Who may, and what: owners look, and nobody changes a thing there, whatever the board could do. */
export const registerBoard = async (
  app: FastifyInstance,
  d: { authorize: Authorize; redis: NonNullable<QueuesDoorDeps['redis']> },
): Promise<void> => {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ])
  const { path, access } = rawRoutes.queueBoard
  const adapter = new FastifyAdapter()
  const board = createBullBoard({
    queues: [],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Clarion: queues', pollingInterval: { showSetting: true } } },
  })
  adapter.setBasePath(path)
  // The board's own answer would carry a stack trace.
  adapter.setErrorHandler((error) => {
    const body = problemBody(foreseen(error) ?? new Problem('internal'))
    return { status: body.status as 500, body }
  })
  let shown: unknown
  const refresh = async () => {
    const trouble = d.redis.trouble()
    const queues = trouble ? null : await d.redis.carriers.queues().catch(() => null)
    if (!queues) throw new Problem('queues-away', `Redis ${trouble ?? 'does not answer'}.`)
    const now = queues.map((q) => q.name).join()
    if (shown === now) return
    board.replaceQueues(queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })))
    shown = now
  }
  await app.register(async (inner) => {
    inner.addHook('onRequest', async (request, reply) => {
      try {
        request.caller = await d.authorize(request, access)
        if (request.method !== 'GET' && request.method !== 'HEAD')
          throw new Problem('forbidden', 'The board shows the queues and changes nothing.')
        await refresh()
      } catch (error) {
        const problem = foreseen(error)
        if (!problem) throw error
        return sendProblem(reply, problem, request.id)
      }
    })
    await inner.register(adapter.registerPlugin(), { prefix: path })
  })
}
