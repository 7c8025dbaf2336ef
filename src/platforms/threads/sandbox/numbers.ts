/**
 * Threads' numbers, typed by hand from the fact sheet (threads.md, sections in brackets) and the pages it names. The client side
 * has its own copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

const MB = 1_000_000
export const DAY = 86_400_000

/** [3.1] */
export const text = { max: 500, links: 5 }
export const altMax = 1000
export const topic = { max: 50, forbidden: /[.&]/ }
export const poll = { min: 2, max: 4, option: 25 }
export const longTextMax = 10_000
export const spoilersMax = 10
export const carousel = { min: 2, max: 20 }
/** Topics nobody may use here: answered 100/4279071. */
export const bannedTopics = ['forbidden']
export const replyControls = [
  'everyone',
  'accounts_you_follow',
  'mentioned_only',
  'parent_post_author_only',
  'followers_only',
]

/** [10] 8 MB, taken as MiB, as Meta's sister network does. */
export const image = { maxBytes: 8 * 1024 * 1024, maxRatio: 10, types: ['image/jpeg', 'image/png'] }
export const video = {
  maxBytes: 1000 * MB,
  maxMs: 5 * 60_000,
  minFps: 23,
  maxFps: 60,
  maxWidth: 1920,
  minRatio: 0.01,
  maxRatio: 10,
  codecs: ['avc1', 'avc3', 'hvc1', 'hev1'],
  types: ['video/mp4', 'video/quicktime'],
}

/** [3.2] */
export const containerLifeMs = DAY
export const ghostLifeMs = DAY

/** [7] in rolling 24 hours. */
export const quota = { posts: 250, replies: 1000, deletes: 100, searches: 500 }
/** [7] 4800 x impressions in 24 hours; a small account with ten here. */
export const calls = 48_000

/** [6] epoch seconds. */
export const insightsFrom = 1_712_991_600
export const demographicsFollowers = 100

/** [2] seconds and ms. */
export const login = {
  codeMs: 3_600_000,
  shortSecs: 3600,
  longSecs: 5_183_944,
  refreshableAfterMs: DAY,
  scopes: {
    threads_basic: 'See your profile and your posts',
    threads_content_publish: 'Publish posts for you',
    threads_manage_replies: 'Write and hide replies',
    threads_read_replies: 'Read replies to your posts',
    threads_manage_insights: 'Read the numbers of your profile and posts',
    threads_delete: 'Delete your posts',
    threads_keyword_search: 'Search public posts',
    threads_manage_mentions: 'Read and answer mentions',
    threads_location_tagging: 'Tag places',
    threads_profile_discovery: 'See public profiles',
    threads_share_to_instagram: 'Share posts to your Instagram story',
  } as Record<string, string>,
}
