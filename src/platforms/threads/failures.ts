/**
 * Threads' refusals (fact sheet threads.md §8): its own subcodes and sentences first, then what every Graph network says.
 * Sorted by code and subcode, never by status. "Media not found" is what Threads says of everything it has not finished, has
 * not spread to all its machines, or no longer has: it proves nothing, and the container is asked.
 */
import type { FailureRule, FailureTable } from '#kit/facts/failures.ts'
import { graphRead, graphRules } from '../families/meta/failures.ts'
import { graphUntil } from '../families/meta/usage.ts'

/** A rolling day that names no time; asking hourly costs little (ms). */
const quotaWaitMs = 3_600_000
const quota = /quota|maximum number of (posts|replies)|publishing limit/i

const own: readonly FailureRule[] = [
  {
    subcode: '4279009',
    kind: 'unknown-outcome',
    word: 'media-not-found',
    say: 'Threads does not find the post it was asked about; it may not be ready yet.',
  },
  {
    subcode: '4279071',
    kind: 'refused-content',
    word: 'topic',
    say: 'Threads does not allow this topic. Choose another one, or publish without it.',
  },
  {
    subcode: '4279013',
    kind: 'refused-account',
    word: 'restricted',
    say: 'Threads has restricted this account. Open the app, see what it asks for, and go on afterwards.',
  },
  {
    subcode: '2207051',
    kind: 'refused-account',
    word: 'action-blocked',
    say: 'Threads has blocked this action for now because it looked like spam. Look at the account in the app and go on later.',
  },
  {
    match: /LINK_LIMIT_EXCEEDED/,
    kind: 'refused-content',
    word: 'links',
    say: 'The post has more than 5 different links, the attached one included. Remove some.',
  },
  {
    code: '100',
    match: /text must be at most/i,
    kind: 'refused-content',
    word: 'text-length',
    say: 'The text is longer than 500 characters; emoji count several each. Shorten it.',
  },
  {
    code: '100',
    match: /nonexisting field \(status\)/i,
    kind: 'unknown-outcome',
    word: 'not-a-container',
    say: 'Threads does not show what became of the prepared post.',
  },
  {
    code: '9',
    kind: 'too-fast',
    word: 'publish-quota',
    spends: 'channel',
    say: 'This account has used up what Threads takes from apps in 24 hours. Clarion tries again when some is free.',
  },
  {
    code: ['4', '17', '32', '100', '613'],
    match: quota,
    kind: 'too-fast',
    word: 'publish-quota',
    spends: 'channel',
    say: 'This account has used up what Threads takes from apps in 24 hours. Clarion tries again when some is free.',
  },
  // Said of a file that is being prepared, so nothing is out; and our address may have been down for a moment.
  {
    code: '9004',
    kind: 'try-later',
    word: 'fetch',
    say: 'Threads could not fetch the file from this Clarion. Its public address must be reachable from the internet over https, without a login ({text}).',
  },
  {
    code: '36000',
    kind: 'refused-media',
    word: 'image-bytes',
    say: 'The picture is too big: Threads takes 8 MB.',
  },
  {
    code: '36001',
    kind: 'refused-media',
    word: 'image-format',
    say: 'Threads takes JPEG and PNG pictures only.',
  },
  {
    code: '36003',
    kind: 'refused-media',
    word: 'image-shape',
    say: 'The picture is more than ten times as long as it is wide. Crop or pad it.',
  },
  // The token endpoint: `{error_type, code: 400, error_message}`.
  {
    code: '400',
    match: /matching code|code has expired|already used|verification code/i,
    kind: 'not-permitted',
    word: 'code-refused',
    say: 'Threads did not take the sign-in any more. Start connecting again.',
  },
  {
    code: '400',
    match: /client[_ ](id|secret)|platform app|redirect[_ ]uri/i,
    kind: 'not-permitted',
    word: 'app-refused',
    say: 'Threads does not accept the app: check the Threads app ID, its secret and the redirect address ({text}).',
  },
  {
    code: '1',
    match: /client secret/i,
    kind: 'not-permitted',
    word: 'app-refused',
    say: 'Threads does not accept the app: check the Threads app secret ({text}).',
  },
]

export const failures: FailureTable = {
  platform: 'threads',
  read: graphRead,
  rules: [
    ...own,
    ...graphRules('Threads'),
    {
      match: /error validating access token|session has expired|cannot parse access token/i,
      kind: 'reconnect',
      word: 'unauthorized',
      say: "Threads no longer takes Clarion's access. Connect the account again.",
    },
  ],
  until: (answer, now) => {
    const { code, text } = graphRead(answer)
    return code === '9' || quota.test(text ?? '') ? now + quotaWaitMs : graphUntil(answer, now)
  },
}
