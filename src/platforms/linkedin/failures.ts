/**
 * LinkedIn's refusals (fact sheet §8). One envelope `{status, code, serviceErrorCode, message}`, OAuth's
 * `{error, error_description}`, and `inputErrors` inside `errorDetails`. Codes first, then words in the message.
 */
import type { FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const str = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined

const dayMs = 86_400_000
/** Quotas refill at midnight UTC (§7); up to ten minutes more, so that not everybody comes back at once. Epoch ms. */
const midnight = (now: number): number => (Math.floor(now / dayMs) + 1) * dayMs + (now % 600_000)

const reconnect = 'LinkedIn does not accept the sign-in any more. Connect the account again.'

export const failures: FailureTable = {
  platform: 'linkedin',
  read: ({ body }) => {
    const b = bag(body)
    const input = bag(b.errorDetails).inputErrors
    const first = bag(Array.isArray(input) ? input[0] : undefined)
    const said = [str(b.message), str(first.description), str(b.error_description)].filter(Boolean).join(' ').trim()
    return {
      code: str(b.code) ?? str(first.code) ?? str(b.error),
      subcode: str(b.serviceErrorCode),
      text: said || undefined,
    }
  },
  until: (_answer, now) => midnight(now),
  rules: [
    {
      code: [
        'INVALID_ACCESS_TOKEN',
        'REVOKED_ACCESS_TOKEN',
        'EXPIRED_ACCESS_TOKEN',
        'EMPTY_ACCESS_TOKEN',
        'RECONNECT_REQUIRED',
        'invalid_grant',
      ],
      kind: 'reconnect',
      word: 'token-refused',
      say: reconnect,
    },
    { subcode: ['65600', '65601', '65602'], kind: 'reconnect', word: 'token-refused', say: reconnect },
    {
      status: [400, 401, 403],
      code: ['invalid_client', 'unauthorized_client', 'invalid_client_id'],
      kind: 'not-permitted',
      word: 'app-refused',
      say: 'LinkedIn does not accept the app: check the client id and secret in Settings -> Platforms ({text}).',
    },
    { status: 401, kind: 'reconnect', word: 'token-refused', say: reconnect },
    {
      status: 429,
      match: /APPLICATION/,
      kind: 'too-fast',
      word: 'app-quota',
      spends: 'app',
      say: 'The daily quota of the LinkedIn app is used up. It is full again at midnight UTC.',
    },
    {
      status: 429,
      kind: 'too-fast',
      word: 'member-quota',
      spends: 'channel',
      say: 'The daily quota of this LinkedIn member is used up. It is full again at midnight UTC.',
    },
    {
      code: ['VERSION_MISSING', 'NONEXISTENT_VERSION'],
      kind: 'our-bug',
      word: 'version',
      say: 'LinkedIn no longer serves this version of its API. Enter a newer one in Settings -> Platforms ({text}).',
    },
    {
      status: 426,
      kind: 'our-bug',
      word: 'version',
      say: 'LinkedIn no longer serves this version of its API. Enter a newer one in Settings -> Platforms ({text}).',
    },
    {
      match: /duplicate of urn:li:(share|ugcPost|activity):/i,
      kind: 'duplicate',
      word: 'duplicate',
      say: 'LinkedIn says this was posted already ({text}).',
    },
    {
      match: /duplicate of urn:li:/i,
      kind: 'refused-content',
      word: 'duplicate-of-other',
      say: 'LinkedIn takes this for a double of something that is no post: {text}',
    },
    { code: 'DUPLICATE_POST', kind: 'duplicate', word: 'duplicate', say: 'LinkedIn says this was posted already.' },
    {
      match: /member is restricted/i,
      kind: 'refused-account',
      word: 'restricted',
      say: 'LinkedIn has restricted this account: sign in at linkedin.com and follow its steps.',
    },
    {
      status: [451, 999],
      kind: 'refused-account',
      word: 'blocked',
      say: 'LinkedIn blocks requests for this account or from this server.',
    },
    {
      code: 'EXPIRED_UPLOAD_URL',
      kind: 'try-later',
      word: 'upload-expired',
      say: 'The upload took too long, and LinkedIn closed it. It begins anew.',
    },
    {
      code: 'MEDIA_ASSET_PROCESSING_FAILED',
      kind: 'refused-media',
      word: 'processing',
      say: 'LinkedIn could not process the file: {text}',
    },
    {
      code: 'MEDIA_ASSET_WAITING_UPLOAD',
      kind: 'try-later',
      word: 'media-not-ready',
      say: 'LinkedIn is still processing the file.',
    },
    {
      status: [400, 422],
      match: /still processing/i,
      kind: 'try-later',
      word: 'media-not-ready',
      say: 'LinkedIn is still processing the file.',
    },
    {
      status: 400,
      match: /fileSizeBytes/,
      kind: 'refused-media',
      word: 'file-size',
      say: 'LinkedIn refused the size of the file: {text}',
    },
    {
      status: 403,
      code: 'ACCESS_DENIED',
      kind: 'not-permitted',
      word: 'access-denied',
      say: 'The LinkedIn app or the person’s role on the page does not allow this ({text}).',
    },
    {
      status: 403,
      subcode: '100',
      kind: 'not-permitted',
      word: 'access-denied',
      say: 'The LinkedIn app or the person’s role on the page does not allow this ({text}).',
    },
    {
      status: 403,
      match: /not enough permissions|unpermitted/i,
      kind: 'not-permitted',
      word: 'access-denied',
      say: 'The LinkedIn app or the person’s role on the page does not allow this ({text}).',
    },
    {
      status: 404,
      code: ['NOT_FOUND', 'RESOURCE_NOT_FOUND'],
      kind: 'gone',
      word: 'gone',
      say: 'What this refers to does not exist any more on LinkedIn.',
    },
    {
      status: 400,
      code: 'FIELD_LENGTH_TOO_LONG',
      kind: 'refused-content',
      word: 'too-long',
      say: 'LinkedIn refused the length of something: {text}',
    },
    {
      status: [400, 422],
      code: [
        'MISSING_FIELD',
        'INVALID_VALUE_FOR_FIELD',
        'INVALID_VALUE_BLANK_FIELD',
        'INVALID_URN_TYPE',
        'INVALID_URN_ID',
        'ILLEGAL_ARGUMENT',
      ],
      kind: 'refused-content',
      word: 'invalid',
      say: 'LinkedIn refused the post: {text}',
    },
    {
      status: 422,
      match: /ERROR :: \//,
      kind: 'refused-content',
      word: 'invalid',
      say: 'LinkedIn refused the post: {text}',
    },
    {
      status: [413, 415],
      kind: 'refused-media',
      word: 'file',
      say: 'LinkedIn refused the file: too large or of a kind it does not take.',
    },
    {
      status: 409,
      kind: 'unknown-outcome',
      word: 'conflict',
      say: 'LinkedIn was busy with the same thing. The post may be there all the same.',
    },
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'LinkedIn had an error. The post may be there all the same.',
    },
  ],
}
