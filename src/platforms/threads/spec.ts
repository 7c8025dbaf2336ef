/** Threads as data (fact sheet threads.md §1, §3, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'
import { callsOfApp } from '../families/meta/usage.ts'

const id = z.string().regex(/^\d{1,30}$/, 'The number Threads gave the post.')
const address = z.url({ protocol: /^https?$/, error: 'A web address with https://.' }).max(2048)
const choice = z.string().trim().min(1).max(25, 'At most 25 characters.')

/** Settings of one publication, version 1. All but `spoilerMedia` belong to the first post of a thread. */
export const settings = z.strictObject({
  replyControl: z
    .enum(['everyone', 'accounts_you_follow', 'mentioned_only', 'parent_post_author_only', 'followers_only'])
    .default('everyone')
    .meta({ title: 'Who can reply' }),
  replyApprovals: z.boolean().default(false).meta({ title: 'Approve replies first' }),
  topicTag: z
    .string()
    .trim()
    .min(1)
    .max(50, 'At most 50 characters.')
    .regex(/^[^.&]*$/, 'A topic has no dots and no &.')
    .optional()
    .meta({ title: 'Topic' }),
  /** Threads refuses some topics, which nobody can know before. */
  topicRequired: z.boolean().default(false).meta({ title: 'Do not publish without the topic' }),
  /** The card under a post without media; otherwise the first link of the text makes it. */
  link: address.optional().meta({ title: 'Link card' }),
  poll: z.array(choice).min(2, 'At least 2 answers.').max(4, 'At most 4 answers.').optional().meta({ title: 'Poll' }),
  quotePostId: id.optional().meta({ title: 'Quoted post' }),
  /** Words of the first post hidden until somebody taps them. */
  spoilers: z.array(z.string().min(1).max(500)).max(10, 'At most 10.').default([]).meta({ title: 'Hidden words' }),
  spoilerMedia: z.boolean().default(false).meta({ title: 'Hide pictures and videos' }),
  ghost: z.boolean().default(false).meta({ title: 'Ghost post' }),
  longText: z.string().trim().min(1).max(10_000, 'At most 10,000 characters.').optional().meta({ title: 'Long text' }),
  longTextLink: address.optional().meta({ title: 'Link in the long text' }),
  gifId: z
    .string()
    .regex(/^[A-Za-z0-9]{5,64}$/, 'The id of a GIF on GIPHY.')
    .optional()
    .meta({ title: 'GIF' }),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'Two capital letters, like PL.'))
    .max(250)
    .default([])
    .meta({ title: 'Only in these countries' }),
})

export const spec = defineSpec({
  id: 'threads',
  name: 'Threads',
  hosts: ['graph.threads.net', 'threads.net'],
  connect: 'redirect',
  credentials: [
    {
      name: 'clientId',
      label: 'Threads app ID',
      help: 'developers.facebook.com > your app > Use cases > Access the Threads API > Settings. It is not the Meta app ID.',
    },
    {
      name: 'clientSecret',
      label: 'Threads app secret',
      secret: true,
      help: 'Beside the Threads app ID.',
    },
    {
      name: 'metaAppSecret',
      label: 'Meta app secret',
      secret: true,
      optional: true,
      help: 'Only when webhooks of Threads are refused as forged: App settings > Basic.',
    },
  ],
  channelKinds: ['profile'],
  // 500 characters, emoji by their UTF-8 bytes: counted in text.ts.
  text: { max: 500, unit: 'weighted', optionalWithMedia: true },
  // Threads names no limit; 1,000 replies a day bound it.
  thread: { max: 50 },
  media: {
    max: 20,
    mix: 'free',
    pull: true,
    image: {
      types: ['image/jpeg', 'image/png'],
      maxBytes: 8_000_000,
      maxWidth: 1440,
      aspect: { min: 0.1, max: 10 },
      altMax: 1000,
    },
    video: {
      types: ['video/mp4', 'video/quicktime'],
      maxBytes: 1_000_000_000,
      maxMs: 300_000,
      minFps: 23,
      maxFps: 60,
      maxWidth: 1920,
      codecs: ['avc', 'hevc'],
      chroma: ['4:2:0'],
      maxBitrate: 100_000_000,
      audioCodecs: ['aac'],
      maxAudioRate: 48_000,
      maxAudioChannels: 2,
      // Asked for (§10), and phones write neither; Threads takes most of theirs.
      advised: { indexFirst: true, uncut: true },
      aspect: { min: 0.01, max: 10 },
    },
  },
  settings: { version: 1, schema: settings },
  // 250 posts and 1,000 replies in 24 hours, asked from the network; calls are counted a profile (§7).
  pace: { concurrency: 50, backlogGapMs: 60_000 },
  // Containers that are not published within 24 h expire (§3.2).
  ahead: { upload: 86_400_000, process: 86_400_000 },
  // Per profile in any 24 hours (fact sheet §7). A reply and a post are published by the same call, so the caller says which.
  // Others publish for the same profile too: that all is used up is Threads' word (code 9), and wins.
  budgets: [
    {
      bucket: 'posts',
      label: 'Posts by apps in 24 hours',
      cap: 250,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      told: 'too',
      plans: () => 1,
    },
    {
      bucket: 'replies',
      label: 'Replies by apps in 24 hours',
      cap: 1_000,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      told: 'too',
      plans: ({ segments, firstComment }) => segments - 1 + Number(firstComment),
    },
    {
      bucket: 'deletes',
      label: 'Deletions by apps in 24 hours',
      cap: 100,
      scope: 'channel',
      window: { rolling: 86_400_000 },
      takes: [{ method: 'DELETE', url: /^graph\.threads\.net\// }],
      told: 'too',
    },
    // Code 4 (§7): the whole app has called too much; each call prolongs that.
    callsOfApp(/^graph\.threads\.net\//),
  ],
  can: { firstComment: true, remove: true, edit: false, insights: true, webhook: true, readBack: true },
  why: { edit: 'Threads lets no app change a post after publishing.' },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
