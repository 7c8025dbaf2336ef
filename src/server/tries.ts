/**
 * Tries at one thing, whoever makes them: a password may be guessed from a thousand addresses. Counted in this process,
 * as the other limits are. A try is taken before it is made, so that many at once are counted too.
 */
import type { Clock } from '#infra/clock.ts'

export type Tries = {
  max: number
  /** Takes a try; gives the ms to wait when there is none left. */
  take: (key: string) => number | null
  /** It was no guess. */
  forgive: (key: string) => void
}

/** More keys than this are never kept: whoever invents names drives out the oldest. */
const mostKeys = 10_000

export const createTries = ({ clock, max, windowMs }: { clock: Clock; max: number; windowMs: number }): Tries => {
  const seen = new Map<string, { count: number; endsAt: number }>()
  return {
    max,
    take: (key) => {
      const now = clock.now()
      const known = seen.get(key)
      const entry = known && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs }
      if (entry.count >= max) return entry.endsAt - now
      entry.count += 1
      seen.delete(key)
      seen.set(key, entry)
      if (seen.size > mostKeys) seen.delete(seen.keys().next().value!)
      return null
    },
    forgive: (key) => void seen.delete(key),
  }
}
