/** Every Problem our API can answer (RFC 9457): stable code -> status, title, how to fix. The docs page is drawn from this table. */
import { z } from 'zod'

export const problems = {
  validation: {
    status: 400,
    title: 'The request is not in the right form',
    fix: 'Correct the fields listed in `errors`.',
  },
  'bad-json': {
    status: 400,
    title: 'The body is not valid JSON',
    fix: 'Send UTF-8 JSON with content-type application/json.',
  },
  'bad-encoding': {
    status: 400,
    title: 'The text is not valid Unicode',
    fix: 'Send well-formed UTF-8 without NUL characters or lone surrogates.',
  },
  'bad-cursor': {
    status: 400,
    title: 'The cursor is not one of ours',
    fix: 'Use `nextCursor` from the previous page, unchanged.',
  },
  unauthenticated: {
    status: 401,
    title: 'Sign in first',
    fix: 'Sign in again, or send a valid API key as `Authorization: Bearer clr_...`.',
  },
  forbidden: { status: 403, title: 'Your role does not allow this', fix: 'Ask an owner or admin of the workspace.' },
  'password-change-required': {
    status: 403,
    title: 'Choose a password of your own first',
    fix: 'The password you were given is good for one thing: change it, with POST /api/v1/me/password or on the page Clarion shows.',
  },
  'scope-missing': {
    status: 403,
    title: 'The API key lacks a scope',
    fix: 'Make a key with the scope named in `detail`.',
  },
  'setup-token': {
    status: 403,
    title: 'The setup token is missing or wrong',
    fix: 'Copy the token printed in the terminal where Clarion runs.',
  },
  'setup-done': { status: 409, title: 'Clarion is already set up', fix: 'Sign in instead.' },
  'not-found': {
    status: 404,
    title: 'There is no such thing here',
    fix: 'Check the id; it may belong to another workspace or be deleted.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take that method',
    fix: 'See /docs for the methods it takes.',
  },
  'too-slow': {
    status: 408,
    title: 'The request took too long to arrive',
    fix: 'Send it again over a faster line; only uploads of files may take long.',
  },
  conflict: { status: 409, title: 'The state does not allow this now', fix: 'Reload and see `detail`.' },
  exists: { status: 409, title: 'It already exists', fix: 'Use the existing one or choose another name.' },
  'idempotency-mismatch': {
    status: 409,
    title: 'This Idempotency-Key was used with another request',
    fix: 'Use a new key for a new request.',
  },
  'idempotency-running': {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running',
    fix: 'Wait a moment and send it again.',
  },
  'version-mismatch': {
    status: 412,
    title: 'Somebody changed it meanwhile',
    fix: 'Load it again, apply your change, and send the new ETag in If-Match.',
  },
  'version-required': {
    status: 428,
    title: 'If-Match is required',
    fix: 'Send the ETag you got with the thing in If-Match.',
  },
  'too-large': { status: 413, title: 'The request is too large', fix: 'See `detail` for the limit.' },
  'unsupported-media': {
    status: 415,
    title: 'This kind of file or body is not taken',
    fix: 'See `detail` for what is taken.',
  },
  'bad-image': {
    status: 422,
    title: 'The picture cannot be used',
    fix: 'See `detail`; export it again as JPEG or PNG.',
  },
  'bad-media': {
    status: 422,
    title: 'The file cannot be used',
    fix: 'See `detail`; export it again as MP4 (H.264 and AAC), or as PDF.',
  },
  'no-space': {
    status: 507,
    title: 'There is no room left for the file',
    fix: 'Nothing was stored. Free space on the disk Clarion keeps media on, then try again.',
  },
  'bad-url': { status: 422, title: 'This address may not be fetched', fix: 'Use a public https address.' },
  preflight: {
    status: 422,
    title: 'A network would refuse this',
    fix: 'Correct what `findings` lists, then schedule again.',
  },
  'time-past': { status: 422, title: 'That time has passed', fix: 'Choose a time in the future, or publish now.' },
  'time-gap': {
    status: 422,
    title: 'That local time does not exist',
    fix: 'Clocks jump over it that day. Choose the time in `suggestion`.',
  },
  'too-many-channels': {
    status: 422,
    title: 'Too many channels on one post',
    fix: 'See `detail` for the limit; make several posts.',
  },
  'no-channels': { status: 422, title: 'No channel chosen', fix: 'Choose at least one channel.' },
  'cannot-cancel': {
    status: 409,
    title: 'It is too late to cancel',
    fix: 'The network may already have the post. Wait for the result; you can take it down afterwards.',
  },
  'connect-failed': { status: 422, title: 'The network did not connect', fix: 'See `detail`, then start again.' },
  'network-failed': {
    status: 502,
    title: 'The network could not do this now',
    fix: 'See `detail` for what the network said; try again later.',
  },
  'webhook-refused': {
    status: 403,
    title: 'The webhook was not believed',
    fix: 'Check the app secret in Settings -> Platforms; the signature is wrong or too old.',
  },
  'connect-expired': { status: 410, title: 'This connection attempt is over', fix: 'Start connecting again.' },
  'credentials-missing': {
    status: 422,
    title: 'The platform has no app credentials yet',
    fix: 'Enter them in Settings -> Platforms.',
  },
  'sandbox-off': { status: 409, title: 'The sandbox is off', fix: 'Start Clarion with CLARION_SANDBOX=1.' },
  'rate-limited': { status: 429, title: 'Too many requests', fix: 'Wait as long as Retry-After says.' },
  'database-away': {
    status: 503,
    title: 'The database did not answer in time',
    fix: 'Try again after Retry-After, with the same Idempotency-Key where you sent one.',
  },
  'storage-away': {
    status: 503,
    title: 'The storage of files does not answer',
    fix: 'Try again in a minute; nothing is lost. The operator finds the cause at /health/ready.',
  },
  'queues-away': {
    status: 503,
    title: 'The queues cannot be read now',
    fix: 'Posts go out all the same. Ask whoever runs this Clarion to look after Redis.',
  },
  starting: { status: 503, title: 'Clarion is starting', fix: 'Try again in a few seconds.' },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    fix: 'Try again; if it stays, report the `instance` id.',
  },
} as const satisfies Record<string, { status: number; title: string; fix: string }>

export type ProblemCode = keyof typeof problems

export const problemSchema = z
  .object({
    type: z.string(),
    code: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    fix: z.string(),
    /** Request id, also in the log. */
    instance: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    findings: z.array(z.unknown()).optional(),
    suggestion: z.string().optional(),
  })
  .meta({ id: 'Problem' })
export type ProblemBody = z.output<typeof problemSchema>

/** Thrown by rules and services; `server/` turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly extra: Partial<Pick<ProblemBody, 'errors' | 'findings' | 'suggestion'>>
  /** Of `rate-limited`: how many there may be, and ms until there is room again. Told in headers. */
  limit: { max: number; ms: number } | null = null
  constructor(code: ProblemCode, detail?: string, extra: Problem['extra'] = {}) {
    super(detail ?? problems[code].title)
    this.name = 'Problem'
    this.code = code
    this.extra = extra
  }
}
