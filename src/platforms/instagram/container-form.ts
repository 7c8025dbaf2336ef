/** What a container is made of: the parameters of `POST /media` for every kind of post (fact sheet §3.2, §3.3). */
import type { StepContext, StepMedia } from '#kit/client/steps.ts'
import type { Settings } from './spec.ts'

export type T = StepContext<Settings>
export type Form = Record<string, string | undefined>

/** FEED, REELS or STORY, as `media_product_type` names it. */
export type Product = 'FEED' | 'REELS' | 'STORY'

type Shape = Pick<T, 'segments' | 'settings'>
export const mediaOf = (t: Pick<T, 'segments'>): StepMedia[] => t.segments.flatMap((s) => s.media)
export const isStory = (t: Shape): boolean => t.settings.placement === 'story'
export const isCarousel = (t: Shape): boolean => !isStory(t) && mediaOf(t).length > 1

export const productOf = (t: Shape): Product =>
  isStory(t) ? 'STORY' : mediaOf(t).length === 1 && mediaOf(t)[0]!.kind === 'video' ? 'REELS' : 'FEED'

const bare = (username: string) => username.replace(/^@/, '')
const yes = (on: boolean) => (on ? 'true' : undefined)

/** People tagged in one item. Reels take names only; pictures need a place. */
const tagsOf = (t: Shape, index: number, where: boolean): string | undefined => {
  const tags = t.settings.userTags
    .filter((tag) => tag.item === index + 1)
    .map(({ username, x, y }) => ({
      username: bare(username),
      ...(where && x !== undefined && y !== undefined ? { x, y } : {}),
    }))
  return tags.length > 0 ? JSON.stringify(tags) : undefined
}

/** What is said once about a whole post of the feed. */
const whole = (t: Shape): Form => {
  const s = t.settings
  return {
    caption: t.segments[0]?.text.trim() ? t.segments[0].text : undefined,
    collaborators: s.collaborators.length > 0 ? JSON.stringify(s.collaborators.map(bare)) : undefined,
    location_id: s.locationId,
  }
}

/** Labels the law or Instagram wants; stories carry them too. */
const labels = (t: Shape): Form => ({
  is_ai_generated: yes(t.settings.aiGenerated),
  is_paid_partnership: yes(t.settings.paidPartnership),
})

const trials = { manual: 'MANUAL', performance: 'SS_PERFORMANCE' } as const

const reel = async (t: T): Promise<Form> => {
  const s = t.settings
  const cover = s.coverId ? t.attachments[s.coverId] : undefined
  return {
    share_to_feed: String(s.shareToFeed),
    cover_url: await cover?.url(),
    thumb_offset: cover || s.thumbOffsetMs === undefined ? undefined : String(s.thumbOffsetMs),
    audio_name: s.audioName,
    trial_params: s.trial === 'off' ? undefined : JSON.stringify({ graduation_strategy: trials[s.trial] }),
  }
}

/** One item: a whole post, a story, or one picture or video of a carousel. `bytes`: the file follows by rupload. */
export const itemForm = async (t: T, index: number, bytes: boolean): Promise<Form> => {
  const media = mediaOf(t)[index]!
  const video = media.kind === 'video'
  const source: Form = bytes ? { upload_type: 'resumable' } : { [video ? 'video_url' : 'image_url']: await media.url() }
  if (isStory(t)) return { media_type: 'STORIES', ...source, user_tags: tagsOf(t, index, true), ...labels(t) }
  const alt = video ? undefined : media.alt.trim() || undefined
  if (isCarousel(t))
    return {
      is_carousel_item: 'true',
      ...(video ? { media_type: 'VIDEO' } : {}),
      ...source,
      alt_text: alt,
      user_tags: video ? undefined : tagsOf(t, index, true),
    }
  return {
    ...(video ? { media_type: 'REELS', ...(await reel(t)) } : {}),
    ...source,
    ...whole(t),
    alt_text: alt,
    user_tags: tagsOf(t, index, !video),
    ...labels(t),
  }
}

/** The parent of a carousel. */
export const carouselForm = (t: T, children: readonly string[]): Form => ({
  media_type: 'CAROUSEL',
  children: children.join(','),
  ...whole(t),
  ...labels(t),
})
