/** Health and metrics doors. Live: the process answers. Ready: it can do its work. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { Problem } from '#contract/problems.ts'
import type { Db } from '#infra/db/database.ts'
import type { TrustProxy } from '#infra/trust-proxy.ts'
import type { Metrics } from './metrics.ts'
import { isHere, isPrivate } from './this-machine.ts'

/** Null when well, else a sentence for the operator. `degraded`: the work is done all the same, only not as well. */
type Finding = string | { degraded: string } | null
export type Check = () => Promise<Finding> | Finding
export type Checks = Record<string, Check>

export type HealthDeps = {
  db: Db
  checks: Checks
  metrics: Metrics
  /** Opens /metrics to `Authorization: Bearer <token>`; without one only a Clarion for this machine shows them, to this machine. */
  metricsToken: string | null
  publicUrl: string
  trustProxy: TrustProxy
}

const timeoutMs = 2_000
const within = async (check: Check): Promise<Finding> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('does not answer'), timeoutMs)
  })
  try {
    return await Promise.race([Promise.resolve().then(check), late])
  } catch (error) {
    return error instanceof Error ? error.name : 'fails'
  } finally {
    clearTimeout(timer)
  }
}

const digest = (s: string) => createHash('sha256').update(s).digest()
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b))
export const registerHealth = (app: FastifyInstance, d: HealthDeps): void => {
  const { db, checks, metrics, metricsToken } = d
  // Behind a proxy everybody looks local.
  const local = isPrivate(d)
  const all: Checks = {
    database: async () => {
      await sql`select 1 from workspaces limit 1`.execute(db)
      return null
    },
    ...checks,
  }
  const quiet = { schema: { hide: true }, config: { rateLimit: false as const } }

  app.get('/health/live', quiet, async () => ({ ok: true }))
  app.get('/health/ready', quiet, async (_request, reply) => {
    const found = await Promise.all(
      Object.entries(all).map(async ([name, check]) => [name, (await within(check)) ?? 'ok'] as const),
    )
    const ok = found.every(([, says]) => says === 'ok' || typeof says === 'object')
    const degraded = found.some(([, says]) => typeof says === 'object')
    const words = found.map(([name, says]) => [name, typeof says === 'object' ? says.degraded : says])
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, ...(degraded ? { degraded } : {}), checks: Object.fromEntries(words) })
  })
  app.get('/metrics', quiet, async (request, reply) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (!(local && isHere(request.raw)) && !(metricsToken && token && same(token, metricsToken)))
      throw new Problem(
        'forbidden',
        'Metrics are read with the metrics token (CLARION_METRICS_TOKEN), or from the machine of a Clarion nobody else can reach.',
      )
    const { type, text } = await metrics.text()
    return reply.type(type).send(text)
  })
}
