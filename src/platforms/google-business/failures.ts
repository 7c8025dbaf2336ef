/**
 * Google's refusals (fact sheet google-business.md §8). Posts (v4) name what is wrong in `ValidationError.errorDetails`,
 * whose numbers are not documented: rules go by their words. What all of Google says alike comes from the family.
 */
import type { Answer, FailureRule, FailureTable } from '#kit/facts/failures.ts'
import { googleRules, googleUntil, readGoogleError } from '../families/google/errors.ts'

const name = 'Google Business Profile'

type Detail = { '@type'?: unknown; metadata?: { quota_limit_value?: unknown } | null }
const detailsOf = (body: unknown): Detail[] => {
  const details = (body as { error?: { details?: unknown } } | null | undefined)?.error?.details
  return Array.isArray(details) ? details.filter((d): d is Detail => typeof d === 'object' && d !== null) : []
}

/** Three things the family's reading does not tell apart: a page instead of JSON, no quota at all, a post that is wrong. */
const read = (answer: Answer) => {
  const seen = readGoogleError(answer)
  if (typeof answer.body === 'string' && /^\s*<(!doctype|html)/i.test(answer.body))
    return { code: 'WEB_PAGE', text: 'a web page instead of an answer' }
  const details = detailsOf(answer.body)
  if (details.some((d) => String(d.metadata?.quota_limit_value) === '0')) return { ...seen, code: 'NO_QUOTA' }
  if (details.some((d) => /ValidationError$/.test(String(d['@type'])))) return { ...seen, code: 'VALIDATION' }
  return seen
}

const own: readonly FailureRule[] = [
  {
    code: 'NO_QUOTA',
    kind: 'not-permitted',
    word: 'not-approved',
    say: 'Google has not approved this Google Cloud project for Business Profile: its quota is 0. Apply with the "Application for Basic API Access" form; the setup guide tells how.',
  },
  {
    code: 'SERVICE_DISABLED',
    kind: 'not-permitted',
    word: 'api-disabled',
    say: 'The Google Cloud project has not switched on an API Clarion needs ({text}). The setup guide lists all of them.',
  },
  {
    status: 404,
    code: 'WEB_PAGE',
    kind: 'our-bug',
    word: 'bad-path',
    say: 'Clarion asked Google at an address that does not exist. Connect the location again; if that does not help, report it.',
  },
  // Google fetches during the call (§3), so nothing is out; and it says nothing about the picture: we may have been down.
  {
    status: 400,
    code: 'VALIDATION',
    match: /Fetching image failed|PHOTO_FETCH_FAILED/i,
    kind: 'try-later',
    word: 'photo-fetch',
    say: 'Google could not fetch the picture from this server. Its public address must be reachable from the internet.',
  },
  {
    status: 400,
    code: 'VALIDATION',
    match: /PHOTO_|\b(photo|image)\b/i,
    kind: 'refused-media',
    word: 'photo',
    say: 'Google refused the picture: {text}',
  },
  {
    status: 400,
    match:
      /LOCATION_DISABLED_FOR_LOCAL_POST_API|OPERATION_UNSUPPORTED_UNDER_ACCOUNT_CONDITION|disabled for local post/i,
    kind: 'refused-account',
    word: 'location-disabled',
    say: 'Google lets this location publish no posts. It may be unverified, suspended, or of a kind that cannot post: see business.google.com.',
  },
  {
    status: 400,
    code: 'VALIDATION',
    kind: 'refused-content',
    word: 'invalid',
    say: 'Google refused the post: {text}',
  },
  {
    status: 501,
    kind: 'our-bug',
    word: 'retired',
    say: 'Google no longer offers what Clarion asked for ({text}). Update Clarion.',
  },
  // ABORTED: somebody else wrote at the same moment. It may have been done all the same.
  {
    status: 409,
    kind: 'unknown-outcome',
    word: 'conflict',
    say: 'Google was interrupted by another change of the same profile.',
  },
]

const last: readonly FailureRule[] = [
  {
    status: 404,
    code: 'NOT_FOUND',
    kind: 'gone',
    word: 'not-found',
    say: 'Google does not have this post or location any more. A location that moved to another account must be connected again.',
  },
  {
    status: 403,
    code: 'PERMISSION_DENIED',
    kind: 'not-permitted',
    word: 'no-role',
    say: 'This Google account may not manage the location any more. Ask an owner to make it a manager, then connect it again.',
  },
  {
    status: 400,
    code: ['INVALID_ARGUMENT', 'badRequest'],
    subcode: 'INVALID_ARGUMENT',
    kind: 'our-bug',
    word: 'malformed',
    say: 'Clarion asked Google in a wrong way: {text}',
  },
]

export const failures: FailureTable = {
  platform: 'google-business',
  read,
  until: googleUntil,
  rules: [...own, ...googleRules(name, `${name} APIs`), ...last],
}
