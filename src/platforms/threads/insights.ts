/** Numbers of a post and of the profile (fact sheet threads.md §6). Both need `threads_manage_insights`. */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { accessOf, type Insight, readInsights } from './api.ts'

const postMetrics = 'views,likes,replies,reposts,quotes,shares'
/** `shares` of the profile is answered with 500, and followers take no window. */
const profileMetrics = 'views,likes,replies,reposts,quotes,clicks'
const day = 86_400
/** Threads has no numbers of before (epoch seconds). */
const firstDay = 1_712_991_600

const bag = (list: readonly Insight[]): Record<string, Json> => Object.fromEntries(list.map((x) => [x.name, x.value]))
const number = (raw: Record<string, Json>, name: string): number | null =>
  typeof raw[name] === 'number' ? raw[name] : null
/** What people passed on: reposts, quotes and sends. Null when none of the three is told. */
const passedOn = (raw: Record<string, Json>): number | null => {
  const known = ['reposts', 'quotes', 'shares'].flatMap((name) => number(raw, name) ?? [])
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
}

const metrics = (raw: Record<string, Json>) =>
  metricsOf({
    likes: number(raw, 'likes'),
    comments: number(raw, 'replies'),
    shares: passedOn(raw),
    views: number(raw, 'views'),
    clicks: number(raw, 'clicks'),
    followers: number(raw, 'followers_count'),
  })

/** Of the first post of the thread; `raw` has every post. Null: Threads shows none. */
export const post = async (t: ChannelContext, p: PublishedPost): Promise<Reading | null> => {
  const c = accessOf(t)
  const rows: Record<string, Json>[] = []
  for (const { id } of p.created)
    if (id) rows.push({ id, ...bag(await readInsights(c, `${id}/insights`, { metric: postMetrics })) })
  const [first] = rows
  if (!first || Object.keys(first).length < 2) return null
  return { metrics: metrics(first), raw: rows.length === 1 ? first : rows }
}

/** The last whole day (UTC), and the followers of now. */
export const account = async (t: ChannelContext): Promise<Reading> => {
  const c = accessOf(t)
  const until = Math.floor(t.now() / 1000 / day) * day
  const window = { since: Math.max(firstDay, until - day), until }
  const of = `${c.user}/threads_insights`
  const raw = {
    ...bag(await readInsights(c, of, { metric: profileMetrics, ...window })),
    ...bag(await readInsights(c, of, { metric: 'followers_count' })),
  }
  return { metrics: metrics(raw), raw: { ...raw, ...window } }
}
