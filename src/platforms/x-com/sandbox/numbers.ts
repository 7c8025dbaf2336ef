/**
 * X's numbers, typed by hand from the fact sheet (x-com.md, sections in brackets). The client side has its own copy: when
 * the two disagree, the contract suite says so. Never import either from the other.
 */

export const text = {
  /** Weighted characters [10]. */
  max: 280,
  /** Premium accounts [3.1]. */
  maxPremium: 25_000,
  /** twitter-text config v3 [10]: weights in hundredths. */
  scale: 100,
  defaultWeight: 200,
  lightWeight: 100,
  lightRanges: [
    [0, 4351],
    [8192, 8205],
    [8208, 8223],
    [8242, 8247],
  ] as const,
  urlLength: 23,
  emojiWeight: 200,
  maxCashtags: 1,
}

/** [3.1] */
export const poll = { minOptions: 2, maxOptions: 4, optionMax: 25, minMinutes: 5, maxMinutes: 10_080 }

/** [3.1], [3.2], [10] */
export const media = {
  maxPhotos: 4,
  imageBytes: 5 * 1024 * 1024,
  gifBytes: 15 * 1024 * 1024,
  videoBytes: 8 * 1024 * 1024 * 1024,
  /** Longest and shortest video (ms); Premium gets more. */
  videoMaxMs: 20 * 60_000,
  videoPremiumMs: 125 * 60_000,
  videoMinMs: 500,
  videoTypes: ['video/mp4', 'video/quicktime', 'video/webm'],
  totalBytes: 17_179_869_184,
  chunkBytes: 8 * 1024 * 1024,
  /** What the edge in front of X lets through of one piece: undocumented; 1 MiB passes and 5 MB is known not to [3.2]. */
  edgeBytes: 2 * 1024 * 1024,
  maxSegment: 999,
  altMax: 1000,
  expiresSecs: 86_400,
  imageTypes: ['image/jpeg', 'image/png', 'image/webp'],
  mediaTypes: [
    'video/mp4',
    'video/webm',
    'video/mp2t',
    'video/quicktime',
    'text/srt',
    'text/vtt',
    'image/jpeg',
    'image/gif',
    'image/bmp',
    'image/png',
    'image/webp',
    'image/pjpeg',
    'image/tiff',
    'model/gltf-binary',
    'model/vnd.usdz+zip',
  ],
  categories: [
    'amplify_video',
    'tweet_gif',
    'tweet_image',
    'tweet_video',
    'dm_gif',
    'dm_image',
    'dm_video',
    'subtitles',
  ],
  oneShotCategories: ['tweet_image', 'dm_image', 'subtitles'],
}

/** [2] */
export const oauth = {
  codeMs: 30_000,
  accessSecs: 7200,
  /** About six months, reported. */
  refreshMs: 182 * 86_400_000,
  stateMax: 500,
  scopes: {
    'tweet.read': 'See posts, yours and those of accounts you can see',
    'tweet.write': 'Post and delete for you',
    'tweet.moderate.write': 'Hide and unhide replies to your posts',
    'users.read': 'See accounts you can view',
    'users.email': 'See your email address',
    'media.write': 'Upload media',
    'offline.access': 'Stay connected until you revoke access',
    'follows.read': 'See who follows you and whom you follow',
    'follows.write': 'Follow and unfollow for you',
    'like.read': 'See posts you liked',
    'like.write': 'Like and unlike for you',
    'list.read': 'See your lists',
    'list.write': 'Create and manage lists',
    'mute.read': 'See accounts you muted',
    'mute.write': 'Mute and unmute for you',
    'block.read': 'See accounts you blocked',
    'block.write': 'Block and unblock for you',
    'bookmark.read': 'See your bookmarks',
    'bookmark.write': 'Bookmark for you',
    'broadcast.read': 'See your broadcasts',
    'broadcast.write': 'Broadcast for you',
    'dm.read': 'See your direct messages',
    'dm.write': 'Send direct messages for you',
    'space.read': 'See Spaces you can access',
    'timeline.read': 'See your timelines',
  } as Record<string, string>,
}

const QUARTER_HOUR = 15 * 60_000
const DAY = 86_400_000

/** Per user [7]. */
export const limits = {
  create: { limit: 100, windowMs: QUARTER_HOUR },
  delete: { limit: 50, windowMs: QUARTER_HOUR },
  lookup: { limit: 5000, windowMs: QUARTER_HOUR },
  single: { limit: 900, windowMs: QUARTER_HOUR },
  timeline: { limit: 900, windowMs: QUARTER_HOUR },
  me: { limit: 75, windowMs: QUARTER_HOUR },
  upload: { limit: 500, windowMs: QUARTER_HOUR },
  status: { limit: 1000, windowMs: QUARTER_HOUR },
  chunk: { limit: 1875, windowMs: QUARTER_HOUR },
  metadata: { limit: 500, windowMs: QUARTER_HOUR },
}
export type LimitName = keyof typeof limits

/** Account-wide 24 hour cap shown in `x-user-limit-24hour-*` [7]. */
export const dailyPosts = { limit: 2400, windowMs: DAY }

export const timelinePage = { min: 5, max: 100, default: 10 }
export const lookupMax = 100
/** How long the same text counts as a duplicate: undocumented [4]; a day here. */
export const duplicateMs = DAY
