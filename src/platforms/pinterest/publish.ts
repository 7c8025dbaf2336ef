/**
 * Publishing on Pinterest: a video is registered, sent to S3 as a form and waited for; pictures need no step of their
 * own, for they travel in the create or are fetched by it. One create, no thread, no comment.
 */
import { done, mediaAt, notYet, step, steps } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, createPin, mediaById, registerVideo, uploadVideo } from './api.ts'
import { boardOf, bodyOf } from './pin.ts'
import type { Settings } from './spec.ts'
import { before, believeEmptyAfterMs, lookForPin, pinOf, staleMs } from './witness.ts'

const isVideo = (t: Parameters<typeof mediaAt>[0], index: number) => mediaAt(t, index).media.kind === 'video'

/** Typical processing is 10 to 120 s (fact sheet §3). */
const pollMs = 5000

/**
 * A registration takes one upload and its form carries a security token, so nothing of it is kept between tries: when
 * anything goes wrong a new one is asked for, which harms nobody.
 */
const upload = step<Settings>('upload', { again: 'safe', each: 'media', when: isVideo }, async (t) => {
  const registration = await registerVideo(accessOf(t))
  const { media } = mediaAt(t, t.index)
  await uploadVideo(t.http, registration, await media.blob())
  return done({ mediaId: registration.media_id })
})

const process = step<Settings>(
  'process',
  { again: 'safe', each: 'media', when: isVideo, atMostMs: 60 * 60_000 },
  async (t) => {
    const { mediaId } = t.done<{ mediaId: string }>(`upload:${t.index}`)!
    const { status } = await mediaById(accessOf(t), mediaId)
    if (status === 'succeeded') return done({ mediaId })
    if (status === 'failed')
      throw new PlatformFailure({
        kind: 'refused-media',
        code: 'pinterest.processing',
        message:
          'Pinterest could not process the video. It takes H.264 or H.265 of 4 seconds to 15 minutes; export it again.',
      })
    return notYet(pollMs, 'Pinterest is processing the video')
  },
)

export const publish = steps<Settings>(
  upload,
  process,
  step('create', { again: 'ask', prepare: before, witness: lookForPin, believeEmptyAfterMs }, async (t) => {
    boardOf(t)
    if (t.now() - t.firstBegunAt > staleMs) await t.save(await before(t))
    return done(pinOf(t, (await createPin(accessOf(t), await bodyOf(t))).id))
  }),
)
