/**
 * Telegram's numbers, typed by hand from the fact sheet (telegram.md, sections in brackets). The client side has its own
 * copy; never import either from the other.
 */

/** UTF-16 code units after the markup is taken out [3], [10]. */
export const text = { max: 4096, captionMax: 1024 }

const MIB = 1024 * 1024

/** [3] */
export const files = {
  photoBytes: 10 * MIB,
  otherBytes: 50 * MIB,
  photoUrlBytes: 5 * MIB,
  otherUrlBytes: 20 * MIB,
  photoSides: 10_000,
  photoRatio: 20,
  photoTypes: ['image/jpeg', 'image/png', 'image/webp'],
}

export const album = { min: 2, max: 10 }

export const poll = {
  questionMax: 300,
  optionMax: 100,
  minOptions: 1,
  maxOptions: 12,
  minOpen: 5,
  maxOpen: 2_628_000,
  explanationMax: 200,
}

/** Guidance of the bot FAQ [7]. */
export const limits = { perChatMinute: 20, perBotSecond: 30 }

/** [5] */
export const deleteWithinMs = 48 * 3_600_000
export const deleteManyMax = 100

/** [9] */
export const updates = { maxLimit: 100, maxTimeoutSecs: 50, keptMs: 24 * 3_600_000 }
