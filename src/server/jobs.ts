/** Background chores: each runs when it is due, or when something changed, and never faster than it can. */
import type { Clock } from '#infra/clock.ts'
import { type Database, topics } from '#infra/db/database.ts'
import type { Log } from '#planner/publishing/deps.ts'

/** Does what is due and says when it is due next (UTC), or null when only a change can make it due. */
export type Job = { name: string; run: () => Promise<Date | null> }

/** The safety net when a NOTIFY was lost, and the least gap between two runs (ms). */
const sweepMs = 30_000
const gapMs = 1_000

export type Jobs = { start: () => Promise<void>; stop: () => Promise<void> }

export const createJobs = (o: {
  database: Pick<Database, 'listen'>
  clock: Clock
  log: Log
  jobs: readonly Job[]
}): Jobs => {
  const stopping = new AbortController()
  const nudges = new Map(o.jobs.map((j) => [j.name, new AbortController()]))
  let loops: Promise<void>[] = []
  let unlisten: (() => Promise<void>) | undefined

  const loop = async (job: Job) => {
    while (!stopping.signal.aborted) {
      const nudge = new AbortController()
      nudges.set(job.name, nudge)
      let next: Date | null = null
      try {
        next = await job.run()
      } catch (err) {
        o.log.error({ err, job: job.name }, 'a background job broke; it runs again')
      }
      await o.clock.sleep(gapMs, stopping.signal)
      const wait = Math.min(sweepMs, next ? next.getTime() - o.clock.now() : sweepMs)
      await o.clock.sleep(wait, AbortSignal.any([nudge.signal, stopping.signal]))
    }
  }

  return {
    start: async () => {
      unlisten = await o.database.listen(topics.due, () => {
        for (const n of nudges.values()) n.abort()
      })
      loops = o.jobs.map(loop)
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(loops)
      await unlisten?.()
    },
  }
}
