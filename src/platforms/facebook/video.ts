/**
 * Publishing an uploaded video. The last phase names the video, so one video makes one post: the step looks at it first,
 * sends the phase when nothing happened yet, then waits until Facebook says it is live.
 *
 * Life of a video there: uploading -> (last phase) processing -> published | scheduled | draft | error.
 */
import { absent, done, found, notYet, type Outcome, type StepContext, type Witness } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { absolute, accessOf } from './access.ts'
import { readVideo, type Video } from './api.ts'
import type { Made } from './remove.ts'
import type { Settings } from './spec.ts'
import { shapeOf, type Uploaded } from './upload.ts'
import { lookForStory, permalink } from './witness.ts'

type T = StepContext<Settings>

const pollMs = 5000

type Fate = 'live' | 'held' | 'working' | 'untouched' | { error: string }

/** What a video says of itself. `published` alone proves nothing: it stands there before the last phase too. */
export const fateOf = (v: Video): Fate => {
  const { video_status, processing_phase, publishing_phase, uploading_phase } = v.status
  const failed = [uploading_phase, processing_phase, publishing_phase].find((p) => p?.status === 'error')
  if (failed || ['error', 'expired', 'upload_failed'].includes(video_status ?? '')) {
    const why = failed?.error?.message ?? failed?.errors?.[0]?.message
    return { error: why ?? `Facebook says: ${video_status ?? 'error'}` }
  }
  if (publishing_phase?.status === 'complete' && publishing_phase.publish_status === 'published') return 'live'
  const processed = processing_phase?.status === 'complete' || video_status === 'ready'
  if (processed && ['draft', 'scheduled'].includes(publishing_phase?.publish_status ?? '')) return 'held'
  // Without the phases: plain videos of older answers.
  if (!publishing_phase && video_status === 'ready') return v.published === false ? 'held' : 'live'
  const begun =
    ['in_progress', 'complete'].includes(processing_phase?.status ?? '') || publishing_phase?.status === 'in_progress'
  return begun || video_status === 'processing' ? 'working' : 'untouched'
}

export const videoOf = (t: T): { video: string; session?: string } => {
  const up = t.done<Uploaded>('upload:0')
  if (up && 'video' in up) return up
  throw new PlatformFailure({
    kind: 'refused-media',
    code: 'facebook.no-video',
    message: 'This format needs one video. Add a video, or publish it as a post.',
  })
}

const madeOf = async (t: T, v: Video, post: string | undefined): Promise<Made> => {
  const story = shapeOf(t) === 'video-story' && !v.post_id && !post ? await lookForStory(t, v.id) : null
  const id = v.post_id ?? post ?? story?.id
  // A story's post is named by a bare number; elsewhere the Page stands in front.
  const whole = id && !id.includes('_') && shapeOf(t) !== 'video-story' ? `${t.channel.externalId}_${id}` : id
  return {
    id: whole ?? v.id,
    url: absolute(v.permalink_url) ?? story?.url ?? permalink(whole ?? v.id),
    video: v.id,
  }
}

type Sent = { sent: true; post?: string }

/** Once the last phase is through, a look that Facebook does not answer is made again: the video goes its way. */
const unanswered = (error: unknown): boolean =>
  error instanceof PlatformFailure &&
  ['facebook.transient', 'http.timeout', 'http.no-answer', 'http.unreachable'].includes(error.failure.code)

/** `send` is the last phase; it gives the post's id where Facebook names it. */
export const publishVideo = async (t: T, send: () => Promise<string | undefined>): Promise<Outcome> => {
  const sent = (t.saved ?? undefined) as Sent | undefined
  const processing = notYet(pollMs, 'Facebook is processing the video')
  let v: Video
  try {
    v = await readVideo(accessOf(t), videoOf(t).video)
  } catch (error) {
    if (sent && unanswered(error)) return processing
    throw error
  }
  const fate = fateOf(v)
  if (typeof fate === 'object')
    throw new PlatformFailure({
      kind: 'refused-media',
      code: 'facebook.processing',
      message: `Facebook could not process the video: ${fate.error}`,
    })
  if (fate === 'live' || (fate === 'held' && sent && t.settings.delivery !== 'now'))
    return done(await madeOf(t, v, sent?.post))
  if (!sent && fate !== 'working') {
    const post = await send()
    await t.save({ sent: true, ...(post ? { post } : {}) })
  }
  return processing
}

/** Only a live video is found; anything else is safe to run again, for the step looks first. */
export const lookForVideo = async (t: T): Promise<Witness> => {
  const v = await readVideo(accessOf(t), videoOf(t).video)
  return fateOf(v) === 'live' ? found(await madeOf(t, v, undefined)) : absent
}
