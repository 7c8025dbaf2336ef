/**
 * Facebook's refusals (fact sheet §8): Facebook's own codes, then those all of Graph shares. Meta puts the seven-digit
 * words sometimes into `code` and sometimes into `error_subcode`, so each is looked for in both.
 */
import type { FailureKind, FailureRule, FailureTable } from '#kit/facts/failures.ts'
import { graphRead, graphRules } from '../families/meta/failures.ts'
import { graphUntil } from '../families/meta/usage.ts'

const either = (codes: readonly string[], kind: FailureKind, word: string, say: string): FailureRule[] => [
  { subcode: codes, kind, word, say },
  { code: codes, kind, word, say },
]

export const failures: FailureTable = {
  platform: 'facebook',
  read: graphRead,
  until: graphUntil,
  rules: [
    ...either(['1366051'], 'duplicate', 'photos-posted', 'Facebook says these photos have been posted already.'),
    ...either(
      ['1390008'],
      'too-fast',
      'posting-too-fast',
      'The Page posts too fast for Facebook. It will be tried later.',
    ),
    ...either(
      ['1363037', '1363041', '1363045'],
      'try-later',
      'upload-broken',
      'The upload lost its place; Clarion starts it again.',
    ),
    {
      code: ['OffsetInvalidError', 'PartialRequestError'],
      kind: 'try-later',
      word: 'upload-offset',
      say: 'The upload broke off; Clarion goes on where it stopped.',
    },
    {
      code: 'ProcessingFailedError',
      kind: 'refused-media',
      word: 'upload-refused',
      say: 'Facebook could not take the file: {text}',
    },
    ...either(
      ['1363047', '1609010', '1363030', '1363033'],
      'unknown-outcome',
      'transient',
      'Facebook had a problem of its own and does not say whether it acted ({text}).',
    ),
    ...either(
      ['1404006', '4854002', '1404112'],
      'refused-account',
      'security-check',
      'Facebook wants the person who connected this Page to confirm who they are. Open Facebook, do what it asks, then go on.',
    ),
    ...either(
      ['1404078'],
      'refused-account',
      'page-authorization',
      'This Page must pass Page Publishing Authorization before anything can be posted. Open the Page on Facebook and complete it.',
    ),
    ...either(
      ['1346003', '1404102'],
      'refused-account',
      'standards',
      'Facebook refused this as abusive or against its standards. Look at the Page’s status on Facebook before posting more.',
    ),
    ...either(['1363042'], 'not-permitted', 'video-permission', 'This person may not post videos on the Page: {text}'),
    ...either(
      ['1366046', '2069019'],
      'refused-media',
      'image',
      'Facebook did not take a picture: it must be JPEG, PNG, GIF, BMP or TIFF up to 10 MB.',
    ),
    { code: '324', kind: 'refused-media', word: 'image', say: 'Facebook could not read a picture: {text}' },
    ...either(['1363040'], 'refused-media', 'video-aspect', 'Facebook wants this video upright, 9:16.'),
    ...either(
      ['1363127'],
      'refused-media',
      'video-resolution',
      'The video is too small: Facebook wants at least 540 x 960.',
    ),
    ...either(
      ['1363128'],
      'refused-media',
      'video-duration',
      'The video is too short or too long: a reel runs 3 to 90 seconds.',
    ),
    ...either(['1363129'], 'refused-media', 'video-frame-rate', 'Facebook wants 24 to 60 frames a second.'),
    ...either(['1363023'], 'refused-media', 'video-bytes', 'The video is larger than Facebook takes (2 GB).'),
    ...either(['1363026'], 'refused-media', 'video-too-long', 'The video is longer than Facebook takes (40 minutes).'),
    ...either(
      ['1363019', '1363020', '1363021', '1363022', '1363024', '1363025', '1363031', '1363032'],
      'refused-media',
      'video',
      'Facebook did not take the video: {text}',
    ),
    {
      code: ['352', '382', '6000', '6001'],
      kind: 'refused-media',
      word: 'video',
      say: 'Facebook did not take the video: {text}',
    },
    // It says nothing about the video: our address may have been down for a moment.
    { code: '389', kind: 'try-later', word: 'video-fetch', say: 'Facebook could not fetch the video.' },
    ...either(['1609005'], 'refused-content', 'link', 'Facebook could not read the linked page. Check the address.'),
    ...either(
      ['1609008'],
      'refused-content',
      'link-own',
      'Facebook takes no cards of its own addresses from apps. Write the link into the text.',
    ),
    ...either(['2061006'], 'refused-content', 'link', 'The link is not an address Facebook takes.'),
    ...either(['1349125'], 'refused-content', 'content', 'Facebook refused the content: {text}'),
    ...graphRules('Facebook'),
  ],
}
