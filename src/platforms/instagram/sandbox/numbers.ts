/**
 * Instagram's numbers, typed by hand from the fact sheet (instagram.md, sections in brackets). The client side has its own
 * copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

const MB = 1_000_000
const MINUTE = 60_000
export const DAY = 86_400_000

/** [3.2] */
export const caption = { max: 2200, hashtags: 30, mentions: 20 }
export const altMax = 1000
export const collaboratorsMax = 3
export const tagsMax = 20
/** [3.3] */
export const carousel = { min: 2, max: 10 }
/** [3.5] */
export const comment = { max: 300, hashtags: 4, links: 1 }

/** [10], error 36000: more than 8 MiB. */
export const image = { maxBytes: 8 * 1024 * 1024, minRatio: 0.8, maxRatio: 1.91 }

/** [10] */
export const video = {
  minMs: 3000,
  minFps: 23,
  maxFps: 60,
  maxWidth: 1920,
  codecs: ['avc1', 'avc3', 'hvc1', 'hev1'],
  types: ['video/mp4', 'video/quicktime'],
  REELS: { maxBytes: 300 * MB, maxMs: 15 * MINUTE, minRatio: 0.01, maxRatio: 10 },
  VIDEO: { maxBytes: 300 * MB, maxMs: MINUTE, minRatio: 0.01, maxRatio: 10 },
  STORIES: { maxBytes: 100 * MB, maxMs: MINUTE, minRatio: 0.1, maxRatio: 10 },
}

/** [3.1] */
export const containerLifeMs = DAY
export const containersPerDay = 400
/** A story is shown this long. */
export const storyLifeMs = DAY

/** [2.1] seconds and ms. */
export const login = {
  codeMs: 3_600_000,
  shortSecs: 3600,
  longSecs: 5_183_944,
  refreshableAfterMs: DAY,
  scopes: {
    instagram_business_basic: 'See your profile and your media',
    instagram_business_content_publish: 'Publish posts, reels and stories for you',
    instagram_business_manage_comments: 'Read and write comments on your media',
    instagram_business_manage_insights: 'Read the numbers of your account and media',
    instagram_business_manage_messages: 'Read and write your messages',
  } as Record<string, string>,
}

/** [7] 4800 x impressions in 24 hours; a small account with a few impressions here. */
export const useCaseCalls = 48_000
/** [6] Fewer viewers than this show nothing of a story. */
export const storyViewers = 5
