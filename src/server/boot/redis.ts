/** What a process has of Redis; all of it is loaded only when REDIS_URL is set. */
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

/** Opens it; resolves whether Redis is there or not. */
export const openRedisParts = async (o: {
  url: string
  keys: Pick<KeyRing, 'derive'>
  database: Pick<Database, 'listen'>
  clock: Clock
  log: Record<'debug' | 'info' | 'warn' | 'error', (o: object, text: string) => void>
  metrics: Pick<Metrics, 'queueEvent' | 'watchQueues'>
}): Promise<RedisParts> => {
  const [{ openRedis }, { createRedisCarriers }] = await Promise.all([
    import('#infra/redis.ts'),
    import('#infra/carriers/bullmq.ts'),
  ])
  // All processes of an installation have its keys; another one on the same Redis has others.
  const prefix = `clarion-${o.keys.derive('redis').toString('hex').slice(0, 12)}`
  const link = openRedis({ url: o.url, prefix, log: o.log })
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
