/**
 * Group commit (decision 0023). Writes of many callers share one statement and so one commit: what is asked for while
 * a write is under way, or right after one, goes with the next. A caller goes on only when the commit that holds its own
 * line has answered. Pure of SQL.
 *
 * A statement costs about as much as twenty of its lines, so the first goes at once and those behind it go together, one
 * statement every few milliseconds. Only a write that takes long, which is one that waits for somebody's lock, has another beside it.
 *
 * When a batch fails and nothing of it was written for sure, one line may be the cause: it falls apart in halves until
 * only the line at fault is told of it. When nobody can know what was written (the connection broke), every caller of
 * the batch gets the error, and nothing is written again here: that is for a caller whose write may be repeated.
 */

/** Writes one line and gives what the writer says of it. Rejects with what went wrong with this line, or with its batch. */
export type Together<T, R> = (item: T) => Promise<R>

export type Group<T, R> = {
  /** Writes all in one statement; gives a result for each, in their order. Rejects when it wrote nothing, or nobody knows. */
  write: (items: readonly T[]) => Promise<readonly R[]>
  /** True: nothing was written for sure, and it may be the fault of one line. */
  ofOne: (error: unknown) => boolean
  /** Most lines of one write. Default 64. */
  most?: number
  /** From one write to the next (ms), unless as many wait as one may take. Default 15. */
  restMs?: number
}

/** A write that takes longer than this (ms) keeps the next one waiting no longer. */
const patienceMs = 50
/** Writes under way at the same time, at most. */
const lanes = 2

type Waiting<T, R> = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }

export const createTogether = <T, R>({ write, ofOne, most = 64, restMs = 15 }: Group<T, R>): Together<T, R> => {
  const waiting: Waiting<T, R>[] = []
  let underWay = 0
  /** May the next go? */
  let open = true
  let rest: NodeJS.Timeout | undefined

  /** Tells every caller of the batch; never rejects. */
  const settle = async (batch: readonly Waiting<T, R>[]): Promise<void> => {
    let results: readonly R[]
    try {
      results = await write(batch.map((w) => w.item))
      if (results.length !== batch.length)
        throw new Error(`${batch.length} lines were written, ${results.length} told of`)
    } catch (error) {
      if (batch.length === 1 || !ofOne(error)) {
        for (const w of batch) w.reject(error)
        return
      }
      const half = batch.length >> 1
      await settle(batch.slice(0, half))
      return settle(batch.slice(half))
    }
    for (const [n, w] of batch.entries()) w.resolve(results[n]!)
  }

  const pump = (): void => {
    if (!open || underWay >= lanes || waiting.length === 0) return
    open = false
    underWay++
    const began = performance.now()
    const reopen = () => {
      rest = undefined
      open = true
      pump()
    }
    let patience: NodeJS.Timeout | undefined = setTimeout(() => {
      patience = undefined
      reopen()
    }, patienceMs)
    void settle(waiting.splice(0, most)).finally(() => {
      underWay--
      if (!patience) return pump()
      clearTimeout(patience)
      const left = restMs - (performance.now() - began)
      if (left > 0 && waiting.length < most) rest = setTimeout(reopen, left)
      else reopen()
    })
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // What is asked for in this turn of the loop goes together.
      if (waiting.length === 1) setImmediate(pump)
      if (waiting.length === most && rest) {
        clearTimeout(rest)
        rest = undefined
        open = true
        setImmediate(pump)
      }
    })
}
