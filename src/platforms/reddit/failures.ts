/**
 * Reddit's refusals (fact sheet §7). They come in four shapes, the first of them inside a 200: `json.errors` as
 * `[CODE, text, field]`; a flat 4xx with `reason` and `explanation`; `{message, error}`; HTML of the edge or S3's XML.
 * `SUBMIT_VALIDATION_*` is an open family: its codes are read as one code with the whole as subcode.
 */
import type { Answer, FailureRule, FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Bag) : {}
const str = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)
const xml = (text: string, name: string) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(text)?.[1]

/** The first of `json.errors`; a list that is there and empty is none. */
const firstError = (body: unknown): { code: string; text: string | undefined } | undefined => {
  const errors = bag(bag(body).json).errors
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  return Array.isArray(first) ? { code: String(first[0]), text: str(first[1]) } : undefined
}

const family = 'SUBMIT_VALIDATION'
const coded = (code: string | undefined, text: string | undefined) =>
  code?.startsWith(`${family}_`) ? { code: family, subcode: code, text } : { code, text }

const read: FailureTable['read'] = ({ body, text, headers }) => {
  if (/insufficient_scope/i.test(headers['www-authenticate'] ?? '')) return { code: 'insufficient_scope' }
  const listed = firstError(body)
  if (listed) return coded(listed.code, listed.text)
  if (typeof body === 'string') {
    const code = xml(text, 'Code')
    return code ? { code, text: xml(text, 'Message') } : { code: /<html|<!doctype/i.test(text) ? 'html' : undefined }
  }
  const b = bag(body)
  const oauth = str(b.error)
  return coded(str(b.reason) ?? oauth, str(b.explanation) ?? str(b.error_description) ?? str(b.message))
}

const units: Record<string, number> = { millisecond: 1, second: 1000, minute: 60_000, hour: 3_600_000 }
/** "Take a break for 9 minutes", "try again in an hour"; else `json.ratelimit` in seconds. Gives ms. */
export const breakOf = (answer: Pick<Answer, 'body'>): number | undefined => {
  const said = firstError(answer.body)?.text ?? ''
  const [, n, unit] = /(\d+|an?)\s+(millisecond|second|minute|hour)s?/i.exec(said) ?? []
  if (n && unit) return (/^an?$/i.test(n) ? 1 : Number(n)) * units[unit.toLowerCase()]!
  const seconds = bag(bag(answer.body).json).ratelimit
  return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : undefined
}

const tooFast = new Set(['RATELIMIT', 'QUOTA_FILLED', 'SUBREDDIT_RATELIMIT'])
/** Ten minutes, when a limit on content names no time (§6). */
const defaultBreakMs = 600_000

const until: FailureTable['until'] = (answer, now) => {
  if (answer.headers['retry-after']) return undefined
  if (tooFast.has(firstError(answer.body)?.code ?? '')) return now + (breakOf(answer) ?? defaultBreakMs)
  const reset = Number.parseFloat(answer.headers['x-ratelimit-reset'] ?? '')
  return Number.isFinite(reset) && reset >= 0 ? now + Math.max(1, reset) * 1000 : undefined
}

const content = (word: string, code: string | readonly string[], say: string): FailureRule => ({
  code,
  kind: 'refused-content',
  word,
  say,
})
const validation = (word: string, subcode: string | readonly string[], say: string): FailureRule => ({
  code: family,
  subcode,
  kind: 'refused-content',
  word,
  say,
})
const v = (name: string) => `${family}_${name}`

export const failures: FailureTable = {
  platform: 'reddit',
  // Errors come inside 200, from the token endpoint too (§2, §7).
  isError: ({ body }) => firstError(body) !== undefined || (bag(body).error ?? undefined) !== undefined,
  read,
  until,
  rules: [
    {
      code: 'insufficient_scope',
      kind: 'not-permitted',
      word: 'scope-missing',
      say: 'Reddit says a permission is missing. Connect the account again and leave every permission ticked.',
    },
    {
      code: ['invalid_grant', 'invalid_token'],
      kind: 'reconnect',
      word: 'token-refused',
      say: 'Reddit does not accept the saved sign-in any more. Connect the account again.',
    },
    {
      code: ['unauthorized_client', 'invalid_client', 'unsupported_grant_type'],
      kind: 'not-permitted',
      word: 'app-refused',
      say: 'Reddit does not accept the app: check the client id and secret in Settings -> Platforms.',
    },
    { status: 429, kind: 'too-fast', word: 'rate-limit', say: 'Reddit asked us to slow down.' },
    {
      code: [...tooFast],
      kind: 'too-fast',
      word: 'break',
      say: 'Reddit wants this account to take a break before it posts again: {text}',
    },
    {
      code: 'ALREADY_SUB',
      kind: 'duplicate',
      word: 'already-submitted',
      say: 'Reddit says this link was posted there before: {text}',
    },
    // Before a plain 401: what is said of the account.
    {
      code: ['VERIFIED_USER_REQUIRED', 'USER_BLOCKED', 'USER_MUTED', 'ACCOUNT_SUSPENDED'],
      kind: 'refused-account',
      word: 'account',
      say: 'Reddit wants something of this account first: {text}. Sign in at reddit.com.',
    },
    {
      code: ['DOMAIN_BANNED'],
      kind: 'refused-content',
      word: 'domain-banned',
      say: 'Reddit bans links to this site everywhere: {text}',
    },
    {
      code: ['BAD_CAPTCHA', 'BANNED_IP'],
      kind: 'refused-account',
      word: 'blocked',
      say: 'Reddit takes this account or server for a robot and holds it back. Sign in at reddit.com and see what it asks for.',
    },
    {
      code: 'USER_REQUIRED',
      kind: 'reconnect',
      word: 'unauthorized',
      say: 'Reddit does not accept the sign-in any more. Connect the account again.',
    },
    content(
      'banned-there',
      'SUBREDDIT_NOTALLOWED_BANNED',
      'This account is banned in the community. Choose another one.',
    ),
    {
      // Said of every community that asks for age or karma, with words of its own.
      match: /(account|profile).*(too (new|young)|not old enough|karma)|karma.*(required|too low|enough)/i,
      status: [200, 400, 403],
      kind: 'refused-content',
      word: 'karma',
      say: 'The community does not take posts of an account this young or with so little karma: {text}',
    },
    content(
      'not-allowed-there',
      ['SUBREDDIT_NOTALLOWED', 'SUBREDDIT_NO_ACCESS', 'private', 'quarantined', 'gold_only', 'employees_only'],
      'This account may not post in the community (it is private, restricted or closed). Choose another one.',
    ),
    content(
      'no-community',
      ['SUBREDDIT_NOEXIST', 'banned'],
      'This community does not exist, or Reddit has closed it. Choose another one.',
    ),
    content('community-name', ['SUBREDDIT_REQUIRED', 'BAD_SR_NAME'], 'Choose the community of this post.'),
    content(
      'kind-not-allowed',
      ['NO_SELFS', 'NO_LINKS', 'NO_IMAGES', 'NO_VIDEOS', 'GALLERIES_DISABLED', 'POLLS_DISABLED'],
      'The community does not take this kind of post: {text}',
    ),
    content('not-author', 'NOT_AUTHOR', 'Only the author may do that.'),
    validation('flair-required', v('FLAIR_REQUIRED'), 'The community wants a flair on every post. Choose one.'),
    validation(
      'link-domain',
      [v('LINK_WHITELIST'), v('LINK_BLACKLIST'), v('LINK_WHITELISTED'), v('LINK_BLACKLISTED')],
      'The community does not take links to this site: {text}',
    ),
    {
      code: family,
      kind: 'refused-content',
      word: 'community-rule',
      say: 'A rule of the community stands against it: {text}',
    },
    content('title-missing', 'NO_TEXT', 'Something is missing: {text} A post on Reddit needs a title.'),
    content('too-long', 'TOO_LONG', 'Something is too long for Reddit: {text}'),
    content('too-short', 'TOO_SHORT', 'Something is too short for Reddit: {text}'),
    content('link', ['NO_URL', 'BAD_URL'], 'Reddit does not take the link: {text}'),
    content(
      'flair',
      ['BAD_FLAIR_TARGET', 'BAD_FLAIR_TEMPLATE_ID', 'FLAIR_NOT_ALLOWED'],
      'The flair cannot be used there. Choose another one.',
    ),
    content('poll', ['TOO_FEW_OPTIONS', 'TOO_MANY_OPTIONS'], 'Reddit does not take the poll: {text}'),
    {
      code: 'placeholder',
      match: /can't be edited|cannot be edited/i,
      kind: 'refused-content',
      word: 'not-editable',
      say: 'Reddit lets nobody change this kind of post.',
    },
    content(
      'invalid',
      ['placeholder', 'BAD_STRING', 'INVALID_SELFPOST', 'INVALID_OPTION', 'JSON_PARSE_ERROR', 'PARAMETER_REQUIRED'],
      'Reddit refused the post: {text}',
    ),
    {
      code: ['MISSING_VIDEO_URLS', 'BAD_IMAGE', 'EntityTooLarge', 'EntityTooSmall'],
      kind: 'refused-media',
      word: 'media',
      say: 'Reddit refused the picture or video: {text}',
    },
    {
      code: ['DELETED_LINK', 'DELETED_COMMENT'],
      kind: 'gone',
      word: 'gone',
      say: 'The post is not there any more.',
    },
    content('closed', ['TOO_OLD', 'THREAD_LOCKED'], 'The post takes no more comments or changes.'),
    // S3: the form of a lease lives for a short time, and a new one is free.
    {
      status: [400, 403],
      code: ['ExpiredToken', 'AccessDenied', 'RequestTimeout', 'InvalidToken', 'SignatureDoesNotMatch'],
      kind: 'try-later',
      word: 'upload-expired',
      say: 'The place Reddit gave for the upload is over. Clarion asks for a new one.',
    },
    { status: 413, kind: 'refused-media', word: 'media', say: 'The file is too large for Reddit.' },
    {
      status: 403,
      code: 'html',
      kind: 'refused-account',
      word: 'edge',
      say: 'Reddit turned this server away before the call was read. Check the user agent in Settings -> Platforms; some hosting addresses are blocked altogether.',
    },
    {
      status: 401,
      kind: 'reconnect',
      word: 'unauthorized',
      say: 'Reddit does not accept the sign-in any more. Connect the account again.',
    },
    { status: 403, kind: 'refused-content', word: 'forbidden', say: 'Reddit does not let this account do that there.' },
    {
      status: 404,
      kind: 'gone',
      word: 'gone',
      say: 'Reddit does not know this community or post (it may be private or closed).',
    },
    {
      status: [409, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'Reddit had an error. The post may be there all the same.',
    },
  ],
}
