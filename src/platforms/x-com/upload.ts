/**
 * Bringing a file to X: small pictures in one call, everything else in pieces (fact sheet §3.2).
 *
 * Pieces are as small as 1,000 of them allow, and at least 1 MiB: X documents 8 MB, but in production 5 MB met an empty
 * 413. Who answers that is something in front of X that has not seen the file, so it says nothing about the file: the
 * upload goes on with smaller pieces from where it was.
 */
import { done, mediaAt, notYet, type StepContext, step } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  type Access,
  type Media,
  setAltText,
  uploadAppend,
  uploadFinalize,
  uploadInitialize,
  uploadOnce,
  uploadStatus,
} from './api.ts'
import { pieceTooLarge } from './failures.ts'
import type { Settings } from './spec.ts'

type T = StepContext<Settings>

const mostPieces = 1000
const usualPiece = 1024 * 1024
const leastPiece = 128 * 1024

/** Bytes of one piece of a file of `bytes`. */
export const pieceOf = (bytes: number): number => Math.max(usualPiece, Math.ceil(bytes / mostPieces))

/** Half of `piece` for the `left` bytes to come, or undefined when they would not fit into the pieces that are left. */
export const smallerPiece = (piece: number, left: number, piecesUsed: number): number | undefined => {
  const half = Math.floor(piece / 2)
  return half >= leastPiece && piecesUsed + Math.ceil(left / half) <= mostPieces ? half : undefined
}

/** Would smaller pieces go at all, if there could be enough of them? Then the file is what is too large. */
export const isFileTooLarge = (piece: number, left: number, piecesUsed: number): boolean =>
  Math.floor(piece / 2) >= leastPiece && smallerPiece(piece, left, piecesUsed) === undefined

const tooLarge = (bytes: number): PlatformFailure =>
  new PlatformFailure({
    kind: 'refused-media',
    code: 'x-com.file-too-large',
    message: `X takes a file in at most ${mostPieces} pieces and refused pieces as large as this one of ${Math.ceil(bytes / 1e8) / 10} GB needs. Export it below 1 GB.`,
  })

/** Where an upload stands; kept in `saved`, so that a repetition goes on instead of starting over. `sent`, `piece`: bytes. */
type Progress = { id: string; next: number; sent: number; piece: number; closed?: boolean; ready?: boolean }

/** Kept by a version that counted in pieces of one size: nothing to go on from. */
const progressOf = (saved: unknown): Progress | undefined =>
  typeof (saved as Progress | undefined)?.sent === 'number' ? (saved as Progress) : undefined

/** How long to wait (ms), or null when it is ready. @throws PlatformFailure when X cannot use the file. */
const wait = (m: Media): number | null => {
  const p = m.processing_info
  if (!p || p.state === 'succeeded') return null
  if (p.state === 'failed')
    throw new PlatformFailure({
      kind: 'refused-media',
      code: 'x-com.processing',
      message: `X could not process the file${p.error?.message ? `: ${p.error.message}` : ''}.`,
    })
  return (p.check_after_secs ?? 3) * 1000
}

const isPieceTooLarge = (error: unknown) => error instanceof PlatformFailure && error.failure.code === pieceTooLarge

const categoryOf = (media: { kind: string; mime: string }) =>
  media.kind === 'video' ? 'tweet_video' : media.mime === 'image/gif' ? 'tweet_gif' : 'tweet_image'

export const upload = step<Settings>('upload', { again: 'safe', each: 'media' }, async (t: T) => {
  const { media } = mediaAt(t, t.index)
  const c: Access = { http: t.http, access: t.grant.access }
  const blob = await media.blob()
  let at = progressOf(t.saved)
  const keep = async (next: Progress) => {
    at = next
    await t.save(next)
    return next
  }
  const category = categoryOf(media)
  if (!at) {
    const fresh = { next: 0, sent: 0, piece: pieceOf(blob.size) }
    at =
      category === 'tweet_image' && blob.size <= usualPiece
        ? await keep({ ...fresh, id: (await uploadOnce(c, blob, media.mime)).id, ready: true })
        : await keep({ ...fresh, id: (await uploadInitialize(c, { mime: media.mime, bytes: blob.size, category })).id })
  }
  while (!at.ready && !at.closed && at.sent < blob.size) {
    const end: number = Math.min(blob.size, at.sent + at.piece)
    try {
      await uploadAppend(c, at.id, at.next, blob.slice(at.sent, end))
    } catch (error) {
      if (!isPieceTooLarge(error)) throw error
      const left = blob.size - at.sent
      if (isFileTooLarge(at.piece, left, at.next)) throw tooLarge(blob.size)
      const piece = smallerPiece(at.piece, left, at.next)
      if (piece === undefined) throw error
      await keep({ ...at, piece })
      return notYet(1000, 'X takes only smaller pieces of the file')
    }
    at = await keep({ ...at, next: at.next + 1, sent: end })
  }
  if (!at.ready) {
    const state = at.closed ? await uploadStatus(c, at.id) : await uploadFinalize(c, at.id)
    if (!at.closed) at = await keep({ ...at, closed: true })
    const ms = wait(state)
    if (ms !== null) return notYet(ms, 'X is processing the file')
    at = await keep({ ...at, ready: true })
  }
  const alt = media.alt.trim()
  if (alt && media.kind === 'image') await setAltText(c, at.id, alt)
  return done({ id: at.id })
})
