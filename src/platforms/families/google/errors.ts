/**
 * Google's error envelopes in one reading (fact sheets youtube.md §8, google-business.md §8):
 * `{error: {code, message, errors: [{reason}]}}` (legacy), `{error: {code, message, status, details: [ErrorInfo,
 * BadRequest]}}` (google.rpc.Status), and the token endpoint's `{error, error_description}`.
 */
import type { Answer, FailureRule, FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const list = (value: unknown): Bag[] => (Array.isArray(value) ? value.map(bag) : [])
const str = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export type GoogleError = {
  /** The most specific word: `ErrorInfo.reason`, else `errors[0].reason`, else `status`; the OAuth `error`. */
  code?: string
  /** The canonical status (`PERMISSION_DENIED`), where one is given. */
  subcode?: string
  /** Message without markup, with the fields a BadRequest names. */
  text?: string
}

/** Messages of the older APIs carry HTML links. */
const plain = (text: string | undefined) =>
  text
    ?.replace(/<[^<>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim()

const typeOf = (detail: Bag) =>
  String(detail['@type'] ?? '')
    .split('.')
    .at(-1)

/** What is wrong with which field: `BadRequest.fieldViolations`, or the `errorDetails` of Business Profile's v4. */
export const violations = (body: unknown): { field: string; description: string }[] =>
  list(bag(bag(body).error).details)
    .flatMap((d) =>
      typeOf(d) === 'BadRequest'
        ? list(d.fieldViolations)
        : typeOf(d) === 'ValidationError'
          ? list(d.errorDetails)
          : [],
    )
    .map((v) => ({ field: str(v.field) ?? '', description: str(v.description) ?? str(v.message) ?? '' }))

/** Every reason word of an answer, details first: for rules that hang on any of them. */
export const reasons = (body: unknown): string[] => {
  const error = bag(bag(body).error)
  const all = [...list(error.details).filter((d) => typeOf(d) === 'ErrorInfo'), ...list(error.errors)]
  return all.flatMap((x) => str(x.reason) ?? [])
}

/** Never throws; an answer in no known form gives nothing. */
export const readGoogleError = ({ body }: Pick<Answer, 'body'>): GoogleError => {
  const b = bag(Array.isArray(body) ? body[0] : body)
  if (typeof b.error === 'string') return { code: b.error, text: plain(str(b.error_description)) }
  const error = bag(b.error)
  const status = str(error.status)
  const fields = violations(b)
    .map((v) => [v.field, v.description].filter(Boolean).join(': '))
    .join('; ')
  const said = [plain(str(error.message) ?? str(list(error.errors)[0]?.message)), fields].filter(Boolean).join(' ')
  return { code: reasons(b)[0] ?? status, subcode: status, text: said || undefined }
}

const dayParts = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
})

/** When daily quotas are full again: the next midnight in California (epoch ms), also over a change of the clocks. */
export const pacificMidnight = (now: number): number => {
  const left = (at: number) => {
    const part = Object.fromEntries(dayParts.formatToParts(at).map((p) => [p.type, Number(p.value)]))
    return 86_400_000 - ((part.hour! * 60 + part.minute!) * 60 + part.second!) * 1000
  }
  const guess = now - (now % 1000) + left(now)
  // A day of 23 or 25 hours: the guess is an hour off, seen as an hour past or short of midnight.
  const rest = left(guess)
  return rest === 86_400_000 ? guess : rest > 43_200_000 ? guess - (86_400_000 - rest) : guess + rest
}

/** Reasons that end at midnight in California rather than in a minute. */
const daily = new Set(['quotaExceeded', 'dailyLimitExceeded', 'dailyLimitExceededUnreg'])

/** `FailureTable.until` of both: daily quotas refill at midnight Pacific; the rest says Retry-After, or a minute. */
export const googleUntil: NonNullable<FailureTable['until']> = (answer, now) =>
  reasons(answer.body).some((r) => daily.has(r)) ? pacificMidnight(now) : undefined

/**
 * What every Google API refuses in the same words. Put a platform's own rules before these. `name`: as people know the
 * service; `api`: what to switch on in the Cloud console.
 */
export const googleRules = (name: string, api: string): readonly FailureRule[] => [
  {
    status: [400, 401],
    code: ['invalid_grant', 'invalid_token'],
    kind: 'reconnect',
    word: 'signed-out',
    say: 'Google does not accept the saved sign-in any more: it was revoked, or the app is still in testing, where sign-ins last 7 days. Connect the account again.',
  },
  {
    code: ['invalid_client', 'unauthorized_client', 'redirect_uri_mismatch', 'deleted_client'],
    kind: 'not-permitted',
    word: 'app-refused',
    say: 'Google does not accept the app: check client id, secret and redirect address in Settings -> Platforms ({text}).',
  },
  {
    code: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'insufficient_scope'],
    kind: 'not-permitted',
    word: 'scope-insufficient',
    say: 'The sign-in lacks a permission. Connect the account again and leave every box ticked.',
  },
  {
    code: ['accessNotConfigured', 'SERVICE_DISABLED'],
    kind: 'not-permitted',
    word: 'api-disabled',
    say: `The Google Cloud project has not switched on the ${api}. Whoever runs Clarion can do that in the Cloud console.`,
  },
  {
    code: ['quotaExceeded', 'dailyLimitExceeded', 'dailyLimitExceededUnreg'],
    kind: 'too-fast',
    word: 'quota',
    spends: 'app',
    say: `The Google Cloud project has used up its ${name} quota for today. It is full again at midnight in California.`,
  },
  {
    code: ['rateLimitExceeded', 'userRateLimitExceeded', 'servingLimitExceeded', 'RATE_LIMIT_EXCEEDED'],
    kind: 'too-fast',
    word: 'rate-limit',
    say: `${name} asked us to slow down.`,
  },
  { status: 429, kind: 'too-fast', word: 'rate-limit', say: `${name} asked us to slow down.` },
  {
    status: 401,
    kind: 'reconnect',
    word: 'unauthorized',
    say: 'Google does not accept the sign-in any more. Connect the account again.',
  },
  {
    status: [500, 502, 503, 504],
    kind: 'unknown-outcome',
    word: 'server',
    say: `${name} had an error. It may have acted all the same.`,
  },
]
