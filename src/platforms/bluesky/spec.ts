/** Bluesky as data (fact sheet bluesky.md §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/spec/spec.ts'

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

export const spec = defineSpec({
  id: 'bluesky',
  name: 'Bluesky',
  // An account may live on any PDS; these are the hosts known beforehand.
  hosts: ['bsky.social', 'public.api.bsky.app', 'plc.directory'],
  connect: 'form',
  credentials: [],
  connectForm: [
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
  },
  settings: { version: 1, schema: settings },
  pace: { concurrency: 32, backlogGapMs: 2_000 },
  can: { firstComment: true, remove: true, edit: false, insights: false, webhook: false, readBack: true },
  why: {
    edit: 'Bluesky does not show edits of a post.',
    webhook: 'Bluesky sends no webhooks.',
    insights: 'Clarion does not read Bluesky counts yet.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
