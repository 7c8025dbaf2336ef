/** Posts, their publications, and the journal that tells what happened. */
import { z } from 'zod'
import { quota } from './channels.ts'
import { id, instant, prose, timeZone, wallTime } from './common.ts'
import { sentInstant } from './instant.ts'
import { journalEvent } from './journal.ts'
import { latePolicy } from './people.ts'
import { strict } from './strict.ts'

export const segment = strict({ text: prose(), mediaIds: z.array(id).max(40).default([]) }).meta({ id: 'Segment' })
/**
 * What a person may accept though it changes what they made: kinds of findings that stop a post until it is accepted.
 * `image.still`: an animated picture is shown as its first frame.
 */
export const acceptable = ['image.still'] as const
/** What is said: one segment, or several for a thread. */
export const content = strict({
  segments: z.array(segment).min(1).max(100),
  firstComment: prose(10_000).optional(),
  /** Findings the person knows of and takes: they warn and no longer stop. */
  accepts: z.array(z.enum(acceptable)).max(acceptable.length).optional(),
}).meta({ id: 'Content' })
export type Content = z.output<typeof content>

export const publicationStates = [
  'draft',
  'scheduled',
  'publishing',
  'waiting',
  'published',
  'failed',
  'unconfirmed',
  'held',
  'missed',
  'cancelled',
] as const
export type PublicationState = (typeof publicationStates)[number]
export const postStates = [
  'draft',
  'awaiting_approval',
  'scheduled',
  'publishing',
  'published',
  'partly_published',
  /** It was out, and is taken down everywhere it was. */
  'removed',
  'attention',
  'failed',
  'cancelled',
] as const
export type PostState = (typeof postStates)[number]

/** What a publication is made of, derived from its content. `images`: several; `mixed`: several with a video among them. */
export const contentTypes = ['text', 'image', 'images', 'video', 'mixed', 'document', 'thread'] as const
export type ContentType = (typeof contentTypes)[number]

/** One channel of a post. `content` null = the post's own. Settings are the platform's, checked by its schema. */
export const publicationInput = strict({
  channelId: id,
  content: content.nullable().default(null),
  settings: z.record(z.string(), z.unknown()).default({}),
})
export const finding = z
  .object({
    rule: z.string(),
    kind: z.string(),
    level: z.enum(['error', 'warning']),
    message: z.string(),
    remedy: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
    /** A person may accept it (`content.accepts`); it then only warns. */
    acceptable: z.literal(true).optional(),
    segment: z.int().optional(),
    media: z.string().optional(),
  })
  .meta({ id: 'Finding' })

/** What a post costs on a network that charges, before it is scheduled. */
export const cost = z.object({ amount: z.number(), currency: z.string(), note: z.string() }).meta({ id: 'Cost' })
/** What one network would say to an input nobody has saved yet. */
export const preflightChannel = z
  .object({
    channelId: id,
    findings: z.array(finding),
    /** null: the network does not charge. */
    cost: cost.nullable(),
    /** What is known about the channel's quotas now. */
    quotas: z.array(quota),
  })
  .meta({ id: 'PreflightChannel' })
export type PreflightChannel = z.output<typeof preflightChannel>

export const publication = z
  .object({
    id,
    postId: id,
    channelId: id,
    platform: z.string(),
    contentType: z.enum(contentTypes),
    content: content.nullable(),
    settings: z.record(z.string(), z.unknown()),
    state: z.enum(publicationStates),
    /** Stable word for why it is waiting, held, failed: a failure code, `late`, `reconnect`, `processing`, ... */
    reason: z.string().nullable(),
    /** The sentence for the person. */
    message: z.string().nullable(),
    dueAt: instant.nullable(),
    nextAt: instant.nullable(),
    startedAt: instant.nullable(),
    publishedAt: instant.nullable(),
    /** Everything before the create is done ahead of the due time; only the create waits for its second. */
    preparedAt: instant.nullable(),
    /** When the first request of the first create left: up to here a delay is Clarion's, from here on the network's. */
    sentAt: instant.nullable(),
    /** publishedAt's create step minus dueAt (ms). */
    latenessMs: z.int().nullable(),
    externalId: z.string().nullable(),
    /** null as well when it was taken down: the address leads nowhere then. */
    permalink: z.string().nullable(),
    /** When it was taken down on the network, by us or there; `state` stays `published`: it was. */
    removedAt: instant.nullable(),
    /** Has the create step begun? Then it can no longer be cancelled. */
    begun: z.boolean(),
    /** Set by the check shortly before the due time: what will go wrong. */
    forecast: z.array(finding),
    version: z.int(),
  })
  .meta({ id: 'Publication' })
export type Publication = z.output<typeof publication>

export const post = z
  .object({
    id,
    content,
    state: z.enum(postStates),
    dueAt: instant.nullable(),
    wallTime: wallTime.nullable(),
    timeZone: timeZone.nullable(),
    latePolicy: latePolicy.nullable(),
    tags: z.array(z.string()),
    author: z.object({ id: z.string(), name: z.string() }),
    publications: z.array(publication),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: 'Post' })
export type Post = z.output<typeof post>

export const maxChannelsPerPost = 100
/** 1,000 are parsed so that the Problem can name the real limit. */
const publicationsInput = z.array(publicationInput).max(5000)
export const postInput = strict({
  content,
  publications: publicationsInput.default([]),
  tags: z.array(prose(50).min(1)).max(20).default([]),
  latePolicy: latePolicy.nullable().default(null),
}).meta({ id: 'PostInput' })
export type PostInput = z.output<typeof postInput>
/** A post that replaces another: `publications` left out would take every channel off the plan, so it must be said. */
export const postReplacement = postInput.extend({ publications: publicationsInput }).meta({ id: 'PostReplacement' })

/** When: an instant, or a wall time in a zone (the workspace's when absent), or now. */
export const scheduleInput = z
  .union(
    [
      strict({ now: z.literal(true) }),
      strict({ at: sentInstant }),
      strict({ wallTime, timeZone: timeZone.optional(), fold: z.enum(['earlier', 'later']).default('earlier') }),
    ],
    'send one of {"now": true}, {"at": "2027-03-01T08:00:00Z"} and {"wallTime": "2027-03-01T09:00", "timeZone": "Europe/Warsaw"}',
  )
  .meta({ id: 'ScheduleInput' })
export type ScheduleInput = z.output<typeof scheduleInput>

export const postQuery = strict({
  from: sentInstant.optional(),
  to: sentInstant.optional(),
  channelId: id.optional(),
  state: z.enum(postStates).optional(),
  /** Posts with a publication on that network, of that content type; with `channelId`, all of one publication. */
  platform: z.string().max(40).optional(),
  contentType: z.enum(contentTypes).optional(),
  q: z.string().max(200).optional(),
})

/** One line of the audit trail. What `data` holds for each event is in journal.ts. */
export const journalEntry = z
  .object({
    id: z.string(),
    at: instant,
    event: journalEvent,
    attempt: z.int().nullable(),
    step: z.string().nullable(),
    message: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'JournalEntry' })
export type JournalEntry = z.output<typeof journalEntry>
export const attempt = z
  .object({
    number: z.int(),
    startedAt: instant,
    endedAt: instant.nullable(),
    verdict: z.string().nullable(),
    failure: z
      .object({
        kind: z.string(),
        code: z.string(),
        message: z.string(),
        status: z.int().optional(),
        raw: z.string().optional(),
      })
      .nullable(),
  })
  .meta({ id: 'Attempt' })
export const publicationStep = z
  .object({
    key: z.string(),
    state: z.enum(['planned', 'begun', 'done', 'unknown', 'refused']),
    beganAt: instant.nullable(),
    endedAt: instant.nullable(),
  })
  .meta({ id: 'PublicationStep' })
export const publicationDetail = publication
  .extend({ attempts: z.array(attempt), steps: z.array(publicationStep), journal: z.array(journalEntry) })
  .meta({ id: 'PublicationDetail' })
export type PublicationDetail = z.output<typeof publicationDetail>

/** The new words of a published post (of a thread: of its first), where the network lets apps change them. */
export const editInput = strict({ text: prose().min(1) }).meta({ id: 'EditInput' })

/** A person settles `unconfirmed`: it is there (maybe where), or publish again. */
export const resolveInput = z.union(
  [
    strict({
      there: z.literal(true),
      permalink: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .optional(),
    }),
    strict({ again: z.literal(true) }),
  ],
  'send {"there": true}, with a `permalink` if you know it, or {"again": true}',
)

/** Pushed over SSE whenever something a screen shows has changed; clients load the thing again. */
export const liveEvent = z
  .object({
    kind: z.enum(['publication', 'post', 'channel', 'workspace', 'media', 'attention']),
    id: z.string(),
    postId: z.string().optional(),
    state: z.string().optional(),
  })
  .meta({ id: 'LiveEvent' })
export type LiveEvent = z.output<typeof liveEvent>
