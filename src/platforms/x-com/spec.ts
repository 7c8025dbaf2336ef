/** X as data (fact sheet x-com.md §2, §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  replySettings: z
    .enum(['everyone', 'following', 'mentionedUsers', 'subscribers', 'verified'])
    .default('everyone')
    .meta({ title: 'Who can reply' }),
  /** Rides on the first post; excludes pictures. */
  poll: z
    .strictObject({
      options: z
        .array(z.string().trim().min(1).max(25, 'A poll option has at most 25 characters.'))
        .min(2, 'A poll has at least 2 options.')
        .max(4, 'A poll has at most 4 options.'),
      durationMinutes: z
        .int()
        .min(5, 'A poll runs at least 5 minutes.')
        .max(10_080, 'A poll runs at most 7 days.')
        .default(1440),
    })
    .optional()
    .meta({ title: 'Poll' }),
  madeWithAi: z.boolean().default(false).meta({ title: 'Made with AI' }),
  paidPartnership: z.boolean().default(false).meta({ title: 'Paid partnership' }),
  communityId: z
    .string()
    .regex(/^[0-9]{1,19}$/, 'The number at the end of the community address.')
    .optional()
    .meta({ title: 'Community' }),
  /** With a community: show it to followers too. */
  shareWithFollowers: z.boolean().default(false).meta({ title: 'Also show to followers' }),
})

export const spec = defineSpec({
  id: 'x-com',
  name: 'X',
  hosts: ['api.x.com', 'x.com'],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'Client ID', help: 'console.x.com > your app > User authentication settings.' },
    {
      name: 'clientSecret',
      label: 'Client secret',
      secret: true,
      help: 'Shown once when the app is made. The app type must be Web App or Automated App.',
    },
  ],
  channelKinds: ['profile'],
  text: { max: 280, unit: 'weighted', optionalWithMedia: true },
  thread: { max: 25 },
  media: {
    max: 4,
    mix: 'alone',
    image: {
      types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
      maxBytes: 5_000_000,
      altMax: 1000,
      // Fact sheet §10.
      animation: {
        types: ['image/gif'],
        maxBytes: 15_000_000,
        maxWidth: 1280,
        maxHeight: 1080,
        maxFrames: 350,
        maxPixels: 300_000_000,
      },
    },
    // Fact sheet §10: what the documents of September 2026 give everybody; Premium accounts get more (preflight.ts).
    // 8 GB is also what 1,000 segments of 8 MB hold.
    video: {
      types: ['video/mp4', 'video/quicktime', 'video/webm'],
      maxBytes: 8_000_000_000,
      minMs: 500,
      maxMs: 20 * 60_000,
      minWidth: 32,
      minHeight: 32,
      maxFps: 60,
      // H.264 High, yuv420p, AAC-LC (§10). WebM, which the upload takes by its type, has codecs of its own.
      codecs: ['avc', 'vp8', 'vp9'],
      chroma: ['4:2:0'],
      audioCodecs: ['aac', 'opus', 'vorbis'],
      maxAudioChannels: 2,
      aspect: { min: 1 / 3, max: 3 },
      max: 1,
    },
  },
  settings: { version: 1, schema: settings },
  // 100 posts per 15 minutes and account; half-hourly slices of 2,400 a day come on top. The app's own limits are those of a day.
  pace: { concurrency: 50, backlogGapMs: 10_000 },
  // Media that no post uses expire after 24 h (`expires_after_secs`, §3.2).
  ahead: { upload: 86_400_000 },
  // What the app has spent today. X has no free calls; its own spending limit stops it, so ours never does.
  budgets: [
    {
      bucket: 'credits',
      label: 'Spent at X today (whole app)',
      // In thousandths of a dollar.
      cap: 2_000_000_000,
      // A post with a link (fact sheet §7).
      largest: 200,
      money: { currency: 'USD', per: 1000 },
      scope: 'app',
      window: { daily: 'UTC' },
    },
    // Fact sheet §7, per user. Pieces of uploads (1,875) are left to X's own 429: a thousand writes of ours a file.
    {
      bucket: 'posts-15m',
      label: 'Posts in 15 minutes',
      cap: 100,
      scope: 'channel',
      window: { rolling: 900_000 },
      told: 'too',
      takes: [{ method: 'POST', url: /^api\.x\.com\/2\/tweets$/ }],
    },
    {
      bucket: 'deletes-15m',
      label: 'Deletions in 15 minutes',
      cap: 50,
      scope: 'channel',
      window: { rolling: 900_000 },
      told: 'too',
      takes: [{ method: 'DELETE', url: /^api\.x\.com\/2\/tweets\/\d+$/ }],
    },
    // Told on every create (fact sheet §7, observed); numbers of others' programs are in it too, so only X can count.
    {
      bucket: 'posts-24h-user',
      label: 'Posts of this account in 24 hours',
      cap: 2400,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ method: 'POST', url: /^api\.x\.com\/2\/tweets$/ }],
      told: 'alone',
      plans: ({ segments, firstComment }) => segments + Number(firstComment),
    },
    {
      bucket: 'posts-24h-app',
      label: 'Posts of the app in 24 hours',
      cap: 10_000,
      scope: 'app',
      window: { rolling: 86_400_000 },
      takes: [{ method: 'POST', url: /^api\.x\.com\/2\/tweets$/ }],
      told: 'alone',
      plans: ({ segments, firstComment }) => segments + Number(firstComment),
    },
  ],
  can: { firstComment: true, remove: true, edit: false, insights: true, webhook: true, readBack: true },
  why: {
    edit: 'Only Premium accounts may edit, within an hour, and each edit is a new post id.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
