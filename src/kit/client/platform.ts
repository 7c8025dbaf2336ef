/** The server face of a platform: what `src/platforms/<id>/index.ts` exports by default. Read it and know what the platform does. */
import type { FailureTable } from '#kit/spec/failures.ts'
import type { Draft, PlatformPure } from '#kit/spec/preflight.ts'
import type { Http } from './http.ts'
import type { Created, Grant, Json, Step, StepMedia } from './steps.ts'

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
  /** Does refreshing kill the old refresh token at once? Then a lost answer means `reconnect`. */
  rotates?: boolean
}

/** What remove, insights and read-back may touch. */
export type ChannelContext = {
  http: Http
  grant: Grant
  credentials: Record<string, string>
  channel: { externalId: string; kind: string; handle: string; name: string; facts: Record<string, unknown> }
  now: () => number
}

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
  /** What a `Draft` weighs before scheduling: cost or remaining quota in words. Issue of each platform. */
  cost?: (draft: Draft) => { amount: number; currency: string; note: string } | null
}

/** Erases the settings type, as the registry holds platforms of every kind. */
export const definePlatform = <S>(platform: Platform<S>): Platform => platform as unknown as Platform

export type { StepMedia }
