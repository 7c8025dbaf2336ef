/** Google Business Profile as data (fact sheet google-business.md §1, §2, §3, §7, §10). */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'
import { wallTime } from './wall-time.ts'

/** What people can post. ALERT exists in the API and nobody may write one any more; there is no product post. */
export const topics = ['STANDARD', 'EVENT', 'OFFER'] as const
/** Buttons. GET_OFFER is deprecated: an offer has its own. */
export const actions = ['BOOK', 'ORDER', 'SHOP', 'LEARN_MORE', 'SIGN_UP', 'CALL'] as const
export const repeats = ['DAILY', 'WEEKLY', 'MONTHLY'] as const
export const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const

const web = z.url({ protocol: /^https?$/, error: 'A web address starts with https://.' }).max(2048)
const wall = z.string().refine((text) => wallTime(text) !== null, 'A day and time like 2026-12-04T19:00.')

/** Settings of one publication, version 1. The text of the post is its summary; times are those of the place, without a zone. */
export const settings = z.strictObject({
  topic: z.enum(topics).default('STANDARD').meta({ title: 'Kind of post' }),
  /** BCP 47; tells Google in which language the text is, and changes nothing else. */
  languageCode: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'A language like en or pt-BR.')
    .optional()
    .meta({ title: 'Language of the text' }),
  action: z.enum(actions).optional().meta({ title: 'Button' }),
  /** Required for every button but CALL, which dials the number of the profile. */
  actionUrl: web.optional().meta({ title: 'Where the button leads' }),
  /** Of events and offers. */
  eventTitle: z
    .string()
    .trim()
    .max(58, 'A title has at most 58 characters.')
    .optional()
    .meta({ title: 'Title of the event or offer' }),
  start: wall.optional().meta({ title: 'Begins' }),
  end: wall.optional().meta({ title: 'Ends' }),
  /** Of events only. WEEKLY without days repeats on the day it begins; MONTHLY on its day of the month. */
  repeat: z.enum(repeats).optional().meta({ title: 'Repeats' }),
  repeatDays: z.array(z.enum(weekdays)).max(7).optional().meta({ title: 'On these days' }),
  repeatUntil: z.iso.date().optional().meta({ title: 'Until' }),
  couponCode: z.string().trim().max(100).optional().meta({ title: 'Coupon code' }),
  redeemUrl: web.optional().meta({ title: 'Where to redeem it' }),
  terms: z.string().trim().max(5000).optional().meta({ title: 'Terms and conditions' }),
})

export const spec = defineSpec({
  id: 'google-business',
  name: 'Google Business Profile',
  hosts: [
    'accounts.google.com',
    'oauth2.googleapis.com',
    'mybusinessaccountmanagement.googleapis.com',
    'mybusinessbusinessinformation.googleapis.com',
    'mybusinessverifications.googleapis.com',
    'mybusiness.googleapis.com',
    'businessprofileperformance.googleapis.com',
  ],
  connect: 'redirect',
  credentials: [
    { name: 'clientId', label: 'Client id', help: 'Google Cloud console > APIs & Services > Credentials.' },
    { name: 'clientSecret', label: 'Client secret', secret: true, help: 'On the same page, in the OAuth client.' },
  ],
  channelKinds: ['location'],
  // "Characters" in Google's words; counted as the strictest reading of it.
  text: { max: 1500, unit: 'utf16' },
  thread: { max: 1 },
  media: {
    max: 1,
    mix: 'alone',
    pull: true,
    // Google takes PNG as well. A JPEG is what it makes of one, and never has transparency that turns black.
    image: { types: ['image/jpeg'], maxBytes: 5_000_000, minWidth: 250, minHeight: 250 },
  },
  settings: { version: 1, schema: settings },
  // 300 calls a minute for the whole project (§7).
  pace: { concurrency: 4, backlogGapMs: 10_000 },
  budgets: [
    // Fact sheet §7: 300 a minute for each API of a project.
    {
      bucket: 'calls-60',
      label: 'Calls to the posts of Google in a minute (whole app)',
      cap: 300,
      scope: 'app',
      window: { rolling: 60_000 },
      takes: [{ url: /^mybusiness\.googleapis\.com\// }],
    },
    {
      bucket: 'edits',
      label: 'Changes to the profile in a minute',
      cap: 10,
      scope: 'channel',
      window: { rolling: 60_000 },
    },
  ],
  can: { firstComment: false, remove: true, edit: true, insights: true, webhook: false, readBack: true },
  why: {
    firstComment: 'Posts on Google have no comments.',
    insights: 'Google counts nothing for single posts since 2023; the numbers of the whole profile are there.',
    webhook: 'Google sends no event about posts (only about reviews and the profile); Clarion asks instead.',
  },
  verified: '2026-11-22',
})

export type Settings = SettingsOf<typeof spec>
