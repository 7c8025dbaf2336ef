/** Instagram as data (fact sheet instagram.md §1, §3, §10). */
import { z } from 'zod'
import { defineSpec, type ImageLimits, type SettingsOf, type VideoLimits } from '#kit/facts/spec.ts'
import { callsOfApp } from '../families/meta/usage.ts'

const username = z
  .string()
  .trim()
  .regex(/^@?[A-Za-z0-9._]{1,30}$/, 'An Instagram name has letters, digits, dots and underscores.')

/** Settings of one publication, version 1. One video in the feed is always a reel: Instagram has no other way. */
export const settings = z.strictObject({
  placement: z.enum(['feed', 'story']).default('feed').meta({ title: 'Where' }),
  collaborators: z.array(username).max(3, 'At most 3 collaborators.').default([]).meta({ title: 'Collaborators' }),
  userTags: z
    .array(
      z.strictObject({
        username,
        /** From the left and the top, 0 to 1. Pictures of the feed need both, reels take none. */
        x: z.number().min(0).max(1).optional(),
        y: z.number().min(0).max(1).optional(),
        /** Which picture of a carousel, counted from 1. */
        item: z.int().min(1).max(10).default(1),
      }),
    )
    .max(20, 'At most 20 people tagged.')
    .default([])
    .meta({ title: 'Tagged people' }),
  locationId: z
    .string()
    .regex(/^[0-9]{1,20}$/, 'The number of a Facebook Page that has a location.')
    .optional()
    .meta({ title: 'Location' }),
  shareToFeed: z.boolean().default(true).meta({ title: 'Also show the reel in the feed' }),
  /** A picture from the library; wins over `thumbOffsetMs`. */
  coverId: z.string().min(1).optional().meta({ title: 'Cover of the reel' }),
  thumbOffsetMs: z.int().min(0).optional().meta({ title: 'Cover from the reel at (ms)' }),
  audioName: z.string().trim().min(1).optional().meta({ title: 'Name of the sound' }),
  /** Shown to strangers first; made public by hand, or by Instagram when it does well. */
  trial: z.enum(['off', 'manual', 'performance']).default('off').meta({ title: 'Trial reel' }),
  comments: z.boolean().default(true).meta({ title: 'Allow comments' }),
  aiGenerated: z.boolean().default(false).meta({ title: 'Made with AI' }),
  paidPartnership: z.boolean().default(false).meta({ title: 'Paid partnership' }),
})

const image: ImageLimits = {
  types: ['image/jpeg'],
  maxBytes: 8_000_000,
  maxWidth: 1440,
  aspect: { min: 0.8, max: 1.91 },
  altMax: 1000,
}
/** No shape is refused in a story, and there is no alt text. */
export const storyImage: ImageLimits = { types: image.types, maxBytes: image.maxBytes, maxWidth: image.maxWidth }
const cover: ImageLimits = storyImage
/** Asked for (§10), and phones write neither; Instagram takes most of theirs. */
const written = { indexFirst: true, uncut: true } as const

const movie = {
  types: ['video/mp4', 'video/quicktime'],
  minMs: 3000,
  minFps: 23,
  maxFps: 60,
  maxWidth: 1920,
  codecs: ['avc', 'hevc'],
  chroma: ['4:2:0'],
  maxBitrate: 25_000_000,
  audioCodecs: ['aac'],
  maxAudioRate: 48_000,
  maxAudioChannels: 2,
  advised: written,
} as const
const reel: VideoLimits = {
  ...movie,
  maxBytes: 300_000_000,
  maxMs: 15 * 60_000,
  aspect: { min: 0.01, max: 10 },
  advised: { ...written, aspect: { value: 9 / 16, name: '9:16' } },
}
export const carouselVideo: VideoLimits = { ...reel, maxMs: 60_000, advised: written }
export const storyVideo: VideoLimits = {
  ...movie,
  maxBytes: 100_000_000,
  maxMs: 60_000,
  aspect: { min: 0.1, max: 10 },
  advised: reel.advised,
}

export const spec = defineSpec({
  id: 'instagram',
  name: 'Instagram',
  hosts: [
    'graph.instagram.com',
    'graph.facebook.com',
    'api.instagram.com',
    'www.instagram.com',
    'www.facebook.com',
    'rupload.facebook.com',
  ],
  connect: 'redirect',
  credentials: [
    {
      name: 'instagramAppId',
      label: 'Instagram app ID',
      optional: true,
      help: 'developers.facebook.com > your app > Instagram > API setup with Instagram login.',
    },
    {
      name: 'instagramAppSecret',
      label: 'Instagram app secret',
      secret: true,
      optional: true,
      help: 'Beside the Instagram app ID. It is not the Meta app secret.',
    },
    {
      name: 'metaAppId',
      label: 'Meta app ID',
      optional: true,
      help: 'Only for connecting through Facebook: App settings > Basic.',
    },
    {
      name: 'metaAppSecret',
      label: 'Meta app secret',
      secret: true,
      optional: true,
      help: 'Only for connecting through Facebook: App settings > Basic.',
    },
  ],
  ways: [
    {
      id: 'instagram-login',
      label: 'Sign in with Instagram',
      help: 'For a Business or Creator account. No Facebook Page needed. Posts cannot be deleted from here.',
      connect: 'redirect',
      credentials: ['instagramAppId', 'instagramAppSecret'],
    },
    {
      id: 'facebook-login',
      label: 'Sign in with Facebook',
      help: 'For Business or Creator accounts linked to a Facebook Page. Posts can be deleted from here.',
      connect: 'redirect',
      credentials: ['metaAppId', 'metaAppSecret'],
    },
  ],
  channelKinds: ['profile'],
  // Which unit Meta counts in is not documented: UTF-16 is the count that never comes out too small.
  text: { max: 2200, unit: 'utf16', optionalWithMedia: true },
  thread: { max: 1 },
  media: { max: 10, min: 1, mix: 'free', pull: true, image, video: reel },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => (s.coverId && s.placement === 'feed' ? [{ id: s.coverId, field: 'coverId', limits: cover }] : []),
  },
  // 50 to 100 posts in 24 hours (asked from the network) and 400 containers; calls are counted an account (§7).
  pace: { concurrency: 50, backlogGapMs: 60_000 },
  // Containers that are not published within 24 h expire (§3.1).
  ahead: { upload: 86_400_000, process: 86_400_000 },
  budgets: [
    // Fact sheet §3.4: the total differs by account and Instagram tells it; only its own count is believed.
    {
      bucket: 'posts',
      label: 'Posts by apps in 24 hours',
      cap: 100,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ method: 'POST', url: /^graph\.(instagram|facebook)\.com\/(v[\d.]+\/)?\d+\/media_publish$/ }],
      told: 'alone',
      plans: () => 1,
    },
    // Fact sheet §7.
    {
      bucket: 'containers',
      label: 'Containers in 24 hours',
      cap: 400,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ method: 'POST', url: /^graph\.(instagram|facebook)\.com\/(v[\d.]+\/)?\d+\/media$/ }],
    },
    // Per cent of what the account may call; while it names a time to regain access no call leaves, as each prolongs it.
    {
      bucket: 'usage-instagram',
      label: 'Calls in 24 hours: instagram (%)',
      cap: 100,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ url: /^graph\.(instagram|facebook)\.com\//, units: 0 }],
      told: 'alone',
    },
    // Code 4 (facebook.md §7): the whole app has called too much, and each call prolongs that too.
    callsOfApp(/^graph\.(instagram|facebook)\.com\//),
  ],
  can: { firstComment: true, remove: true, edit: false, insights: true, webhook: true, readBack: true },
  why: { edit: 'Instagram lets no app change a caption after publishing.' },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
