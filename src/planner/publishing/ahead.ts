/**
 * Preparing ahead, the pure part (decision 0028): what of a plan may run before the due time, how early, how long it is
 * good for, and when a preparing that did not come through is tried again. Times are epoch ms.
 */
import type { PlannedStep } from '#kit/client/steps.ts'
import type { Failure } from '#kit/facts/failures.ts'
import type { AheadStep, PlatformSpec } from '#kit/facts/spec.ts'

export type Ahead = NonNullable<PlatformSpec['ahead']>

/** How early preparing begins (ms): a quarter of an hour, more for large files, an hour at most. */
export const usualAheadMs = 15 * 60_000
export const longestAheadMs = 60 * 60_000
/** Files are counted on at this pace (bytes a ms, 1 MB a second): slow lines, and networks that work on what came. */
const slowPace = 1_000
/** Due sooner than this (ms), preparing would only stand in the way of the attempt itself. */
export const leastAheadMs = 2_000
/** What was prepared must live this long past the due time (ms): a backlog or a rate limit may put the create off. */
const spareMs = 10 * 60_000
/** Preparings of one publication that may come to nothing; then the attempt at the due time has the word. */
export const mostPreparings = 12
/** What is over for now is looked at again after this long (ms): the table of back-offs is through, or the channel has to be connected anew. */
const againMs = 60_000

/**
 * Until when a preparing is held (epoch ms): to the due time and no longer, as nobody else may say that a worker died; what is
 * still at work then holds on in short stretches. So a death delays the create by a third of a lease at most.
 */
export const preparingLease = (now: number, dueAt: number, leaseMs: number): number =>
  Math.min(now + leaseMs, Math.max(dueAt, now + nearLeaseMs(leaseMs)))
/** The short stretch (ms). */
export const nearLeaseMs = (leaseMs: number): number => leaseMs / 3

const lifeOf = (ahead: Ahead, name: string): number | undefined => ahead[name as AheadStep]

/** The steps that may run ahead: the first of the plan, as long as repeating harms nobody and the spec names them. */
export const aheadSteps = (planned: readonly PlannedStep[], ahead: Ahead | undefined): readonly PlannedStep[] => {
  const end = planned.findIndex(
    (p) => p.step.options.again !== 'safe' || lifeOf(ahead ?? {}, p.step.name) === undefined,
  )
  return planned.slice(0, end < 0 ? planned.length : end)
}

/** How early to begin (ms before the due time). `bytes`: of all files. Never so early that half the shortest life is over. */
export const aheadMs = (steps: readonly PlannedStep[], ahead: Ahead, bytes: number): number => {
  const lives = steps.map((p) => lifeOf(ahead, p.step.name) ?? 0)
  return Math.min(usualAheadMs + bytes / slowPace, longestAheadMs, Math.min(...lives) / 2)
}

/** When the first of what is done ends its life on the network; null: nothing is done. A tenth is left as a margin. */
export const livesUntil = (
  done: readonly { name: string; endedAt: number | null }[],
  ahead: Ahead | undefined,
): number | null => {
  const ends = done.flatMap((s) => {
    const life = lifeOf(ahead ?? {}, s.name)
    return life === undefined || s.endedAt === null ? [] : [s.endedAt + life * 0.9]
  })
  return ends.length === 0 ? null : Math.min(...ends)
}

/** Does a move to another time keep what is prepared? Only where it lives then, with time to spare, and would be prepared by now. */
export const keepsPrepared = (preparedUntil: number | null, dueAt: number, now: number): boolean =>
  preparedUntil !== null && dueAt + spareMs <= preparedUntil && dueAt - now <= longestAheadMs

/** How a preparing ended that did not come through: what the steps said, as an attempt would end. */
export type Stopped = {
  event: string
  reason?: string | null
  message?: string | null
  nextAt?: Date | null
  failure?: (Pick<Failure, 'code' | 'message' | 'status'> & { kind: string }) | null
}

export type AfterPreparing =
  /** The network works on it: look again then. */
  | { is: 'working'; nextAt: number | null }
  /** It went wrong. `sure`: it will fail at its time too, unless a person mends it. `nextAt` null: not tried again ahead. */
  | { is: 'failed'; sure: boolean; nextAt: number | null }

/** What becomes of a preparing. Nothing is tried again that could not be over before the due time. */
export const afterPreparing = (s: Stopped, o: { now: number; dueAt: number; tries: number }): AfterPreparing => {
  const inTime = (at: number) => (at < o.dueAt && o.tries < mostPreparings ? at : null)
  if (s.event === 'wait') {
    const at = s.nextAt?.getTime() ?? o.now
    if (s.reason === 'processing') return { is: 'working', nextAt: at < o.dueAt ? at : null }
    return { is: 'failed', sure: false, nextAt: inTime(Math.max(at, o.now + 1_000)) }
  }
  // The channel is broken, and shown as such: as soon as a person has mended it, preparing goes on.
  if (s.event === 'hold') return { is: 'failed', sure: true, nextAt: inTime(o.now + againMs) }
  if (s.failure?.kind === 'try-later' || s.failure?.kind === 'unknown-outcome')
    return { is: 'failed', sure: false, nextAt: inTime(o.now + againMs) }
  return { is: 'failed', sure: true, nextAt: null }
}
