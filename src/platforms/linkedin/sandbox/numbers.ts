/**
 * LinkedIn's numbers, typed by hand from the fact sheet (linkedin.md, sections in brackets). The client side has its own
 * copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

const MINUTE = 60_000
const DAY = 86_400_000

/** [2] */
export const oauth = {
  codeMs: 30 * MINUTE,
  accessSecs: 5_184_000,
  refreshSecs: 31_536_000,
  stateMax: 500,
  scopes: {
    openid: 'Use your name and photo',
    profile: 'Use your name and photo',
    email: 'Use the primary email address of your account',
    w_member_social: 'Create, modify and delete posts for you',
    r_basicprofile: 'Use your basic profile',
    rw_organization_admin: 'Manage your pages and read their statistics',
    r_organization_admin: 'Read the statistics of your pages',
    r_organization_social: 'Read the posts of your pages',
    w_organization_social: 'Create, modify and delete posts of your pages',
    w_member_social_feed: 'Comment and react for you',
    w_organization_social_feed: 'Comment and react for your pages',
    r_organization_social_feed: 'Read comments and reactions on posts of your pages',
    r_member_postAnalytics: 'Read the numbers of your posts',
    r_member_profileAnalytics: 'Read the numbers of your profile',
  } as Record<string, string>,
}

/** Which scopes an app's products give [1], [2]. */
export const products = {
  self: ['openid', 'profile', 'email', 'w_member_social'],
  community: [
    'r_basicprofile',
    'rw_organization_admin',
    'r_organization_admin',
    'r_organization_social',
    'w_organization_social',
    'w_member_social',
    'w_member_social_feed',
    'w_organization_social_feed',
    'r_organization_social_feed',
    'r_member_postAnalytics',
    'r_member_profileAnalytics',
  ],
  /** Community Management, granted for pages and nothing else. */
  pagesOnly: ['rw_organization_admin', 'r_organization_social', 'w_organization_social'],
}
export type Product = keyof typeof products

/** [3], [5], [10]. Titles, descriptions and the pixel limit are LinkedIn's; the fact sheet marks what is from memory. */
export const post = {
  textMax: 3000,
  altMax: 4086,
  minImages: 2,
  maxImages: 20,
  titleMax: 400,
  descriptionMax: 4086,
  questionMax: 140,
  optionMax: 30,
  minOptions: 2,
  maxOptions: 4,
  durations: ['ONE_DAY', 'THREE_DAYS', 'SEVEN_DAYS', 'FOURTEEN_DAYS'],
  commentMax: 1250,
}

/** [3.3] to [3.5], [10] */
export const files = {
  imageTypes: ['image/jpeg', 'image/png', 'image/gif'],
  maxPixels: 36_152_319,
  videoMinBytes: 75_000,
  videoMaxBytes: 500_000_000,
  videoMinMs: 3000,
  videoMaxMs: 1_800_000,
  aspectMin: 1 / 2.4 - 0.001,
  aspectMax: 2.4 + 0.001,
  partBytes: 4_194_304,
  documentMaxBytes: 100_000_000,
  documentMaxPages: 300,
  urlMs: DAY,
}

/** Roles that may publish [2]. */
export const postingRoles = ['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR', 'DIRECT_SPONSORED_CONTENT_POSTER']

/** Creates in a day [7]: from memory, the portal shows the real ones. */
export const daily = { member: 150, app: 100_000 }

/** How long a double is remembered: undocumented [4]; a month here. */
export const duplicateMs = 30 * DAY

/** [9] */
export const hookActions = [
  'LIKE',
  'COMMENT',
  'SHARE',
  'SHARE_MENTION',
  'ADMIN_COMMENT',
  'COMMENT_EDIT',
  'COMMENT_DELETE',
]
