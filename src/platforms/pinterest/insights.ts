/**
 * Numbers of a pin and of the account (fact sheet §6). Pin analytics reach 90 days back; an older pin is read from the
 * counts of its whole life. Pinterest's sandbox host has no analytics at all.
 */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { type Analytics, accessOf, accountAnalytics, type Period, pinAnalytics, pinById, userAccount } from './api.ts'

const dayMs = 86_400_000
/** One day less than the 90 Pinterest allows: its today may be tomorrow already. */
const reachDays = 89
const accountDays = 30

const standard = ['IMPRESSION', 'OUTBOUND_CLICK', 'PIN_CLICK', 'SAVE', 'SAVE_RATE', 'TOTAL_COMMENTS', 'TOTAL_REACTIONS']
/** Not asked of a video: the metric lists of the two kinds exclude each other. */
const picturesOnly = ['USER_FOLLOW', 'PROFILE_VISIT']
const videosOnly = [
  'VIDEO_MRC_VIEW',
  'VIDEO_10S_VIEW',
  'QUARTILE_95_PERCENT_VIEW',
  'VIDEO_V50_WATCH_TIME',
  'VIDEO_START',
  'VIDEO_AVG_WATCH_TIME',
]
const ofAccount = [
  'ENGAGEMENT',
  'ENGAGEMENT_RATE',
  'IMPRESSION',
  'OUTBOUND_CLICK',
  'OUTBOUND_CLICK_RATE',
  'PIN_CLICK',
  'PIN_CLICK_RATE',
  'SAVE',
  'SAVE_RATE',
]

const utcDay = (at: number) => new Date(at).toISOString().slice(0, 10)
const period = (from: number, now: number): Period => ({ start: utcDay(Math.min(from, now)), end: utcDay(now) })

/** Answers are keyed by how they are split; unsplit ones have one key. */
const whole = (a: Analytics) => a.all ?? Object.values(a)[0]

const post = async (t: ChannelContext, published: PublishedPost): Promise<Reading | null> => {
  const c = accessOf(t)
  const [created] = published.created
  if (!created?.id || c.environment === 'sandbox') return null
  const now = t.now()
  if (now - published.publishedAt > reachDays * dayMs) {
    const { pin_metrics } = await pinById(c, created.id)
    const life = pin_metrics?.lifetime_metrics
    if (!life) return null
    return {
      metrics: metricsOf({
        impressions: life.impression,
        clicks: life.pin_click,
        saves: life.save,
        likes: life.reaction,
        comments: life.comment,
      }),
      raw: { lifetime_metrics: life },
    }
  }
  const video = created.kind === 'video'
  const answer = await pinAnalytics(c, created.id, period(published.publishedAt, now), [
    ...standard,
    ...(video ? videosOnly : picturesOnly),
  ])
  const { summary_metrics: sum, lifetime_metrics: life, daily_metrics } = whole(answer) ?? {}
  if (!sum || Object.keys(sum).length === 0) return null
  return {
    metrics: metricsOf({
      impressions: sum.IMPRESSION,
      // Pin clicks count those that lead away as well; outbound ones alone stay in `raw`.
      clicks: sum.PIN_CLICK,
      saves: sum.SAVE,
      likes: life?.TOTAL_REACTIONS ?? sum.TOTAL_REACTIONS,
      comments: life?.TOTAL_COMMENTS ?? sum.TOTAL_COMMENTS,
      views: video ? sum.VIDEO_MRC_VIEW : null,
      watchTimeMs: video ? sum.VIDEO_V50_WATCH_TIME : null,
    }),
    // The last days are estimates until Pinterest has counted them.
    raw: {
      summary_metrics: sum,
      lifetime_metrics: life ?? null,
      data_status: daily_metrics?.at(-1)?.data_status ?? null,
    },
  }
}

/** The last 30 days; followers as of now. Only business accounts have analytics. */
const account = async (t: ChannelContext): Promise<Reading> => {
  const c = accessOf(t)
  const user = await userAccount(c)
  const followers = user.follower_count
  const raw = { follower_count: followers ?? null, monthly_views: user.monthly_views ?? null }
  if (user.account_type !== 'BUSINESS' || c.environment === 'sandbox') return { metrics: metricsOf({ followers }), raw }
  const now = t.now()
  const sum = whole(await accountAnalytics(c, period(now - accountDays * dayMs, now), ofAccount))?.summary_metrics
  return {
    metrics: metricsOf({ followers, impressions: sum?.IMPRESSION, clicks: sum?.PIN_CLICK, saves: sum?.SAVE }),
    raw: { ...raw, days: accountDays, summary_metrics: sum ?? null },
  }
}

export const insights = { post, account }
