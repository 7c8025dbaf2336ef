/**
 * Uploads of one publication. Repeating them harms nobody: what is not named by a post is never seen.
 *
 * Picture, document: announce -> PUT -> ready. Video: announce -> thumbnail, captions, parts -> finalize -> ready.
 * `saved` holds where an upload stands, so that a repetition goes on with the next part; it is thrown away when
 * LinkedIn's addresses have run out.
 */
import { done, notYet, type Outcome, type StepContext, type StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type AssetKind, assetStatus, finalizeVideo, initialize, initializeVideo, put } from './assets.ts'
import { accessOf } from './rest.ts'
import type { Settings } from './spec.ts'

export type T = StepContext<Settings>

/** How long the network is given where it may not be asked whether a file is ready (ms). */
const blindWaitMs = 4000
const askAgainMs = 3000
/** Longer than this LinkedIn does not process (ms). */
const processingMs = 60 * 60_000
/**
 * What a step that waits may take in all (ms): a quota of LinkedIn's may stand between two looks, and it is full again
 * only at midnight UTC.
 */
export const atMostMs = 26 * 3_600_000

type Single = { urn: string; url: string; expiresAt: number | null; sentAt?: number }
type Part = { url: string; from: number; to: number }
type Video = {
  urn: string
  token: string
  expiresAt: number | null
  parts: Part[]
  thumbnailUrl?: string
  captionsUrl?: string
  extras?: boolean
  etags: string[]
  sentAt?: number
}

const kindOf = (media: StepMedia): AssetKind =>
  media.kind === 'image' ? 'images' : media.kind === 'video' ? 'videos' : 'documents'

/** Runs `work`; when LinkedIn's upload addresses have run out, forgets them and begins anew. */
const fresh = async (t: T, expiresAt: number | null, work: () => Promise<Outcome>): Promise<Outcome> => {
  const over = async () => {
    await t.save(null)
    return notYet(1000, 'the upload took too long and begins anew')
  }
  if (expiresAt !== null && expiresAt <= t.now()) return over()
  try {
    return await work()
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.code === 'linkedin.upload-expired') return over()
    throw error
  }
}

/**
 * Is the file ready to be named by a post? Pages may ask. A member's token may not (403) for pictures and documents;
 * then the network is given a moment, and a create that comes too early is told so and tried again.
 */
const ready = async (t: T, kind: AssetKind, urn: string, sentAt: number): Promise<Outcome> => {
  const blind = () => {
    const left = sentAt + blindWaitMs - t.now()
    return left > 0 ? notYet(left, 'LinkedIn is processing the file') : done({ urn })
  }
  if (t.channel.kind !== 'organization' && kind !== 'videos') return blind()
  try {
    const { status, processingFailureReason: why } = await assetStatus(accessOf(t), kind, urn)
    if (status === 'AVAILABLE') return done({ urn })
    if (status === 'PROCESSING_FAILED')
      throw new PlatformFailure({
        kind: 'refused-media',
        code: 'linkedin.processing',
        message: `LinkedIn could not process the file${why ? `: ${why}` : ''}.`,
      })
    if (t.now() - sentAt > processingMs)
      throw new PlatformFailure({
        kind: 'refused-media',
        code: 'linkedin.processing-too-long',
        message: 'LinkedIn did not finish processing the file within an hour.',
      })
    return notYet(askAgainMs, 'LinkedIn is processing the file')
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'not-permitted') return blind()
    throw error
  }
}

/** Picture or document in one PUT. */
const uploadSingle = async (t: T, media: StepMedia, kind: 'images' | 'documents'): Promise<Outcome> => {
  const c = accessOf(t)
  let at = (t.saved ?? null) as Single | null
  if (!at) {
    at = await initialize(c, kind, t.channel.externalId)
    await t.save(at)
  }
  const { urn, url, expiresAt } = at
  if (at.sentAt !== undefined) return ready(t, kind, urn, at.sentAt)
  return fresh(t, expiresAt, async () => {
    await put(c, url, await media.blob(), {
      signed: true,
      ...(kind === 'images' ? { headers: { 'content-type': media.mime } } : {}),
    })
    const sentAt = t.now()
    await t.save({ urn, url: '', expiresAt, sentAt })
    return ready(t, kind, urn, sentAt)
  })
}

const announce = async (t: T, media: StepMedia): Promise<Video> => {
  const wanted = t.settings.video
  const v = await initializeVideo(accessOf(t), {
    owner: t.channel.externalId,
    bytes: media.bytes,
    captions: Boolean(wanted?.captions),
    thumbnail: Boolean(wanted?.thumbnail),
  })
  return {
    urn: v.video,
    token: v.uploadToken,
    expiresAt: v.uploadUrlsExpireAt ?? null,
    parts: v.uploadInstructions.map((i) => ({ url: i.uploadUrl, from: i.firstByte, to: i.lastByte })),
    ...(v.thumbnailUploadUrl ? { thumbnailUrl: v.thumbnailUploadUrl } : {}),
    ...(v.captionsUploadUrl ? { captionsUrl: v.captionsUploadUrl } : {}),
    etags: [],
  }
}

/** The still and the subtitles, where there are some and LinkedIn gave an address for them. */
const sendExtras = async (t: T, at: Video): Promise<void> => {
  const c = accessOf(t)
  const { thumbnail, captions } = t.settings.video ?? {}
  const still = thumbnail ? t.attachments[thumbnail] : undefined
  if (still && at.thumbnailUrl)
    await put(c, at.thumbnailUrl, await still.blob(), { signed: false, headers: { 'media-type-family': 'STILLIMAGE' } })
  if (captions && at.captionsUrl) await put(c, at.captionsUrl, new Blob([captions]), { signed: false })
}

/** The parts as LinkedIn cut them, one after another; no part is read into memory. */
const sendParts = async (t: T, media: StepMedia, from: Video): Promise<Video> => {
  const c = accessOf(t)
  const blob = await media.blob()
  // The addresses of a long video are some 40 KB; they are not written down after each of its parts.
  const every = Math.ceil(from.parts.length / 16)
  let at = from
  while (at.etags.length < at.parts.length) {
    const part = at.parts[at.etags.length]!
    const etag = await put(c, part.url, blob.slice(part.from, part.to + 1), { signed: false })
    if (!etag)
      throw new PlatformFailure({
        kind: 'unknown-outcome',
        code: 'linkedin.no-etag',
        message: 'LinkedIn took a part of the video without naming it.',
      })
    at = { ...at, etags: [...at.etags, etag] }
    if (at.etags.length % every === 0 || at.etags.length === at.parts.length) await t.save(at)
  }
  return at
}

const uploadVideo = async (t: T, media: StepMedia): Promise<Outcome> => {
  let at = (t.saved ?? null) as Video | null
  if (at?.sentAt !== undefined) return ready(t, 'videos', at.urn, at.sentAt)
  if (!at) {
    at = await announce(t, media)
    await t.save(at)
  }
  const begun = at
  return fresh(t, begun.expiresAt, async () => {
    let now = begun
    if (!now.extras) {
      await sendExtras(t, now)
      now = { ...now, extras: true }
      await t.save(now)
    }
    now = await sendParts(t, media, now)
    await finalizeVideo(accessOf(t), { video: now.urn, uploadToken: now.token, parts: now.etags })
    const sentAt = t.now()
    await t.save({ urn: now.urn, token: '', expiresAt: null, parts: [], etags: [], sentAt })
    return ready(t, 'videos', now.urn, sentAt)
  })
}

/** Brings one file to LinkedIn; its checkpoint is `{ urn }`. */
export const upload = (t: T, media: StepMedia): Promise<Outcome> => {
  const kind = kindOf(media)
  return kind === 'videos' ? uploadVideo(t, media) : uploadSingle(t, media, kind)
}
