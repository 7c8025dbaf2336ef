/**
 * X's refusals (fact sheet §8). Four envelopes: problem+json, problem with `errors`, v1 `errors[].code`, OAuth `error`.
 * Codes are the last path segment of `type` (its host varies), then v1 numbers, then OAuth words, then the title.
 */
import type { FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const str = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined

const lastSegment = (type: string | undefined): string | undefined =>
  type && type !== 'about:blank' ? type.split('/').at(-1) : undefined

/** Epoch ms of the window that is used up: the 24-hour ones only count when nothing is left in them. */
const until: FailureTable['until'] = ({ headers }) => {
  const at = (name: string) => {
    const seconds = Number(headers[name])
    return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
  }
  const daily = ['user', 'app']
    .flatMap((who) => (headers[`x-${who}-limit-24hour-remaining`] === '0' ? [at(`x-${who}-limit-24hour-reset`)] : []))
    .filter((x) => x !== undefined)
  return daily.length > 0 ? Math.max(...daily) : at('x-rate-limit-reset')
}

/** The code of an answer that refuses a piece of an upload, not the file (fact sheet §8). */
export const pieceTooLarge = 'x-com.piece-too-large'

export const failures: FailureTable = {
  platform: 'x-com',
  read: ({ body }) => {
    const b = bag(body)
    const first = bag(Array.isArray(b.errors) ? b.errors[0] : undefined)
    const said = [str(b.detail), str(first.message), str(b.error_description)].filter(Boolean).join(' ')
    return {
      code: lastSegment(str(b.type)) ?? str(first.code) ?? str(b.error) ?? str(b.title),
      subcode: str(b.reason) ?? str(first.reason),
      text: said || undefined,
    }
  },
  until,
  rules: [
    {
      status: 402,
      kind: 'refused-account',
      word: 'no-credits',
      say: 'The X app has no credits left. Buy credits at console.x.com; nothing was posted.',
    },
    {
      code: ['usage-capped', 'UsageCapExceeded'],
      kind: 'refused-account',
      word: 'usage-capped',
      say: 'The monthly cap or spending limit of the X app is reached. Raise it at console.x.com.',
    },
    {
      match: /spending limit/i,
      kind: 'refused-account',
      word: 'spending-limit',
      say: 'The spending limit of the X app is reached. Raise it at console.x.com.',
    },
    {
      code: ['user-suspended', '63', '64'],
      kind: 'refused-account',
      word: 'suspended',
      say: 'X has suspended this account.',
    },
    {
      code: '326',
      kind: 'refused-account',
      word: 'locked',
      say: 'X has locked this account: sign in at x.com and follow its steps.',
    },
    { code: ['rate-limit-exceeded', '88'], kind: 'too-fast', word: 'rate-limit', say: 'X asked us to slow down.' },
    { status: 429, kind: 'too-fast', word: 'rate-limit', say: 'X asked us to slow down.' },
    { code: '187', kind: 'duplicate', word: 'duplicate', say: 'X says this was posted already.' },
    {
      status: 403,
      match: /duplicate content/i,
      kind: 'duplicate',
      word: 'duplicate',
      say: 'X says this was posted already.',
    },
    {
      status: [400, 401],
      code: ['invalid_request', 'invalid_grant', 'invalid_token'],
      kind: 'reconnect',
      word: 'token-refused',
      say: 'X does not accept the saved sign-in any more. Connect the account again.',
    },
    {
      status: [400, 401, 403],
      code: ['unauthorized_client', 'invalid_client'],
      kind: 'not-permitted',
      word: 'app-refused',
      say: 'X does not accept the app: check the client id and secret in Settings -> Platforms ({text}).',
    },
    {
      status: 401,
      kind: 'reconnect',
      word: 'unauthorized',
      say: 'X does not accept the sign-in any more. Connect the account again.',
    },
    {
      code: 'unsupported-authentication',
      kind: 'our-bug',
      word: 'wrong-token-kind',
      say: 'Clarion used the wrong kind of token: {text}',
    },
    {
      code: 'client-forbidden',
      kind: 'not-permitted',
      word: 'app-not-enrolled',
      say: 'The X app may not use this part of the API ({text}). See console.x.com.',
    },
    {
      status: 403,
      match: /not permitted to access this feature/i,
      kind: 'not-permitted',
      word: 'feature',
      say: 'The X account or app may not use this feature.',
    },
    {
      status: 403,
      match: /scope/i,
      kind: 'not-permitted',
      word: 'scope-missing',
      say: 'The sign-in lacks a permission ({text}). Connect the account again.',
    },
    {
      status: 403,
      match: /Reply to this conversation is not allowed/i,
      kind: 'refused-content',
      word: 'reply-not-allowed',
      say: 'X lets apps reply only to people who mentioned or quoted this account.',
    },
    {
      status: 403,
      match: /Quoting this post is not allowed/i,
      kind: 'refused-content',
      word: 'quote-not-allowed',
      say: 'X does not let this app quote that post.',
    },
    {
      status: 403,
      match: /cashtag/i,
      kind: 'refused-content',
      word: 'cashtags',
      say: 'X lets apps use one cashtag in a post.',
    },
    {
      status: 403,
      match: /invalid URL/i,
      kind: 'refused-content',
      word: 'blocked-url',
      say: 'X blocks a link in this post.',
    },
    {
      status: 403,
      match: /video longer than/i,
      kind: 'refused-media',
      word: 'video-length',
      say: 'X refused the video: {text}',
    },
    {
      status: 403,
      match: /not permitted to perform this action/i,
      kind: 'refused-content',
      word: 'not-permitted',
      say: 'X did not permit this post: the text may be too long, the media may not go together, or the account is restricted.',
    },
    {
      code: ['324', '325'],
      kind: 'refused-media',
      word: 'media-id',
      say: 'X no longer has the uploaded picture, or it was not ready. Publish again to upload it anew.',
    },
    {
      status: 400,
      match: /media IDs? (is|are) invalid/i,
      kind: 'refused-media',
      word: 'media-id',
      say: 'X no longer has the uploaded picture, or it was not ready. Publish again to upload it anew.',
    },
    // The words of INIT since the first version of the API.
    {
      status: 400,
      match: /file size exceeds/i,
      kind: 'refused-media',
      word: 'media',
      say: 'X refused the file: too large or of a kind it does not take.',
    },
    // Without a word of X: an edge in front of it that has not seen the file. `upload.ts` goes on with smaller pieces.
    {
      status: 413,
      match: /^\s*(<|$)/,
      kind: 'try-later',
      word: 'piece-too-large',
      say: 'A server in front of X took no piece of this size. That says nothing about the file.',
    },
    {
      status: [413, 415],
      kind: 'refused-media',
      word: 'media',
      say: 'X refused the file: too large or of a kind it does not take.',
    },
    {
      code: ['resource-not-found', 'not-found', 'Not Found Error', 'Not Found'],
      kind: 'gone',
      word: 'gone',
      say: 'The post this one refers to does not exist any more on X.',
    },
    // Only with X's own words in it: a bare 400 from something in between proves nothing.
    {
      status: 400,
      code: ['invalid-request', 'Invalid Request'],
      match: /\S/,
      kind: 'refused-content',
      word: 'invalid-request',
      say: 'X refused the post: {text}',
    },
    {
      code: ['130', '131'],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'X had an error. The post may be there all the same.',
    },
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'X had an error. The post may be there all the same.',
    },
  ],
}
