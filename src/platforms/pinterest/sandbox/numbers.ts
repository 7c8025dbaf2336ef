/**
 * Pinterest's numbers, typed by hand from the fact sheet (pinterest.md, sections in brackets) and the OpenAPI file 5.23.
 * The client side has its own copy: when the two disagree, the contract suite says so. Never import either from the other.
 */

const MINUTE = 60_000
const DAY = 86_400_000

/** In code points, as a JSON Schema counts [3]. */
export const text = { title: 100, description: 800, alt: 500, link: 2048, sectionName: 180 }

/** [3], [10] */
export const media = {
  imageBytes: 20_000_000,
  /** Pulled; in a call only the first two. */
  imageTypes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'],
  inCallTypes: ['image/jpeg', 'image/png'],
  carousel: { min: 2, max: 5 },
  videoBytes: 2_000_000_000,
  videoMinMs: 4000,
  videoMaxMs: 15 * MINUTE,
  videoAspect: { min: 0.5, max: 1.91 },
  videoCodecs: ['avc1', 'avc3', 'hvc1', 'hev1'],
  /** How long the form of a registration is good: not documented; S3 policies of an hour are usual. */
  formMs: 60 * MINUTE,
}

/** [2] */
export const oauth = {
  /** Not documented; ten minutes is what RFC 6749 allows at most. */
  codeMs: 10 * MINUTE,
  accessSecs: 2_592_000,
  refreshSecs: 5_184_000,
  scopes: {
    'boards:read': 'See your public boards, including group boards you join',
    'boards:read_secret': 'See your secret boards',
    'boards:write': 'Create, update or delete your public boards',
    'boards:write_secret': 'Create, update or delete your secret boards',
    'pins:read': 'See your public Pins',
    'pins:read_secret': 'See your secret Pins',
    'pins:write': 'Create, update or delete your public Pins',
    'pins:write_secret': 'Create, update or delete your secret Pins',
    'user_accounts:read': 'See your user accounts and followers',
    'user_accounts:write': 'Update your user accounts and followers',
    'ads:read': 'See all of your advertising data',
    'catalogs:read': 'See all of your catalogs data',
  } as Record<string, string>,
}

/** [7]. org_read and the universal one are observed; org_write is reported; org_analytics is our guess. */
export const limits = {
  second: { limit: 100, windowMs: 1000 },
  org_read: { limit: 1000, windowMs: MINUTE },
  org_write: { limit: 100, windowMs: MINUTE },
  org_analytics: { limit: 300, windowMs: MINUTE },
  trialDay: { limit: 1000, windowMs: DAY },
}
export type Category = 'org_read' | 'org_write' | 'org_analytics'

export const page = { min: 1, max: 250, default: 25 }
/** [6]: days back, and from start to end. */
export const analyticsDays = 90
/** How long the numbers of a day are estimates. */
export const estimateMs = 2 * DAY
