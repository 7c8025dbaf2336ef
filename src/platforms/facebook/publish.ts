/**
 * Publishing on a Page: bring the files, then one create of the post's shape, then the first comment.
 *
 * Photos are always uploaded unpublished and attached, one as well as ten: so the create carries no bytes, and a lost
 * answer is settled by asking the photo which post used it. Facebook answers 500 to posts it has published, so every
 * create has a witness; none is repeated blindly (fact sheet §4).
 */
import {
  absent,
  type Created,
  done,
  found,
  namedBy,
  type StepContext,
  type StepOptions,
  type StepView,
  step,
  steps,
} from '#kit/client/steps.ts'
import { accessOf } from './access.ts'
import { createComment, createFeed, createPhotoStory, finishHosted, finishVideo } from './api.ts'
import type { Made } from './remove.ts'
import type { Settings } from './spec.ts'
import { coverBlob, type Shape, shapeOf, upload } from './upload.ts'
import { lookForVideo, publishVideo, videoOf } from './video.ts'
import { before, lookForComment, lookForPost, lookForStory, permalink, photosOf } from './witness.ts'

type T = StepContext<Settings>
type V = StepView<Settings>

/** A new post shows in the Page's lists a little later. */
const listLagMs = 30_000
/** Facebook refuses a schedule less than 10 minutes ahead; a late repetition moves it (ms). */
const leastAheadMs = 11 * 60_000

const scheduledAt = (t: T): string => {
  const wanted = t.firstBegunAt + (t.settings.delayMinutes ?? 0) * 60_000
  return String(Math.floor(Math.max(wanted, t.now() + leastAheadMs) / 1000))
}

/** `published` and its company, as feed and videos take them. */
const delivery = (t: T): Record<string, string | undefined> => {
  if (t.settings.delivery === 'draft') return { published: 'false', unpublished_content_type: 'DRAFT' }
  if (t.settings.delivery === 'schedule')
    return { published: 'false', unpublished_content_type: 'SCHEDULED', scheduled_publish_time: scheduledAt(t) }
  return {}
}

/** The same in the words of reels. */
const videoState = (t: T): Record<string, string | undefined> =>
  t.settings.delivery === 'draft'
    ? { video_state: 'DRAFT' }
    : t.settings.delivery === 'schedule'
      ? { video_state: 'SCHEDULED', scheduled_publish_time: scheduledAt(t) }
      : { video_state: 'PUBLISHED' }

const audience = (t: T): Record<string, string | undefined> => ({
  place: t.settings.place,
  targeting: t.settings.countries.length
    ? JSON.stringify({ geo_locations: { countries: t.settings.countries } })
    : undefined,
})

const message = (t: T): string | undefined => t.segments[0]!.text.trim() || undefined

const create = (
  shape: Shape,
  options: StepOptions<Settings>,
  run: (t: T) => ReturnType<Parameters<typeof step<Settings>>[2]>,
) => step<Settings>('create', { when: (t: V) => shapeOf(t) === shape, ...options }, run)

const feed = create(
  'feed',
  { again: 'ask', prepare: before, witness: lookForPost, believeEmptyAfterMs: listLagMs },
  async (t) => {
    const photos = photosOf(t)
    const attached = Object.fromEntries(
      photos.map((id, i) => [`attached_media[${i}]`, JSON.stringify({ media_fbid: id })]),
    )
    const id = await createFeed(accessOf(t), t.channel.externalId, {
      message: message(t),
      link: photos.length === 0 ? t.settings.link : undefined,
      ...attached,
      ...delivery(t),
      ...audience(t),
    })
    return done({ id, url: permalink(id) })
  },
)

/**
 * One uploaded video makes one post, and the step looks before it sends the last phase: so the video is the key. A long
 * film is worked on for long.
 */
const filmed: StepOptions<Settings> = { again: 'keyed', witness: lookForVideo, atMostMs: 4 * 3_600_000 }

const video = create('video', filmed, (t) =>
  publishVideo(t, async () => {
    const { session } = videoOf(t)
    const form = {
      upload_session_id: session,
      title: t.settings.title,
      description: message(t),
      content_category: t.settings.category,
      ...delivery(t),
      ...audience(t),
    }
    await finishVideo(accessOf(t), t.channel.externalId, form, await coverBlob(t))
    return undefined
  }),
)

const reel = create('reel', filmed, (t) =>
  publishVideo(t, async () => {
    const form = {
      video_id: videoOf(t).video,
      title: t.settings.title,
      description: message(t),
      ...videoState(t),
      ...audience(t),
    }
    return (await finishHosted(accessOf(t), t.channel.externalId, 'video_reels', form)).post_id
  }),
)

const videoStory = create('video-story', filmed, (t) =>
  publishVideo(
    t,
    async () =>
      (await finishHosted(accessOf(t), t.channel.externalId, 'video_stories', { video_id: videoOf(t).video })).post_id,
  ),
)

const photoStory = create(
  'photo-story',
  {
    again: 'ask',
    believeEmptyAfterMs: listLagMs,
    witness: async (t) => {
      const photo = photosOf(t)[0]!
      const there = await lookForStory(t, photo)
      return there ? found({ ...there, story: photo }) : absent
    },
  },
  async (t) => {
    const photo = photosOf(t)[0]!
    const id = (await createPhotoStory(accessOf(t), t.channel.externalId, photo)) ?? (await lookForStory(t, photo))?.id
    return done({ id: id ?? photo, url: id ? permalink(id) : null, story: photo } satisfies Made)
  },
)

/** A story takes none, and what Facebook still holds neither. */
const takesComment = (t: V) =>
  Boolean(t.firstComment?.trim()) && t.settings.format !== 'story' && t.settings.delivery === 'now'
const parentOf = (t: T): string => namedBy<Created>(t, 'create', (url) => /(\d+_\d+)\/?$/.exec(url)?.[1]).id

const comment = step<Settings>(
  'comment',
  {
    again: 'ask',
    when: takesComment,
    believeEmptyAfterMs: listLagMs,
    witness: (t) => lookForComment(t, parentOf(t)),
  },
  async (t) => {
    const id = await createComment(accessOf(t), parentOf(t), t.firstComment!.trim())
    return done({ id, url: permalink(id) })
  },
)

export const publish = steps<Settings>(upload, feed, video, reel, photoStory, videoStory, comment)
