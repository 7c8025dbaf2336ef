/** Bluesky as data (fact sheet bluesky.md §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type Field, type Planned, type SettingsOf, type Taker } from '#kit/facts/spec.ts'

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  langs: z
    .array(z.string().regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/, 'A language tag such as en or pt-BR.'))
    .max(3, 'At most 3 languages.')
    .default([])
    .meta({ title: 'Languages' }),
  /** Extra hashtags that are not in the text. */
  tags: z.array(z.string().min(1).max(640)).max(8, 'At most 8 extra tags.').default([]).meta({ title: 'Extra tags' }),
  labels: z
    .array(z.enum(['porn', 'sexual', 'nudity', 'graphic-media']))
    .max(4)
    .default([])
    .meta({ title: 'Content warning' }),
  /** Who may reply to the first post of the thread. */
  replies: z
    .enum(['everyone', 'nobody', 'following', 'followers', 'mentioned'])
    .default('everyone')
    .meta({ title: 'Who can reply' }),
  /** The card's words come from the person: the platform fetches no page. */
  linkCard: z
    .strictObject({
      uri: z.url({ protocol: /^https?$/ }).max(2048),
      title: z.string().max(300),
      description: z.string().max(1000).default(''),
      /** Id of a picture in the media library. */
      thumb: z.string().optional().meta({ media: 'image' }),
    })
    .optional()
    .meta({ title: 'Link card' }),
  /** The post to quote: `at://...` or `https://bsky.app/profile/.../post/...`. */
  quote: z
    .string()
    .regex(
      /^(at:\/\/[^/\s]+\/app\.bsky\.feed\.post\/[^/\s]+|https:\/\/bsky\.app\/profile\/[^/\s]+\/post\/[^/\s?#]+)$/,
      'The address of a Bluesky post.',
    )
    .optional()
    .meta({ title: 'Quoted post' }),
})

const appPasswordForm: readonly Field[] = [
  { name: 'identifier', label: 'Handle', placeholder: 'alice.bsky.social', help: 'Your handle, without the @.' },
  {
    name: 'appPassword',
    label: 'App password',
    secret: true,
    placeholder: 'xxxx-xxxx-xxxx-xxxx',
    help: 'Bluesky: Settings > Privacy and security > App passwords. Not your account password.',
  },
  {
    name: 'service',
    label: 'Service',
    optional: true,
    placeholder: 'https://bsky.social',
    help: 'Only when your account lives on another server.',
  },
]

const writes: readonly Taker[] = [
  { method: 'POST', url: /\/xrpc\/com\.atproto\.repo\.putRecord$/, units: 2 },
  { method: 'POST', url: /\/xrpc\/com\.atproto\.repo\.deleteRecord$/, units: 1 },
]
const points = ({ segments, firstComment }: Planned) => 2 * (segments + Number(firstComment))

export const spec = defineSpec({
  id: 'bluesky',
  name: 'Bluesky',
  // An account may live on any PDS; these are the hosts known beforehand.
  hosts: ['bsky.social', 'public.api.bsky.app', 'plc.directory', 'video.bsky.app'],
  connect: 'form',
  credentials: [],
  connectForm: appPasswordForm,
  ways: [
    {
      id: 'password',
      label: 'App password',
      help: 'Works everywhere, also on your own computer, and survives for as long as you use it.',
      connect: 'form',
      form: appPasswordForm,
    },
    {
      id: 'oauth',
      label: 'Sign in at Bluesky',
      help: 'Nothing to copy. Sign in again after two weeks without a post.',
      connect: 'redirect',
      form: [{ name: 'handle', label: 'Your handle', placeholder: 'alice.bsky.social', help: 'Without the @.' }],
    },
  ],
  channelKinds: ['profile'],
  text: { max: 300, unit: 'graphemes', maxBytes: 3000, optionalWithMedia: true },
  // The network has no limit on a thread; this is ours, to keep one publication within the hourly write budget.
  thread: { max: 50 },
  media: {
    max: 4,
    mix: 'alone',
    image: {
      types: ['image/jpeg', 'image/png', 'image/webp'],
      maxBytes: 2_000_000,
      maxWidth: 4000,
      maxHeight: 4000,
      altMax: 2000,
    },
    // Fact sheet §3: the video service's limits; another server may take less.
    video: { types: ['video/mp4'], maxBytes: 300_000_000, maxMs: 600_000, max: 1 },
  },
  settings: {
    version: 1,
    schema: settings,
    media: (s) =>
      s.linkCard?.thumb
        ? [
            {
              id: s.linkCard.thumb,
              field: 'linkCard.thumb',
              limits: { types: ['image/jpeg', 'image/png', 'image/webp'], maxBytes: 1_000_000, maxWidth: 2000 },
            },
          ]
        : [],
  },
  // Writes are counted by the hour for each account, calls by the five minutes for an address (3,000; §7).
  pace: { concurrency: 100, backlogGapMs: 2_000 },
  // Blobs no record uses are dropped after a while (`BlobNotFound`, §8), which no document names: an hour is trusted.
  ahead: { upload: 3_600_000, prepare: 3_600_000 },
  // Points of writes (fact sheet §7), told on every write; a putRecord is charged 2, a deletion 1.
  budgets: [
    {
      bucket: 'writes-3600',
      label: 'Write points in an hour',
      cap: 5_000,
      largest: 2,
      scope: 'channel',
      window: { rolling: 3_600_000 },
      takes: writes,
      told: 'alone',
      plans: points,
    },
    {
      bucket: 'writes-86400',
      label: 'Write points in a day',
      cap: 35_000,
      largest: 2,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: writes,
      told: 'alone',
      plans: points,
    },
  ],
  can: { firstComment: true, remove: true, edit: false, insights: true, webhook: false, readBack: true },
  why: {
    edit: 'Bluesky does not show edits of a post.',
    webhook: 'Bluesky sends no webhooks.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
