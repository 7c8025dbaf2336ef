/** Channels: connected accounts, and the flow that connects them. */
import { z } from 'zod'
import { id, instant, realm } from './common.ts'
import { strict } from './strict.ts'

export const channelStates = ['ok', 'reconnect', 'blocked'] as const
export const channel = z
  .object({
    id,
    platform: z.string(),
    realm,
    kind: z.string(),
    externalId: z.string(),
    name: z.string(),
    handle: z.string(),
    avatarUrl: z.string().nullable(),
    profileUrl: z.string().nullable(),
    facts: z.record(z.string(), z.unknown()),
    /** `reconnect`: the token is dead; `blocked`: the network refuses the account. */
    state: z.enum(channelStates),
    stateReason: z.string().nullable(),
    pausedAt: instant.nullable(),
    tokenExpiresAt: instant.nullable(),
    /** What the network said the token may, in its own words; null: it did not say. */
    scopes: z.array(z.string()).nullable(),
    lastPublishedAt: instant.nullable(),
    /** Publications waiting on this channel. */
    scheduled: z.int(),
    createdAt: instant,
    /** When what is shown here last changed: name, facts, state, pause. */
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: 'Channel' })
export type Channel = z.output<typeof channel>

const field = z.object({
  name: z.string(),
  label: z.string(),
  secret: z.boolean().optional(),
  optional: z.boolean().optional(),
  placeholder: z.string().optional(),
  help: z.string().optional(),
})
/** One of several ways to connect a platform; its `id` goes into the form as `way`. */
const way = z.object({
  id: z.string(),
  label: z.string(),
  help: z.string().nullable(),
  connect: z.enum(['redirect', 'form', 'code']),
  form: z.array(field),
  /** Are the app credentials this way needs there? */
  credentialsSet: z.boolean(),
})
export const platformInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    connect: z.enum(['redirect', 'form', 'code']),
    connectForm: z.array(field),
    /** Empty where there is only one way. */
    ways: z.array(way),
    credentials: z.array(field),
    /** Are the app credentials there (Settings or env)? Always true where none are needed. */
    credentialsSet: z.boolean(),
    redirectUri: z.string(),
    /**
     * Where the network sends its events, to be registered with it: an address of its own for a workspace's own app. Null:
     * it sends none that Clarion takes.
     */
    webhookUrl: z.string().nullable(),
    /** Our word for the console's "verify token" field. Only for an owner who is signed in; null for everybody else. */
    webhookSecret: z.string().nullable(),
    /** The platform folder's README, as Markdown: the setup guide. */
    guide: z.string(),
    verified: z.string(),
  })
  .meta({ id: 'Platform' })
export type PlatformInfo = z.output<typeof platformInfo>
export const credentialsInput = strict({ values: z.record(z.string(), z.string().max(2000)) })

export const connectInput = strict({
  realm,
  form: z.record(z.string(), z.string().max(2000)).default({}),
  channelId: id.optional(),
})
export const offer = z
  .object({
    externalId: z.string(),
    kind: z.string(),
    name: z.string(),
    handle: z.string(),
    avatarUrl: z.string().nullable(),
    connected: z.boolean(),
  })
  .meta({ id: 'ChannelOffer' })
/** Where a flow stands. `redirect`: open `url`; `form`: send the fields; `code`: post `code` there and poll; `choose`: pick offers. */
export const connectFlow = z
  .object({
    id,
    platform: z.string(),
    realm,
    step: z.enum(['redirect', 'form', 'code', 'choose', 'done', 'failed']),
    url: z.string().nullable(),
    code: z.string().nullable(),
    link: z.string().nullable(),
    instructions: z.string().nullable(),
    offers: z.array(offer),
    channels: z.array(channel),
    error: z.string().nullable(),
    expiresAt: instant,
  })
  .meta({ id: 'ConnectFlow' })
export type ConnectFlow = z.output<typeof connectFlow>
export const connectAnswer = strict({ form: z.record(z.string(), z.string().max(2000)).default({}) })
export const connectChoice = strict({ externalIds: z.array(z.string()).min(1).max(100) })

/** How much of something is used. `budget`: counted by Clarion; `headers`, `account`: the network's own word. */
export const quota = z
  .object({
    bucket: z.string(),
    /** Words for the person: "Posts in 24 hours". */
    label: z.string(),
    used: z.number(),
    cap: z.number(),
    /** When it is full again, or the next part of it is; null: unknown. */
    resetsAt: instant.nullable(),
    source: z.enum(['budget', 'headers', 'account']),
    /** When this was so. */
    at: instant,
  })
  .meta({ id: 'Quota' })

/** What the network says about an account. `checkedAt` null: it is never asked. */
export const channelAccount = z
  .object({ facts: z.record(z.string(), z.unknown()), quotas: z.array(quota), checkedAt: instant.nullable() })
  .meta({ id: 'ChannelAccount' })

export type ChannelAccount = z.output<typeof channelAccount>

/** A choice among things that live on the network: a board, a flair, a playlist. */
export const option = z
  .object({
    value: z.string(),
    label: z.string(),
    hint: z.string().optional(),
    imageUrl: z.string().optional(),
    data: z.unknown().optional(),
  })
  .meta({ id: 'Option' })
/** What narrows a list; which words it takes is the platform's. */
export const optionParams = z.object({}).catchall(z.string().max(500))
