/** Numbers that grow with the sandbox's time (§6): one unknown metric fails the whole call, as on Instagram. */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { missing } from '#kit/sandbox/notices.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { listOf } from '../../families/meta/sandbox/params.ts'
import { answer, type Call, caller, isAccount, stamp, type WayName } from './door.ts'
import { DAY, storyViewers } from './numbers.ts'
import { mediaIn } from './seen.ts'
import { type Account, accountById, type IgWorld, type Media } from './state.ts'

/** The same post gets the same share of its audience each time: 0 to 1 from its id. */
const luck = (id: string, salt: number): number => {
  let h = salt
  for (const ch of id) h = (Math.imul(h, 31) + ch.charCodeAt(0)) >>> 0
  return (h % 1000) / 1000
}

/** Views of a media so far: most in the first day, then slower and slower. */
const viewsAt = (world: IgWorld, m: Media): number => {
  const followers = accountById(world, m.account)?.followers ?? 100
  const days = Math.max(0, world.now() - m.at) / DAY
  return Math.floor(followers * (0.3 + luck(m.id, 7)) * (1 - Math.exp(-days * 2)))
}

export const countsAt = (world: IgWorld, m: Media) => {
  const views = viewsAt(world, m)
  const mine = world.state.comments.filter((c) => c.media === m.id && !c.deleted).length
  const share = (most: number, salt: number) => Math.floor(views * most * (0.4 + 0.6 * luck(m.id, salt)))
  const likes = share(0.08, 11)
  const comments = mine + share(0.006, 13)
  const saved = share(0.012, 17)
  const shares = share(0.009, 19)
  return { views, reach: Math.floor(views * 0.82), likes, comments, saved, shares }
}

const everywhere = ['views', 'reach', 'shares', 'total_interactions', 'reposts']
const both: Record<Media['product'], readonly string[]> = {
  FEED: [...everywhere, 'likes', 'comments', 'saved', 'follows', 'profile_visits', 'profile_activity'],
  REELS: [
    ...[...everywhere, 'likes', 'comments', 'saved', 'ig_reels_avg_watch_time', 'ig_reels_video_view_total_time'],
    ...['reels_skip_rate', 'crossposted_views', 'facebook_views'],
  ],
  STORY: [...everywhere, 'replies', 'follows', 'profile_visits', 'profile_activity', 'navigation'],
}
const facebookOnly: Record<Media['product'], readonly string[]> = {
  FEED: ['total_views', 'total_likes', 'total_comments', 'facebook_views'],
  REELS: ['total_views', 'total_likes', 'total_comments'],
  STORY: ['link_clicks', 'facebook_views', 'total_views'],
}

const measured = (world: IgWorld, m: Media, name: string): number => {
  const c = countsAt(world, m)
  const known: Record<string, number> = {
    ...c,
    replies: c.comments,
    total_interactions: c.likes + c.comments + c.saved + c.shares,
    reposts: Math.floor(c.shares / 3),
    follows: Math.floor(c.reach / 400),
    profile_visits: Math.floor(c.reach / 60),
    profile_activity: Math.floor(c.reach / 200),
    navigation: Math.floor(c.views * 1.4),
    link_clicks: Math.floor(c.views / 90),
    ig_reels_avg_watch_time: c.views > 0 ? 3200 : 0,
    ig_reels_video_view_total_time: c.views * 3200,
    reels_skip_rate: 31,
    total_views: c.views,
    total_likes: c.likes,
    total_comments: c.comments,
  }
  return known[name] ?? 0
}

const names = (req: SandboxRequest): string[] => {
  const metrics = listOf(req.query.get('metric'))
  return metrics.length > 0 ? metrics : badParam('The parameter metric is required')
}
const unknownMetric = (metric: string, allowed: readonly string[]): never =>
  badParam(`metric[0] must be one of the following values: ${allowed.join(', ')} (not ${metric})`)

const ofMedia = (world: IgWorld, req: SandboxRequest, c: Call, m: Media): SandboxResponse => {
  const way: WayName = c.way
  const allowed = way === 'meta' ? [...both[m.product], ...facebookOnly[m.product]] : both[m.product]
  const asked = names(req)
  for (const metric of asked) if (!allowed.includes(metric)) unknownMetric(metric, allowed)
  if (m.product === 'STORY' && viewsAt(world, m) < storyViewers)
    graphRefuse(400, 10, '(#10) Not enough viewers for the media to show insights', { headers: c.headers })
  const data = asked.map((name) => ({
    name,
    period: 'lifetime',
    values: [{ value: measured(world, m, name) }],
    title: name,
    description: name,
    id: `${m.id}/insights/${name}/lifetime`,
  }))
  return answer(c, { data })
}

const accountMetrics = [
  ...['views', 'reach', 'accounts_engaged', 'total_interactions', 'likes', 'comments', 'shares', 'saves', 'replies'],
  ...['reposts', 'follows_and_unfollows', 'profile_links_taps', 'profile_views', 'website_clicks', 'follower_count'],
]

/** Also told day by day, and then without a `metric_type` (§6). */
const series = ['reach', 'follower_count']

const ofAccount = (world: IgWorld, req: SandboxRequest, c: Call, a: Account): SandboxResponse => {
  const asked = names(req)
  for (const metric of asked) if (!accountMetrics.includes(metric)) unknownMetric(metric, accountMetrics)
  if (req.query.get('period') !== 'day') badParam('period must be one of the following values: day')
  const type = req.query.get('metric_type') ?? 'time_series'
  const totals = asked.filter((m) => !series.includes(m))
  if (type !== 'total_value' && totals.length > 0)
    badParam(`The following metrics (${totals.join(', ')}) should be specified with parameter metric_type=total_value`)
  if (!req.query.has('metric_type')) missing(req, 'metric_type')
  // Left out, they are the last day.
  const until = Number(req.query.get('until') ?? Math.floor(world.now() / 1000))
  const since = Number(req.query.get('since') ?? until - DAY / 1000)
  if (!(until > since) || until - since > 30 * (DAY / 1000))
    badParam('There cannot be more than 30 days between since and until')
  const mine = world.state.media.filter((m) => m.account === a.id && !m.deleted)
  const sum = (pick: (x: ReturnType<typeof countsAt>) => number) =>
    mine.reduce((total, m) => total + pick(countsAt(world, m)), 0)
  const base = Math.floor(a.followers * 0.1 * ((until - since) / (DAY / 1000)))
  const values: Record<string, number> = {
    views: base + sum((x) => x.views),
    reach: Math.floor(base * 0.8) + sum((x) => x.reach),
    likes: sum((x) => x.likes),
    comments: sum((x) => x.comments),
    shares: sum((x) => x.shares),
    saves: sum((x) => x.saved),
    accounts_engaged: sum((x) => x.likes),
    total_interactions: sum((x) => x.likes + x.comments + x.saved + x.shares),
    profile_links_taps: Math.floor(base / 40),
  }
  const data = asked.map((name) => ({
    name,
    period: 'day',
    title: name,
    description: name,
    ...(type === 'total_value'
      ? { total_value: { value: values[name] ?? 0 } }
      : { values: [{ value: values[name] ?? 0, end_time: stamp(until * 1000) }] }),
    id: `${a.id}/insights/${name}/day`,
  }))
  return answer(c, { data })
}

export const insights =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic', 'insights'])
    const id = req.params.id!
    const account = isAccount(c, id)
    return account ? ofAccount(world, req, c, account) : ofMedia(world, req, c, mediaIn(world, c, id))
  }
