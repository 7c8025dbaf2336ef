/** Reddit as data (fact sheet reddit.md §1, §2, §4, §9). */
import { z } from 'zod'
import { defineSpec, type ImageLimits, type SettingsOf } from '#kit/facts/spec.ts'
import { community } from './community.ts'

export { type Community, community } from './community.ts'

const link = z.url({ protocol: /^https?$/, error: 'A link starts with http:// or https://.' }).max(2048)

/** `bread`, or `u_name` for a profile. */
export const namePattern = /^(?:u_[\w-]{1,20}|[A-Za-z0-9]\w{1,20})$/

const poll = z.strictObject({
  options: z
    .array(z.string().trim().min(1, 'An answer must not be empty.').max(120, 'An answer has at most 120 characters.'))
    .min(2, 'A poll has 2 to 6 answers.')
    .max(6, 'A poll has 2 to 6 answers.'),
  /** How long people may vote. */
  days: z.int().min(1).max(7).default(3),
})

/** What a gallery may say below each of its pictures, in their order. */
const slide = z.strictObject({
  caption: z.string().trim().max(180, 'A caption has at most 180 characters.').optional(),
  link: link.optional(),
})

/** Settings of one publication, version 1. The text of the post is the body. Kind of post: `kind.ts`. */
export const settings = z.strictObject({
  /** Required by Reddit; a draft may lack it, `preflight.ts` asks for it. Without `r/`; `u_name` is a profile. */
  subreddit: z
    .string()
    .regex(namePattern, 'The name of a community without r/, for example AskReddit.')
    .optional()
    .meta({ title: 'Community' }),
  /** Required; plain text, cannot be changed later. */
  title: z.string().trim().max(300, 'A title has at most 300 characters.').optional().meta({ title: 'Title' }),
  link: link.optional().meta({ title: 'Link' }),
  poll: poll.optional().meta({ title: 'Poll' }),
  flairId: z.string().max(36).optional().meta({ title: 'Flair' }),
  /** Only where the flair lets people write. */
  flairText: z.string().trim().max(64, 'A flair has at most 64 characters.').optional().meta({ title: 'Flair text' }),
  nsfw: z.boolean().default(false).meta({ title: 'Not safe for work' }),
  spoiler: z.boolean().default(false).meta({ title: 'Spoiler' }),
  /** Tell the account about replies. */
  sendReplies: z.boolean().default(true).meta({ title: 'Replies to the inbox' }),
  /** Post a link though it was posted there before, where the community would refuse it. */
  resubmit: z.boolean().default(false).meta({ title: 'Post the link again' }),
  slides: z.array(slide).max(20, 'A gallery has at most 20 pictures.').optional().meta({ title: 'Gallery' }),
  /** Media id of the picture shown before a video plays; Reddit takes no video without. */
  posterId: z.string().min(1).optional().meta({ title: 'Poster of the video' }),
  /** The video plays by itself, over and over, without sound. */
  silent: z.boolean().default(false).meta({ title: 'As a silent loop' }),
  /** What the community asks for, taken along when it was chosen; preflight checks against it. */
  community: community.optional().meta({ title: 'Rules of the community' }),
})

const image: ImageLimits = {
  types: ['image/jpeg', 'image/png', 'image/gif'],
  maxBytes: 20_971_520,
  // The web help says 100 MB; 20 MB is what is sure (fact sheet §9).
  animation: { types: ['image/gif'], maxBytes: 20_971_520 },
}
export const posterLimits: ImageLimits = { types: ['image/jpeg', 'image/png'], maxBytes: 20_971_520 }

export const spec = defineSpec({
  id: 'reddit',
  name: 'Reddit',
  hosts: [
    'www.reddit.com',
    'oauth.reddit.com',
    'reddit-uploaded-media.s3-accelerate.amazonaws.com',
    'reddit-uploaded-video.s3-accelerate.amazonaws.com',
  ],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'Client id', help: 'reddit.com/prefs/apps > your app, the line below "web app".' },
    { name: 'clientSecret', label: 'Client secret', secret: true, help: 'On the same page, "secret".' },
    {
      name: 'userAgent',
      label: 'User agent',
      placeholder: 'web:com.example.planner:v1.0.0 (by /u/yourname)',
      help: 'Reddit slows down or blocks callers that do not say who they are: platform, your own app id, version, and the Reddit name of whoever registered the app.',
    },
  ],
  channelKinds: ['profile'],
  text: { max: 40_000, unit: 'codepoints', optionalWithMedia: true, optional: true },
  thread: { max: 1 },
  media: {
    max: 20,
    mix: 'alone',
    image,
    video: {
      types: ['video/mp4', 'video/quicktime'],
      maxBytes: 1_000_000_000,
      minMs: 2000,
      maxMs: 15 * 60_000,
      codecs: ['avc'],
      // Of the page for advertisers (§9): what people post may be more.
      advised: { audioCodecs: ['aac'] },
      max: 1,
    },
  },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => (s.posterId ? [{ id: s.posterId, field: 'posterId', limits: posterLimits }] : []),
  },
  // 1,000 calls in 10 minutes for the whole installation; and people who post too often are told to wait (§6).
  pace: { concurrency: 4, backlogGapMs: 60_000 },
  // An uploaded file waits for its submit (§4.2). How long is not documented: an hour is trusted.
  ahead: { upload: 3_600_000, prepare: 3_600_000 },
  // Per client id, so for all accounts together, and told on every answer (fact sheet §6).
  budgets: [
    {
      bucket: 'calls-600',
      label: 'Calls to Reddit in 10 minutes (all accounts together)',
      cap: 1_000,
      scope: 'app',
      window: { rolling: 600_000 },
      takes: [{ url: /^oauth\.reddit\.com\// }],
      told: 'alone',
    },
  ],
  can: { firstComment: true, remove: true, edit: true, insights: true, webhook: false, readBack: true },
  why: {
    webhook: 'Reddit sends events to apps that live inside Reddit (Devvit) only; Clarion asks instead.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
