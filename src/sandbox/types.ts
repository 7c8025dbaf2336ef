/** Words the sandbox's own files share. */
import type { Imitation, IssuedTokens, LedgerPost, World } from '#kit/sandbox/imitation.ts'
import type { Fault, FaultInput } from './faults.ts'
import type { Notice, NoticeFilter } from './notices.ts'

/** One request as the desk remembers it. */
export type Seen = {
  n: number
  /** Epoch ms of the virtual clock. */
  at: number
  /** `Clarion`, or how the client calls itself. */
  client: string
  platform: string | null
  /** Name of the route; null when nothing matched. */
  route: string | null
  method: string
  host: string
  path: string
  writes: boolean
  /** Did the network act? True only for a route that writes whose handler accepted. */
  acted: boolean
  /** Status sent; null when the answer was dropped or never came. */
  status: number | null
  fault: Fault['do'] | null
  /** Stack of an error inside the imitation. */
  error?: string
}

export type Member = {
  imitation: Imitation
  world: World<unknown>
  routeNames: string[]
  /** Lets time do its work; see `Imitation.tick`. */
  tick: () => Promise<void>
}

/** One webhook a network sent, as the desk remembers it. */
export type SentHook = {
  platform: string
  url: string
  headers: Record<string, string>
  body: string
  /** Status of the last answer; null: none yet, or no answer. */
  status: number | null
  /** Why there was no answer: refused by the guard, unreachable, too slow. */
  problem: string | null
  tries: number
}

export type Desk = {
  platforms: () => string[]
  /** The ledger of one network, oldest first, deleted ones marked. */
  posts: (platform: string) => LedgerPost[]
  /** Sets a fault; it fires exactly `times`. */
  setFault: (fault: FaultInput) => Fault
  faults: () => Fault[]
  clearFaults: () => void
  /** Credentials and tokens for an honest client; an unknown account is invented. */
  tokens: (platform: string, account?: string) => IssuedTokens
  /** What a person does by hand on the network. */
  act: (platform: string, action: { do: string; [k: string]: string }) => void
  revoke: (platform: string, account?: string) => void
  /** Back to the seed: one network, or everything with clock, faults, knobs and requests. */
  reset: (platform?: string) => void
  clock: () => { now: string; offsetMs: number }
  /** Moves the virtual clock on (ms, not negative). */
  advance: (ms: number) => { now: string; offsetMs: number }
  knobs: (platform: string) => Record<string, number>
  setKnobs: (platform: string, values: Record<string, number>) => Record<string, number>
  /** Lets every network do what time has made due, and waits for it. */
  tickAll: () => Promise<void>
  /** Where a network's webhooks go, as entered in its console; null: nowhere. */
  setWebhook: (platform: string, url: string | null) => void
  /** The last webhooks sent, oldest first. */
  hooks: (platform?: string) => SentHook[]
  /** The last requests, oldest first. */
  requests: (filter?: { platform?: string; route?: string }) => Seen[]
  /** What imitations ignored as their networks do, oldest first. */
  notices: (filter?: NoticeFilter) => Notice[]
}

export type PageDeps = { desk: Desk; members: Map<string, Member>; url: () => string; now: () => number }
