/**
 * Pinterest's refusals (fact sheet §8). One envelope, `{code, message}`, with codes that are poorly documented: status
 * and words decide, codes only where they are certain (1, 2, 3, 8, 12, 29, 283). The store for videos answers in S3's XML.
 */
import type { FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})

/** `<Code>EntityTooLarge</Code>` and its message. */
const xml = (text: string, name: string) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(text)?.[1]

/** `x-ratelimit-reset` counts seconds from now (§7). */
const until: FailureTable['until'] = ({ headers }, now) => {
  const seconds = Number(headers['x-ratelimit-reset'])
  return headers['x-ratelimit-reset'] && Number.isFinite(seconds) && seconds >= 0
    ? now + Math.max(1, seconds) * 1000
    : undefined
}

export const failures: FailureTable = {
  platform: 'pinterest',
  read: ({ body, text }) => {
    const b = bag(body)
    if (typeof body === 'string' && body.startsWith('<')) return { code: xml(text, 'Code'), text: xml(text, 'Message') }
    const code = typeof b.code === 'number' || typeof b.code === 'string' ? String(b.code) : undefined
    return { code, text: typeof b.message === 'string' ? b.message : undefined }
  },
  until,
  rules: [
    {
      match: /consumer type is not supported/i,
      kind: 'not-permitted',
      word: 'app-not-enabled',
      say: 'Pinterest has not enabled this app yet. See developers.pinterest.com/apps; the account stays connected.',
    },
    {
      status: 403,
      match: /Trial access/i,
      kind: 'not-permitted',
      word: 'trial',
      say: 'The Pinterest app has Trial access, which publishes to Pinterest’s sandbox only. Request Standard access, or enter "trial" as the access tier in Settings -> Platforms and connect again.',
    },
    {
      status: [400, 401],
      code: '283',
      kind: 'reconnect',
      word: 'token-refused',
      say: 'Pinterest does not accept the saved sign-in any more. Connect the account again.',
    },
    {
      status: [400, 401, 403],
      match:
        /(refresh token|authorization code).*(invalid|expired|not valid)|(invalid|expired) (refresh token|authorization code)/i,
      kind: 'reconnect',
      word: 'token-refused',
      say: 'Pinterest does not accept the saved sign-in any more. Connect the account again.',
    },
    {
      status: 401,
      kind: 'reconnect',
      word: 'unauthorized',
      say: 'Pinterest does not accept the sign-in any more (a changed password or user name ends it). Connect the account again.',
    },
    { status: 429, kind: 'too-fast', word: 'rate-limit', say: 'Pinterest asked us to slow down.' },
    { code: '8', match: /rate limit/i, kind: 'too-fast', word: 'rate-limit', say: 'Pinterest asked us to slow down.' },
    {
      status: [400, 403],
      match: /blocked this link|link .*spam/i,
      kind: 'refused-content',
      word: 'blocked-link',
      say: 'Pinterest blocks the link of this pin as spam. Use another address.',
    },
    {
      status: 403,
      match: /spam|suspended|deactivated/i,
      kind: 'refused-account',
      word: 'spam',
      say: 'Pinterest holds this account’s pins back ({text}). Sign in at pinterest.com and see what it asks for.',
    },
    // S3, before Pinterest's own 403: the form of a registration lives about an hour, and a new one is free.
    {
      status: [400, 403],
      code: ['ExpiredToken', 'AccessDenied', 'RequestTimeout', 'InvalidToken'],
      kind: 'try-later',
      word: 'upload-expired',
      say: 'The place Pinterest gave for the upload is over. Clarion asks for a new one.',
    },
    {
      status: [400, 413],
      code: ['EntityTooLarge'],
      kind: 'refused-media',
      word: 'too-large',
      say: 'The file is too large for Pinterest.',
    },
    { status: 413, kind: 'refused-media', word: 'too-large', say: 'The file is too large for Pinterest.' },
    {
      status: 403,
      code: '29',
      kind: 'not-permitted',
      word: 'not-permitted',
      say: 'Pinterest does not let this app or account do that ({text}).',
    },
    {
      status: 403,
      match: /permission|permitted|scope|not authorized/i,
      kind: 'not-permitted',
      word: 'not-permitted',
      say: 'Pinterest does not let this app or account do that ({text}).',
    },
    {
      status: 404,
      match: /section not found/i,
      kind: 'gone',
      word: 'section-gone',
      say: 'The section of the board does not exist any more. Choose another.',
    },
    {
      status: 404,
      match: /board not found/i,
      kind: 'gone',
      word: 'board-gone',
      say: 'The board does not exist any more, or this account may not pin to it. Choose another board.',
    },
    {
      status: 404,
      match: /not found/i,
      kind: 'gone',
      word: 'gone',
      say: 'This does not exist any more on Pinterest.',
    },
    {
      status: 400,
      match: /unable to reach the url|could not (fetch|download|reach)/i,
      kind: 'try-later',
      word: 'url-unreachable',
      say: 'Pinterest could not fetch the picture from this server. Let Clarion upload it, or check that the public address is reachable.',
    },
    {
      status: 400,
      match: /cover_image|cover image/i,
      kind: 'refused-content',
      word: 'cover',
      say: 'Pinterest refused the cover of the video: {text}',
    },
    {
      status: 400,
      match: /same (dimensions|size|aspect)/i,
      kind: 'refused-media',
      word: 'same-size',
      say: 'The pictures of a carousel must all have one size.',
    },
    {
      status: 400,
      match: /invalid image|image is (too|invalid|not)|unsupported image|media (upload )?(has )?(failed|not)/i,
      kind: 'refused-media',
      word: 'media',
      say: 'Pinterest refused the picture or video: {text}',
    },
    {
      status: 400,
      match: /malformed link|invalid link/i,
      kind: 'refused-content',
      word: 'link',
      say: 'Pinterest does not take the link of this pin. It must be a full https:// address.',
    },
    // Code 1 is the schema's; only with its own words in it. A bare 400 of something in between proves nothing.
    {
      status: 400,
      code: '1',
      match: /\S/,
      kind: 'refused-content',
      word: 'invalid-request',
      say: 'Pinterest refused the pin: {text}',
    },
    {
      status: 409,
      kind: 'unknown-outcome',
      word: 'conflict',
      say: 'Pinterest saw a conflict. The pin may be there all the same.',
    },
    {
      code: '12',
      kind: 'unknown-outcome',
      word: 'server',
      say: 'Pinterest had an error. The pin may be there all the same.',
    },
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'Pinterest had an error. The pin may be there all the same.',
    },
  ],
}
