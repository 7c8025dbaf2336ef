/** The server face of a platform: what `src/platforms/<id>/index.ts` exports by default. Read it and know what the platform does. */
import type { FailureTable } from '#kit/facts/failures.ts'
import type { Metrics } from '#kit/facts/metrics.ts'
import type { PlatformPure } from '#kit/facts/preflight.ts'
import type { Http } from './http.ts'
import type { Created, Grant, Json, Step } from './steps.ts'
import type { Webhook } from './webhook.ts'

/** What connect functions may touch. `http` is bound to the flow's realm. */
export type ConnectContext = {
  http: Http
  realm: 'live' | 'sandbox'
  /** Maps a browser URL of the network (`https://x.com/i/oauth2/authorize?...`) into the realm. */
  browserUrl: (url: string) => string
  credentials: Record<string, string>
  /** Where the network sends the browser back; exactly as registered. */
  redirectUri: string
  /** Opaque, unguessable; the network gives it back unchanged. */
  state: string
  now: () => number
}

/** What the person sees next. `keep` is sealed and handed back to `finish`. */
export type ConnectBegin =
  | { kind: 'redirect'; url: string; keep: Json }
  | { kind: 'form'; keep: Json }
  | { kind: 'code'; code: string; link?: string; instructions: string; keep: Json }

/** One account the person may connect; one consent may offer several. */
export type ChannelOffer = {
  /** The network's immutable id of the account. */
  externalId: string
  /** The network's id of the person who consented, where that is another than the account's (a Page). */
  person?: string
  kind: string
  name: string
  handle: string
  avatarUrl: string | null
  profileUrl: string | null
  facts: Record<string, Json>
  /** Own token of this account (a Page token); absent = the grant of the consent. */
  grant?: Grant
}

export type ConnectFinish = { grant: Grant; offers: ChannelOffer[] } | { pending: string }

export type Connector = {
  begin: (t: ConnectContext, form: Record<string, string>) => Promise<ConnectBegin>
  /** `answer` is the callback's query (redirect), the form's fields (form) or empty (code, polled). */
  finish: (t: ConnectContext, answer: Record<string, string>, keep: Json) => Promise<ConnectFinish>
  /** Trades the grant for a fresh one; throws `reconnect` when the network says it is over. Absent: tokens never expire. */
  refresh?: (t: Omit<ConnectContext, 'redirectUri' | 'state' | 'browserUrl'>, grant: Grant) => Promise<Grant>
  revoke?: (t: Omit<ConnectContext, 'redirectUri' | 'state' | 'browserUrl'>, grant: Grant) => Promise<void>
  /**
   * Does refreshing kill the old refresh token at once? Then a lost answer means `reconnect`. A function where the ways
   * of connecting differ; asked with the stored grant.
   */
  rotates?: boolean | ((grant: Grant) => boolean)
}

/** Does this grant's refresh token die by being used? `grant` is opened only where the answer hangs on it. */
export const rotates = (connect: Pick<Connector, 'rotates'>, grant: () => Grant): boolean =>
  typeof connect.rotates === 'function' ? connect.rotates(grant()) : (connect.rotates ?? false)

/** What remove, insights and read-back may touch. */
export type ChannelContext = {
  http: Http
  grant: Grant
  credentials: Record<string, string>
  channel: { externalId: string; kind: string; handle: string; name: string; facts: Record<string, unknown> }
  now: () => number
}

/** How much of something is used, as the network or our own count says. */
export type Quota = {
  bucket: string
  /** Words for the person: "Posts in 24 hours". */
  label: string
  used: number
  cap: number
  /** When it is full again, or the next part of it is (ISO 8601 UTC); null: unknown. */
  resetsAt: string | null
}

/** What the network says about the account now; `facts` are merged over the channel's. */
export type AccountNow = { facts?: Record<string, Json>; quotas?: Quota[] }

/** A choice a person makes among things that live on the network: a board, a flair, a playlist. */
export type Option = { value: string; label: string; hint?: string; imageUrl?: string; data?: Json }

/** One look at the numbers. `raw` is what the network gave, by its own names. */
export type Reading = { metrics: Metrics; raw: Json }

/** What is known of a published post when its numbers are read. */
export type PublishedPost = { created: readonly Created[]; settings: unknown; publishedAt: number }

export type Platform<S = unknown> = PlatformPure & {
  failures: FailureTable
  connect: Connector
  publish: readonly Step<S>[]
  /**
   * Does the network still let us publish on this channel? A read-only look, for platforms whose tokens are never
   * refreshed; raises `reconnect`, `refused-account` or `not-permitted` when it does not.
   */
  verify?: (t: ChannelContext) => Promise<void>
  /** Takes a published post down; resolves when it is gone, also when it already was. */
  remove?: (t: ChannelContext, created: Created) => Promise<void>
  /**
   * Is a published post still there for people to see? A read-only look, for what others say of it; `unsure` where the
   * network does not let us know. Needed where webhooks tell `removed`: without it they mark nothing.
   */
  isThere?: (t: ChannelContext, created: Created) => Promise<'there' | 'gone' | 'unsure'>
  /** Changes the text of a published post in place. Raises `refused-content` when the network no longer lets us. */
  edit?: (t: ChannelContext, created: Created, text: string, settings: S) => Promise<void>
  /**
   * The network's id of the person whose consent this channel lives by, where that is another than the account's; null: it
   * does not say. Read-only; asked where connecting did not tell.
   */
  person?: (t: ChannelContext) => Promise<string | null>
  /** Asks what the account may do now: creator info, publishing limit, live settings. Read-only. */
  account?: (t: ChannelContext) => Promise<AccountNow>
  /** Lists a person chooses from in the settings (`boards`, `flairs`); `params` narrow them. Read-only. */
  options?: Readonly<Record<string, (t: ChannelContext, params: Record<string, string>) => Promise<Option[]>>>
  /** The words that narrow each of these lists; one that is not here takes none, and any other word is refused. */
  optionWords?: Readonly<Record<string, readonly string[]>>
  /**
   * Reads the network's usage headers of any answer, where it has some. `taken`: the buckets its call took from, for
   * headers that speak of the endpoint called. What only a refusal tells is said by its row of `failures` (`spends`).
   */
  usage?: (
    answer: { status: number; headers: Record<string, string> },
    now: number,
    taken?: readonly string[],
  ) => Quota[]
  /** Numbers of a post and of the account. `null` from `post`: the network has none yet. */
  insights?: {
    post?: (t: ChannelContext, post: PublishedPost) => Promise<Reading | null>
    account?: (t: ChannelContext) => Promise<Reading>
  }
  webhook?: Webhook
  /**
   * Documents the network fetches from us, by file name; served at `<public URL>/oauth/<id>/<name>` (Bluesky's client
   * metadata). `publicUrl` has no slash at its end.
   */
  files?: (o: { publicUrl: string }) => Record<string, Json>
  /**
   * Texts by which the network sees that our address is ours, by file name; served at `<public URL>/<name>`. Names are
   * letters, digits, `_` and `-`, and end in `.txt`; others are not served.
   */
  proofs?: (credentials: Record<string, string>) => Record<string, string>
}

/** Erases the settings type, as the registry holds platforms of every kind. */
export const definePlatform = <S>(platform: Platform<S>): Platform => platform as unknown as Platform
