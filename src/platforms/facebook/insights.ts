/**
 * Numbers by the names that live after 2026-06-15, when impressions were removed from every version (fact sheet §6).
 * One unknown metric fails a whole question, so after such a refusal each is asked alone.
 */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { accessOf } from './access.ts'
import type { Access } from './api.ts'
import { type Insight, readCounts, readInsights, readPage, readViews } from './api-reads.ts'
import type { Made } from './remove.ts'

const postMetrics = ['post_media_view', 'post_total_media_view_unique', 'post_clicks']
const videoMetrics = ['blue_reels_play_count', 'post_video_view_time', 'post_video_avg_time_watched']
const storyMetrics = [
  'STORY_MEDIA_VIEW',
  'STORY_TOTAL_MEDIA_VIEW_UNIQUE',
  'STORY_INTERACTION',
  'PAGES_FB_STORY_REPLIES',
  'PAGES_FB_STORY_SHARES',
]
const pageMetrics = [
  'page_media_view',
  'page_total_media_view_unique',
  'page_post_engagements',
  'page_total_actions',
  'page_views_total',
  'page_video_views',
]

/** A value may be split (paid and organic, reactions by kind): then its parts are added up. */
const total = (value: Insight['values'][number]['value']): number | null => {
  if (typeof value === 'number') return value
  if (value === undefined) return null
  return Object.values(value).reduce<number>((n, v) => n + (typeof v === 'number' ? v : 0), 0)
}

/** What of these Facebook gives, by its own names; `last`: the newest value of each. */
type Numbers = Record<string, number | null>
const refused = (error: unknown): boolean =>
  error instanceof PlatformFailure && ['refused-content', 'not-permitted'].includes(error.failure.kind)

const ask = async (
  c: Access,
  node: string,
  edge: 'insights' | 'video_insights',
  metrics: readonly string[],
  query: Record<string, string | number>,
): Promise<Numbers> => {
  const read = async (names: readonly string[]) =>
    Object.fromEntries(
      (await readInsights(c, node, edge, { ...query, metric: names.join(',') })).map((i) => [
        i.name,
        total(i.values.at(-1)?.value),
      ]),
    )
  try {
    return await read(metrics)
  } catch (error) {
    if (!refused(error)) throw error
  }
  const out: Numbers = {}
  for (const name of metrics)
    try {
      Object.assign(out, await read([name]))
    } catch (error) {
      if (!refused(error)) throw error
    }
  return out
}

/** Undefined instead of a refusal: without a permission the rest is still worth having. */
const orNothing = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if (refused(error)) return undefined
    throw error
  }
}

const post = async (t: ChannelContext, published: PublishedPost): Promise<Reading | null> => {
  const made = published.created[0] as Made | undefined
  if (!made?.id) return null
  const c = accessOf(t)
  if (made.story || (published.settings as { format?: string } | null)?.format === 'story') {
    const n = await ask(c, made.id, 'insights', storyMetrics, {})
    const metrics = metricsOf({
      views: n.STORY_MEDIA_VIEW,
      reach: n.STORY_TOTAL_MEDIA_VIEW_UNIQUE,
      comments: n.PAGES_FB_STORY_REPLIES,
      shares: n.PAGES_FB_STORY_SHARES,
    })
    return { metrics, raw: n as Json }
  }
  const n = await ask(c, made.id, 'insights', postMetrics, { period: 'lifetime' })
  const counts = await orNothing(readCounts(c, made.id))
  const video = made.video
    ? {
        ...(await ask(c, made.video, 'video_insights', videoMetrics, {})),
        views: (await orNothing(readViews(c, made.video))) ?? null,
      }
    : {}
  const v = video as Numbers
  const metrics = metricsOf({
    likes: counts?.reactions,
    comments: counts?.comments,
    shares: counts?.shares,
    views: v.blue_reels_play_count ?? v.views ?? n.post_media_view,
    reach: n.post_total_media_view_unique,
    clicks: n.post_clicks,
    watchTimeMs: v.post_video_view_time,
  })
  return { metrics, raw: { ...n, ...counts, ...(made.video ? { video: v } : {}) } as Json }
}

/** Of the last 28 days; followers now. */
const account = async (t: ChannelContext): Promise<Reading> => {
  const c = accessOf(t)
  const page = await readPage(c, t.channel.externalId)
  const n = await ask(c, t.channel.externalId, 'insights', pageMetrics, { period: 'days_28' })
  const metrics = metricsOf({
    followers: page.followers_count ?? page.fan_count,
    views: n.page_media_view,
    reach: n.page_total_media_view_unique,
    clicks: n.page_total_actions,
  })
  return { metrics, raw: { ...n, followers_count: page.followers_count ?? null } as Json }
}

export const insights = { post, account }
