/** After the upload YouTube looks at the video; it may still refuse it (fact sheet §3.3). */
import { done, notYet, type Outcome } from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { type Video, videos } from './api.ts'
import { accessOf, type T, videoIn } from './context.ts'

/** After this long the video counts as out, though YouTube still makes its sharper versions. */
const patienceMs = 25 * 60_000
/** The video may not be readable in its first moments. */
const appearMs = 2 * 60_000

const fail = (kind: FailureKind, word: string, message: string) =>
  new PlatformFailure({ kind, code: `youtube.${word}`, message })

const failures: Record<string, string> = {
  conversion: 'it could not convert it',
  invalidFile: 'it is not a video it can read',
  emptyFile: 'the file is empty',
  tooSmall: 'the file is too small',
  codec: 'it does not know the codec',
  uploadAborted: 'the upload was broken off',
}

const rejections: Record<string, { kind: FailureKind; why: string }> = {
  duplicate: { kind: 'duplicate', why: 'this channel has uploaded the same video before' },
  length: { kind: 'refused-media', why: 'it is longer than this channel may upload (see youtube.com/verify)' },
  copyright: { kind: 'refused-content', why: 'of a copyright claim' },
  claim: { kind: 'refused-content', why: 'somebody else claims its content' },
  trademark: { kind: 'refused-content', why: 'of a trademark' },
  legal: { kind: 'refused-content', why: 'of a legal complaint' },
  termsOfUse: { kind: 'refused-content', why: 'it breaks the terms of use' },
  inappropriate: { kind: 'refused-content', why: 'it breaks the community guidelines' },
  uploaderAccountSuspended: { kind: 'refused-account', why: 'the account is suspended' },
  uploaderAccountClosed: { kind: 'refused-account', why: 'the account is closed' },
}

/** Raises what YouTube says against the video; gives whether it is through. */
export const verdict = (v: Video): 'processed' | 'processing' => {
  const { uploadStatus, failureReason = '', rejectionReason = '' } = v.status ?? {}
  if (uploadStatus === 'failed')
    throw fail(
      'refused-media',
      'processing',
      `YouTube could not use the video: ${failures[failureReason] ?? failureReason}.`,
    )
  if (uploadStatus === 'rejected') {
    const { kind, why } = rejections[rejectionReason] ?? { kind: 'refused-content', why: `of "${rejectionReason}"` }
    throw fail(kind, `rejected-${rejectionReason || 'unknown'}`, `YouTube took the video down because ${why}.`)
  }
  if (uploadStatus === 'deleted') throw fail('gone', 'gone', 'The video was deleted on YouTube.')
  return uploadStatus === 'processed' || v.processingDetails?.processingStatus === 'succeeded'
    ? 'processed'
    : 'processing'
}

const seen = async (t: T, id: string): Promise<Video | undefined | 'unanswered'> => {
  try {
    return (await videos(accessOf(t), [id], 'status,processingDetails'))[0]
  } catch (error) {
    if (error instanceof PlatformFailure && ['unknown-outcome', 'try-later'].includes(error.failure.kind))
      return 'unanswered'
    throw error
  }
}

export const processed = async (t: T): Promise<Outcome> => {
  const { id } = videoIn(t)
  const waited = t.now() - t.firstBegunAt
  const v = await seen(t, id)
  // The video is out: that YouTube does not answer a question about it does not make the post a failure.
  if (v === 'unanswered')
    return waited < patienceMs
      ? notYet(60_000, 'YouTube does not say how far it is with the video')
      : done({ state: 'processing', privacy: null })
  if (!v) {
    if (waited < appearMs) return notYet(10_000, 'YouTube does not show the video yet')
    throw fail('gone', 'gone', 'The video is not on YouTube any more.')
  }
  const state = verdict(v)
  if (state === 'processing' && waited < patienceMs)
    return notYet(waited < 60_000 ? 5_000 : waited < 300_000 ? 20_000 : 60_000, 'YouTube is processing the video')
  return done({ state, privacy: v.status?.privacyStatus ?? null })
}
