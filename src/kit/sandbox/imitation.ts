/**
 * What an imitation is: a network as far as an honest client can tell. As strict as it: broken limits, dead tokens and
 * missing scopes get the network's own envelope and status. As tolerant as it: what the network ignores is ignored, and
 * noticed on the desk (`notices.ts`). Its numbers are typed from the fact sheet and never imported from the client side.
 */
import type { NoticeKind } from './notices.ts'

export type SandboxRequest = {
  method: string
  /** The real host and path (`api.x.com`, `/2/tweets`). */
  host: string
  path: string
  /** Named parts of the matched pattern (`:id`). */
  params: Record<string, string>
  query: URLSearchParams
  /** Lower-case names. */
  headers: Record<string, string>
  body: Buffer
  /** The sandbox as this client reached it: an absolute address handed out is `${base}/<real host>/<path>`. */
  base: string
  /** Says on the desk what was ignored. Imitations call it through the functions of `notices.ts`. */
  notice: (kind: NoticeKind, what: string) => void
}

export type SandboxResponse = {
  status: number
  headers?: Record<string, string>
  json?: unknown
  html?: string
  text?: string
  bytes?: Buffer
}

export type SandboxRoute = {
  /** Word the fault desk and the crash matrix use: `create`, `upload-init`. */
  name: string
  /** One method, or several joined by `|`. */
  method: string
  host: string
  /** `/2/tweets/:id`; `*` at the end takes the rest. */
  path: string
  /** Does it change the network? Faults that need a change go only here. */
  writes?: boolean
  handle: (req: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse
}

/** A post as the ledger holds it: the truth every test reads. */
export type LedgerPost = {
  id: string
  /** Account it appeared on. */
  account: string
  text: string
  /** Blob keys of pictures, with alt text. */
  media: { key: string; mime: string; alt: string }[]
  /** What it is there, where the network has several: `reel`, `story`, `short`, `poll`. */
  kind?: string
  /** Parent post id for replies and threads. */
  replyTo: string | null
  /** Epoch ms of the sandbox clock. */
  at: number
  url: string
  /** The record as the client sent it. */
  raw: unknown
  deleted?: boolean
}

export type SandboxAccount = { id: string; handle: string; name: string; avatar?: string }

/**
 * What networks use to fetch what somebody names: pictures to pull, webhooks, client documents. The host gives one that
 * goes to public addresses and to Clarion's own doors only, and follows no redirect (`error` rejects one).
 */
export type WorldFetch = (
  address: URL | string,
  init?: {
    method?: string
    headers?: Record<string, string>
    body?: string
    redirect?: 'manual' | 'error'
    signal?: AbortSignal
  },
) => Promise<Response>

/** Draws a secret of this installation: `length` characters, letters and digits unless told otherwise. */
export type Secret = (length: number, alphabet?: string) => string

/** What the host gives an imitation. */
export type World<S> = {
  /** Plain JSON; saved by the host. Mutate it and call `changed()`. */
  state: S
  changed: () => void
  /** Epoch ms of the virtual clock. */
  now: () => number
  /** Waits `ms` of the injected clock, for long polls. */
  sleep: (ms: number) => Promise<void>
  /** Random, seeded in tests. */
  id: (length: number, alphabet?: string) => string
  /** Content by hash: the same bytes give the same key. `url` is the path under which the feed page shows it. */
  blobs: {
    put: (bytes: Buffer, mime: string) => string
    get: (key: string) => { bytes: Buffer; mime: string } | undefined
    url: (key: string) => string
  }
  /** A number of the imitation the desk may turn (`imitation.knobs` names them with their defaults). */
  knob: (name: string) => number
  /** Base URL of the sandbox as the browser sees it. */
  url: string
  fetch: WorldFetch
  /** Where the app's webhooks go, as entered in the network's console (the desk sets it); null: nowhere. */
  webhookUrl: () => string | null
  /**
   * Sends a webhook (signed by the caller) after the current request was answered; kept and tried again until it was
   * taken with a 2xx, three times at most. `url` defaults to `webhookUrl()`.
   */
  deliver: (hook: { url?: string; headers: Record<string, string>; body: string }) => void
}

/** What the desk hands out so that an honest client of this network works against the sandbox. */
export type IssuedTokens = {
  /** App credentials to enter in Settings (client id, secret, bot token). */
  credentials: Record<string, string>
  /** Ready user tokens for a client library, in the network's own names. */
  tokens: Record<string, unknown>
  /** Answers to the platform's connect form, where it has one. */
  form?: Record<string, string>
}

export type Imitation<S = unknown> = {
  platform: string
  name: string
  hosts: readonly string[]
  /** A fresh network with its invented accounts. What signs or opens something is drawn with `secret`, never written down. */
  seed: (secret: Secret) => S
  routes: (world: World<S>) => SandboxRoute[]
  /**
   * For hosts several imitations share (graph.facebook.com, accounts.google.com): is this request one of this imitation's
   * app or tokens? When nobody says yes, the first with such a route answers.
   */
  answers?: (world: World<S>, req: SandboxRequest) => boolean
  /** The ledger, oldest first, deleted ones marked. */
  posts: (world: World<S>) => LedgerPost[]
  accounts: (world: World<S>) => SandboxAccount[]
  /** For an account by id or handle; one nobody knows is invented, so that a test can have a hundred. */
  tokens: (world: World<S>, account?: string) => IssuedTokens
  /** Makes every token of an account dead, as a person would by revoking the app. */
  revoke: (world: World<S>, account?: string) => void
  /** The network's own answer for a fault status (429, 500, 400 ...). */
  faultAnswer: (world: World<S>, status: number) => SandboxResponse
  /** What happens by itself as time passes: processing ends, posts go live, webhooks leave. Called before every request and after the clock moved. */
  tick?: (world: World<S>) => void | Promise<void>
  /** What a person does on the network by hand: post a code in a chat. Throws an Error that says what it can do. */
  act?: (world: World<S>, action: { do: string; [k: string]: string }) => void
  /** Numbers the desk may turn for a test, with their defaults: `{ timelineLagMs: 5000 }`. */
  knobs?: Readonly<Record<string, number>>
  /** Inner HTML of one post on the feed page, as the network shows it. Escape everything with `esc`. */
  render: (post: LedgerPost, world: World<S>) => string
  /** CSS of the feed page, scoped under `.feed`. */
  css?: string
}

/** Keeps the state's type while checking the shape; the host holds imitations of every kind. */
export const defineImitation = <S>(imitation: Imitation<S>): Imitation => imitation as unknown as Imitation
