/** What a process has of Redis; all of it is loaded only when REDIS_URL is set. */
import { CannotStart } from '#infra/cannot-start.ts'
import type { Carry } from '#infra/carrier.ts'
import type { RedisCarriers } from '#infra/carriers/bullmq.ts'
import type { Clock } from '#infra/clock.ts'
import type { Database } from '#infra/db/database.ts'
import type { RedisLink } from '#infra/redis.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { type Counting, countHere, countOnRedis } from '../counting.ts'
import type { Check } from '../health.ts'
import type { Metrics } from '../metrics.ts'

export type RedisParts = {
  link: RedisLink
  carry: Carry
  carriers: RedisCarriers
  /** Limits over all processes. */
  counting: Counting
  /** How it is, for readiness: the process does its work without it, so it is never "not ready". */
  check: Check
  /** After everything that uses it has ended. */
  close: () => Promise<void>
}

/** A Redis that is not there yet is waited for this long (ms), to see whether it is one Clarion can use at all. */
const meetMs = 2_000

/** Opens it; resolves whether Redis is there or not. @throws CannotStart when it is of a kind Clarion cannot use. */
export const openRedisParts = async (o: {
  url: string
  keys: Pick<KeyRing, 'derive'>
  database: Pick<Database, 'listen'>
  clock: Clock
  log: Record<'debug' | 'info' | 'warn' | 'error', (o: object, text: string) => void>
  metrics: Pick<Metrics, 'queueEvent' | 'watchQueues'>
}): Promise<RedisParts> => {
  const [{ openRedis, within }, { createRedisCarriers }] = await Promise.all([
    import('#infra/redis.ts'),
    import('#infra/carriers/bullmq.ts'),
  ])
  // All processes of an installation have its keys; another one on the same Redis has others.
  const prefix = `clarion-${o.keys.derive('redis').toString('hex').slice(0, 12)}`
  const link = openRedis({ url: o.url, prefix, log: o.log })
  await within(meetMs, link.met).catch(() => undefined)
  const unfit = link.unfit()
  if (unfit) {
    await link.close()
    throw new CannotStart(
      `The server of REDIS_URL ${unfit}.`,
      'Set REDIS_URL to one Redis or Valkey that takes writes, or leave it out: one process needs none (docs/scaling.md).',
    )
  }
  const carriers = createRedisCarriers({
    link,
    prefix,
    database: o.database,
    clock: o.clock,
    log: o.log,
    onEvent: o.metrics.queueEvent,
  })
  o.metrics.watchQueues(async () => (link.trouble() ? null : carriers.numbers()))
  return {
    link,
    carry: carriers.carry,
    carriers,
    counting: await countOnRedis({ link, prefix, here: countHere(o.clock) }),
    // As it was found within the last seconds: one that hangs must not make the answer hang.
    check: () => {
      const trouble = link.trouble()
      return trouble && { degraded: `Redis ${trouble}; this process carries its work by itself` }
    },
    close: async () => {
      await carriers.close()
      await link.close()
    },
  }
}
