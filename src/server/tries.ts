/**
 * Tries at one thing, whoever makes them: a password may be guessed from a thousand addresses. A try is taken before it is
 * made, so that many at once are counted too.
 */
import type { Counter } from './counting.ts'

export type Tries = {
  max: number
  /** Takes a try; gives the ms to wait when there is none left. */
  take: (key: string) => Promise<number | null>
  /** It was no guess. */
  forgive: (key: string) => Promise<void>
}

export const createTries = ({ counter, max }: { counter: Counter; max: number }): Tries => ({
  max,
  take: async (key) => {
    const { count, ms } = await counter.add(key)
    return count > max ? ms : null
  },
  forgive: counter.forget,
})
