/** What the harness and its worker processes say to each other over the process's own channel. */

/** How a worker is to meet its call number `at` (0 = the first of the attempt). `stall-*`: says so, then waits for `resume` (the harness stops the process meanwhile). */
export type Trap = { at: number; do: 'kill-before' | 'kill-after' | 'stall-before' | 'stall-after' }

export type ToWorker =
  /** May it claim? With a trap for one of its calls. */
  | { say: 'go'; trap: Trap | null; seed: number }
  | { say: 'halt' }
  /** Moves its clock ahead (ms). */
  | { say: 'advance'; ms: number }
  | { say: 'resume' }

export type FromWorker =
  | { say: 'ready' }
  | { say: 'stalled' }
  /** Calls made since the last `go`, in order. */
  | { say: 'calls'; calls: string[] }
  | { say: 'halted'; calls: string[] }

export type WorkerSettings = {
  databaseUrl: string
  redisUrl: string | null
  keys: string
  mediaDir: string
  sandboxUrl: string
  /** ms the worker's clock is ahead of the wall when it starts. */
  offset: number
  name: string
  leaseMs: number
  /** A request without an answer is given up after this many real ms. */
  timeoutMs: number
}
