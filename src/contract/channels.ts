/** Channels: connected accounts, and the flow that connects them. */
import { z } from 'zod'
import { id, instant, realm } from './common.ts'

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
    lastPublishedAt: instant.nullable(),
    /** Publications waiting on this channel. */
    scheduled: z.int(),
    createdAt: instant,
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
export const platformInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    connect: z.enum(['redirect', 'form', 'code']),
    connectForm: z.array(field),
    credentials: z.array(field),
    /** Are the app credentials there (Settings or env)? Always true where none are needed. */
    credentialsSet: z.boolean(),
    redirectUri: z.string(),
    /** The platform folder's README, as Markdown: the setup guide. */
    guide: z.string(),
    verified: z.string(),
  })
  .meta({ id: 'Platform' })
export type PlatformInfo = z.output<typeof platformInfo>
export const credentialsInput = z.object({ values: z.record(z.string(), z.string().max(2000)) })

export const connectInput = z.object({
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
export const connectAnswer = z.object({ form: z.record(z.string(), z.string().max(2000)).default({}) })
export const connectChoice = z.object({ externalIds: z.array(z.string()).min(1).max(100) })
