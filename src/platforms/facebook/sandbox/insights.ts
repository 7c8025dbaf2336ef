/** Insights by the names that are left (fact sheet facebook.md §6): one unknown name fails the whole question. */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { graphAnswer } from '../../families/meta/sandbox/door.ts'
import { graphRefuse, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { listOf } from '../../families/meta/sandbox/params.ts'
import { numbersOf, type PostNumbers } from './metrics.ts'
import { metrics as names } from './numbers.ts'
import { asPage, ownPost, type PageCall } from './page.ts'
import { type FbWorld, graphTime, type Post, videoById } from './state.ts'

const DAY = 86_400_000

const asked = (req: SandboxRequest, c: PageCall, known: readonly string[]): string[] => {
  const list = listOf(req.query.get('metric'))
  if (list.length === 0)
    graphRefuse(400, 3001, '(#3001) Invalid query', {
      subcode: 1504028,
      said: 'No metric was specified.',
      headers: c.headers,
    })
  if (list.some((m) => !known.includes(m)))
    graphRefuse(400, 100, '(#100) The value must be a valid insights metric', { headers: c.headers })
  return list
}

/** A split comes as an object. */
const metricValue = (metric: string, n: PostNumbers): unknown => {
  if (/_clicks_by_type$/.test(metric)) return { 'link clicks': n.clicks }
  if (/reactions_by_type/.test(metric))
    return { like: n.reactions - Math.floor(n.reactions / 4), love: Math.floor(n.reactions / 4) }
  if (/action_type/.test(metric)) return { share: n.shares, like: n.reactions, comment: n.comments }
  if (/view_time$/.test(metric)) return n.views * 4200
  if (/avg_time_watched$/.test(metric)) return 4200
  if (/UNIQUE$|_unique$/.test(metric)) return n.unique
  if (/clicks|total_actions/.test(metric)) return n.clicks
  if (/reactions|INTERACTION|engagements/.test(metric)) return n.reactions
  if (/REPLIES|SHARES|STICKER|followers/.test(metric)) return n.shares
  if (/follows/.test(metric)) return n.shares
  return n.views
}

const row = (id: string, metric: string, period: string, value: unknown, at: number) => ({
  name: metric,
  period,
  values: [{ value, ...(period === 'lifetime' ? {} : { end_time: graphTime(at) }) }],
  title: metric.replaceAll('_', ' '),
  description: metric.replaceAll('_', ' '),
  id: `${id}/insights/${metric}/${period}`,
})

const add = (a: PostNumbers, b: PostNumbers): PostNumbers => ({
  views: a.views + b.views,
  unique: a.unique + b.unique,
  clicks: a.clicks + b.clicks,
  reactions: a.reactions + b.reactions,
  comments: a.comments + b.comments,
  shares: a.shares + b.shares,
})
const none: PostNumbers = { views: 0, unique: 0, clicks: 0, reactions: 0, comments: 0, shares: 0 }

const insights =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    const c = asPage(world, req, { scopes: ['pages_read_engagement', 'read_insights'], task: 'ANALYZE' })
    if (id === c.page.id) {
      const list = asked(req, c, names.page)
      // Pages with fewer than 100 likes get an empty answer.
      if (c.page.followers < 100) return graphAnswer(c, { data: [] })
      const period = req.query.get('period') ?? 'day'
      const days = period === 'days_28' ? 28 : period === 'week' ? 7 : 1
      const recent = (p: Post) => p.page === id && !p.deleted && world.now() - p.at < days * DAY
      const sum = world.state.posts
        .filter(recent)
        .map((p) => numbersOf(world, p))
        .reduce(add, none)
      return graphAnswer(c, { data: list.map((m) => row(id, m, period, metricValue(m, sum), world.now())) })
    }
    const post = ownPost(world, c, id)
    const list = asked(req, c, post.kind === 'story' ? names.story : names.post)
    return graphAnswer(c, {
      data: list.map((m) => row(id, m, 'lifetime', metricValue(m, numbersOf(world, post)), world.now())),
    })
  }

const videoInsights =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = asPage(world, req, { scopes: ['pages_read_engagement', 'read_insights'], task: 'ANALYZE' })
    const v = videoById(world, req.params.id)
    if (!v?.post || v.page !== c.page.id) return missingObject(req.params.id!)
    const n = numbersOf(world, ownPost(world, c, v.post))
    // Plays are counted for reels only.
    const known = v.edge === 'video_reels' ? names.video : names.video.filter((m) => m !== 'blue_reels_play_count')
    const list = asked(req, c, known)
    return graphAnswer(c, { data: list.map((m) => row(v.id, m, 'lifetime', metricValue(m, n), world.now())) })
  }

export const insightRoutes = (world: FbWorld): SandboxRoute[] => [
  route('insights', 'GET graph.facebook.com/:version/:id/insights', insights(world)),
  route('video-insights', 'GET graph.facebook.com/:version/:id/video_insights', videoInsights(world)),
]
