/** Bluesky's refusals (fact sheet §8). Envelope `{ error, message }`; OAuth endpoints say `error_description`. */
import type { FailureTable } from '#kit/facts/failures.ts'

const field = (body: unknown, name: string): string | undefined => {
  const value = body !== null && typeof body === 'object' ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}

export const failures: FailureTable = {
  platform: 'bluesky',
  read: ({ body }) => ({
    code: field(body, 'error'),
    text: field(body, 'message') ?? field(body, 'error_description'),
  }),
  // No Retry-After: the window's end is in `ratelimit-reset`, unix seconds.
  until: ({ headers }) => {
    const reset = Number(headers['ratelimit-reset'])
    return Number.isFinite(reset) && reset > 0 ? reset * 1000 : undefined
  },
  rules: [
    { code: 'ExpiredToken', kind: 'reconnect', word: 'token-expired', say: 'The Bluesky session is over.' },
    {
      code: 'AuthFactorTokenRequired',
      kind: 'reconnect',
      word: 'needs-app-password',
      say: 'This account has two-factor sign-in: connect it with an app password, not with the account password.',
    },
    {
      code: [
        'InvalidToken',
        'AuthMissing',
        'AuthenticationRequired',
        'invalid_token',
        'invalid_dpop_proof',
        'invalid_grant',
      ],
      kind: 'reconnect',
      word: 'token-refused',
      say: 'Bluesky does not accept the sign-in ({text}). Connect the account again with a fresh app password.',
    },
    {
      code: [
        'AccountTakedown',
        'AccountDeactivated',
        'AccountNotFound',
        'RepoDeactivated',
        'RepoSuspended',
        'RepoTakendown',
        'RepoNotFound',
      ],
      kind: 'refused-account',
      word: 'account-closed',
      say: 'Bluesky says this account is not active ({text}). Look at it in the Bluesky app.',
    },
    {
      code: ['ScopeMissingError', 'Forbidden'],
      kind: 'not-permitted',
      word: 'scope-missing',
      say: 'The sign-in may not do this ({text}). Connect the account again.',
    },
    {
      code: 'use_dpop_nonce',
      kind: 'try-later',
      word: 'nonce',
      say: 'Bluesky asked for a fresh nonce twice in a row; Clarion tries again.',
    },
    {
      code: ['access_denied'],
      kind: 'not-permitted',
      word: 'denied',
      say: 'You did not allow Clarion on Bluesky. Nothing was connected.',
    },
    {
      code: ['invalid_client', 'invalid_client_metadata', 'invalid_request', 'unauthorized_client'],
      kind: 'not-permitted',
      word: 'app-refused',
      say: 'The sign-in server does not accept this Clarion ({text}). Its public address must be reachable by https.',
    },
    { code: 'RateLimitExceeded', kind: 'too-fast', word: 'rate-limit', say: 'Bluesky asked us to slow down.' },
    { code: 'InvalidSwap', kind: 'duplicate', word: 'key-taken', say: 'A post already sits where this one should go.' },
    {
      code: 'BlobNotFound',
      kind: 'try-later',
      word: 'blob-gone',
      say: 'Bluesky has dropped the uploaded picture; it is sent again.',
    },
    {
      code: ['InvalidMimeType', 'InvalidSize', 'PayloadTooLarge'],
      kind: 'refused-media',
      word: 'media',
      say: 'Bluesky refused the picture: {text}',
    },
    { status: 413, kind: 'refused-media', word: 'too-large', say: 'Bluesky says the upload is too large.' },
    {
      code: 'RecordNotFound',
      kind: 'gone',
      word: 'record-gone',
      say: 'The post this one refers to does not exist any more.',
    },
    {
      code: 'BadExpiration',
      kind: 'our-bug',
      word: 'bad-expiration',
      say: 'Clarion asked for a wrong token lifetime: {text}',
    },
    // The reference server reports embed limits with the record's path.
    {
      status: 400,
      code: 'InvalidRequest',
      match: /^Invalid app\.bsky\.[\w.]+ record: .*(blob|mime|Expected "(image|video)\/)/iu,
      kind: 'refused-media',
      word: 'invalid-media',
      say: 'Bluesky refused the picture: {text}',
    },
    {
      status: 400,
      code: 'InvalidRequest',
      match: /^Invalid app\.bsky\.[\w.]+ record/iu,
      kind: 'refused-content',
      word: 'invalid-record',
      say: 'Bluesky refused the post: {text}',
    },
    {
      status: 400,
      code: 'InvalidRequest',
      match: /Invalid (TID|record key)/iu,
      kind: 'our-bug',
      word: 'bad-key',
      say: 'Clarion made a wrong record key: {text}',
    },
    {
      status: 400,
      code: 'InvalidRequest',
      match: /Unable to resolve handle|Could not find (user|repo)/iu,
      kind: 'gone',
      word: 'no-such-handle',
      say: 'There is no such account on Bluesky.',
    },
    {
      status: 400,
      code: 'InvalidRequest',
      match: /Could not locate record/iu,
      kind: 'gone',
      word: 'record-gone',
      say: 'The post does not exist on Bluesky.',
    },
    {
      status: 400,
      code: 'SyntaxError',
      kind: 'our-bug',
      word: 'malformed',
      say: 'Clarion sent something malformed: {text}',
    },
    {
      status: 400,
      code: 'InvalidRequest',
      match: /Unknown lexicon|Wrong request encoding|Invalid \$type/iu,
      kind: 'our-bug',
      word: 'malformed',
      say: 'Clarion sent something malformed: {text}',
    },
    { status: 501, kind: 'our-bug', word: 'no-method', say: 'This server does not know the call Clarion made.' },
    // A 500 also means "this key exists" (createRecord): it proves nothing. Gateways in front say even less.
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'Bluesky had an error. The post may be there all the same.',
    },
    {
      status: 401,
      kind: 'reconnect',
      word: 'unauthorized',
      say: 'Bluesky does not accept the sign-in. Connect the account again.',
    },
  ],
}
