/**
 * YouTube's refusals (fact sheet youtube.md §8): the legacy envelope, sorted by `errors[].reason`; what all of Google
 * says in the same words comes from the family.
 */
import type { FailureRule, FailureTable } from '#kit/facts/failures.ts'
import { googleRules, googleUntil, readGoogleError, reasons } from '../families/google/errors.ts'

const day = 24 * 3_600_000

const own: readonly FailureRule[] = [
  {
    code: 'uploadLimitExceeded',
    kind: 'too-fast',
    word: 'upload-limit',
    say: 'YouTube lets this channel upload no more videos today. Clarion tries again in 24 hours.',
  },
  {
    code: 'uploadRateLimitExceeded',
    kind: 'too-fast',
    word: 'thumbnail-limit',
    say: 'YouTube has taken too many thumbnails from this channel lately.',
  },
  {
    code: 'youtubeSignupRequired',
    kind: 'refused-account',
    word: 'no-channel',
    say: 'This Google account has no YouTube channel. Create one at youtube.com, then connect it again.',
  },
  {
    code: [
      'authenticatedUserAccountClosed',
      'authenticatedUserAccountSuspended',
      'channelClosed',
      'channelSuspended',
      'accountClosed',
      'accountSuspended',
    ],
    kind: 'refused-account',
    word: 'suspended',
    say: 'YouTube has closed or suspended this account or channel. See youtube.com for what it asks.',
  },
  {
    code: 'invalidTitle',
    kind: 'refused-content',
    word: 'title',
    say: 'YouTube refused the title: it must be there, have at most 100 characters and no < or >.',
  },
  {
    code: 'invalidDescription',
    kind: 'refused-content',
    word: 'description',
    say: 'YouTube refused the description: at most 5,000 bytes, no < or >.',
  },
  {
    code: 'invalidTags',
    kind: 'refused-content',
    word: 'tags',
    say: 'YouTube refused the tags: 500 characters together.',
  },
  {
    code: 'invalidCategoryId',
    kind: 'refused-content',
    word: 'category',
    say: 'YouTube does not know this category, or takes no uploads in it. Choose another.',
  },
  {
    code: 'invalidPublishAt',
    kind: 'refused-content',
    word: 'publish-at',
    say: 'YouTube refused the publishing time: the video must be private and must never have been public.',
  },
  {
    code: [
      'invalidVideoMetadata',
      'invalidRecordingDetails',
      'invalidFilename',
      'defaultLanguageNotSet',
      'invalidVideoGameRating',
    ],
    kind: 'refused-content',
    word: 'metadata',
    say: 'YouTube refused what is said about the video: {text}',
  },
  {
    code: ['forbiddenPrivacySetting', 'forbiddenLicenseSetting', 'forbiddenEmbedSetting'],
    kind: 'not-permitted',
    word: 'setting',
    say: 'This channel may not use that visibility, license or embedding setting ({text}).',
  },
  {
    code: ['mediaBodyRequired', 'uploadTooLarge'],
    kind: 'refused-media',
    word: 'file',
    say: 'YouTube refused the file: empty or too large.',
  },
  { status: 413, kind: 'refused-media', word: 'file', say: 'YouTube refused the file: too large.' },
  {
    code: ['invalidImage', 'imageFormatUnsupported', 'imageTooTall', 'imageTooWide'],
    kind: 'refused-media',
    word: 'thumbnail',
    say: 'YouTube refused the thumbnail: {text}',
  },
  {
    code: ['videoNotFound', 'commentThreadNotFound', 'commentNotFound', 'parentCommentNotFound'],
    kind: 'gone',
    word: 'gone',
    say: 'The video or comment does not exist any more on YouTube.',
  },
  { code: 'playlistNotFound', kind: 'gone', word: 'playlist-gone', say: 'The playlist does not exist any more.' },
  {
    code: ['videoAlreadyInPlaylist', 'captionExists', 'conflict'],
    kind: 'duplicate',
    word: 'already-there',
    say: 'YouTube has this already.',
  },
  {
    code: 'playlistContainsMaximumNumberOfVideos',
    kind: 'refused-content',
    word: 'playlist-full',
    say: 'The playlist is full.',
  },
  {
    code: 'commentsDisabled',
    kind: 'refused-content',
    word: 'comments-off',
    say: 'Comments are switched off for this video.',
  },
  {
    code: ['ineligibleAccount', 'processingFailure', 'commentTextTooLong', 'commentTextRequired'],
    kind: 'refused-content',
    word: 'comment',
    say: 'YouTube refused the comment: {text}',
  },
  {
    code: ['invalidMetadata', 'contentRequired', 'nameTooLong'],
    kind: 'refused-content',
    word: 'captions',
    say: 'YouTube refused the captions: {text}',
  },
  {
    code: 'forbidden',
    match: /thumbnail/i,
    kind: 'not-permitted',
    word: 'thumbnail-not-allowed',
    say: 'This channel may not set thumbnails: prove a phone number at youtube.com/verify, then set it in YouTube Studio.',
  },
]

const last: readonly FailureRule[] = [
  {
    code: [
      'unexpectedPart',
      'unknownPart',
      'missingRequiredParameter',
      'invalidParameter',
      'unknownParameter',
      'parseError',
      'invalidPageToken',
      'invalidRegionCode',
      'invalidResourceType',
    ],
    kind: 'our-bug',
    word: 'malformed',
    say: 'Clarion asked YouTube in a wrong way: {text}',
  },
  {
    status: 400,
    code: 'badRequest',
    subcode: 'INVALID_ARGUMENT',
    kind: 'our-bug',
    word: 'malformed',
    say: 'Clarion asked YouTube in a wrong way: {text}',
  },
  {
    status: 404,
    code: ['notFound', 'NOT_FOUND'],
    kind: 'gone',
    word: 'gone',
    say: 'YouTube does not have this any more.',
  },
  {
    status: 403,
    code: ['forbidden', 'playlistForbidden', 'playlistItemsNotAccessible', 'PERMISSION_DENIED'],
    kind: 'not-permitted',
    word: 'forbidden',
    say: 'YouTube does not let this account do that ({text}).',
  },
  {
    status: 403,
    subcode: 'PERMISSION_DENIED',
    kind: 'not-permitted',
    word: 'forbidden',
    say: 'YouTube does not let this account do that ({text}).',
  },
]

export const failures: FailureTable = {
  platform: 'youtube',
  read: readGoogleError,
  until: (answer, now) =>
    reasons(answer.body).some((r) => r === 'uploadLimitExceeded') ? now + day : googleUntil(answer, now),
  rules: [...own, ...googleRules('YouTube', 'YouTube Data API v3'), ...last],
}
