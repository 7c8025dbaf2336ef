/**
 * Bluesky's numbers, typed by hand from the fact sheet (bluesky.md, sections in brackets) and the official lexicons.
 * The client side has its own copy; never import either from the other.
 */

export const post = { graphemes: 300, bytes: 3000, langs: 3, tags: 8, tagGraphemes: 64, tagBytes: 640 }
export const images = { max: 4, bytes: 2_000_000, galleryMax: 20 }
export const external = { thumbBytes: 1_000_000 }
export const video = { bytes: 300_000_000, maxMs: 10 * 60_000, captions: 20, captionBytes: 20_000 }
/** [2c], a public client. */
export const oauth = { parSecs: 299, codeMs: 10 * 60_000, accessMs: 60 * 60_000, refreshMs: 14 * 86_400_000 }
export const gates = { allow: 5, hidden: 300, embedding: 5, detached: 50 }
export const labels = { values: 10, valueBytes: 128 }

/** [3], [10] */
export const repo = { jsonBytes: 1_000_000, blobBytes: 52_428_800, applyWrites: 200, listMax: 100, listDefault: 50 }

/** [2b] */
export const session = {
  accessMs: 120 * 60_000,
  refreshMs: 90 * 86_400_000,
  /** A traded refresh token yields the same successor for this long. */
  graceMs: 2 * 3_600_000,
}

/** [3] service tokens */
export const serviceAuth = { defaultSecs: 60, maxSecs: 3600 }

const HOUR = 3_600_000
const DAY = 86_400_000

/** [7] */
export const limits = {
  all: { limit: 3000, windowMs: 5 * 60_000 },
  sessions: { limit: 30, windowMs: 5 * 60_000 },
  sessionsDay: { limit: 300, windowMs: DAY },
  blobs: { limit: 1000, windowMs: DAY },
  pointsHour: { limit: 5000, windowMs: HOUR },
  pointsDay: { limit: 35_000, windowMs: DAY },
}
export type LimitName = keyof typeof limits
export const points = { create: 3, update: 2, delete: 1 }

export const lookupMax = 25

/** A client's metadata document is read up to here (bytes); the real server's own bound is not documented. */
export const clientDocumentBytes = 65_536
