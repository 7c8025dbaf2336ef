/** Numbers of posts and account (fact sheet §6). TikTok gives apps likes, comments, shares and views of public posts. */
import type { ChannelContext, Platform, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { fetchStatus, listVideos, queryVideos, userInfo, type Video } from './api.ts'
import { captionKey } from './text.ts'

const accessOf = (t: ChannelContext) => ({ http: t.http, access: t.grant.access })

const need = (t: ChannelContext, scope: string) => {
  if (t.grant.scopes?.includes(scope)) return
  throw new PlatformFailure({
    kind: 'not-permitted',
    code: 'tiktok.scope-missing',
    message: `The sign-in lacks ${scope}. Add the scope to the TikTok app and connect the account again.`,
  })
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' && value ? value : null)
/** Publishing takes as long as it takes; the post is not older than this before it was seen to be out (ms). */
const slackMs = 24 * 3_600_000

/**
 * A post's id may come only after moderation: what the checkpoint holds, then the task, then the list of public posts.
 * Null: TikTok names none (private posts, drafts nobody finished).
 */
const find = async (t: ChannelContext, post: PublishedPost): Promise<Video | null> => {
  const [created] = post.created
  if (!created) return null
  let id = text(created.postId)
  const publishId = text(created.publishId)
  if (!id && publishId) id = (await fetchStatus(accessOf(t), publishId)).postId
  if (id) return (await queryVideos(accessOf(t), [id]))[0] ?? null
  const caption = captionKey(text(created.caption) ?? '')
  if (!caption) return null
  const { videos } = await listVideos(accessOf(t))
  const same = videos.filter(
    (v) =>
      Math.abs(v.create_time * 1000 - post.publishedAt) < slackMs &&
      [v.title, v.video_description].some((x) => x !== undefined && captionKey(x).startsWith(caption)),
  )
  // Two posts with one caption: nobody can tell whose numbers these are.
  return same.length === 1 ? same[0]! : null
}

/** Only posts that were public have an id, and only public ones are in TikTok's answer. */
export const isThere: NonNullable<Platform['isThere']> = async (t, created) => {
  if (!t.grant.scopes?.includes('video.list')) return 'unsure'
  const publishId = text(created.publishId)
  const id =
    text(created.postId) ??
    /\/video\/(\d+)/.exec(created.url ?? '')?.[1] ??
    (publishId ? (await fetchStatus(accessOf(t), publishId)).postId : null)
  if (!id) return 'unsure'
  return (await queryVideos(accessOf(t), [id])).length > 0 ? 'there' : 'gone'
}

export const insights = {
  post: async (t: ChannelContext, post: PublishedPost): Promise<Reading | null> => {
    need(t, 'video.list')
    const video = await find(t, post)
    if (!video) return null
    return {
      metrics: metricsOf({
        likes: video.like_count,
        comments: video.comment_count,
        shares: video.share_count,
        views: video.view_count,
      }),
      raw: { ...video },
    }
  },
  account: async (t: ChannelContext): Promise<Reading> => {
    need(t, 'user.info.stats')
    const user = await userInfo(accessOf(t), t.grant.scopes ?? [])
    const { follower_count, following_count, likes_count, video_count } = user
    return {
      metrics: metricsOf({ followers: follower_count, likes: likes_count }),
      raw: { follower_count, following_count, likes_count, video_count },
    }
  },
} satisfies Platform['insights']
