/** Quotas per project that fill again at midnight in California (fact sheet youtube.md §7), on the sandbox clock. */
import type { GoogleWorld } from './state.ts'

const pacific = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Los_Angeles' })

/** The day in California, `2026-11-22`. */
export const pacificDay = (at: number): string => pacific.format(at)

/** Takes `units` of a bucket of today; false: there is not enough left, and nothing was taken. */
export const takeDaily = (world: GoogleWorld, bucket: string, units: number, cap: number): boolean => {
  const { windows } = world.state.google
  const key = `${bucket}/${pacificDay(world.now())}`
  windows[key] ??= { from: world.now(), used: 0 }
  const w = windows[key]
  if (w.used + units > cap) return false
  w.used += units
  for (const [old, { from }] of Object.entries(windows)) if (from < world.now() - 2 * 86_400_000) delete windows[old]
  world.changed()
  return true
}
