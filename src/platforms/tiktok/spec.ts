/** TikTok as data (fact sheet tiktok.md §2, §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'

export const privacyLevels = [
  'PUBLIC_TO_EVERYONE',
  'MUTUAL_FOLLOW_FRIENDS',
  'FOLLOWER_OF_CREATOR',
  'SELF_ONLY',
] as const

/**
 * Settings of one publication, version 1. TikTok's audit demands that privacy has no default and that every interaction
 * is off until somebody turns it on (§3.7), so a post with default settings is refused by preflight on purpose.
 */
export const settings = z.strictObject({
  /** `inbox`: TikTok keeps it as a draft, and the person finishes it in the app. */
  mode: z.enum(['direct', 'inbox']).default('direct').meta({ title: 'How it is posted' }),
  privacy: z.enum(privacyLevels).optional().meta({ title: 'Who can view this' }),
  allowComment: z.boolean().default(false).meta({ title: 'Allow comments' }),
  allowDuet: z.boolean().default(false).meta({ title: 'Allow duet' }),
  allowStitch: z.boolean().default(false).meta({ title: 'Allow stitch' }),
  disclose: z.boolean().default(false).meta({ title: 'Disclose commercial content' }),
  yourBrand: z.boolean().default(false).meta({ title: 'Your brand' }),
  brandedContent: z.boolean().default(false).meta({ title: 'Branded content' }),
  aiGenerated: z.boolean().default(false).meta({ title: 'AI-generated content' }),
  /** The person agrees to TikTok's terms of music; a direct post does not leave without it. */
  musicConsent: z.boolean().default(false).meta({ title: 'Music Usage Confirmation' }),
  /** The frame shown as the cover of a video (ms from its start). */
  coverMs: z.int().min(0).max(2_147_483_647).optional().meta({ title: 'Cover frame' }),
  photoTitle: z
    .string()
    .max(90, 'The title of a photo post has at most 90 characters.')
    .optional()
    .meta({ title: 'Title' }),
  /** Which photo is the cover, counted from 0. */
  coverIndex: z.int().min(0).max(34).default(0).meta({ title: 'Cover photo' }),
  autoMusic: z.boolean().default(false).meta({ title: 'Add music automatically' }),
  /** Videos: send the file, or let TikTok fetch it from our verified domain. Photos are always fetched. */
  source: z.enum(['file', 'pull']).default('file').meta({ title: 'How the video travels' }),
})

export const spec = defineSpec({
  id: 'tiktok',
  name: 'TikTok',
  hosts: ['open.tiktokapis.com', 'www.tiktok.com', 'open-upload.tiktokapis.com'],
  connect: 'redirect',
  ways: [
    {
      id: 'direct',
      label: 'Post and make drafts',
      help: 'For an app with Direct Post turned on in the Content Posting API.',
      connect: 'redirect',
    },
    {
      id: 'inbox',
      label: 'Drafts only',
      help: 'Clarion sends drafts to the TikTok inbox and you finish them in the app. Needs no Direct Post.',
      connect: 'redirect',
    },
  ],
  credentials: [
    { name: 'clientId', label: 'Client key', help: 'developers.tiktok.com > Manage apps > your app > Credentials.' },
    { name: 'clientSecret', label: 'Client secret', secret: true, help: 'On the same page. It also signs webhooks.' },
    {
      name: 'audited',
      label: 'Audited by TikTok?',
      optional: true,
      placeholder: 'no',
      help: 'Write "yes" once TikTok has audited the app. Until then it takes private posts only, and Clarion warns.',
    },
    {
      name: 'scopes',
      label: 'Scopes of the app',
      optional: true,
      placeholder: 'user.info.basic,video.publish,video.upload,video.list,user.info.profile,user.info.stats',
      help: 'Only if your app has fewer than all six: TikTok refuses to ask for one it has not given the app.',
    },
    {
      name: 'pkce',
      label: 'PKCE',
      optional: true,
      placeholder: 'auto',
      help: '"auto": hex for a loopback redirect (Desktop), none for https (Web). Or write hex, base64url or none.',
    },
    {
      name: 'signatureFile',
      label: 'Name of the signature file',
      optional: true,
      placeholder: 'tiktokAbC123dEf456.txt',
      help: 'For photos without access to DNS: URL properties > URL prefix > your Clarion address. TikTok gives a file to put there.',
    },
    {
      name: 'signatureText',
      label: 'Text of the signature file',
      optional: true,
      placeholder: 'tiktok-developers-site-verification=AbC123dEf456',
      help: 'What is in that file. Clarion shows it at its own address; press Verify at TikTok afterwards.',
    },
  ],
  channelKinds: ['profile'],
  text: { max: 2200, unit: 'utf16', optionalWithMedia: true },
  thread: { max: 1 },
  media: {
    max: 35,
    min: 1,
    mix: 'alone',
    // Photos always, videos when the setting says so.
    pull: true,
    // A verified domain or URL prefix, and no redirects (§1, step 4).
    pullFrom: 'own-address',
    // 1080p, whichever way it stands (§10): 1080 is the shorter side.
    image: { types: ['image/jpeg', 'image/webp'], maxBytes: 20_000_000, maxShort: 1080, maxLong: 1920 },
    video: {
      max: 1,
      types: ['video/mp4', 'video/quicktime', 'video/webm'],
      maxBytes: 4_000_000_000,
      maxMs: 600_000,
      minWidth: 360,
      minHeight: 360,
      maxWidth: 4096,
      maxHeight: 4096,
      minFps: 23,
      maxFps: 60,
      codecs: ['avc', 'hevc', 'vp8', 'vp9'],
    },
  },
  settings: { version: 1, schema: settings },
  // Counted by the minute for each user's token (§7).
  pace: { concurrency: 50, backlogGapMs: 15_000 },
  // Per token (fact sheet §3); about fifteen posts a day besides, which TikTok alone counts.
  budgets: [
    { bucket: 'begins', label: 'Posts begun in a minute', cap: 6, scope: 'channel', window: { rolling: 60_000 } },
    { bucket: 'looks', label: 'Looks at a post in a minute', cap: 30, scope: 'channel', window: { rolling: 60_000 } },
    {
      bucket: 'creator',
      label: 'Looks at the account in a minute',
      cap: 20,
      scope: 'channel',
      window: { rolling: 60_000 },
    },
  ],
  can: { firstComment: false, remove: false, edit: false, insights: true, webhook: true, readBack: true },
  why: {
    firstComment: 'TikTok gives apps no way to comment. Write the first comment in the TikTok app.',
    remove: 'TikTok gives apps no way to delete a post. Delete it in the TikTok app.',
    edit: 'TikTok gives apps no way to change a post. Edit it in the TikTok app.',
    readBack:
      'Uploaded videos are always found again. When TikTok fetches (photos, pulled videos) and its first answer is lost, only public posts can be looked up; a private one or a draft must be looked for by a person.',
  },
  unknowable: [
    {
      types: ['video-pull', 'photo', 'photo-carousel'],
      why: 'TikTok fetches these, and its first answer carries the only id. Posts in moderation are hidden from apps, so an empty list proves nothing.',
    },
    { types: ['photo-draft'], why: 'Drafts in the inbox are hidden from apps.' },
  ],
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
