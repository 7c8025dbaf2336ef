/** Time is injected. Everything that asks "now" or waits goes through a Clock; nothing else calls Date.now(). */

export type Clock = {
  /** Epoch ms, UTC. */
  now: () => number
  /** Resolves after `ms` of this clock's time, or at once when `signal` aborts. Never rejects. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

const realSleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    // setTimeout's own limit is 2^31 ms; a longer sleep wakes early and its caller looks again.
    const timer = setTimeout(end, Math.min(Math.max(0, ms), 2_000_000_000))
    signal?.addEventListener('abort', end, { once: true })
  })

export const systemClock: Clock = { now: () => Date.now(), sleep: realSleep }

/**
 * A clock that runs `rate` times faster than the wall, from `origin` (epoch ms of the wall). Processes given the same
 * origin and rate agree on the time: the crash matrix lives through minutes of back-off in seconds.
 */
export const scaledClock = (origin: number, rate: number): Clock => ({
  now: () => Math.round(origin + (Date.now() - origin) * rate),
  sleep: (ms, signal) => realSleep(ms / rate, signal),
})

/** A clock tests move by hand. `advance` wakes the sleepers it passes. @testing */
export const manualClock = (
  start = Date.UTC(2026, 10, 22, 9, 0, 0),
): Clock & { advance: (ms: number) => Promise<void>; set: (at: number) => void } => {
  let at = start
  const sleepers = new Set<{ due: number; wake: () => void }>()
  return {
    now: () => at,
    set: (to) => {
      at = to
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          due: at + ms,
          wake: () => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        if (ms <= 0 || signal?.aborted) return resolve()
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    advance: async (ms) => {
      at += ms
      for (const s of [...sleepers].sort((a, b) => a.due - b.due)) if (s.due <= at) s.wake()
      await new Promise((r) => setImmediate(r))
    },
  }
}

/** A running clock that can be moved ahead: the time that passes is real, the jumps are not. Sleepers wake when a jump passes them. */
export const steerableClock = (offset = 0): Clock & { advance: (ms: number) => void } => {
  let ahead = offset
  const wakers = new Set<() => void>()
  const now = () => Date.now() + ahead
  return {
    now,
    advance: (ms) => {
      ahead += ms
      for (const wake of [...wakers]) wake()
    },
    sleep: async (ms, signal) => {
      const due = now() + ms
      while (now() < due && !signal?.aborted) {
        const jump = new AbortController()
        const wake = () => jump.abort()
        wakers.add(wake)
        await realSleep(due - now(), signal ? AbortSignal.any([signal, jump.signal]) : jump.signal)
        wakers.delete(wake)
      }
    },
  }
}
