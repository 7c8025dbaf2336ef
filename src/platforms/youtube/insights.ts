/**
 * Numbers (fact sheet §6): counts of the Data API, watch time and shares of the Analytics API where the person allowed
 * it. Analytics lag two to three days; until then their numbers are null.
 */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { analytics, batchStats, myChannel, videos } from './api.ts'
import { scopes } from './connect.ts'
import { videoIdIn } from './context.ts'

const number = (value: string | undefined): number | null => (value === undefined ? null : Number(value))
const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const dayMs = 86_400_000

/** Names of the Analytics API that can be added up over days. */
const reported = [
  'views',
  'engagedViews',
  'estimatedMinutesWatched',
  'shares',
  'subscribersGained',
  'subscribersLost',
] as const

const accessOf = (t: ChannelContext) => ({ http: t.http, access: t.grant.access })
const mayAnalyse = (t: ChannelContext) => t.grant.scopes?.includes(scopes.analytics) ?? false

/** Watch time and the like; null where they are not allowed or not there. A broken report must not hide the counts. */
const report = async (t: ChannelContext, o: { from: number; video?: string }) => {
  if (!mayAnalyse(t)) return null
  try {
    return await analytics(accessOf(t), { from: day(o.from), to: day(t.now()), metrics: reported, video: o.video })
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'not-permitted') return null
    throw error
  }
}

/** A project without this young method answers so; the old list has the same numbers. */
const elsewhere = new Set(['gone', 'not-permitted', 'our-bug'])

/** Counts of one video: from the statistics budget, else from the list every video is in. */
const counts = async (t: ChannelContext, id: string) => {
  const [quick] = await batchStats(accessOf(t), [id]).catch((error: unknown) => {
    if (error instanceof PlatformFailure && elsewhere.has(error.failure.kind)) return []
    throw error
  })
  if (quick?.statistics) return quick.statistics
  const [full] = await videos(accessOf(t), [id], 'statistics')
  return full?.statistics ?? null
}

const minutes = (n: number | undefined) => (n === undefined ? null : n * 60_000)

export const post = async (t: ChannelContext, published: PublishedPost): Promise<Reading | null> => {
  const created = published.created.find((x) => x.kind !== 'comment')
  const id = created?.id ?? (created?.url ? videoIdIn(created.url) : undefined)
  if (!id) return null
  const statistics = await counts(t, id)
  if (!statistics) return null
  const more = await report(t, { from: published.publishedAt - dayMs, video: id })
  return {
    metrics: metricsOf({
      views: number(statistics.viewCount),
      likes: number(statistics.likeCount),
      comments: number(statistics.commentCount),
      shares: more?.shares,
      watchTimeMs: minutes(more?.estimatedMinutesWatched),
    }),
    raw: { statistics, ...(more ? { analytics: more } : {}) } as Json,
  }
}

/** Of the channel: subscribers (rounded by YouTube to three digits), all views, watch time of the last 28 days. */
export const account = async (t: ChannelContext): Promise<Reading> => {
  const statistics = (await myChannel(accessOf(t)))?.statistics ?? {}
  const more = await report(t, { from: t.now() - 28 * dayMs })
  return {
    metrics: metricsOf({
      followers: statistics.hiddenSubscriberCount ? null : number(statistics.subscriberCount),
      views: number(statistics.viewCount),
      watchTimeMs: minutes(more?.estimatedMinutesWatched),
      shares: more?.shares,
    }),
    raw: { statistics, ...(more ? { analyticsOf28Days: more } : {}) } as Json,
  }
}
