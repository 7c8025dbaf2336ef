/**
 * Numbers of the profile (fact sheet §6): single posts have none since February 2023. Days come two to four days late; the
 * newest ones count as nothing until then.
 */
import type { ChannelContext, Reading } from '#kit/client/platform.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { dailyMetrics } from './api.ts'
import { accessOf } from './location.ts'

const days = 30
const dayMs = 86_400_000

const impressions = [
  'BUSINESS_IMPRESSIONS_DESKTOP_MAPS',
  'BUSINESS_IMPRESSIONS_DESKTOP_SEARCH',
  'BUSINESS_IMPRESSIONS_MOBILE_MAPS',
  'BUSINESS_IMPRESSIONS_MOBILE_SEARCH',
] as const
const clicks = ['WEBSITE_CLICKS', 'CALL_CLICKS', 'BUSINESS_DIRECTION_REQUESTS'] as const
const others = ['BUSINESS_CONVERSATIONS', 'BUSINESS_BOOKINGS', 'BUSINESS_FOOD_MENU_CLICKS'] as const

/** The last 30 days. Impressions: the profile on Search and Maps; clicks: on website, phone and directions. */
const account = async (t: ChannelContext): Promise<Reading> => {
  const to = t.now()
  const sums = await dailyMetrics(accessOf(t), t.channel.externalId, {
    metrics: [...impressions, ...clicks, ...others],
    from: to - (days - 1) * dayMs,
    to,
  })
  const sum = (names: readonly string[]) => {
    const given = names.flatMap((n) => sums[n] ?? [])
    return given.length > 0 ? given.reduce((a, b) => a + b, 0) : null
  }
  return { metrics: metricsOf({ impressions: sum(impressions), clicks: sum(clicks) }), raw: { days, ...sums } }
}

export const insights = { account }
