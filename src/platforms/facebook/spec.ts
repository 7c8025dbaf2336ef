/** Facebook Pages as data (fact sheet facebook.md §1, §3, §10). */
import { z } from 'zod'
import { defineSpec, type ImageLimits, type SettingsOf, type VideoLimits } from '#kit/facts/spec.ts'
import { callsOfApp } from '../families/meta/usage.ts'

/** Facebook takes a native schedule from 10 minutes ahead; a call takes time, so a little more (minutes). */
export const minDelayMinutes = 15
/** Reels 29 days, posts 30, videos 6 months: the shortest for all. */
export const maxDelayMinutes = 29 * 24 * 60

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  format: z.enum(['post', 'reel', 'story']).default('post').meta({ title: 'Publish as' }),
  /** `draft`: waits in Business Suite. `schedule`: Facebook itself publishes it `delayMinutes` after the due time. */
  delivery: z.enum(['now', 'draft', 'schedule']).default('now').meta({ title: 'When it reaches Facebook' }),
  delayMinutes: z
    .int()
    .min(minDelayMinutes, `Facebook schedules at least ${minDelayMinutes} minutes ahead.`)
    .max(maxDelayMinutes, 'Facebook schedules at most 29 days ahead.')
    .optional()
    .meta({ title: 'Minutes until Facebook publishes it' }),
  /** Shown as a card under the text. Posts without media only. */
  link: z
    .url({ protocol: /^https?$/, error: 'A web address.' })
    .max(2000)
    .optional()
    .meta({ title: 'Link' }),
  /** Of a video or reel. */
  title: z.string().trim().min(1).max(255, 'At most 255 characters.').optional().meta({ title: 'Video title' }),
  /** Media id of the picture shown before a video or reel plays. */
  cover: z.string().min(1).max(100).optional().meta({ title: 'Cover picture' }),
  category: z
    .enum([
      'BEAUTY_FASHION',
      'BUSINESS',
      'CARS_TRUCKS',
      'COMEDY',
      'CUTE_ANIMALS',
      'ENTERTAINMENT',
      'FAMILY',
      'FOOD_HEALTH',
      'HOME',
      'LIFESTYLE',
      'MUSIC',
      'NEWS',
      'POLITICS',
      'SCIENCE',
      'SPORTS',
      'TECHNOLOGY',
      'VIDEO_GAMING',
    ])
    .optional()
    .meta({ title: 'Video category' }),
  /** Page id of a place. */
  place: z
    .string()
    .regex(/^\d{5,20}$/, 'The number of the place’s Page.')
    .optional()
    .meta({ title: 'Place' }),
  /** Only people in these countries see it. */
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'Two capital letters, such as PL.'))
    .max(25, 'At most 25 countries.')
    .default([])
    .meta({ title: 'Only in these countries' }),
})

export const imageLimits = {
  types: ['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/tiff'],
  maxBytes: 10_000_000,
  // Facebook names no limit; a thousand is what screen readers bear.
  altMax: 1000,
} satisfies ImageLimits

/** A still before a video: same files, no alt text. */
export const coverLimits = { types: ['image/jpeg', 'image/png'], maxBytes: 10_000_000 } satisfies ImageLimits

const mp4 = ['video/mp4', 'video/quicktime']
/** 9:16 with what rounding to whole pixels does to it. */
const upright = { min: 0.55, max: 0.575 }

/** §3.4: guards that peers report; the documentation names none today. */
export const videoLimits = { types: mp4, maxBytes: 2_000_000_000, minMs: 1000, maxMs: 2_400_000 } satisfies VideoLimits

/** §3.5 */
export const reelLimits = {
  types: mp4,
  maxBytes: 1_000_000_000,
  minMs: 3000,
  maxMs: 90_000,
  minWidth: 540,
  minHeight: 960,
  minFps: 24,
  maxFps: 60,
  codecs: ['avc', 'hevc', 'vp9', 'av1'],
  chroma: ['4:2:0'],
  audioCodecs: ['aac'],
  maxAudioRate: 48_000,
  maxAudioChannels: 2,
  aspect: upright,
} satisfies VideoLimits

/** §3.6: the table says 90 s, the limitation below it 60. */
export const storyLimits = { ...reelLimits, maxMs: 60_000 } satisfies VideoLimits

export const spec = defineSpec({
  id: 'facebook',
  name: 'Facebook Pages',
  hosts: ['graph.facebook.com', 'graph-video.facebook.com', 'rupload.facebook.com', 'www.facebook.com'],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'App ID', help: 'developers.facebook.com > your app > App settings > Basic.' },
    { name: 'clientSecret', label: 'App secret', secret: true, help: 'Beside the App ID. It also signs webhooks.' },
    {
      name: 'configId',
      label: 'Login configuration ID',
      optional: true,
      help: 'Only for apps with Facebook Login for Business: its configuration then decides the permissions.',
    },
  ],
  channelKinds: ['page'],
  text: { max: 63_206, unit: 'utf16', optionalWithMedia: true },
  thread: { max: 1 },
  media: { max: 10, mix: 'alone', image: imageLimits, video: { ...videoLimits, max: 1 } },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => (s.cover ? [{ id: s.cover, field: 'cover', limits: coverLimits }] : []),
  },
  // Calls are counted a Page (§7), so channels do not take from each other.
  pace: { concurrency: 50, backlogGapMs: 30_000 },
  // Unpublished photos disappear after about 24 h (§3.3); videos and reels wait for their last phase (§3.4, §3.5).
  ahead: { upload: 86_400_000 },
  budgets: [
    // Fact sheet §3.5, per Page. Both phases of a reel go to one address, so the last one carries the charge.
    {
      bucket: 'reels-day',
      label: 'Reels in 24 hours',
      cap: 30,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      plans: ({ settings }) => Number(settings.format === 'reel'),
    },
    // Fact sheet §7: while Facebook names a time to regain access no call leaves, as each prolongs it.
    {
      bucket: 'usage-pages',
      label: 'Calls in 24 hours: pages (%)',
      cap: 100,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ url: /^(graph|graph-video)\.facebook\.com\//, units: 0 }],
      told: 'alone',
    },
    // Code 4: the same of the whole app.
    callsOfApp(/^(graph|graph-video)\.facebook\.com\//),
  ],
  can: { firstComment: true, remove: true, edit: true, insights: true, webhook: true, readBack: true },
  unknowable: [
    { types: ['draft of text alone'], why: 'Facebook lists no drafts to apps, and a text leaves nothing else behind.' },
  ],
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
