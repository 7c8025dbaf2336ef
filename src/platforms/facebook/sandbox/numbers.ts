/**
 * Facebook's numbers, typed by hand from the fact sheet (facebook.md, sections in brackets). The client side has its own
 * copy: when the two disagree, the contract suite says so. Never import either from the other.
 */
const MINUTE = 60_000
const DAY = 86_400_000

/** [3.1], [3.7] */
export const text = { max: 63_206, comment: 8000 }

/** [3.2] Ahead of now. */
export const schedule = { minMs: 10 * MINUTE, postMs: 30 * DAY, reelMs: 29 * DAY, videoMs: 180 * DAY }

/** [3.3] The number of attached photos is a peer's cap; the documentation names none. */
export const photo = {
  maxBytes: 10 * 1024 * 1024,
  types: ['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/tiff'],
  perPost: 10,
  unpublishedMs: DAY,
  /** Enough to be refused before the disk is full; Facebook names no limit. */
  altMax: 1000,
}

/** [3.4], [10] */
export const video = { maxBytes: 2 * 1024 ** 3, minBytes: 1024, minMs: 1000, maxMs: 40 * MINUTE, chunk: 52_428_800 }

/** [3.5] */
export const reel = { minMs: 3000, maxMs: 90_000, minWidth: 540, minHeight: 960, minFps: 24, maxFps: 60, perDay: 30 }
/** Height by width, and how far off it may be. */
export const upright = { ratio: 9 / 16, slack: 0.02 }

/** [3.6] */
export const story = { maxMs: 60_000, liveMs: DAY }

/** [3.5] What the start of a container says the codec is called. */
export const codecs = ['avc1', 'avc3', 'hvc1', 'hev1', 'vp09', 'av01']

/** [4] Long enough for a blind second try to meet it. */
export const duplicateMs = 10 * MINUTE

/** [7] 4800 calls per engaged person; ten of them. */
export const pageCalls = 48_000

/** [6] */
export const metrics = {
  page: [
    'page_media_view',
    'page_total_media_view_unique',
    'page_post_engagements',
    'page_daily_follows',
    'page_daily_follows_unique',
    'page_daily_unfollows_unique',
    'page_follows',
    'page_views_total',
    'page_total_actions',
    'page_fan_adds_by_paid_non_paid_unique',
    'page_video_views',
  ],
  post: [
    'post_media_view',
    'post_total_media_view_unique',
    'post_clicks',
    'post_clicks_by_type',
    'post_reactions_by_type_total',
    'post_reactions_like_total',
    'post_reactions_love_total',
    'post_activity_by_action_type',
    'post_activity_by_action_type_unique',
    'post_video_views',
  ],
  video: ['blue_reels_play_count', 'post_video_avg_time_watched', 'post_video_view_time', 'post_video_followers'],
  story: [
    'STORY_MEDIA_VIEW',
    'STORY_TOTAL_MEDIA_VIEW_UNIQUE',
    'STORY_INTERACTION',
    'PAGES_FB_STORY_REPLIES',
    'PAGES_FB_STORY_SHARES',
    'PAGES_FB_STORY_STICKER_INTERACTIONS',
    'PAGES_FB_STORY_THREAD_LIGHTWEIGHT_REACTIONS',
  ],
}
