/** When numbers are read, and what they say, pure. Instants are epoch ms, UTC. */
import type { Metrics } from '#kit/facts/metrics.ts'

const hour = 3_600_000
const day = 24 * hour

/** How long after publishing (ms) a post's numbers are read: often while they move, seldom once they rest. */
export const looksAfterMs = [
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  3 * day,
  7 * day,
  14 * day,
  30 * day,
  60 * day,
  90 * day,
] as const

/** An account's numbers are read this often (ms). */
export const channelEveryMs = day
/** Tries of one look before the next regular one is waited for. */
export const triesALook = 5
/** What a webhook or a person makes due is not read again sooner than this (ms). */
export const calmMs = 10 * 60_000
export const askAgainMs = 60_000

/** The next regular look at a post; null: the last one is past. A look that was missed for long is not made up for. */
export const nextLook = (publishedAt: number, now: number): number | null =>
  looksAfterMs.map((ms) => publishedAt + ms).find((at) => at > now) ?? null

/** When a look that failed is tried again: after 5 minutes, doubling, six hours at most; given up for the next regular one in the end. */
export const afterFailure = (o: {
  tries: number
  now: number
  regular: number | null
}): { nextAt: number | null; tries: number } => {
  const tries = o.tries + 1
  if (tries >= triesALook) return { nextAt: o.regular, tries: 0 }
  const again = o.now + Math.min(6 * hour, 5 * 60_000 * 2 ** o.tries)
  return o.regular !== null && o.regular <= again ? { nextAt: o.regular, tries: 0 } : { nextAt: again, tries }
}

export type Engagement = { rate: number; per: 'reach' | 'impressions' | 'views' }

/**
 * Interactions (likes, comments, shares, saves, as far as reported) per person reached; where the network tells no reach,
 * per impression, then per view. Null when it reports neither side, or nobody has seen it yet.
 */
export const engagementOf = (m: Metrics): Engagement | null => {
  const done = [m.likes, m.comments, m.shares, m.saves].filter((n) => n !== null)
  const per = (['reach', 'impressions', 'views'] as const).find((name) => m[name] !== null)
  const seen = per && m[per]
  if (!per || !seen || done.length === 0) return null
  return { rate: Math.round((done.reduce((sum, n) => sum + n, 0) / seen) * 1e6) / 1e6, per }
}
