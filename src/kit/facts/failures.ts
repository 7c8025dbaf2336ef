/**
 * What a network did to us: a closed set of kinds with one remedy each, and the table that sorts an answer into it.
 * The engine (planner/publishing) owns the remedies; a platform only says which kind it was.
 */

/** The closed set. The remedy of each is in `planner/publishing/rules.ts`. */
export const failureKinds = [
  /** The token is dead: hold the channel's publications, tell the person. */
  'reconnect',
  /** Scope, plan or app review is missing; the message says which. */
  'not-permitted',
  /** Text, settings or target refused: show the rule and the fix. */
  'refused-content',
  /** A picture or video refused. */
  'refused-media',
  /** Spam block, suspension, unpaid account: hold, never hammer. */
  'refused-account',
  /** The network says it has this already: run the witness. */
  'duplicate',
  /** Rate or quota: wait until the network's own time; not counted as a try. */
  'too-fast',
  /** Provably not done (never left us, or the network says so): back off and try again. */
  'try-later',
  /** No answer, or one that proves nothing: look at the network before doing anything. */
  'unknown-outcome',
  /** The target (post, parent, board) no longer exists. */
  'gone',
  /** We sent something malformed: fail loudly. */
  'our-bug',
] as const
export type FailureKind = (typeof failureKinds)[number]

export type Failure = {
  kind: FailureKind
  /** Stable, greppable: `<platform>.<word>`, or `http.<word>` when no answer came. */
  code: string
  /** One sentence for the person, in English: what happened and what to do. */
  message: string
  /** When the network will take it again (ISO 8601 UTC): of `too-fast`, and of `try-later` where it names a time. */
  until?: string
  /** HTTP status, when there was an answer. */
  status?: number
  /** A quota is used up: whose. The budgets of that scope which the call took from hold the others back until `until`. */
  spends?: 'app' | 'channel'
  /** The raw answer, redacted and cut to 2,000 characters; kept with the attempt. */
  raw?: string
  /**
   * With `duplicate`: the network named the double, and that was there before this step began, so nothing of ours was
   * taken. A step says so here and leaves the kind as it is: later rules go by the kind.
   */
  older?: true
}

/** Did the network answer at all? Without an answer (a line that broke, a process that died) it is lost; this says otherwise. */
export const answered = (failure: Failure | null): failure is Failure =>
  failure !== null && !failure.code.startsWith('http.')

/** Thrown by the HTTP client and by steps. The only error the engine treats as the network's doing. */
export class PlatformFailure extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`)
    this.name = 'PlatformFailure'
    this.failure = failure
  }
}

/** An answer as a failure table sees it. Header names are lower case. */
export type Answer = { status: number; headers: Record<string, string>; body: unknown; text: string }

export type FailureRule = {
  /** HTTP status or statuses; absent = any. */
  status?: number | readonly number[]
  /** The network's own code as `read()` gives it; compared as strings. */
  code?: string | readonly string[]
  subcode?: string | readonly string[]
  /** Last resort: pattern over the answer's text. */
  match?: RegExp
  kind: FailureKind
  /** Greppable word; `<platform>.` is put in front. */
  word: string
  /** Of `too-fast`: this says that a quota is used up, of the whole app or of this account (see `Failure.spends`). */
  spends?: 'app' | 'channel'
  /** The sentence for the person. `{text}` is replaced by the network's own message. */
  say: string
}

export type FailureTable = {
  platform: string
  /** Is a 2xx answer an error after all (Reddit, TikTok answer 200 with errors)? */
  isError?: (answer: Answer) => boolean
  /** Picks code, subcode and message out of the network's envelope(s). Must not throw. */
  read: (answer: Answer) => { code?: string; subcode?: string; text?: string }
  /** First match wins: specific codes first, patterns last. */
  rules: readonly FailureRule[]
  /** When may we call again? From Retry-After, rate headers or the body. `now` in epoch ms; gives epoch ms. */
  until?: (answer: Answer, now: number) => number | undefined
}

const among = (want: string | readonly string[] | undefined, got: string | undefined) =>
  want === undefined || (got !== undefined && (typeof want === 'string' ? want === got : want.includes(got)))

const amongStatus = (want: number | readonly number[] | undefined, got: number) =>
  want === undefined || (typeof want === 'number' ? want === got : want.includes(got))

/** Retry-After as epoch ms: seconds or an HTTP date. */
export const retryAfter = (headers: Record<string, string>, now: number): number | undefined => {
  const value = headers['retry-after']
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return now + seconds * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : date
}

/**
 * Sorts an answer that is not a success. Pure. An answer no rule knows is `unknown-outcome`, whatever its status:
 * networks answer 400 or 500 to things they did, and only a recognised refusal is believed.
 */
export const classify = (table: FailureTable, answer: Answer, now: number): Failure => {
  const seen = table.read(answer)
  const rule = table.rules.find(
    (r) =>
      amongStatus(r.status, answer.status) &&
      among(r.code, seen.code) &&
      among(r.subcode, seen.subcode) &&
      (r.match === undefined || r.match.test(seen.text ?? answer.text)),
  )
  const text = (seen.text ?? '').slice(0, 300)
  const base = { status: answer.status, raw: answer.text.slice(0, 2000) }
  if (!rule && answer.status === 429) {
    return {
      ...base,
      kind: 'too-fast',
      code: `${table.platform}.too-fast`,
      message: 'The network asked us to slow down.',
      until: untilIso(table, answer, now),
    }
  }
  if (!rule) {
    const words = text.trimEnd().replace(/[.]$/, '')
    const message = `The network answered ${answer.status}${words ? `: ${words}` : ''}. That does not prove the post was refused.`
    return { ...base, kind: 'unknown-outcome', code: `${table.platform}.unrecognised`, message }
  }
  const failure: Failure = {
    ...base,
    kind: rule.kind,
    code: `${table.platform}.${rule.word}`,
    message: rule.say.replace('{text}', text),
  }
  if (rule.kind === 'too-fast') failure.until = untilIso(table, answer, now)
  if (rule.spends) failure.spends = rule.spends
  // Only the header: rate headers tell of a window that may well have room.
  const named = rule.kind === 'try-later' ? retryAfter(answer.headers, now) : undefined
  if (named !== undefined) failure.until = iso(named)
  return failure
}

/** An instant in ISO 8601; what no calendar holds is the end of it. */
const iso = (ms: number): string => new Date(Math.max(0, Math.min(ms, 8.64e15))).toISOString()

/** Default wait after a rate limit that names no time: one minute. */
const untilIso = (table: FailureTable, answer: Answer, now: number) =>
  iso(table.until?.(answer, now) ?? retryAfter(answer.headers, now) ?? now + 60_000)
