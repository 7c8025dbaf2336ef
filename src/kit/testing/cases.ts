/** What a platform hands to the contract suite: its content, its edges, its refusals, and what does not apply to it. */

import type { WebhookEvent } from '#kit/client/webhook.ts'
import type { FailureKind } from '#kit/facts/failures.ts'
import type { Sample } from '#kit/facts/samples.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
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
  /** The platform's samples, one of every content type: each is published once and found. */
  samples?: readonly Sample[]
  /** `n` pictures in one post, where settings must say so too. */
  pictures?: (n: number) => Content
  /** Makes the network send webhooks to the bench (`bench.shelf.hookUrl()` is registered in its console). */
  webhook?: {
    provoke: (b: Bench, c: Connected) => Promise<void>
    /** What one of the events must say. */
    event: Partial<WebhookEvent>
    /** Changes a request so that its signature no longer holds. Default: another byte in the body. */
    forge?: (hook: { headers: Record<string, string>; body: Buffer }) => {
      headers: Record<string, string>
      body: Buffer
    }
  }
  /** Parameters an `options` list needs, by list. */
  options?: Record<string, Record<string, string>>
  /** Lets the network's numbers come in before they are read (ms). Default two days. */
  insightsAfterMs?: number
  /** The edge of the text limit, where a text of n letters is not published as it is. */
  said?: (text: string) => Content
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
  | 'insights'
  | 'account'
  | 'webhook'
  | 'stale'
  | 'edit'
  | 'text-edge'
  | 'pictures-edge'
  | 'markup'
  | 'double-entry'
