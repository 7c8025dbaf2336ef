/**
 * Looking for a post whose answer was lost (fact sheet §4). A photo tells which post used it; a text is matched exactly
 * among the newest posts, those seen before the attempt left out; a video says itself whether it is live.
 */
import { absent, found, type Json, type StepContext, unsure, type Witness } from '#kit/client/steps.ts'
import { absolute, accessOf } from './access.ts'
import { listComments, listPosts, listStories, postOfPhoto } from './api-reads.ts'
import type { Settings } from './spec.ts'
import { textKey } from './text.ts'
import type { Uploaded } from './upload.ts'

type T = StepContext<Settings>

/** Clocks differ a little. What was there before is told apart by id, so this need not be narrow, nor may it be wide. */
const slackMs = 30_000
/** Posts read in one look. */
const listed = 50

export const photosOf = (t: T): string[] =>
  (t.segments[0]?.media ?? []).map((_, i) => (t.done<Uploaded>(`upload:${i}`) as { photo: string }).photo)

const edgeOf = (t: T) =>
  (t.settings.delivery === 'schedule' ? 'scheduled_posts' : 'published_posts') as 'scheduled_posts' | 'published_posts'

/** Posts with these very words that are there already: never ours. Photos need no such list. */
export const before = async (t: T): Promise<Json> => {
  if (photosOf(t).length > 0 || t.settings.delivery === 'draft') return null
  const key = textKey(t.segments[0]!.text)
  const posts = await listPosts(accessOf(t), t.channel.externalId, edgeOf(t))
  return posts.filter((p) => textKey(p.message) === key).map((p) => p.id)
}

export const permalink = (id: string) => `https://www.facebook.com/${id}`

export const lookForPost = async (t: T): Promise<Witness> => {
  const c = accessOf(t)
  const photos = photosOf(t)
  if (photos[0]) {
    const used = await postOfPhoto(c, photos[0])
    if (used) return found({ id: used, url: permalink(used) })
  }
  if (t.settings.delivery === 'draft')
    return photos[0]
      ? absent
      : unsure('Facebook lists no drafts to apps. Look into Business Suite before publishing again.')
  const since = t.firstBegunAt - slackMs
  const known = new Set(Array.isArray(t.prepared) ? t.prepared : [])
  const key = textKey(t.segments[0]!.text)
  const posts = await listPosts(c, t.channel.externalId, edgeOf(t))
  const ours = posts.filter(
    (p) =>
      !known.has(p.id) &&
      textKey(p.message) === key &&
      (p.createdAt === null || p.createdAt >= since) &&
      (p.app === null || p.app === t.credentials.clientId) &&
      (photos.length > 0 ? photos.every((id) => p.media.includes(id)) : p.media.length === 0),
  )
  // The oldest: a later twin would be somebody's second press of the button.
  const hit = ours.at(-1)
  if (hit) return found({ id: hit.id, url: absolute(hit.url) ?? permalink(hit.id) })
  const oldest = posts.at(-1)?.createdAt
  return posts.length >= listed && oldest !== null && oldest !== undefined && oldest >= since
    ? unsure('The Page posted too much since then to be sure. Look at the Page before publishing again.')
    : absent
}

/** A story by the photo or video it shows. */
export const lookForStory = async (t: T, media: string): Promise<{ id: string; url: string | null } | null> => {
  const story = (await listStories(accessOf(t), t.channel.externalId)).find((s) => s.media_id === media)
  return story ? { id: story.post_id, url: absolute(story.url) } : null
}

export const lookForComment = async (t: T, parent: string): Promise<Witness> => {
  const key = textKey(t.firstComment)
  const since = t.firstBegunAt - slackMs
  const hit = (await listComments(accessOf(t), parent))
    .filter(
      (x) =>
        textKey(x.message) === key &&
        (x.from === undefined || x.from.id === t.channel.externalId) &&
        (x.created_time === undefined || x.created_time >= since),
    )
    .at(-1)
  return hit ? found({ id: hit.id, url: absolute(hit.permalink_url) ?? permalink(hit.id) }) : absent
}
