/** One vocabulary for what twelve networks count. Pure; the browser shows the same words. */

/**
 * likes: every kind of positive reaction. shares: reposts, quotes, sends. saves: bookmarks. views: plays or views of the
 * post as the network counts them. impressions: times shown. reach: people. clicks: on links or the post. watchTimeMs:
 * total time watched. followers: of the account, never of a post.
 */
export const metricNames = [
  'likes',
  'comments',
  'shares',
  'saves',
  'views',
  'impressions',
  'reach',
  'clicks',
  'watchTimeMs',
  'followers',
] as const
export type MetricName = (typeof metricNames)[number]

/** null: the network does not report it (never 0 for "unknown"). */
export type Metrics = Record<MetricName, number | null>

/** Fills what is not given with null. A number that is not finite or negative counts as not reported. */
export const metricsOf = (given: Partial<Record<MetricName, number | null | undefined>>): Metrics =>
  Object.fromEntries(
    metricNames.map((name) => {
      const n = given[name]
      return [name, typeof n === 'number' && Number.isFinite(n) && n >= 0 ? n : null]
    }),
  ) as Metrics
