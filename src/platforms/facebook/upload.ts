/**
 * Bringing the files: photos whole and unpublished, videos in the chunks Facebook asks for, reels and stories through
 * rupload. Each remembers where it stands; after a break Facebook is asked what it has.
 */
import { done, mediaAt, type StepContext, type StepMedia, type StepView, step } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { ruploadBytes } from '../families/meta/rupload.ts'
import { accessOf } from './access.ts'
import { bytesThere, readVideo, setThumbnail, startHosted, startVideo, transferVideo, uploadPhoto } from './api.ts'
import type { Settings } from './spec.ts'

type T = StepContext<Settings>
type V = StepView<Settings>

/** What the publication becomes; decided by the frozen content alone. */
export type Shape = 'feed' | 'video' | 'reel' | 'photo-story' | 'video-story'
export const shapeOf = (t: V): Shape => {
  const video = t.segments[0]?.media[0]?.kind === 'video'
  if (t.settings.format === 'reel') return 'reel'
  if (t.settings.format === 'story') return video ? 'video-story' : 'photo-story'
  return video ? 'video' : 'feed'
}

/** What `upload:<n>` leaves behind. */
export type Uploaded = { photo: string } | { video: string; session?: string }

const coverOf = (t: T): StepMedia | undefined => (t.settings.cover ? t.attachments[t.settings.cover] : undefined)
/** The bytes of the cover, typed. */
export const coverBlob = async (t: T): Promise<Blob | undefined> => {
  const cover = coverOf(t)
  return cover ? new Blob([await cover.blob()], { type: cover.mime }) : undefined
}

type Chunked = { session: string; video: string; start: number; end: number }

const chunked = async (t: T, file: Blob) => {
  const c = accessOf(t)
  const page = t.channel.externalId
  let at = (t.saved ?? undefined) as Chunked | undefined
  const keep = async (next: Chunked) => {
    at = next
    await t.save(next)
  }
  if (at) {
    const there = bytesThere(await readVideo(c, at.video))
    if (there !== undefined && there > at.start)
      at = { ...at, start: there, end: Math.min(file.size, there + (at.end - at.start)) }
  } else {
    const s = await startVideo(c, page, file.size)
    await keep({ session: s.upload_session_id, video: s.video_id, start: s.start_offset, end: s.end_offset })
  }
  while (at!.start < at!.end) {
    const { session, video, start, end } = at!
    const next = await transferVideo(c, page, session, start, file.slice(start, end))
    await keep({ session, video, start: next.start_offset, end: next.end_offset })
  }
  return { video: at!.video, session: at!.session }
}

type Hosted = { video: string; url: string }

const hosted = async (t: T, file: Blob) => {
  const c = accessOf(t)
  const edge = shapeOf(t) === 'reel' ? 'video_reels' : 'video_stories'
  let at = (t.saved ?? undefined) as Hosted | undefined
  let offset = 0
  if (at) {
    const v = await readVideo(c, at.video)
    offset = v.status.uploading_phase?.status === 'complete' ? file.size : (bytesThere(v) ?? 0)
  } else {
    const s = await startHosted(c, t.channel.externalId, edge)
    at = { video: s.video_id, url: s.upload_url }
    await t.save(at)
  }
  if (offset < file.size) await ruploadBytes({ http: t.http, access: t.grant.access, url: at.url }, file, offset)
  return { video: at.video }
}

/** Refusals after which the session is of no more use. */
const lostSession = new Set(['facebook.upload-broken', 'facebook.object-missing'])

export const upload = step<Settings>('upload', { again: 'safe', each: 'media' }, async (t) => {
  const { media } = mediaAt(t, t.index)
  const file = await media.blob()
  if (media.kind !== 'video')
    return done({
      photo: await uploadPhoto(accessOf(t), t.channel.externalId, file, {
        mime: media.mime,
        alt: media.alt.trim(),
        temporary: t.settings.delivery !== 'now',
      }),
    })
  try {
    if (shapeOf(t) === 'video') return done(await chunked(t, file))
    const made = await hosted(t, file)
    const cover = shapeOf(t) === 'reel' ? await coverBlob(t) : undefined
    if (cover) await setThumbnail(accessOf(t), made.video, cover)
    return done(made)
  } catch (error) {
    if (error instanceof PlatformFailure && lostSession.has(error.failure.code)) {
      await t.save(null)
      throw new PlatformFailure({ ...error.failure, kind: 'try-later' })
    }
    throw error
  }
})
