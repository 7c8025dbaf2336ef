/** The tables as Kysely sees them; mirrors migrations/*.sql (schema.sql is the dump). JSON is parsed by the driver, written with JSON.stringify. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { AttentionKind } from '#contract/attention.ts'
import type { JournalEvent } from '#contract/journal.ts'
import type { Reason } from '#contract/outcomes.ts'
import type { StepName } from '#contract/steps.ts'

/** jsonb: read as the parsed value, written as a JSON string (the driver would make a PostgreSQL array of a JS array). */
type Jsonb<T> = ColumnType<T, string, string>
type JsonbDefault<T> = ColumnType<T, string | undefined, string>
type JsonbNull<T> = ColumnType<T | null, string | null | undefined, string | null>

export type LatePolicyJson = { maxLateMs: number; otherwise: 'publish' | 'ask' | 'expire' }
export type ContentJson = {
  segments: { text: string; mediaIds: string[] }[]
  firstComment?: string
  accepts?: 'image.still'[]
}
/** What a file tells about itself; a fact that could not be read is absent. */
export type MediaFactsJson = {
  fps?: number
  videoCodec?: string
  audioCodec?: string
  videoBitrate?: number
  audioBitrate?: number
  audioChannels?: number
  audioRate?: number
  chroma?: '4:0:0' | '4:2:0' | '4:2:2' | '4:4:4'
  indexFirst?: boolean
  edited?: boolean
  /** Of an animated picture. */
  frames?: number
  pages?: number
  estimated?: ('durationMs' | 'fps' | 'videoBitrate' | 'audioBitrate')[]
}
export type FailureJson = {
  kind: string
  code: string
  message: string
  until?: string
  status?: number
  raw?: string
  older?: true
}

export interface Tables {
  auth_users: {
    id: string
    name: string
    email: string
    emailVerified: Generated<boolean>
    image: string | null
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
    /** Ours, not the auth library's: somebody else chose the password. */
    must_change_password: Generated<boolean>
  }
  auth_sessions: {
    id: string
    expiresAt: Date
    token: string
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
    ipAddress: string | null
    userAgent: string | null
    userId: string
  }
  workspaces: {
    id: string
    name: string
    time_zone: string
    locale: Generated<string>
    late_policy: Jsonb<LatePolicyJson>
    backlog_order: Generated<'oldest' | 'newest'>
    paused_at: Date | null
    created_at: Date
  }
  members: { workspace_id: string; user_id: string; role: 'owner' | 'admin' | 'editor' | 'viewer'; created_at: Date }
  api_keys: {
    id: string
    workspace_id: string
    created_by: string
    name: string
    prefix: string
    hash: Buffer
    scopes: string[]
    created_at: Date
    last_used_at: Date | null
    expires_at: Date | null
    revoked_at: Date | null
  }
  idempotency_keys: {
    actor: string
    key: string
    route: string
    body_hash: Buffer
    state: 'running' | 'done'
    status: number | null
    reply: JsonbNull<unknown>
    etag: string | null
    created_at: Date
  }
  media: {
    id: string
    workspace_id: string
    kind: 'image' | 'video' | 'document'
    mime: string
    /** int8: parsed to number by the driver's type parser. */
    bytes: number
    width: number | null
    height: number | null
    duration_ms: number | null
    sha256: Buffer
    name: string
    alt: Generated<string>
    /** What the file says of itself (`MediaFacts` of kit/facts/preflight.ts). */
    facts: JsonbDefault<MediaFactsJson>
    storage_key: string
    created_by: string | null
    created_at: Date
    deleted_at: Date | null
    /** Deleted, and the storage has let go of it and of its renditions. */
    files_gone: Generated<boolean>
    /** Of its words (alt). */
    version: Generated<number>
    /** Where it was imported from. */
    source_url: string | null
  }
  renditions: {
    media_id: string
    profile: string
    mime: string
    bytes: number
    width: number | null
    height: number | null
    storage_key: string
    created_at: Date
  }
  platform_credentials: {
    platform: string
    realm: string
    /** null: the installation's. */
    workspace_id: string | null
    sealed: string
    updated_at: Date
    /** The last part of the webhook address of this app. */
    webhook_key: Generated<string>
  }
  channels: {
    id: string
    workspace_id: string
    platform: string
    realm: 'live' | 'sandbox'
    kind: string
    external_id: string
    name: string
    handle: string
    avatar_url: string | null
    profile_url: string | null
    /** The network's id of the person behind it, where that is not the account itself. */
    person_id: Generated<string | null>
    facts: JsonbDefault<Record<string, unknown>>
    state: Generated<'ok' | 'reconnect' | 'blocked'>
    state_reason: string | null
    paused_at: Date | null
    last_published_at: Date | null
    lease_token: string | null
    lease_until: Date | null
    not_before: Date | null
    /** When the network was last asked about the account. */
    account_at: Date | null
    version: Generated<number>
    created_at: Date
    /** null: not since it was connected. */
    updated_at: Date | null
    removed_at: Date | null
    /** Of the token that was deleted last; 0: none was. */
    last_generation: Generated<number>
  }
  channel_tokens: {
    channel_id: string
    sealed: string
    expires_at: Date | null
    refresh_at: Date | null
    refresh_begun_at: Date | null
    refresh_tries: Generated<number>
    generation: Generated<number>
    scopes: string[] | null
    updated_at: Date
  }
  connect_flows: {
    id: string
    workspace_id: string
    user_id: string
    platform: string
    realm: 'live' | 'sandbox'
    state: string
    step: string
    sealed: string
    public: JsonbDefault<Record<string, unknown>>
    reconnects: string | null
    created_at: Date
    expires_at: Date
  }
  posts: {
    id: string
    workspace_id: string
    author_id: string | null
    content: Jsonb<ContentJson>
    tags: Generated<string[]>
    late_policy: JsonbNull<LatePolicyJson>
    due_at: Date | null
    wall_time: string | null
    time_zone: string | null
    version: Generated<number>
    created_at: Date
    updated_at: Date
    deleted_at: Date | null
  }
  /** Kept by triggers: what posts say, in lower case, for the search. */
  post_words: { post_id: string; workspace_id: string; words: string }
  /** Kept by triggers: the kinds of content (`contentTypes`) of a post and its publications, for the list by kind. */
  post_kinds: { post_id: string; kind: string; workspace_id: string }
  /** Kept by triggers. */
  posts_without_channels: { post_id: string; workspace_id: string }
  publications: {
    id: string
    post_id: string
    workspace_id: string
    channel_id: string
    content: JsonbNull<ContentJson>
    settings: JsonbDefault<Record<string, unknown>>
    settings_version: Generated<number>
    state: Generated<PublicationStateJson>
    reason: ColumnType<Reason | null, Reason | null | undefined, Reason | null>
    message: string | null
    due_at: Date | null
    next_at: Date | null
    frozen: JsonbNull<unknown>
    lease_token: string | null
    lease_until: Date | null
    worker: string | null
    attempt: Generated<number>
    tries: Generated<number>
    begun: Generated<boolean>
    forecast: JsonbDefault<unknown[]>
    forecast_at: Date | null
    started_at: Date | null
    published_at: Date | null
    lateness_ms: number | null
    prepare_at: Date | null
    prepared_at: Date | null
    prepared_until: Date | null
    prepare_tries: Generated<number>
    /** Tries before this one that ended without a word. */
    deaths: Generated<number>
    sent_at: Date | null
    external_id: string | null
    permalink: string | null
    removed_at: Date | null
    /** The state when nothing more happens by itself; null: scheduled, waiting or publishing. Kept by a trigger. */
    settled: GeneratedAlways<PublicationStateJson | null>
    version: Generated<number>
    created_at: Date
    updated_at: Date
  }
  /** Published, and not yet given its looks at the numbers. A trigger puts it here. */
  uncounted: {
    publication_id: string
  }
  /** Kept by triggers: the sum, with the rows of `uncounted`, is how many publications are published. */
  published_counts: { id: GeneratedAlways<string>; n: string }
  /** When each last completed a look for what is due; names of weeks ago are forgotten. */
  attention: {
    id: GeneratedAlways<string>
    workspace_id: string | null
    kind: AttentionKind
    subject: string
    data: JsonbDefault<Record<string, unknown>>
    opened_at: Date
    resolved_at: Date | null
  }
  workers: {
    name: string
    looked_at: Date
  }
  attempts: {
    publication_id: string
    number: number
    worker: string
    started_at: Date
    ended_at: Date | null
    verdict: string | null
    failure: JsonbNull<FailureJson>
  }
  steps: {
    publication_id: string
    key: string
    /** The key's first half (contract/steps.ts). */
    name: GeneratedAlways<StepName>
    position: number
    state: 'begun' | 'done' | 'unknown' | 'refused'
    prepared: JsonbNull<unknown>
    saved: JsonbNull<unknown>
    checkpoint: JsonbNull<unknown>
    failure: JsonbNull<FailureJson>
    times: Generated<number>
    first_begun_at: Date
    begun_at: Date
    ended_at: Date | null
  }
  journal: {
    id: Generated<string>
    workspace_id: string
    publication_id: string
    at: Date
    event: JournalEvent
    attempt: number | null
    step: string | null
    message: string | null
    data: JsonbDefault<Record<string, unknown>>
  }
  quotas: {
    platform: string
    account: string
    bucket: string
    window_start: Date
    window_end: Date
    used: Generated<number>
    cap: number
  }
  quota_readings: {
    channel_id: string
    bucket: string
    source: 'account' | 'headers'
    label: string
    used: number
    cap: number
    resets_at: Date | null
    at: Date
  }
  quota_words: {
    platform: string
    account: string
    bucket: string
    cap: number
    until: Date
    at: Date
  }
  snapshots: {
    id: Generated<number>
    channel_id: string
    publication_id: string | null
    at: Date
    metrics: Jsonb<Record<string, number | null>>
    raw: Jsonb<unknown>
  }
  insight_looks: {
    /** The publication's or the channel's own. */
    id: string
    channel_id: string
    publication_id: string | null
    next_at: Date | null
    looked_at: Date | null
    tries: Generated<number>
    failure: string | null
    lease_token: string | null
    lease_until: Date | null
    not_before: Date | null
  }
  webhook_events: {
    id: Generated<number>
    platform: string
    realm: 'live' | 'sandbox'
    key: string
    account: string | null
    does: string
    ref: string | null
    message: string | null
    url: string | null
    data: Jsonb<unknown>
    received_at: Date
    next_at: Date | null
    tries: Generated<number>
    outcome: string | null
    happened_at: Date | null
  }
  webhook_subscriptions: {
    channel_id: string
    next_at: Date | null
    subscribed_at: Date | null
    tries: Generated<number>
    failure: string | null
  }
}

export type PublicationStateJson =
  | 'draft'
  | 'scheduled'
  | 'publishing'
  | 'waiting'
  | 'published'
  | 'failed'
  | 'unconfirmed'
  | 'held'
  | 'missed'
  | 'cancelled'
