/** The bodies that begin a task (fact sheet §3.2 to §3.5). Unknown members are refused, so only what belongs is sent. */
import type { Json, StepMedia, StepView } from '#kit/client/steps.ts'
import type { InitKind } from './api.ts'
import type { ChunkPlan } from './chunks.ts'
import type { Settings } from './spec.ts'

export type Body = { [key: string]: Json }
type V = Pick<StepView<Settings>, 'segments' | 'settings'>

export const mediaOf = (t: V): StepMedia[] => t.segments[0]?.media ?? []
export const isPhotos = (t: V): boolean => mediaOf(t)[0]?.kind !== 'video'
export const isDraft = (t: V): boolean => t.settings.mode === 'inbox'
/** Does TikTok fetch the media? Photos it always does. */
export const isPulled = (t: V): boolean => isPhotos(t) || t.settings.source === 'pull'

export const kindOf = (t: V): InitKind => (isPhotos(t) ? 'photo' : isDraft(t) ? 'inbox-video' : 'video')

/** What the account switched off stays off, whatever the settings said when they were written. */
export type Switches = { comment: boolean; duet: boolean; stitch: boolean }

const brand = ({ settings: s }: V): Body => ({
  brand_content_toggle: s.disclose && s.brandedContent,
  brand_organic_toggle: s.disclose && s.yourBrand,
})

/** Everything but where the media comes from. `off`: what creator_info says is switched off. */
export const bodyOf = (t: V, off: Switches): Body => {
  const { settings: s } = t
  const text = t.segments[0]?.text ?? ''
  if (isPhotos(t)) {
    const words = { ...(s.photoTitle ? { title: s.photoTitle } : {}), ...(text ? { description: text } : {}) }
    return isDraft(t)
      ? { media_type: 'PHOTO', post_mode: 'MEDIA_UPLOAD', post_info: words }
      : {
          media_type: 'PHOTO',
          post_mode: 'DIRECT_POST',
          // Doubtful for photos (fact sheet §3.5): sent when chosen, promised by nobody.
          ...(s.aiGenerated ? { is_aigc: true } : {}),
          post_info: {
            ...words,
            privacy_level: s.privacy ?? null,
            disable_comment: off.comment || !s.allowComment,
            auto_add_music: s.autoMusic,
            ...brand(t),
          },
        }
  }
  // A draft carries no caption: the person writes it in the app.
  if (isDraft(t)) return {}
  return {
    post_info: {
      ...(text ? { title: text } : {}),
      privacy_level: s.privacy ?? null,
      disable_comment: off.comment || !s.allowComment,
      disable_duet: off.duet || !s.allowDuet,
      disable_stitch: off.stitch || !s.allowStitch,
      ...(s.coverMs === undefined ? {} : { video_cover_timestamp_ms: s.coverMs }),
      ...brand(t),
      is_aigc: s.aiGenerated,
    },
  }
}

export const fileSource = (p: ChunkPlan): Body => ({
  source: 'FILE_UPLOAD',
  video_size: p.size,
  chunk_size: p.chunk,
  total_chunk_count: p.count,
})

/** The addresses TikTok fetches. */
export const pullSource = async (t: V): Promise<Body> => {
  const media = mediaOf(t)
  if (!isPhotos(t)) return { source: 'PULL_FROM_URL', video_url: (await media[0]?.url()) ?? '' }
  return {
    source: 'PULL_FROM_URL',
    photo_cover_index: t.settings.coverIndex,
    photo_images: await Promise.all(media.map((m) => m.url())),
  }
}
