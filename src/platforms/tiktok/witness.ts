/** What a task came to: the post it made, as far as TikTok says (fact sheet §3.6). */
import type { Created, StepContext } from '#kit/client/steps.ts'
import { type Access, listVideos, type TaskStatus, type Video } from './api.ts'
import { isDraft, isPhotos, mediaOf } from './body.ts'
import type { Settings } from './spec.ts'
import { captionKey } from './text.ts'

export type T = StepContext<Settings>

export const accessOf = (t: Pick<T, 'http' | 'grant'>): Access => ({ http: t.http, access: t.grant.access })

export const permalink = (username: string, id: string, photo: boolean): string =>
  `https://www.tiktok.com/@${username}/${photo ? 'photo' : 'video'}/${id}`

/** Captions kept for finding the post later (characters). */
const keptCaption = 200

/**
 * `id` is the post's where TikTok names it, else the task's: private posts have none, public ones get theirs after
 * moderation, and often never through this call. `publishId` is what webhooks name.
 */
type TaskPost = Created & { id: string; publishId: string | null; caption: string }

const made = (t: T, publishId: string | null, postId: string | null, shareUrl?: string): TaskPost => {
  const username = t.done<{ username: string }>('prepare')?.username ?? t.channel.handle
  return {
    id: postId ?? publishId ?? '',
    url: shareUrl ?? (postId && username ? permalink(username, postId, isPhotos(t)) : null),
    publishId,
    postId,
    draft: isDraft(t),
    caption: (t.segments[0]?.text ?? '').slice(0, keptCaption),
  }
}

/** Null: TikTok is still working on it. Only for tasks that have not failed. */
export const createdFrom = (t: T, publishId: string, s: TaskStatus): TaskPost | null =>
  s.status === 'PUBLISH_COMPLETE' || s.status === 'SEND_TO_USER_INBOX' ? made(t, publishId, s.postId) : null

/**
 * Is this what we sent? Photos come back with their title, their description, or both. A series of posts may share a title,
 * so nothing that is shown may be other words than ours, and where ours has a text it must be among what is shown.
 */
export const says = (video: Video, captions: readonly string[], text: string): boolean => {
  const shown = [video.title, video.video_description].flatMap((x) => (x ? [captionKey(x)] : []))
  return shown.every((x) => captions.includes(x)) && shown.some((x) => x.endsWith(captionKey(text)))
}

/** Publics posts are read back to here; older pages cannot hold what was asked later. */
const lookPages = 5

/**
 * The account's public posts, for one asked for at `asked` (epoch ms) whose answer was lost: same caption, same length,
 * made after we asked. Gives the post, or the sentence that says why nobody can tell. An empty list proves nothing:
 * private posts and drafts are never in it, and public ones only after moderation.
 */
export const listed = async (t: T, asked: number): Promise<TaskPost | string> => {
  const text = t.segments[0]?.text ?? ''
  const title = t.settings.photoTitle ?? ''
  const captions = (isPhotos(t) ? [text, title, `${title} ${text}`] : [text]).map(captionKey).filter(Boolean)
  const lost = 'The answer to the post was lost.'
  if (isDraft(t)) return `${lost} TikTok does not show its inbox to apps: look there before publishing again.`
  if (t.settings.privacy !== 'PUBLIC_TO_EVERYONE')
    return `${lost} TikTok does not show private posts to apps: look at the profile before publishing again.`
  if (!t.grant.scopes?.includes('video.list'))
    return `${lost} Clarion may not list the posts of this account (video.list): look at the profile before publishing again.`
  if (captions.length === 0)
    return `${lost} Without a caption it cannot be recognised: look at the profile before publishing again.`
  const lengthMs = isPhotos(t) ? null : (mediaOf(t)[0]?.durationMs ?? null)
  let cursor: number | undefined
  for (let n = 0; n < lookPages; n++) {
    const page = await listVideos(accessOf(t), cursor)
    const hit = page.videos
      // A post is made after TikTok fetched it, so never in the second we asked: that one is the twin before it.
      .filter((v) => v.create_time * 1000 > asked && says(v, captions, text || title))
      .filter((v) => lengthMs === null || v.duration === undefined || Math.abs(v.duration * 1000 - lengthMs) <= 1500)
      .sort((a, b) => a.create_time - b.create_time)[0]
    if (hit) return made(t, null, hit.id, hit.share_url)
    const oldest = Math.min(...page.videos.map((v) => v.create_time * 1000))
    if (!page.has_more || oldest <= asked) break
    cursor = page.cursor
  }
  return `${lost} It is not among the public posts, where it may be missing until TikTok has checked it. Look at the profile before publishing again.`
}
