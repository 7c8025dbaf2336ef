/**
 * Work that has minutes gives way to work that is due to the second. While that is `busy`, a look is put off for a moment,
 * and one under way ends between two of its pieces. Never for longer than `mostMs`: then the work goes on until it has
 * caught up, so that a process that is never idle falls minutes behind and not for ever.
 */
import type { Job } from './carrier.ts'
import type { Clock } from './clock.ts'

/** How long a look is put off at a time (ms). */
const againMs = 2_000
/** How long work gives way at most (ms), counted from when it was first put off after it had caught up. */
const mostMs = 3 * 60_000

/** Gives what makes a job give way. Jobs without `givesWay` stay as they are. */
export const createGivingWay =
  (d: { clock: Pick<Clock, 'now'>; busy: () => boolean }) =>
  (job: Job): Job => {
    if (!job.givesWay) return job
    let since: number | null = null
    const blocked = (): boolean => {
      if (!d.busy()) return false
      const now = d.clock.now()
      since ??= now
      // A clock that was set back must not make minutes hours.
      return Math.abs(now - since) < mostMs
    }
    return {
      ...job,
      look: async () => {
        if (blocked()) return new Date(d.clock.now() + againMs)
        const next = await job.look(() => !blocked())
        if (next === null || next.getTime() > d.clock.now()) since = null
        return next
      },
    }
  }
