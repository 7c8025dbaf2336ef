/** Numbers of a post and of the account (fact sheet §5). Scores are blurred by Reddit; views are not told to apps. */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { accessOf } from './access.ts'
import { postInfo } from './api.ts'
import { about, whoAmI } from './places.ts'

const atLeastNone = (n: number | null | undefined) => (typeof n === 'number' ? Math.max(0, n) : null)

const post = async (t: ChannelContext, published: PublishedPost): Promise<Reading | null> => {
  const [created] = published.created
  if (!created?.id) return null
  const p = await postInfo(accessOf(t), created.id)
  if (!p || p.author === '[deleted]') return null
  return {
    metrics: metricsOf({
      // A post that lost more votes than it won shows 0 or less; nobody liked it then.
      likes: atLeastNone(p.score ?? p.ups),
      comments: p.num_comments,
      shares: p.num_crossposts,
      views: p.view_count,
    }),
    raw: {
      score: p.score ?? null,
      ups: p.ups ?? null,
      upvote_ratio: p.upvote_ratio ?? null,
      num_comments: p.num_comments ?? null,
      num_crossposts: p.num_crossposts ?? null,
      total_awards_received: p.total_awards_received ?? null,
      view_count: p.view_count ?? null,
      removed_by_category: p.removed_by_category ?? null,
      is_robot_indexable: p.is_robot_indexable ?? null,
      locked: p.locked ?? null,
      poll_votes: p.poll_data?.total_vote_count ?? null,
    },
  }
}

/** Followers are the members of the profile's own community. */
const account = async (t: ChannelContext): Promise<Reading> => {
  const c = accessOf(t)
  const user = await whoAmI(c)
  const profile = await about(c, `u_${user.name}`)
  return {
    metrics: metricsOf({ followers: profile?.subscribers }),
    raw: {
      total_karma: user.total_karma ?? null,
      link_karma: user.link_karma ?? null,
      comment_karma: user.comment_karma ?? null,
      subscribers: profile?.subscribers ?? null,
    },
  }
}

export const insights = { post, account }
