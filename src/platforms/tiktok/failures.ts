/**
 * TikTok's refusals (fact sheet §8). It answers 200 with `error.code`; OAuth errors are flat (`error` is a word). Codes
 * are the whole truth: a status without a documented code proves nothing.
 */
import { type Failure, type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const str = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)

/** Caps of a day roll, and asking is a harmless read, so Clarion looks again after an hour (ms). */
export const capMs = 3_600_000
const caps = ['spam_risk_too_many_posts', 'spam_risk_too_many_pending_share', 'reached_active_user_cap']

export const failures: FailureTable = {
  platform: 'tiktok',
  isError: ({ body }) => {
    const { error } = bag(body)
    return typeof error === 'string' || (error !== undefined && bag(error).code !== 'ok')
  },
  read: ({ body }) => {
    const b = bag(body)
    if (typeof b.error === 'string') return { code: b.error, text: str(b.error_description) }
    const e = bag(b.error)
    return { code: str(e.code), text: str(e.message) ?? str(e.code) }
  },
  until: ({ body }, now) => (caps.includes(String(bag(bag(body).error).code)) ? now + capMs : undefined),
  rules: [
    {
      code: 'access_token_invalid',
      kind: 'reconnect',
      word: 'token-refused',
      say: 'TikTok does not accept the sign-in any more. Connect the account again.',
    },
    {
      status: [400, 401, 403],
      code: ['invalid_client', 'unauthorized_client'],
      kind: 'not-permitted',
      word: 'app-refused',
      say: 'TikTok does not accept the app: check client key and secret in Settings -> Platforms ({text}).',
    },
    {
      // Flat errors of the token endpoint: on a refresh any of them means that consent is over (§2).
      code: ['invalid_grant', 'invalid_request', 'invalid_token', 'access_denied'],
      kind: 'reconnect',
      word: 'sign-in-refused',
      say: 'TikTok does not accept the saved sign-in any more ({text}). Connect the account again.',
    },
    {
      code: ['invalid_scope', 'scope_not_authorized', 'scope_permission_missed'],
      kind: 'not-permitted',
      word: 'scope-missing',
      say: 'The app or the sign-in lacks a TikTok permission ({text}). Add the scope to the app and connect again.',
    },
    {
      code: 'token_not_authorized_for_specified_publish_id',
      kind: 'not-permitted',
      word: 'foreign-publish-id',
      say: 'This post was begun by another sign-in, so TikTok does not tell what became of it.',
    },
    {
      code: 'spam_risk_too_many_posts',
      kind: 'too-fast',
      word: 'daily-cap',
      say: 'This account has posted as often as TikTok lets apps in a day. Clarion tries again when there is room.',
    },
    {
      code: 'spam_risk_too_many_pending_share',
      kind: 'too-fast',
      word: 'pending-drafts',
      say: 'Five drafts wait in the TikTok inbox; it takes no more within 24 hours. Finish or discard some in the app.',
    },
    {
      code: 'reached_active_user_cap',
      kind: 'too-fast',
      word: 'user-cap',
      say: 'The TikTok app has served as many accounts as it may in 24 hours. Clarion tries again when there is room.',
    },
    { code: 'rate_limit_exceeded', kind: 'too-fast', word: 'rate-limit', say: 'TikTok asked us to slow down.' },
    {
      code: 'spam_risk_user_banned_from_posting',
      kind: 'refused-account',
      word: 'banned',
      say: 'TikTok has banned this account from posting. See the account status in the TikTok app.',
    },
    {
      code: 'unaudited_client_can_only_post_to_private_accounts',
      kind: 'not-permitted',
      word: 'unaudited',
      say: 'TikTok has not audited this app: it takes only "Only me" posts, and the TikTok account itself must be private.',
    },
    {
      code: 'app_version_check_failed',
      kind: 'not-permitted',
      word: 'old-app',
      say: 'Photo drafts need the TikTok app 31.8 or newer. Update it on the phone and try again.',
    },
    {
      code: 'privacy_level_option_mismatch',
      kind: 'refused-content',
      word: 'privacy',
      say: 'TikTok does not offer this privacy for the account. Choose another.',
    },
    {
      code: 'url_ownership_unverified',
      kind: 'not-permitted',
      word: 'domain-unverified',
      say: "Clarion's address is not verified for the TikTok app: verify the domain under URL properties at developers.tiktok.com.",
    },
    {
      code: 'invalid_file_upload',
      kind: 'refused-media',
      word: 'file',
      say: 'TikTok refused the file: {text}',
    },
    {
      code: ['invalid_param', 'invalid_params'],
      kind: 'refused-content',
      word: 'invalid',
      say: 'TikTok refused the post: {text}',
    },
    {
      code: ['invalid_publish_id', 'publish_not_cancellable'],
      kind: 'unknown-outcome',
      word: 'publish-id',
      say: 'TikTok does not know what became of this post.',
    },
    {
      code: 'internal_error',
      kind: 'unknown-outcome',
      word: 'server',
      say: 'TikTok had an error. The post may be there all the same.',
    },
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'TikTok had an error. The post may be there all the same.',
    },
  ],
}

type Reason = { kind: Failure['kind']; say: string }

/** `fail_reason` of a task that TikTok gave up (§8): nothing of it is on the network, whatever the kind. */
const reasons: Record<string, Reason> = {
  file_format_check_failed: { kind: 'refused-media', say: 'TikTok does not take this file format.' },
  duration_check_failed: { kind: 'refused-media', say: 'The video is longer than TikTok lets this account post.' },
  frame_rate_check_failed: { kind: 'refused-media', say: 'TikTok takes 23 to 60 frames a second.' },
  picture_size_check_failed: {
    kind: 'refused-media',
    say: 'TikTok does not take this size: videos 360 to 4096 pixels, photos at most 1080p.',
  },
  internal: { kind: 'try-later', say: 'TikTok failed inside. Nothing was posted.' },
  video_pull_failed: { kind: 'try-later', say: "TikTok could not fetch the video from Clarion's address." },
  photo_pull_failed: { kind: 'try-later', say: "TikTok could not fetch a photo from Clarion's address." },
  publish_cancelled: { kind: 'gone', say: 'Publishing was cancelled on TikTok. Nothing was posted.' },
  // Our token still asks and is answered, so it was an earlier consent that ended: begin again.
  auth_removed: { kind: 'try-later', say: 'The sign-in ended while TikTok worked on the post. Nothing was posted.' },
  spam_risk_too_many_posts: { kind: 'too-fast', say: 'This account has posted as often as TikTok lets apps in a day.' },
  spam_risk_user_banned_from_posting: {
    kind: 'refused-account',
    say: 'TikTok has banned this account from posting. See the account status in the TikTok app.',
  },
  spam_risk_text: { kind: 'refused-content', say: 'TikTok takes this caption for spam. Change the text.' },
  spam_risk: { kind: 'refused-account', say: 'TikTok takes this post for spam and blocks it. See the TikTok app.' },
}

/** The sentence of a `fail_reason`; one nobody knows is told as it is. */
export const sayReason = (reason: string | undefined): string =>
  (reason && Object.hasOwn(reasons, reason) ? reasons[reason]?.say : undefined) ??
  `TikTok gave the post up${reason ? ` (${reason})` : ''}.`

/** A given-up task as a failure. `now` epoch ms. An unknown reason is a refusal too: FAILED is TikTok's last word. */
export const failedTask = (reason: string | undefined, now: number): PlatformFailure => {
  const known = reason !== undefined && Object.hasOwn(reasons, reason) ? reasons[reason] : undefined
  const kind = known?.kind ?? 'refused-content'
  return new PlatformFailure({
    kind,
    code: `tiktok.failed.${known ? reason : 'unknown'}`,
    message: sayReason(reason),
    ...(kind === 'too-fast' ? { until: new Date(now + capMs).toISOString() } : {}),
  })
}
