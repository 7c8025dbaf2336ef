/**
 * How often something happened in a stretch of time, by key: what limits are made of. Counted in this process, or for all
 * processes on Redis; while Redis is away in this process again, so that a limit never fails open.
 */
import type { Clock } from '#infra/clock.ts'
import type { RedisLink } from '#infra/redis.ts'

export type Counter = {
  /** One more; gives how many there are now, this one too, and the ms until they are forgotten. */
  add: (key: string) => Promise<{ count: number; ms: number }>
  /** It was none. */
  forget: (key: string) => Promise<void>
}
/** `name` tells counters apart; `windowMs` begins with the first that is counted. */
export type Counting = (name: string, o: { windowMs: number }) => Counter

/** More keys than this are never kept: whoever invents names drives out the oldest. */
const mostKeys = 10_000

export const countHere =
  (clock: Pick<Clock, 'now'>): Counting =>
  (_name, { windowMs }) => {
    const seen = new Map<string, { count: number; endsAt: number }>()
    return {
      add: async (key) => {
        const now = clock.now()
        const known = seen.get(key)
        const entry = known && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs }
        entry.count += 1
        seen.delete(key)
        seen.set(key, entry)
        if (seen.size > mostKeys) seen.delete(seen.keys().next().value!)
        return { count: entry.count, ms: entry.endsAt - now }
      },
      forget: async (key) => void seen.delete(key),
    }
  }

/** Redis may take this long (ms) before a request is counted here instead. */
const patienceMs = 300

export const countOnRedis = async (o: { link: RedisLink; prefix: string; here: Counting }): Promise<Counting> => {
  const [{ RateLimiterRedis, RateLimiterRes }, { within }] = await Promise.all([
    import('rate-limiter-flexible'),
    import('#infra/redis.ts'),
  ])
  return (name, { windowMs }) => {
    const here = o.here(name, { windowMs })
    const shared = new RateLimiterRedis({
      storeClient: o.link.client,
      keyPrefix: `${o.prefix}:limit-${name}`,
      points: Number.MAX_SAFE_INTEGER,
      duration: Math.ceil(windowMs / 1000),
      rejectIfRedisNotReady: true,
    })
    const on = async <T>(there: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> => {
      if (o.link.trouble() !== null) return otherwise()
      try {
        return await within(patienceMs, there())
      } catch {
        o.link.doubt()
        return otherwise()
      }
    }
    return {
      add: (key) =>
        on(
          async () => {
            const seen = await shared.consume(key)
            if (!(seen instanceof RateLimiterRes)) throw new Error('no answer')
            return { count: seen.consumedPoints, ms: seen.msBeforeNext }
          },
          () => here.add(key),
        ),
      forget: (key) =>
        on(
          async () => {
            await shared.delete(key)
            await here.forget(key)
          },
          () => here.forget(key),
        ),
    }
  }
}
