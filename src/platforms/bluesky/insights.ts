/** Counts from the public app view (fact sheet §6): no impressions, no history; what is sampled is what there is. */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { getPosts, getProfile } from './api.ts'

const sum = (...list: (number | undefined)[]): number | null => {
  const known = list.filter((n) => n !== undefined)
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
}

/** Of the first post of the thread; `raw` has every post. Null: the app view does not show it. */
export const post = async (t: ChannelContext, p: PublishedPost): Promise<Reading | null> => {
  const uris = p.created.flatMap((c) => (c.id === null ? [] : [c.id]))
  if (uris.length === 0) return null
  const posts = await getPosts(t.http, uris)
  const root = posts.find((x) => x.uri === uris[0])
  if (!root) return null
  return {
    metrics: metricsOf({
      likes: root.likeCount,
      comments: root.replyCount,
      shares: sum(root.repostCount, root.quoteCount),
      saves: root.bookmarkCount,
    }),
    raw: posts as unknown as Json,
  }
}

export const account = async (t: ChannelContext): Promise<Reading> => {
  const profile = await getProfile(t.http, t.channel.externalId)
  const { followersCount, followsCount, postsCount } = profile
  return {
    metrics: metricsOf({ followers: followersCount }),
    raw: JSON.parse(JSON.stringify({ followersCount, followsCount, postsCount })) as Json,
  }
}
