/** Daily numbers of a location (fact sheet §6): 64-bit text, absent for nothing, some days late; a post lifts the days after it. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, knownQuery, malformed, notFound } from './door.ts'
import { dailyMetrics, lagDays } from './numbers.ts'
import { seenPlace } from './profile.ts'
import { type GbpWorld, type Place, stateOf } from './state.ts'

const dayMs = 86_400_000

/** How much a metric is of a day's audience. */
const shares: Record<string, number> = {
  BUSINESS_IMPRESSIONS_MOBILE_SEARCH: 0.4,
  BUSINESS_IMPRESSIONS_MOBILE_MAPS: 0.3,
  BUSINESS_IMPRESSIONS_DESKTOP_SEARCH: 0.2,
  BUSINESS_IMPRESSIONS_DESKTOP_MAPS: 0.1,
  WEBSITE_CLICKS: 0.04,
  CALL_CLICKS: 0.02,
  BUSINESS_DIRECTION_REQUESTS: 0.05,
  BUSINESS_FOOD_MENU_CLICKS: 0.03,
}

/** People who met the profile on a day (epoch ms of its beginning). */
const audience = (world: GbpWorld, place: Place, from: number): number => {
  const usual = 120 + (Number(place.id.slice(-3)) % 90) + ((from / dayMs) % 7) * 8
  const posts = world.state.posts.filter(
    (p) => p.place === place.id && !p.deleted && p.at < from + dayMs && stateOf(world, p) !== 'REJECTED',
  )
  return usual + posts.reduce((sum, p) => sum + 60 * Math.exp(-Math.max(0, from - p.at) / (5 * dayMs)), 0)
}

const dateOf = (req: SandboxRequest, which: string): number => {
  const [year, month, day] = ['year', 'month', 'day'].map((m) => Number(req.query.get(`dailyRange.${which}.${m}`)))
  const at = Date.UTC(year!, month! - 1, day!)
  if (!year || !month || !day || Number.isNaN(at)) malformed(`daily_range.${which}`, 'A whole date is required.')
  return at
}

const report = (world: GbpWorld) => (req: SandboxRequest) => {
  const [id, verb] = (req.params['*'] ?? '').split(':')
  if (id?.endsWith(keywordsPath)) return keywords(world, req, id.slice(0, -keywordsPath.length))
  const single = verb === 'getDailyMetricsTimeSeries'
  if (!single && verb !== 'fetchMultiDailyMetricsTimeSeries') notFound()
  const place = seenPlace(world, enter(world, req), id)
  const range = ['startDate', 'endDate'].flatMap((d) => ['year', 'month', 'day'].map((m) => `dailyRange.${d}.${m}`))
  const name = single ? 'dailyMetric' : 'dailyMetrics'
  knownQuery(req, name, ...range, ...(single ? ['dailySubEntityType.dayOfWeek', 'dailySubEntityType.timeOfDay'] : []))
  const metrics = single ? req.query.getAll(name).slice(0, 1) : req.query.getAll(name)
  const odd = metrics.find((m) => !dailyMetrics.includes(m))
  if (metrics.length === 0 || odd !== undefined) malformed('daily_metrics', `Invalid value at 'daily_metrics': ${odd}`)
  const [from, to] = [dateOf(req, 'startDate'), dateOf(req, 'endDate')]
  if (from > to) malformed('daily_range', 'The start is after the end.')
  const counted = Math.floor(world.now() / dayMs) * dayMs - lagDays * dayMs
  const days = Array.from({ length: (to - from) / dayMs + 1 }, (_, i) => from + i * dayMs)
  const series = (metric: string) => ({
    datedValues: days.map((at) => {
      const d = new Date(at)
      const value = at > counted ? 0 : Math.floor(audience(world, place, at) * (shares[metric] ?? 0))
      return {
        date: { year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() },
        ...(value > 0 ? { value: String(value) } : {}),
      }
    }),
  })
  if (single) return json(200, { timeSeries: series(metrics[0]!) })
  const dailyMetricTimeSeries = metrics.map((dailyMetric) => ({ dailyMetric, timeSeries: series(dailyMetric) }))
  return json(200, { multiDailyMetricTimeSeries: [{ dailyMetricTimeSeries }] })
}

const keywordsPath = '/searchkeywords/impressions/monthly'

/** What people looked for; below fifteen Google tells only the threshold. */
const keywords = (world: GbpWorld, req: SandboxRequest, id: string) => {
  const place = seenPlace(world, enter(world, req), id)
  const range = ['startMonth', 'endMonth'].flatMap((d) => ['year', 'month', 'day'].map((m) => `monthlyRange.${d}.${m}`))
  knownQuery(req, 'pageSize', 'pageToken', ...range)
  const whole = ['startMonth', 'endMonth'].every((d) =>
    ['year', 'month'].every((m) => Number(req.query.get(`monthlyRange.${d}.${m}`)) > 0),
  )
  if (!whole) malformed('monthly_range', 'A whole range is required.')
  const usual = Math.floor(audience(world, place, Math.floor(world.now() / dayMs) * dayMs))
  return json(200, {
    searchKeywordsCounts: [
      { searchKeyword: place.title.toLowerCase(), insightsValue: { value: String(usual * 9) } },
      { searchKeyword: `${place.locality} near me`.toLowerCase(), insightsValue: { threshold: '15' } },
    ],
  })
}

export const performanceRoutes = (world: GbpWorld): SandboxRoute[] => [
  route('performance', 'GET businessprofileperformance.googleapis.com/v1/locations/*', report(world)),
]
