/** Duplicating: what a post says, once more, as a draft of its own. */
import { Problem } from '#contract/problems.ts'
import type { PlanDeps, Ws } from './plan.ts'
import { mediaOf } from './rules.ts'
import { channelRows, findPost, publicationsOf } from './store.ts'
import { createPost } from './writing.ts'

/**
 * Text, files, settings, tags and late policy of a post in any state, for the channels that are still connected; never
 * its time, its state or its trail. Files deleted meanwhile stay named, so that preflight says so rather than a copy
 * that goes out without its picture. Gives the draft's id. Throws `not-found`.
 */
export const duplicatePost = async (d: PlanDeps, ws: Ws, authorId: string, id: string): Promise<string> => {
  const post = await findPost(d.db, ws.id, id)
  if (!post) throw new Problem('not-found', 'There is no such post.')
  const publications = await publicationsOf(d.db, [id])
  const channels = await channelRows(
    d.db,
    publications.map((p) => p.channel_id),
    ws.id,
  )
  const there = publications.filter((p) => channels.get(p.channel_id)?.removed_at === null)
  const known = {
    channels: new Set(there.map((p) => p.channel_id)),
    media: new Set([
      ...mediaOf(post.content),
      ...there.flatMap((p) => mediaOf(p.content)),
      ...there.flatMap((p) => d.preflight.attached(p.platform, p.settings).map((a) => a.id)),
    ]),
  }
  const input = {
    content: post.content,
    publications: there.map((p) => ({ channelId: p.channel_id, content: p.content, settings: p.settings })),
    tags: post.tags,
    latePolicy: post.late_policy,
  }
  return createPost(d, ws, authorId, input, known)
}
