/** The room a text has on a network: what preflight judges by, and what the composer's counters show. Pure. */
import type { Draft } from './draft.ts'
import type { PlatformPure } from './preflight.ts'
import { shownText, utf8Bytes } from './text.ts'

/** `actual` and `max` in the network's unit; bytes where it limits these too. */
export type Room = { actual: number; max: number; bytes?: { actual: number; max: number } }

/** The room of one text of a draft; `withMedia` where media go with it. */
export const roomOf = (pure: PlatformPure, draft: Draft, source: string, withMedia: boolean): Room => {
  const limits = (pure.limitsFor?.(pure.spec, draft) ?? pure.spec).text
  const shown = shownText(source)
  const text = pure.seen?.(shown, draft.settings) ?? shown
  return {
    actual: pure.text.count(text),
    max: withMedia ? (limits.maxWithMedia ?? limits.max) : limits.max,
    ...(limits.maxBytes ? { bytes: { actual: (pure.text.bytes ?? utf8Bytes)(text), max: limits.maxBytes } } : {}),
  }
}

/** By how much the fuller of the two limits is used: above 1 it does not fit. */
export const fullness = ({ actual, max, bytes }: Room): number =>
  Math.max(actual / max, bytes ? bytes.actual / bytes.max : 0)
