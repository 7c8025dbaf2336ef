/** What a platform hands to the contract suite: its content, its edges, its refusals, and what does not apply to it. */
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import type { FailureKind } from '#kit/spec/failures.ts'
import type { Bench, Connected, Content } from './bench.ts'
import type { RunResult } from './runner.ts'

export type PostCase = {
  name: string
  content: Content
  /** How many posts the ledger holds afterwards. Default: one a segment, one more for the first comment. */
  posts?: number
  /** Looks at what arrived, oldest first. */
  see?: (posts: LedgerPost[], run: RunResult) => void
}

export type EdgeCase = {
  name: string
  /** The most the network takes. */
  at: Content
  /** One more. Preflight and the imitation must both refuse it. */
  above: Content
  /** How the imitation's refusal must be read. */
  kind: FailureKind
  /** Set when Clarion makes the content fit by itself (renditions): then preflight warns and the network still refuses. */
  warnsOnly?: boolean
}

export type FailureCase = {
  name: string
  kind: FailureKind
  /** Expected `failure.code`. */
  code?: string
  /** Makes the refusal happen: a fault, a revoked token, content. Gives the failure's run. */
  provoke: (b: Bench, c: Connected) => Promise<RunResult>
}

export type Cases = {
  /** Names of the imitation's routes. */
  routes: { create: string; refresh?: string }
  /** Account the desk connects; absent = its first. */
  account?: string
  plain: Content
  posts: PostCase[]
  edges: EdgeCase[]
  failures: FailureCase[]
  /** Promises that do not apply here, with the reason. Keys as in `promises`. */
  skip?: Partial<Record<Promised, string>>
  /** Lifetime of an access token (ms); absent = tokens do not expire. */
  accessMs?: number
}

/** What can be skipped. Everything else is for all. */
export type Promised =
  | 'denied'
  | 'state'
  | 'scope'
  | 'refresh'
  | 'expired'
  | 'race'
  | 'lost-refresh'
  | 'revoked'
  | 'witness'
  | 'keyed'
  | 'remove'
  | 'thread'
  | 'double-entry'
