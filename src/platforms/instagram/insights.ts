/**
 * Numbers (fact sheet §6), by their names of 2026: `impressions`, `plays` and the like are dead. Each product has its own
 * set, and one unknown metric fails the whole call: then they are asked one by one, and what is refused is left out.
 */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Created, Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { type Access, accessOf, type Insight, mediaCounts, account as readAccount, readInsights } from './api.ts'
import type { Product } from './container-form.ts'

const metrics: Record<Product, { both: readonly string[]; facebook: readonly string[] }> = {
  FEED: {
    both: [
      'views',
      'reach',
      'likes',
      'comments',
      'saved',
      'shares',
      'total_interactions',
      'follows',
      'profile_visits',
      'reposts',
    ],
    facebook: ['facebook_views'],
  },
  REELS: {
    both: [
      ...['views', 'reach', 'likes', 'comments', 'saved', 'shares', 'total_interactions', 'reposts'],
      ...['ig_reels_avg_watch_time', 'ig_reels_video_view_total_time', 'reels_skip_rate'],
    ],
    facebook: ['crossposted_views', 'facebook_views'],
  },
  STORY: {
    both: [
      'views',
      'reach',
      'replies',
      'shares',
      'follows',
      'profile_visits',
      'total_interactions',
      'reposts',
      'navigation',
    ],
    facebook: ['link_clicks', 'facebook_views'],
  },
}

const has = (error: unknown, ...codes: string[]) =>
  error instanceof PlatformFailure && codes.includes(error.failure.code)

/** All at once; one by one when one of them is not known here. */
const ask = async (c: Access, id: string, names: readonly string[]): Promise<Insight[]> => {
  try {
    return await readInsights(c, id, { metric: names.join(',') })
  } catch (error) {
    if (!has(error, 'instagram.invalid-parameter')) throw error
  }
  const out: Insight[] = []
  for (const name of names)
    try {
      out.push(...(await readInsights(c, id, { metric: name })))
    } catch (error) {
      if (!has(error, 'instagram.invalid-parameter')) throw error
    }
  return out
}

const bag = (list: readonly Insight[]): Record<string, Json> => Object.fromEntries(list.map((x) => [x.name, x.value]))

/** Stories show nothing to fewer than five viewers, and nothing after a day. */
const readOne = async (c: Access, created: Created & { id: string }): Promise<Record<string, Json> | null> => {
  const product = (created.product as Product | undefined) ?? 'FEED'
  const { both, facebook } = metrics[product]
  try {
    const list = await ask(c, created.id, c.way === 'facebook-login' ? [...both, ...facebook] : both)
    return list.length > 0 ? bag(list) : null
  } catch (error) {
    if (product === 'STORY' && has(error, 'instagram.few-viewers', 'instagram.object-missing')) return null
    if (!has(error, 'instagram.permission')) throw error
    // Without the scope two counters are left, under their names of the node.
    const { like_count, comments_count } = await mediaCounts(c, created.id)
    return { likes: like_count ?? null, comments: comments_count ?? null }
  }
}

/** A sum over the items of a story; null when no item has it. */
const total = (rows: readonly Record<string, Json>[], name: string): number | null => {
  const numbers = rows.flatMap((r) => (typeof r[name] === 'number' ? [r[name]] : []))
  return numbers.length > 0 ? numbers.reduce((a, b) => a + b, 0) : null
}

export const post = async (t: ChannelContext, p: PublishedPost): Promise<Reading | null> => {
  const c = accessOf(t)
  const rows: Record<string, Json>[] = []
  for (const created of p.created)
    if (created.id && created.comment !== true) {
      const row = await readOne(c, { ...created, id: created.id })
      if (row) rows.push(row)
    }
  if (rows.length === 0) return null
  return {
    metrics: metricsOf({
      likes: total(rows, 'likes'),
      comments: total(rows, 'comments') ?? total(rows, 'replies'),
      shares: total(rows, 'shares'),
      saves: total(rows, 'saved'),
      views: total(rows, 'views'),
      // People who saw several items of a story would count several times.
      reach: rows.length === 1 ? total(rows, 'reach') : Math.max(...rows.map((r) => Number(r.reach ?? 0))),
      clicks: total(rows, 'link_clicks'),
      watchTimeMs: total(rows, 'ig_reels_video_view_total_time'),
    }),
    raw: rows.length === 1 ? rows[0]! : rows,
  }
}

const accountMetrics = [
  ...['views', 'reach', 'accounts_engaged', 'total_interactions', 'likes', 'comments', 'shares', 'saves', 'replies'],
  ...['reposts', 'profile_links_taps'],
]
const day = 86_400

/** The last whole day Instagram has counted (UTC), and the followers of now. */
export const account = async (t: ChannelContext): Promise<Reading> => {
  const c = accessOf(t)
  const user = await readAccount(c)
  const until = Math.floor(t.now() / 1000 / day) * day
  const since = until - day
  const window = { period: 'day', metric_type: 'total_value', since, until }
  let list: Insight[] = []
  try {
    list = await readInsights(c, c.user, { metric: accountMetrics.join(','), ...window })
  } catch (error) {
    // Without the scope, or with too few followers, the followers are still worth having.
    if (!has(error, 'instagram.permission', 'instagram.invalid-parameter')) throw error
  }
  const raw = bag(list)
  const n = (name: string) => (typeof raw[name] === 'number' ? raw[name] : null)
  return {
    metrics: metricsOf({
      followers: user.followers_count,
      likes: n('likes'),
      comments: n('comments'),
      shares: n('shares'),
      saves: n('saves'),
      views: n('views'),
      reach: n('reach'),
      clicks: n('profile_links_taps'),
    }),
    raw: { ...raw, followers_count: user.followers_count ?? null, media_count: user.media_count ?? null, since, until },
  }
}
