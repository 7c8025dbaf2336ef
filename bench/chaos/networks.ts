/** The imitations as chaos wants them: without what would hide a mistake, or stop thousands of posts of one account. */
import type { Desk } from '../stand/desk.ts'

/** By the name of the knob, whichever network has it. A guard against repetition would hide a blind one. */
const wanted: Readonly<Record<string, number>> = {
  duplicateGuard: 0,
  rateLimits: 0,
  quotaTotal: 1_000_000,
  replyTotal: 1_000_000,
  contentLimitMs: 0,
  editsAMinute: 1_000_000,
  qpm: 1_000_000,
}

export const knobsOff = async (desk: Desk, platform: string): Promise<void> => {
  const there = await desk.knobs(platform)
  const values = Object.fromEntries(Object.entries(wanted).filter(([name]) => name in there))
  if (Object.keys(values).length > 0) await desk.knobs(platform, values)
}
