/**
 * Instagram's refusals (fact sheet §8): its own subcodes first, then what every Graph network says. Sorted by code and
 * subcode, never by status: Instagram answers 400 to throttling, and 400 and 500 to posts it has published.
 *
 * "Transient" codes are unknown outcomes: in steps that may be repeated that is a retry, and after a publish Clarion asks
 * the container before it does anything again.
 */
import type { FailureRule, FailureTable } from '#kit/facts/failures.ts'
import { graphRead, graphRules } from '../families/meta/failures.ts'
import { graphUntil } from '../families/meta/usage.ts'

const quotaWaitMs = 3_600_000

const own: readonly FailureRule[] = [
  {
    code: '4',
    subcode: '2207051',
    kind: 'refused-account',
    word: 'action-blocked',
    say: 'Instagram has blocked this action for now because it looked like spam. Open the app, look at the account, and go on later.',
  },
  {
    code: '9',
    subcode: '2207042',
    kind: 'too-fast',
    word: 'publish-quota',
    spends: 'channel',
    say: 'This account has used up the posts Instagram takes from apps in 24 hours. Clarion tries again when some are free.',
  },
  {
    code: '25',
    subcode: '2207050',
    kind: 'refused-account',
    word: 'account-restricted',
    say: 'Instagram has restricted this account, or wants its owner to sign in: open the app and follow its steps.',
  },
  {
    code: '10',
    subcode: '2207081',
    kind: 'not-permitted',
    word: 'trial-reels',
    say: 'Instagram does not let this account publish trial reels yet. Turn the trial off, or grow the account first.',
  },
  {
    code: '10',
    match: /not enough viewers/i,
    kind: 'try-later',
    word: 'few-viewers',
    say: 'Instagram shows numbers of a story only when at least five people have seen it.',
  },
  {
    code: '24',
    subcode: '2207006',
    kind: 'not-permitted',
    word: 'media-hidden',
    say: 'Instagram does not show this media to Clarion: a permission is missing. Connect the account again with every permission ticked.',
  },
  {
    code: ['-2', '24'],
    subcode: ['2207020', '2207008'],
    kind: 'unknown-outcome',
    word: 'container-gone',
    say: 'The prepared post is no longer there: it was published, or it has expired.',
  },
  {
    code: '9007',
    kind: 'unknown-outcome',
    word: 'not-ready',
    say: 'Instagram has not finished preparing the post, or has published it already.',
  },
  {
    code: '-2',
    subcode: '2207003',
    kind: 'unknown-outcome',
    word: 'fetch-timeout',
    say: 'Instagram could not fetch the file in time.',
  },
  // Said of a file that is being prepared, so nothing is out; and our address may have been down for a moment.
  {
    code: '9004',
    kind: 'try-later',
    word: 'fetch',
    say: 'Instagram could not fetch the file from this Clarion. Its public address must be reachable from the internet over https, without a login ({text}).',
  },
  {
    code: '-1',
    subcode: '2207073',
    kind: 'not-permitted',
    word: 'cannot-delete',
    say: 'Instagram does not let apps delete this kind of post. Delete it in the Instagram app.',
  },
  {
    code: '-1',
    kind: 'unknown-outcome',
    word: 'server',
    say: 'Instagram had a problem of its own and does not say whether it acted ({text}).',
  },
  {
    code: '1',
    subcode: '2207057',
    kind: 'refused-content',
    word: 'thumb-offset',
    say: 'The moment chosen for the cover is after the end of the reel. Choose an earlier one.',
  },
  {
    code: '100',
    subcode: '2207028',
    kind: 'refused-content',
    word: 'carousel-count',
    say: 'A carousel has 2 to 10 items.',
  },
  {
    code: '100',
    subcode: ['2207035', '2207036', '2207037', '2207040'],
    kind: 'refused-content',
    word: 'tags',
    say: 'Instagram refused the people or products tagged: {text}',
  },
  {
    code: '100',
    subcode: '2207023',
    kind: 'our-bug',
    word: 'media-type',
    say: 'Clarion sent a kind of media Instagram does not know: {text}',
  },
  {
    code: '352',
    kind: 'refused-media',
    word: 'video-format',
    say: 'Instagram does not take this video. Export it as MP4 with H.264 and AAC, 23 to 60 frames a second.',
  },
  {
    code: '36000',
    kind: 'refused-media',
    word: 'image-bytes',
    say: 'The picture is too big: Instagram takes 8 MB.',
  },
  {
    code: '36001',
    kind: 'refused-media',
    word: 'image-format',
    say: 'Instagram takes JPEG pictures only.',
  },
  {
    code: '36003',
    kind: 'refused-media',
    word: 'image-shape',
    say: 'The shape of the picture is outside 4:5 to 1.91:1. Crop or pad it.',
  },
  {
    code: '36004',
    kind: 'refused-content',
    word: 'caption-length',
    say: 'The caption is too long: 2,200 characters, 30 hashtags and 20 mentions are the most.',
  },
  // rupload's own envelope, which also comes with status 200.
  {
    code: 'ProcessingFailedError',
    kind: 'refused-media',
    word: 'processing',
    say: 'Instagram could not process the video ({text}). Export it anew as MP4 with H.264 and AAC.',
  },
  {
    code: ['PartialRequestError', 'OffsetInvalidError'],
    kind: 'unknown-outcome',
    word: 'upload-cut',
    say: 'The upload of the video broke off; it goes on where Instagram has it.',
  },
  {
    code: 'NotAuthorizedError',
    kind: 'reconnect',
    word: 'upload-unauthorized',
    say: 'Instagram does not take the upload from this sign-in. Connect the account again.',
  },
  {
    code: '20',
    subcode: '1772107',
    kind: 'unknown-outcome',
    word: 'comment-made',
    say: 'Instagram made the comment and then refused to show it.',
  },
  // api.instagram.com: `{error_type, code: 400, error_message}`.
  {
    code: '400',
    match: /matching code|code has expired|already used/i,
    kind: 'not-permitted',
    word: 'code-refused',
    say: 'Instagram did not take the sign-in any more. Start connecting again.',
  },
  {
    code: '400',
    match: /client[_ ](id|secret)|platform app|redirect[_ ]uri/i,
    kind: 'not-permitted',
    word: 'app-refused',
    say: 'Instagram does not accept the app: check the Instagram app ID, its secret and the redirect address ({text}).',
  },
]

type Bag = Record<string, unknown>
const debugInfo = (body: unknown): boolean =>
  body !== null && typeof body === 'object' && typeof (body as Bag).debug_info === 'object'

export const failures: FailureTable = {
  platform: 'instagram',
  isError: ({ body }) => debugInfo(body),
  read: graphRead,
  rules: [...own, ...graphRules('Instagram')],
  // The quota is a rolling day and names no time; asking hourly costs little.
  until: (answer, now) => (graphRead(answer).code === '9' ? now + quotaWaitMs : graphUntil(answer, now)),
}
