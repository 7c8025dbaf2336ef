/** youtubeAnalytics v2 reports (fact sheet §6): sums by day, two days behind, no `rows` when there are none. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { googleCaller, legacyError } from '../../families/google/sandbox/answers.ts'
import { dayMs, viewsAt } from './metrics.ts'
import { doors } from './numbers.ts'
import type { Video, YouTubeWorld } from './state.ts'

const lagDays = 2

/** One day of one video, by metric. Minutes watched: 40 % of the length a view. */
const measures: Record<string, (v: Video, views: number) => number> = {
  views: (_v, views) => views,
  engagedViews: (_v, views) => Math.floor(views * 0.7),
  estimatedMinutesWatched: (v, views) => Math.floor((views * Math.max(v.durationMs, 30_000) * 0.4) / 60_000),
  averageViewDuration: (v) => Math.round((v.durationMs * 0.4) / 1000),
  averageViewPercentage: () => 40,
  likes: (_v, views) => Math.floor(views / 21),
  comments: (_v, views) => Math.floor(views / 240),
  shares: (_v, views) => Math.floor(views / 60),
  subscribersGained: (_v, views) => Math.floor(views / 90),
  subscribersLost: (_v, views) => Math.floor(views / 400),
}

const wrong = (message: string) => legacyError(400, { reason: 'badRequest', message, status: 'INVALID_ARGUMENT' })

const reports =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const { account } = googleCaller(world, req, { anyOf: doors.analytics, service: 'youtubeanalytics.googleapis.com' })
    const q = req.query
    const known = [
      'ids',
      'startDate',
      'endDate',
      'metrics',
      'dimensions',
      'sort',
      'filters',
      'maxResults',
      'startIndex',
      'currency',
    ]
    const odd = [...q.keys()].find((k) => !known.includes(k))
    if (odd) return wrong(`Unknown name "${odd}": Cannot bind query parameter.`)
    if (q.get('ids') !== 'channel==MINE' && q.get('ids') !== `channel==${account}`)
      return wrong('The ids parameter is invalid.')
    const [start, end] = [q.get('startDate') ?? '', q.get('endDate') ?? '']
    if (![start, end].every((d) => /^\d{4}-\d{2}-\d{2}$/.test(d)) || start > end) return wrong('The dates are invalid.')
    const metrics = (q.get('metrics') ?? '').split(',')
    const unknown = metrics.find((m) => !Object.hasOwn(measures, m))
    if (unknown !== undefined) return wrong(`Unknown identifier (${unknown}) given in field parameters.metrics.`)
    const byDay = q.get('dimensions') === 'day'
    if (!byDay && q.get('dimensions')) return wrong('The sandbox plays dimensions=day only.')
    const only = /^video==([\w-]+)$/.exec(q.get('filters') ?? '')?.[1]
    if (q.get('filters') && !only) return wrong('The query is not supported.')
    const mine = world.state.videos.filter((v) => v.channel === account && (!only || v.id === only))
    const rows: (string | number)[][] = []
    const last = Math.floor(world.now() / dayMs) * dayMs - (lagDays - 1) * dayMs
    for (let at = Date.parse(start); at <= Date.parse(end) && at + dayMs <= last; at += dayMs) {
      const seen = mine.map((v) => ({ v, views: viewsAt(v, at + dayMs) - viewsAt(v, at) })).filter((x) => x.views > 0)
      if (seen.length === 0) continue
      const day = new Date(at).toISOString().slice(0, 10)
      rows.push([day, ...metrics.map((m) => seen.reduce((sum, x) => sum + measures[m]!(x.v, x.views), 0))])
    }
    const totals = rows.length > 0 ? [metrics.map((_, i) => rows.reduce((sum, r) => sum + Number(r[i + 1]), 0))] : []
    const out = byDay ? rows : totals
    const header = (name: string) => ({ name, columnType: 'METRIC', dataType: 'INTEGER' })
    return json(200, {
      kind: 'youtubeAnalytics#resultTable',
      columnHeaders: [
        ...(byDay ? [{ name: 'day', columnType: 'DIMENSION', dataType: 'STRING' }] : []),
        ...metrics.map(header),
      ],
      ...(out.length > 0 ? { rows: out } : {}),
    })
  }

export const analyticsRoutes = (world: YouTubeWorld): SandboxRoute[] => [
  route('analytics', 'GET youtubeanalytics.googleapis.com/v2/reports', reports(world)),
]
