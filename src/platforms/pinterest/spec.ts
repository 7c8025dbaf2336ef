/** Pinterest as data (fact sheet pinterest.md §1, §2, §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type ImageLimits, type SettingsOf } from '#kit/facts/spec.ts'

const id = z.string().regex(/^\d+$/, 'A number as Pinterest gives it.')
const link = z.url({ protocol: /^https$/, error: 'A link starts with https://.' }).max(2048)

/** What a carousel may say beside each of its pictures, in their order. */
const slide = z.strictObject({
  title: z.string().trim().max(100, 'A title has at most 100 characters.').optional(),
  description: z.string().trim().max(800, 'A description has at most 800 characters.').optional(),
  link: link.optional(),
})

/** Settings of one publication, version 1. The text of the post is the pin's description. */
export const settings = z.strictObject({
  /** Required by Pinterest; a draft may lack it, `preflight.ts` asks for it. */
  boardId: id.optional().meta({ title: 'Board' }),
  sectionId: id.optional().meta({ title: 'Section of the board' }),
  title: z.string().trim().max(100, 'A title has at most 100 characters.').optional().meta({ title: 'Title' }),
  link: link.optional().meta({ title: 'Link' }),
  /** `upload`: the picture travels in the call. `link`: Pinterest fetches it from this server's public address. */
  delivery: z.enum(['upload', 'link']).default('upload').meta({ title: 'How Pinterest gets the pictures' }),
  /** Media id of a picture shown before a video plays; without it a frame of the video is taken. */
  coverId: z.string().min(1).optional().meta({ title: 'Cover of the video' }),
  /** Seconds from the start. A time past the end gives the last frame. */
  coverAtSeconds: z.int().min(0).max(900).default(1).meta({ title: 'Cover from the video at second' }),
  dominantColor: z
    .string()
    .regex(/^#[0-9A-Fa-f]{6}$/, 'A colour like #6E7874.')
    .optional()
    .meta({ title: 'Colour while the picture loads' }),
  /** Newer than the OpenAPI of December 2025; sent only when something is ticked. */
  aiDisclosures: z
    .array(z.enum(['AI_MODIFIED', 'SYNTHETIC_PERFORMER']))
    .max(2)
    .optional()
    .meta({ title: 'Made with AI' }),
  slides: z.array(slide).max(5, 'A carousel has at most 5 pictures.').optional().meta({ title: 'Carousel' }),
})

/** JPEG and PNG travel in the call; a GIF only as an address (§3, §10). */
const image: ImageLimits = {
  types: ['image/jpeg', 'image/png', 'image/gif'],
  maxBytes: 20_000_000,
  altMax: 500,
  animation: { types: ['image/gif'], maxBytes: 20_000_000 },
}
export const coverLimits: ImageLimits = { types: ['image/jpeg', 'image/png'], maxBytes: 20_000_000 }

export const spec = defineSpec({
  id: 'pinterest',
  name: 'Pinterest',
  hosts: [
    'api.pinterest.com',
    'api-sandbox.pinterest.com',
    'www.pinterest.com',
    'pinterest-media-upload.s3-accelerate.amazonaws.com',
  ],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'App id', help: 'developers.pinterest.com/apps > your app.' },
    { name: 'clientSecret', label: 'App secret key', secret: true, help: 'On the same page, behind "Show key".' },
    {
      name: 'access',
      label: 'Access tier',
      optional: true,
      placeholder: 'standard',
      help: 'Write "trial" while Pinterest has granted Trial access only: pins then go to its sandbox. Connect again after changing it.',
    },
  ],
  channelKinds: ['profile'],
  text: { max: 800, unit: 'codepoints', optionalWithMedia: true },
  thread: { max: 1 },
  media: {
    max: 5,
    min: 1,
    mix: 'alone',
    image,
    video: {
      types: ['video/mp4', 'video/quicktime', 'video/x-m4v'],
      maxBytes: 2_000_000_000,
      minMs: 4000,
      maxMs: 15 * 60_000,
      codecs: ['avc', 'hevc'],
      aspect: { min: 0.5, max: 1.91 },
      max: 1,
    },
  },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => (s.coverId ? [{ id: s.coverId, field: 'coverId', limits: coverLimits }] : []),
  },
  // Standard access: 100 calls a second for a user; writes are counted by the minute as well (§7).
  pace: { concurrency: 50, backlogGapMs: 15_000 },
  // A registered video waits for its Pin (§3). How long is not documented: an hour is trusted.
  ahead: { upload: 3_600_000, process: 3_600_000 },
  // Told on every answer (fact sheet §7): a minute of one user and app; a day of the whole app with Trial access.
  budgets: [
    {
      bucket: 'calls-60',
      label: 'Calls to Pinterest in a minute',
      cap: 1_000,
      scope: 'channel',
      window: { rolling: 60_000 },
      takes: [{ url: /^api(-sandbox)?\.pinterest\.com\/v5\// }],
      told: 'alone',
    },
    {
      bucket: 'calls-86400',
      label: 'Calls to Pinterest in a day',
      cap: 1_000,
      scope: 'app',
      window: { rolling: 86_400_000 },
      takes: [{ url: /^api(-sandbox)?\.pinterest\.com\/v5\// }],
      told: 'alone',
    },
  ],
  can: { firstComment: false, remove: true, edit: true, insights: true, webhook: false, readBack: true },
  why: {
    firstComment: 'Pinterest lets no app write comments.',
    webhook: 'Pinterest sends apps no events about pins; Clarion asks instead.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
