/**
 * Reddit's numbers, typed by hand from the fact sheet (reddit.md, sections in brackets). The client side has its own copy:
 * when the two disagree, the contract suite says so. Never import either from the other.
 */

const MINUTE = 60_000

/** [4.1], [4.3], [4.4], [4.6], [9] in code points. */
export const text = { title: 300, body: 40_000, comment: 10_000, flair: 64, flairId: 36, caption: 180, option: 120 }

/** [4.3], [4.4] */
export const gallery = { min: 2, max: 20 }
export const poll = { min: 2, max: 6, daysMin: 1, daysMax: 7 }

/** [4.2], [9] */
export const media = {
  imageTypes: ['image/jpeg', 'image/png', 'image/gif'],
  videoTypes: ['video/mp4', 'video/quicktime'],
  imageBytes: 20_971_520,
  videoBytes: 1_000_000_000,
  videoMinMs: 2000,
  videoMaxMs: 15 * MINUTE,
  videoCodecs: ['avc1', 'avc3'],
  /** "Short-lived"; how long is not told. */
  leaseMs: 10 * MINUTE,
}

/** [2]: expires_in of 2025 and 2026. */
export const oauth = {
  codeMs: 10 * MINUTE,
  accessSecs: 86_400,
  scopes: {
    identity: 'See your reddit username and signup date',
    submit: 'Submit links and comments from your account',
    edit: 'Edit and delete your comments and submissions',
    read: 'See posts, listings and comments',
    history: 'See your voting history, and what you have posted and commented',
    flair: 'Choose the flair of your posts',
    mysubreddits: 'See the communities you have joined',
    save: 'Save and unsave posts and comments',
    vote: 'Vote on posts and comments',
    subscribe: 'Join and leave communities',
    report: 'Report content',
    privatemessages: 'Read and send private messages',
    modposts: 'Approve, remove, mark nsfw in communities you moderate',
    modflair: 'Manage flair in communities you moderate',
    modconfig: 'Manage communities you moderate',
  } as Record<string, string>,
}

/** [6]: 100 a minute over 10 minutes, for the client id. */
export const calls = { limit: 1000, windowMs: 10 * MINUTE }
/** [6]: an account below this is told to take a break after a post. */
export const littleKarma = 10

export const page = { max: 100, default: 25 }
/** [5]: more ids than this and all are ignored. */
export const infoMax = 100
