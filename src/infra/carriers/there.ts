/** What a queue has of a turn already, and what is to be done about it. */

/** A job as Redis has it: fields of its hash, null where there is none. */
export type JobThere = {
  /** ms: when it was put in. */
  timestamp: number
  /** ms after that; 0 once it waits for a worker. */
  delay: number
  finished: boolean
} | null

/** Two instants of one turn this near are one (ms). */
const sameMs = 100

/**
 * `put`: there is none. `again`: there is one that will not do: it is over though its thing is still to be taken, or it
 * waits for another instant. `leave`: it has its turn.
 */
export const whatToDo = (there: JobThere, o: { at: number; now: number }): 'put' | 'again' | 'leave' => {
  if (!there) return 'put'
  if (there.finished) return 'again'
  // In line for a worker already.
  if (there.delay === 0) return 'leave'
  const due = there.timestamp + there.delay
  const now = o.now + sameMs
  return Math.abs(due - o.at) <= sameMs || (due <= now && o.at <= now) ? 'leave' : 'again'
}

/** Reads what `jobThere` takes, of many jobs at once. */
export const readJobs = `
local out = {}
for i, key in ipairs(KEYS) do out[i] = redis.call('HMGET', key, 'timestamp', 'delay', 'finishedOn') end
return out`
export const jobThere = (fields: readonly (string | null)[]): JobThere => {
  const [timestamp, delay, finishedOn] = fields
  if (timestamp === null || timestamp === undefined) return null
  return {
    timestamp: Number(timestamp),
    delay: Number(delay ?? 0),
    finished: finishedOn !== null && finishedOn !== undefined,
  }
}
