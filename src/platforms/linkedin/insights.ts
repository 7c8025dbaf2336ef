/** LinkedIn's numbers in our words. Pages have share statistics; people have creator analytics, one call a number. */
import type { ChannelContext, PublishedPost, Reading } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { followers, type MemberMetric, memberCount, memberMetrics, pageStatistics, socialActions } from './analytics.ts'
import { accessOf } from './rest.ts'

type Statistics = NonNullable<Awaited<ReturnType<typeof pageStatistics>>>

const ofPage = (s: Statistics) => ({
  impressions: s.impressionCount,
  reach: s.uniqueImpressionsCount,
  clicks: s.clickCount,
  likes: s.likeCount,
  comments: s.commentCount,
  shares: s.shareCount,
})

/** Numbers of a post or of all posts of a person; asking needs `r_member_postAnalytics`. */
const ofMember = async (t: ChannelContext, post?: string): Promise<Reading | null> => {
  if (t.grant.scopes && !t.grant.scopes.includes('r_member_postAnalytics'))
    throw new PlatformFailure({
      kind: 'not-permitted',
      code: 'linkedin.analytics-scope',
      message:
        'LinkedIn shows the numbers of a profile only to apps that were granted r_member_postAnalytics. Name it among the further scopes of the app for pages, and connect the profile by way of "Pages".',
    })
  const c = accessOf(t)
  const raw: Partial<Record<MemberMetric, number | null>> = {}
  for (const metric of memberMetrics) raw[metric] = await memberCount(c, metric, post)
  if (post && Object.values(raw).every((x) => x === null)) return null
  const { RESHARE: reshares, POST_SEND: sends } = raw
  return {
    metrics: metricsOf({
      impressions: raw.IMPRESSION,
      reach: raw.MEMBERS_REACHED,
      likes: raw.REACTION,
      comments: raw.COMMENT,
      shares: reshares == null && sends == null ? null : (reshares ?? 0) + (sends ?? 0),
      saves: raw.POST_SAVE,
      clicks: raw.LINK_CLICKS,
    }),
    raw,
  }
}

export const postInsights = async (t: ChannelContext, post: PublishedPost): Promise<Reading | null> => {
  const urn = post.created[0]?.id
  if (!urn) return null
  if (t.channel.kind !== 'organization') return ofMember(t, urn)
  const c = accessOf(t)
  const statistics = await pageStatistics(c, t.channel.externalId, urn)
  if (statistics) return { metrics: metricsOf(ofPage(statistics)), raw: { ...statistics } as Reading['raw'] }
  const actions = await socialActions(c, urn)
  return { metrics: metricsOf(actions), raw: { ...actions } }
}

export const accountInsights = async (t: ChannelContext): Promise<Reading> => {
  if (t.channel.kind !== 'organization') return (await ofMember(t))!
  const c = accessOf(t)
  const statistics = await pageStatistics(c, t.channel.externalId)
  const size = await followers(c, t.channel.externalId)
  return {
    metrics: metricsOf({ ...(statistics ? ofPage(statistics) : {}), followers: size }),
    raw: { ...statistics, firstDegreeSize: size } as Reading['raw'],
  }
}
