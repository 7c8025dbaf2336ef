/** LinkedIn as data (fact sheet linkedin.md §1 to §3, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'

/** `urn:li:share:1` or the address of a post that holds one. Activities cannot be reshared by their own number. */
export const postUrn = /urn:li:(?:share|ugcPost):[0-9]{1,20}/

const httpUrl = z
  .string()
  .trim()
  .max(2048)
  .regex(/^https?:\/\/[^\s]+$/i, 'A web address that begins with https://.')

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  /** Pages publish to everybody. */
  visibility: z.enum(['PUBLIC', 'LOGGED_IN', 'CONNECTIONS']).default('PUBLIC').meta({ title: 'Who can see it' }),
  allowReshare: z.boolean().default(true).meta({ title: 'Others may repost it' }),
  /** LinkedIn does not read the page: title, description and picture of the card are what is given here. */
  article: z
    .strictObject({
      url: httpUrl,
      title: z.string().trim().min(1, 'A link card needs a title.').max(400, 'A title has at most 400 characters.'),
      description: z.string().trim().max(4086, 'A description has at most 4,086 characters.').optional(),
      /** Media id of the picture. */
      thumbnail: z.string().min(1).optional(),
    })
    .optional()
    .meta({ title: 'Link card' }),
  poll: z
    .strictObject({
      question: z.string().trim().min(1).max(140, 'A question has at most 140 characters.'),
      options: z
        .array(z.string().trim().min(1).max(30, 'An answer has at most 30 characters.'))
        .min(2, 'A poll has at least 2 answers.')
        .max(4, 'A poll has at most 4 answers.'),
      duration: z.enum(['ONE_DAY', 'THREE_DAYS', 'SEVEN_DAYS', 'FOURTEEN_DAYS']).default('THREE_DAYS'),
    })
    .optional()
    .meta({ title: 'Poll' }),
  video: z
    .strictObject({
      title: z.string().trim().min(1).max(400).optional(),
      /** Media id of the still. */
      thumbnail: z.string().min(1).optional(),
      /** Subtitles as SRT. */
      captions: z
        .string()
        .max(500_000)
        .regex(/\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}/, 'Subtitles in SRT form: 00:00:01,000 --> 00:00:03,000.')
        .optional(),
    })
    .optional()
    .meta({ title: 'Video' }),
  /** Shown above the pages of a document. */
  documentTitle: z.string().trim().min(1).max(400).optional().meta({ title: 'Title of the document' }),
  /** The post that is passed on: its URN, or an address with the URN in it. */
  reshareOf: z
    .string()
    .trim()
    .max(500)
    .regex(postUrn, 'The address or URN of a post: it holds urn:li:share:... or urn:li:ugcPost:...')
    .optional()
    .meta({ title: 'Repost of' }),
})

const credentials = ['clientId', 'clientSecret']

/** "Share on LinkedIn" by default (§7); the portal shows the real one. */
const callsOfApp = 100_000
const ofAppDay = (bucket: string, label: string, method: 'POST' | undefined, url: RegExp) => ({
  bucket,
  label,
  cap: callsOfApp,
  scope: 'app' as const,
  window: { daily: 'UTC' },
  takes: [{ ...(method && { method }), url }],
  told: 'alone' as const,
})

/** The app's days on what publishing calls: LinkedIn counts by resource, and says it in a 429 alone (§8, APPLICATION). */
const ofApp = [
  ofAppDay('app-posts-day', 'Posts of the app today', 'POST', /^api\.linkedin\.com\/rest\/posts$/),
  ofAppDay('app-files-day', 'Files of the app today', 'POST', /^api\.linkedin\.com\/rest\/(images|videos|documents)$/),
  ofAppDay('app-comments-day', 'Comments of the app today', 'POST', /^api\.linkedin\.com\/rest\/socialActions\//),
]

export const spec = defineSpec({
  id: 'linkedin',
  name: 'LinkedIn',
  hosts: ['api.linkedin.com', 'www.linkedin.com'],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'Client ID', help: 'linkedin.com/developers/apps > your app > Auth.' },
    { name: 'clientSecret', label: 'Primary client secret', secret: true, help: 'On the same page.' },
    {
      name: 'pagesClientId',
      label: 'Client ID of the app for pages',
      optional: true,
      help: 'Only when a second app holds the Community Management API. Empty: the app above is used for pages too.',
    },
    { name: 'pagesClientSecret', label: 'Client secret of the app for pages', secret: true, optional: true },
    {
      name: 'pagesScopes',
      label: 'Further scopes of the app for pages',
      optional: true,
      placeholder: 'r_basicprofile w_member_social w_organization_social_feed',
      help: 'What LinkedIn granted the app beyond publishing on pages; the guide says what each adds. One it was not granted refuses the whole consent. After a change connect the channels again.',
    },
    {
      name: 'applicationId',
      label: 'App number',
      optional: true,
      help: 'The number in the address of the app for pages. Only for webhooks.',
    },
    {
      name: 'apiVersion',
      label: 'API version',
      optional: true,
      placeholder: '202609',
      help: 'A month, YYYYMM. LinkedIn switches versions off after a year.',
    },
  ],
  ways: [
    {
      id: 'pages',
      label: 'Pages',
      help: 'Needs an app with the Community Management API, which LinkedIn reviews. Your profile too, when the app was granted that.',
      connect: 'redirect',
      credentials,
    },
    {
      id: 'profile',
      label: 'Only your profile',
      help: 'Needs an app with "Share on LinkedIn" and "Sign In with LinkedIn using OpenID Connect"; nobody reviews it.',
      connect: 'redirect',
      credentials,
    },
  ],
  channelKinds: ['organization', 'person'],
  text: { max: 3000, unit: 'utf16', optionalWithMedia: true },
  thread: { max: 1 },
  media: {
    max: 20,
    mix: 'alone',
    // No limit in bytes is published; the one in pixels is 36,152,320 (§10).
    image: {
      types: ['image/jpeg', 'image/png', 'image/gif'],
      maxBytes: 10_000_000,
      maxWidth: 6000,
      maxHeight: 6000,
      altMax: 4086,
      // The product brief's figure; LinkedIn's documents publish no least size, so it only warns.
      advised: { minWidth: 200, minHeight: 200 },
      // At most 250 frames (§10); in bytes as other pictures.
      animation: { types: ['image/gif'], maxBytes: 10_000_000, maxWidth: 6000, maxHeight: 6000, maxFrames: 250 },
    },
    video: {
      max: 1,
      types: ['video/mp4'],
      maxBytes: 500_000_000,
      minMs: 3000,
      maxMs: 30 * 60_000,
      minFps: 10,
      maxFps: 60,
      aspect: { min: 1 / 2.4, max: 2.4 },
      // Recommended, not demanded (§10).
      advised: { codecs: ['avc'], audioCodecs: ['aac'] },
    },
    document: {
      types: [
        'application/pdf',
        'application/vnd.openxmlformats-officedocument.presentationml.presentation',
        'application/vnd.ms-powerpoint',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'application/msword',
      ],
      maxBytes: 100_000_000,
      maxPages: 300,
    },
  },
  settings: {
    version: 1,
    schema: settings,
    media: (s) => [
      ...(s.article?.thumbnail ? [{ id: s.article.thumbnail, field: 'article.thumbnail' }] : []),
      ...(s.video?.thumbnail ? [{ id: s.video.thumbnail, field: 'video.thumbnail' }] : []),
    ],
  },
  // 150 posts a day and member at most; the portal shows the real number. Nothing is counted by the second (§7).
  pace: { concurrency: 32, backlogGapMs: 20_000 },
  // Uploaded files are assets of the author (§3.3 to §3.5). How long an unused one is kept is not documented: an hour is trusted.
  ahead: { upload: 3_600_000 },
  // Per member and day of UTC (fact sheet §7, from the product page); the portal alone tells the app's own numbers.
  budgets: [
    {
      bucket: 'posts-day',
      label: 'Posts today',
      cap: 150,
      scope: 'channel',
      window: { daily: 'UTC' },
      takes: [{ method: 'POST', url: /^api\.linkedin\.com\/rest\/posts$/ }],
      // Only by a refusal that says whose quota it is (§8): then every account of that scope waits until midnight UTC.
      told: 'too',
      plans: () => 1,
    },
    ...ofApp,
  ],
  can: { firstComment: true, remove: true, edit: true, insights: true, webhook: true, readBack: true },
  why: {
    readBack:
      'A page can be looked at. A profile cannot, for LinkedIn gives nobody the permission to read it: there Clarion sends the very same post again, and LinkedIn, which refuses doubles, names the one that is there. A first comment on a profile that got lost cannot be looked for at all; then Clarion asks you.',
    firstComment: 'With "Share on LinkedIn" alone an app may not comment; that takes the Community Management API.',
    insights: 'Numbers take the Community Management API.',
    webhook: 'LinkedIn sends events about pages only, to apps whose use it approved.',
  },
  unknowable: [
    {
      types: ['first comment on a profile'],
      why: 'LinkedIn lets nobody read the comments under a member’s post, and guards only posts against doubles.',
    },
  ],
  // §6: activity of members 48 hours, of pages 6 months.
  keeps: [
    { kinds: ['person'], ms: 48 * 3_600_000 },
    { kinds: ['organization'], ms: 180 * 86_400_000 },
  ],
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
