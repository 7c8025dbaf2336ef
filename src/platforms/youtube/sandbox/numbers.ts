/**
 * YouTube's numbers, typed by hand from the fact sheet (youtube.md, sections in brackets). The client side has its own
 * copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

export const SCOPE = {
  manage: 'https://www.googleapis.com/auth/youtube.force-ssl',
  old: 'https://www.googleapis.com/auth/youtube',
  read: 'https://www.googleapis.com/auth/youtube.readonly',
  upload: 'https://www.googleapis.com/auth/youtube.upload',
  analytics: 'https://www.googleapis.com/auth/yt-analytics.readonly',
} as const

/** [2] */
export const scopeWords: Readonly<Record<string, string>> = {
  [SCOPE.manage]: 'See, edit, and permanently delete your YouTube videos, ratings, comments and captions',
  [SCOPE.old]: 'Manage your YouTube account',
  [SCOPE.read]: 'View your YouTube account',
  [SCOPE.upload]: 'Manage your YouTube videos',
  [SCOPE.analytics]: 'View YouTube Analytics reports for your YouTube content',
}

/** Which scopes open which doors (discovery 20260924). */
export const doors = {
  read: [SCOPE.manage, SCOPE.old, SCOPE.read],
  write: [SCOPE.manage, SCOPE.old],
  upload: [SCOPE.manage, SCOPE.old, SCOPE.upload],
  comment: [SCOPE.manage],
  analytics: [SCOPE.analytics],
} as const

/** [3.1] */
export const title = { max: 100 }
export const description = { maxBytes: 5000 }
export const tags = { max: 500 }

/** [3.2] */
export const upload = {
  piece: 262_144,
  maxBytes: 274_877_906_944,
  /** "Finite"; about a week in practice. */
  sessionMs: 7 * 86_400_000,
}

/** [3.4], [10] */
export const shorts = { maxMs: 180_000 }
export const lengths = { unverifiedMs: 15 * 60_000, maxMs: 12 * 3_600_000 }

/** [3.3] */
export const thumbnail = { maxBytes: 50 * 1024 * 1024, types: ['image/jpeg', 'image/png'] }
export const playlistMax = 5000
/** Not in the reference. */
export const comment = { max: 10_000 }
export const captions = { maxBytes: 100 * 1024 * 1024, nameMax: 150 }

/** [7] Per project and day, reset at midnight in California. */
export const quota = { uploads: 100, searches: 100, units: 10_000, stats: 10_000 }
export const cost = { list: 1, write: 50, captionInsert: 400 }

/** [8] Per channel; YouTube does not publish it. */
export const channelUploads = { limit: 500, windowMs: 86_400_000 }

/** [9] */
export const hub = { defaultLeaseSecs: 432_000, maxLeaseSecs: 828_000 }

/** [3.1] Categories of the United States that a video may be in, and one that takes none. */
export const categories: readonly { id: string; title: string; assignable: boolean }[] = [
  { id: '1', title: 'Film & Animation', assignable: true },
  { id: '2', title: 'Autos & Vehicles', assignable: true },
  { id: '10', title: 'Music', assignable: true },
  { id: '15', title: 'Pets & Animals', assignable: true },
  { id: '17', title: 'Sports', assignable: true },
  { id: '18', title: 'Short Movies', assignable: false },
  { id: '19', title: 'Travel & Events', assignable: true },
  { id: '20', title: 'Gaming', assignable: true },
  { id: '22', title: 'People & Blogs', assignable: true },
  { id: '23', title: 'Comedy', assignable: true },
  { id: '24', title: 'Entertainment', assignable: true },
  { id: '25', title: 'News & Politics', assignable: true },
  { id: '26', title: 'Howto & Style', assignable: true },
  { id: '27', title: 'Education', assignable: true },
  { id: '28', title: 'Science & Technology', assignable: true },
  { id: '29', title: 'Nonprofits & Activism', assignable: true },
]
