/** Telegram as data (fact sheet telegram.md §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  /** `plain`: what is typed is what is seen. `html`: Telegram's own tags. `markdown`: MarkdownV2, escapes and all. */
  parseMode: z.enum(['plain', 'html', 'markdown']).default('plain').meta({ title: 'Text format' }),
  linkPreview: z.enum(['auto', 'off', 'small', 'large']).default('auto').meta({ title: 'Link preview' }),
  previewAbove: z.boolean().default(false).meta({ title: 'Preview above the text' }),
  silent: z.boolean().default(false).meta({ title: 'Send without sound' }),
  protect: z.boolean().default(false).meta({ title: 'No forwarding or saving' }),
  spoiler: z.boolean().default(false).meta({ title: 'Blur the pictures' }),
  pin: z.boolean().default(false).meta({ title: 'Pin the message' }),
  /** Forum topic of a group. The General topic (1) must be left out. */
  topicId: z.int().min(2, 'Leave the General topic empty.').optional().meta({ title: 'Topic' }),
  /** The post's text is the question. */
  poll: z
    .strictObject({
      options: z
        .array(z.string().trim().min(1).max(100, 'A poll option has at most 100 characters.'))
        .min(2, 'A poll has at least 2 options.')
        .max(12, 'A poll has at most 12 options.'),
      multipleAnswers: z.boolean().default(false),
      anonymous: z.boolean().default(true),
      openSeconds: z.int().min(5).max(2_628_000).optional(),
    })
    .optional()
    .meta({ title: 'Poll' }),
})

export const spec = defineSpec({
  id: 'telegram',
  name: 'Telegram',
  hosts: ['api.telegram.org'],
  connect: 'code',
  credentials: [
    {
      name: 'botToken',
      label: 'Bot token',
      secret: true,
      placeholder: '123456789:AA...',
      help: '@BotFather > /newbot. One bot serves every channel of this Clarion.',
    },
  ],
  channelKinds: ['channel', 'supergroup', 'group'],
  // With pictures a longer text goes out as a message of its own: see publish.ts.
  text: { max: 4096, unit: 'utf16', optionalWithMedia: true },
  thread: { max: 1 },
  // No altMax: Telegram has no alt text.
  media: {
    max: 10,
    mix: 'free',
    image: {
      // A GIF goes out as an animation, alone.
      types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
      maxBytes: 10_000_000,
      maxSides: 10_000,
      aspect: { min: 0.05, max: 20 },
      // An animation is a file like a video, not a photo (fact sheet §3).
      animation: { types: ['image/gif'], maxBytes: 50_000_000 },
    },
    // Uploads of a bot (fact sheet §3); a server of one's own would lift it to 2 GB.
    video: {
      types: ['video/mp4'],
      maxBytes: 50_000_000,
      // Others arrive as a file that not every app plays (§3).
      advised: { codecs: ['avc'], audioCodecs: ['aac'] },
    },
    document: { types: ['application/pdf'], maxBytes: 50_000_000 },
  },
  settings: { version: 1, schema: settings },
  // 30 messages a second for a bot, which all channels may share (§7).
  pace: { concurrency: 8, backlogGapMs: 3_500 },
  // Guidance of the Bot FAQ (fact sheet §7); every item of an album counts.
  budgets: [
    // Each item of an album is a message (fact sheet §7).
    {
      bucket: 'bot',
      label: 'Messages of the bot in a second',
      cap: 30,
      largest: 10,
      scope: 'app',
      window: { rolling: 1_000 },
    },
    {
      bucket: 'chat',
      label: 'Messages in the chat in a minute',
      cap: 20,
      largest: 10,
      scope: 'channel',
      window: { rolling: 60_000 },
    },
  ],
  can: { firstComment: false, remove: true, edit: true, insights: true, webhook: false, readBack: false },
  why: {
    firstComment: 'Comments live in the linked discussion group, where a bot must wait for the forwarded post.',
    insights: 'Bots see no views or forwards of a message; Clarion keeps the number of members.',
    webhook: 'Clarion asks for updates itself, so that it works without a public address.',
    readBack: 'Bots cannot read the messages of a chat, so a lost answer needs a person to look.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>

/** Caption of a picture or album, after parsing (fact sheet §3). */
export const captionMax = 1024
/** Question of a poll. */
export const questionMax = 300
