/**
 * How an attempt ended, and why a publication waits, is held or failed: two closed vocabularies of our own. Beside them stand
 * the kinds of failure (`kit/facts/failures.ts`) and the codes of failures, which all have a dot (`x-com.duplicate`).
 */

/** Words of `attempts.verdict` that are no kind of failure. */
export const attemptWords = [
  'published',
  'failed',
  'unconfirmed',
  'late',
  'processing',
  'looking',
  'superseded',
  'lease-lost',
] as const
export type AttemptWord = (typeof attemptWords)[number]

/**
 * Words of `publications.reason` that are no code, and who tells a person: a `sentence` of the catalogues (`reason.<word>`), or
 * the `message` beside it, which knows more (what the network said, which part of the content).
 */
export const reasonWords = {
  looking: 'sentence',
  late: 'sentence',
  reconnect: 'sentence',
  'channel-removed': 'sentence',
  restored: 'sentence',
  /** A person set it aside with all that was late. */
  backlog: 'sentence',
  'gave-up': 'sentence',
  processing: 'sentence',
  /** Codes of our own that a person reads for a day or acts on. */
  'clarion.storage-away': 'sentence',
  'clarion.file-changed': 'sentence',
  blocked: 'message',
  removed: 'message',
  content: 'message',
  'no-answer': 'message',
  'platform-missing': 'message',
} as const satisfies Record<string, 'sentence' | 'message'>
export type ReasonWord = keyof typeof reasonWords
/** A word, or the code of a failure. */
export type Reason = ReasonWord | `${string}.${string}`

const isCode = (code: string): code is `${string}.${string}` => code.includes('.')
/** The reason a failure gives. A code without a dot would look like a word of ours. */
export const reasonOf = (failure: { code: string }): Reason =>
  isCode(failure.code) ? failure.code : `failure.${failure.code}`
