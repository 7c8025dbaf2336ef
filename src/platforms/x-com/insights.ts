/**
 * Numbers of a post and of the account (fact sheet §6). The owner's own numbers (`non_public_metrics`) exist for 30 days;
 * asking for them later gives an error entry instead of the post, so they are asked for only while they are there.
 */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { accountNumbers, postNumbers } from './api.ts'

/** A day short of X's thirty, for clocks and time zones. */
const ownNumbersMs = 29 * 86_400_000

const sum = (...list: (number | undefined)[]): number | null => {
  const known = list.filter((n) => n !== undefined)
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
}

/** Of the first post of the thread; `raw` has every post. Null: X no longer shows it. */
export const post = async (t: ChannelContext, p: PublishedPost): Promise<Reading | null> => {
  const ids = p.created.flatMap((c) => (c.id === null ? [] : [c.id]))
  if (ids.length === 0) return null
  const access = { http: t.http, access: t.grant.access }
  const posts = await postNumbers(access, ids, t.now() - p.publishedAt < ownNumbersMs)
  const root = posts.find((x) => x.id === ids[0])
  if (!root) return null
  const { public: m = {}, own } = root
  return {
    metrics: metricsOf({
      likes: m.like_count,
      comments: m.reply_count,
      shares: sum(m.repost_count ?? m.retweet_count, m.quote_count),
      saves: m.bookmark_count,
      views: root.videoViews,
      impressions: m.impression_count,
      clicks: own?.url_link_clicks,
    }),
    raw: posts as unknown as Json,
  }
}

/** Followers; X gives no account-wide impressions to this access. */
export const account = async (t: ChannelContext): Promise<Reading> => {
  const numbers = await accountNumbers({ http: t.http, access: t.grant.access })
  return { metrics: metricsOf({ followers: numbers.followers_count }), raw: numbers as unknown as Json }
}
