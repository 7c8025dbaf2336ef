/**
 * TikTok's numbers, typed by hand from the fact sheet (tiktok.md, sections in brackets). The client side has its own
 * copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

const MINUTE = 60_000
const DAY = 86_400_000

/** [2] */
export const oauth = {
  codeMs: 10 * MINUTE,
  accessSecs: 86_400,
  refreshSecs: 31_536_000,
  redirectMax: 512,
  scopes: {
    'user.info.basic': 'Read your profile info (avatar, display name)',
    'user.info.profile': 'Read access to your additional profile info, such as bio description and username',
    'user.info.stats': 'Read access to your profile stats, such as likes count and follower count',
    'video.list': 'Read your public videos on TikTok',
    'video.publish': 'Post content to TikTok',
    'video.upload': 'Share draft videos to your TikTok account',
  } as Record<string, string>,
}

/** [3.2], [3.5] UTF-16 units. */
export const text = { caption: 2200, photoTitle: 90, photoDescription: 4000 }

/** [3.4] "MB" is not said to be 10^6 or 2^20: the looser reading of every edge. */
export const chunks = {
  min: 5_000_000,
  max: 64 * 1024 * 1024,
  lastMax: 128 * 1024 * 1024,
  count: 1000,
  urlMs: 60 * MINUTE,
}

/** [10] */
export const video = {
  bytes: 4 * 1024 * 1024 * 1024,
  minFps: 23,
  maxFps: 60,
  minPixels: 360,
  maxPixels: 4096,
  maxSecs: 600,
}
/** [3.5], [10]: 1080p, whichever way it stands. */
export const photo = { count: 35, bytes: 20 * 1024 * 1024, short: 1080, long: 1920 }

/** Per token and minute [7]. */
export const limits = {
  creator: { limit: 20, windowMs: MINUTE },
  init: { limit: 6, windowMs: MINUTE },
  status: { limit: 30, windowMs: MINUTE },
  display: { limit: 600, windowMs: MINUTE },
}
export type LimitName = keyof typeof limits

/** [7]: about 15 direct posts a day and creator; 5 drafts that wait; 5 people a day while unaudited. */
export const daily = { windowMs: DAY, pending: 5, unauditedUsers: 5 }

/** [6] */
export const list = { max: 20, default: 10 }
