/**
 * Webhooks a network sends us: who sent them, and what they mean in our words. A platform only reads; the door
 * (`POST /webhooks/:platform`) answers 403 to a forged or stale one, drops replays by `key`, and the planner acts.
 */
import type { Http } from './http.ts'
import type { Json } from './steps.ts'

export type WebhookRequest = {
  method: 'GET' | 'POST'
  /** Lower-case names. */
  headers: Record<string, string>
  query: Record<string, string>
  /** As it came: signatures are over these bytes. */
  body: Buffer
}

export type WebhookContext = {
  /** App credentials of the realm tried. The door tries every realm that has some. */
  credentials: Record<string, string>
  /** A word of ours for this platform, the same for ever, for networks that sign or send back what we chose. */
  secret: string
  /** Our own address of the webhook, as registered. */
  url: string
  /** For keys the network publishes. */
  http: Http
  now: () => number
}

export type WebhookReply = { status: number; type?: string; body: string }

export type WebhookEvent = {
  /** Unique per event, the same when the network sends it again. */
  key: string
  /** The account it is about, by the network's id (`channels.external_id`); null when the event does not say. */
  account: string | null
  /**
   * published, refused, processing: about a publication, named by `ref`. removed: a post is gone. revoked: the account
   * took our access away. comment, metrics: something to count. other: kept for nobody.
   */
  does: 'published' | 'refused' | 'processing' | 'removed' | 'revoked' | 'comment' | 'metrics' | 'other'
  /** Any id a checkpoint holds: post id, publish id, container id. */
  ref: string | null
  /** Where people see the post, when the network tells that only now (TikTok, after moderation). */
  url?: string
  /** When it happened by the network's clock (epoch ms); absent where it does not say. Events may come days late. */
  at?: number
  /** The sentence for the person, where one is needed. */
  message?: string
  data: Json
}

/**
 * What a network's challenge looks like. Some are signed with the key that signs deliveries, so none of these forms can
 * hold what a delivery is made of: braces, quotes, angle brackets, `.`, `&`, or a space.
 */
export const challengeForms = {
  /** Meta's, and the number of YouTube's hub. */
  digits: /^\d{1,20}$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  /** Base64 of either alphabet. */
  token: /^[\w+/-]{1,128}={0,2}$/,
} as const

/** The challenge of a request, when it has the form its network sends; null for whatever else a stranger writes there. */
export const challengeOf = (r: WebhookRequest, name: string, form: keyof typeof challengeForms): string | null => {
  const given = r.query[name]
  return given !== undefined && challengeForms[form].test(given) ? given : null
}

export type Webhook = {
  /**
   * Answers a verification request; null when this is not one. Forged ones are answered 403 here. Reads its challenge
   * through `challengeOf`: whoever may choose what is signed may forge a delivery.
   */
  handshake?: (t: WebhookContext, r: WebhookRequest) => WebhookReply | null
  /** Compare in constant time (`sameBytes`). `stale`: rightly signed, but too old to be believed. */
  verify: (t: WebhookContext, r: WebhookRequest) => Promise<Verified> | Verified
  /** Never throws: a body it cannot read gives no events. */
  events: (r: WebhookRequest) => WebhookEvent[]
  /**
   * A person asks through the network that their data be deleted (`POST /webhooks/:platform/deletion`): who, by the
   * network's id, and when (epoch ms); null when it is not rightly signed.
   */
  deletion?: (t: WebhookContext, r: WebhookRequest) => { person: string; at: number } | null
  /** Asks the network to send events about this channel; called after connecting. Safe to repeat. */
  subscribe?: (t: SubscribeContext) => Promise<void>
}

export type SubscribeContext = {
  http: Http
  grant: { access: string; extra?: Record<string, string> }
  credentials: Record<string, string>
  channel: { externalId: string; kind: string; handle: string }
  url: string
  secret: string
}

export type Verified = 'ok' | 'forged' | 'stale'
