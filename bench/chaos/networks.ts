/** The imitations as chaos wants them: without what would hide a mistake, or stop thousands of posts of one account. */
import type { Platform } from '#kit/client/platform.ts'
import type { Desk } from '../stand/desk.ts'

/**
 * By the name of the knob, whichever network has it. A guard against repetition would hide a blind one; where Clarion
 * repeats because the network has one (a keyed create, as of LinkedIn's members), it stays.
 */
const wanted: Readonly<Record<string, number>> = {
  duplicateGuard: 0,
  rateLimits: 0,
  dailyPosts: 1_000_000,
  quotaTotal: 1_000_000,
  replyTotal: 1_000_000,
  contentLimitMs: 0,
  editsAMinute: 1_000_000,
  qpm: 1_000_000,
}

export const knobsOff = async (desk: Desk, { spec, publish }: Platform): Promise<void> => {
  const there = await desk.knobs(spec.id)
  const keyed = publish.some((s) => s.name === 'create' && s.options.again === 'keyed')
  const off = Object.entries(wanted).filter(([name]) => name in there && !(keyed && name === 'duplicateGuard'))
  if (off.length > 0) await desk.knobs(spec.id, Object.fromEntries(off))
}
