/** What a rule of preflight about files is: a row of a table. */
import type { DraftMedia, Finding, MediaFacts } from './draft.ts'

export type Params = Finding['params']

/** One rule about an `X`. `{holes}` of its sentences are the params; `{platform}` is always there. */
export type Rule<X> = {
  kind: string
  says: string
  fix: string
  /** An error unless it says so. */
  level?: 'warning'
  /** What the sentences need when the rule is broken; undefined when it is kept. */
  broken: (x: X) => Params | undefined
  /** `limit` and `actual` are bytes. */
  bytes?: true
  /** What it judges by. Counted in a part of the file it may be wrong about the whole, and never refuses. */
  fact?: NonNullable<MediaFacts['estimated']>[number]
}
/** One file, and the limits for its kind. */
export type Taken<L> = { item: DraftMedia; limits: L }

export const when = (wrong: unknown, params: Params = {}): Params | undefined => (wrong ? params : undefined)
