/** YouTube as data (fact sheet youtube.md §2, §3, §7, §10). A post here is one video; its text is the description. */
import { z } from 'zod'
import { defineSpec, type ImageLimits, type SettingsOf, sentInstant } from '#kit/facts/spec.ts'

const noAngles = /^[^<>]*$/
const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'A language code such as "en" or "pt-BR".')
  .optional()

/** Settings of one publication, version 1. What YouTube wants a person to say (title, made for kids) has no default. */
export const settings = z.strictObject({
  title: z
    .string()
    .max(100, 'A title has at most 100 characters.')
    .regex(noAngles, 'YouTube takes no < and > in titles.')
    .optional()
    .meta({ title: 'Title' }),
  madeForKids: z.boolean().optional().meta({ title: 'Made for kids' }),
  privacy: z.enum(['public', 'unlisted', 'private']).default('public').meta({ title: 'Visibility' }),
  /** YouTube itself makes the video public then; only with `private`. */
  publishAt: sentInstant.optional().meta({ title: 'YouTube publishes at' }),
  tags: z
    .array(
      z
        .string()
        .trim()
        .min(1)
        .regex(/^[^<>,]*$/, 'A tag has no commas, < or >.'),
    )
    .max(200)
    .default([])
    .meta({ title: 'Tags' }),
  category: z
    .string()
    .regex(/^\d{1,3}$/)
    .default('22')
    .meta({ title: 'Category' }),
  language: language.meta({ title: 'Language of title and description' }),
  audioLanguage: language.meta({ title: 'Language of the video' }),
  license: z.enum(['youtube', 'creativeCommon']).default('youtube').meta({ title: 'License' }),
  embeddable: z.boolean().default(true).meta({ title: 'Allow embedding' }),
  statsViewable: z.boolean().default(true).meta({ title: 'Show statistics to everybody' }),
  notifySubscribers: z.boolean().default(true).meta({ title: 'Notify subscribers' }),
  syntheticMedia: z.boolean().default(false).meta({ title: 'Altered or synthetic content' }),
  paidPromotion: z.boolean().default(false).meta({ title: 'Paid promotion' }),
  thumbnail: z.string().optional().meta({ title: 'Thumbnail' }),
  playlists: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{2,64}$/, 'The id of a playlist.'))
    .max(10)
    .default([])
    .meta({ title: 'Playlists' }),
  captions: z
    .strictObject({
      language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'A language code such as "en" or "pt-BR".'),
      name: z.string().max(150).default(''),
      /** SubRip or WebVTT, as text. */
      text: z.string().trim().min(1).max(500_000),
    })
    .optional()
    .meta({ title: 'Captions' }),
})

/** 50 MB since 2026-09-14 (fact sheet §3.3). */
export const thumbnailLimits: ImageLimits = { types: ['image/jpeg', 'image/png'], maxBytes: 52_428_800 }

const pacific = { daily: 'America/Los_Angeles' }

const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0)

export const spec = defineSpec({
  id: 'youtube',
  name: 'YouTube',
  hosts: [
    'accounts.google.com',
    'oauth2.googleapis.com',
    'www.googleapis.com',
    'youtubeanalytics.googleapis.com',
    'pubsubhubbub.appspot.com',
  ],
  connect: 'redirect',
  credentials: [
    {
      name: 'clientId',
      label: 'Client ID',
      help: 'console.cloud.google.com > APIs & Services > Credentials > OAuth client ID of type Web application.',
      placeholder: '….apps.googleusercontent.com',
    },
    { name: 'clientSecret', label: 'Client secret', secret: true, help: 'Beside the client ID.' },
    {
      name: 'unitsPerDay',
      label: 'API units a day',
      optional: true,
      placeholder: '10000',
      help: 'Only if Google granted your project more: Quotas & System Limits > Queries per day.',
    },
    {
      name: 'uploadsPerDay',
      label: 'Uploads a day',
      optional: true,
      placeholder: '100',
      help: 'Only if Google granted your project more: Quotas & System Limits > Video uploads per day.',
    },
  ],
  channelKinds: ['channel'],
  text: { max: 5000, unit: 'bytes', optionalWithMedia: true },
  thread: { max: 1 },
  media: {
    max: 1,
    min: 1,
    mix: 'alone',
    video: {
      max: 1,
      types: [
        'video/mp4',
        'video/quicktime',
        'video/webm',
        'video/mpeg',
        'video/x-msvideo',
        'video/x-ms-wmv',
        'video/x-flv',
        'video/3gpp',
        'video/x-matroska',
      ],
      maxBytes: 274_877_906_944,
      maxMs: 12 * 3_600_000,
    },
  },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => (s.thumbnail ? [{ id: s.thumbnail, field: 'thumbnail', limits: thumbnailLimits }] : []),
  },
  // Units of a day for the whole project; many uploads at once only share the line.
  pace: { concurrency: 4, backlogGapMs: 30_000 },
  // A session lives about a week, and nothing is on the channel before its last byte (§3.2). A day is enough.
  ahead: { upload: 86_400_000 },
  // Google tells of no quota in its answers but by refusing (`quotaExceeded`: of the whole app), so they are counted here. search.list has a fourth, which Clarion never calls.
  budgets: [
    {
      bucket: 'uploads',
      label: 'Uploads today (whole app)',
      cap: 100,
      scope: 'app',
      window: pacific,
      told: 'too',
      capField: 'uploadsPerDay',
      plans: () => 1,
    },
    {
      bucket: 'units',
      label: 'API units today (whole app)',
      cap: 10_000,
      // A caption track (fact sheet §7).
      largest: 400,
      scope: 'app',
      window: pacific,
      told: 'too',
      capField: 'unitsPerDay',
      // Fact sheet §7; looks at the processing are a unit each.
      plans: ({ firstComment, settings }) =>
        5 +
        (settings.thumbnail ? 50 : 0) +
        50 * lengthOf(settings.playlists) +
        (settings.captions ? 400 : 0) +
        (firstComment ? 50 : 0),
    },
    {
      bucket: 'stats',
      label: 'Statistics calls today (whole app)',
      cap: 10_000,
      scope: 'app',
      window: pacific,
      told: 'too',
    },
  ],
  can: { firstComment: true, remove: true, edit: true, insights: true, webhook: true, readBack: true },
  // §6: statistics for 30 days.
  keeps: [{ ms: 30 * 86_400_000 }],
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>

/** A vertical or square video of at most 3 minutes becomes a Short by itself (fact sheet §3.4); there is no flag. */
export const isShort = (v: { width: number | null; height: number | null; durationMs: number | null }): boolean =>
  v.width !== null && v.height !== null && v.durationMs !== null && v.width <= v.height && v.durationMs <= 180_000

/** Tags as YouTube counts them: commas between them, and two quotes around one with a space (fact sheet §3.1). */
export const tagsLength = (tags: readonly string[]): number =>
  tags.reduce((n, tag) => n + tag.length + (/\s/.test(tag) ? 2 : 0), Math.max(0, tags.length - 1))
