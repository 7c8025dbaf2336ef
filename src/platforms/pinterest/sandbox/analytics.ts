/** Analytics of a pin and of the account (fact sheet pinterest.md §6): days in UTC, at most 90 back, none on Pinterest's sandbox. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, forbidden, stop } from './answers.ts'
import { analyticsDays, estimateMs } from './numbers.ts'
import { checkQuery } from './read.ts'
import type { Pin, PinterestWorld } from './state.ts'
import { type CountName, countsAt } from './view.ts'

const DAY = 86_400_000
const common = ['IMPRESSION', 'OUTBOUND_CLICK', 'PIN_CLICK', 'SAVE', 'SAVE_RATE', 'TOTAL_COMMENTS', 'TOTAL_REACTIONS']
const ofPictures = [...common, 'USER_FOLLOW', 'PROFILE_VISIT']
const ofVideos = [
  ...common,
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
const lifetime = ['TOTAL_COMMENTS', 'TOTAL_REACTIONS']

type Asked = { from: number; to: number; metrics: string[] }

const asked = (
  world: PinterestWorld,
  req: SandboxRequest,
  c: Caller,
  known: readonly string[],
  all: boolean,
): Asked => {
  const day = (name: string) => {
    const value = req.query.get(name) ?? ''
    if (!/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(Date.parse(value)))
      stop(400, 1, `Invalid request: '${value}' is not a 'date' (${name})`, c.headers)
    return Date.parse(value)
  }
  const [from, to] = [day('start_date'), day('end_date')]
  const today = Math.floor(world.now() / DAY) * DAY
  if (from > to || to > today)
    stop(400, 1, 'Invalid request: end_date must lie between start_date and today', c.headers)
  if (from < today - analyticsDays * DAY)
    stop(400, 1, `Invalid request: start_date cannot be more than ${analyticsDays} days back from today`, c.headers)
  const given = (req.query.get('metric_types') ?? '').split(',').filter(Boolean)
  if (given.length === 0 && !all) stop(400, 1, "Invalid request: 'metric_types' is a required property", c.headers)
  const wrong = given.find((m) => !known.includes(m))
  if (wrong) stop(400, 1, `Invalid request: '${wrong}' is not one of ${JSON.stringify(known)}`, c.headers)
  return { from, to, metrics: given.length === 0 ? [...known] : given }
}

const rate = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 10_000)

/** What was counted between two instants, over pins, under the names asked for. */
const between = (
  pins: readonly Pin[],
  from: number,
  to: number,
  metrics: readonly string[],
): Record<string, number> => {
  const sum = (name: CountName) => pins.reduce((n, p) => n + countsAt(p, to)[name] - countsAt(p, from)[name], 0)
  const shown = sum('IMPRESSION')
  const derived: Record<string, () => number> = {
    SAVE_RATE: () => rate(sum('SAVE'), shown),
    PIN_CLICK_RATE: () => rate(sum('PIN_CLICK'), shown),
    OUTBOUND_CLICK_RATE: () => rate(sum('OUTBOUND_CLICK'), shown),
    ENGAGEMENT: () => sum('PIN_CLICK') + sum('SAVE'),
    ENGAGEMENT_RATE: () => rate(sum('PIN_CLICK') + sum('SAVE'), shown),
    VIDEO_AVG_WATCH_TIME: () => {
      const starts = sum('VIDEO_START')
      return starts === 0 ? 0 : sum('VIDEO_V50_WATCH_TIME') / starts
    },
  }
  return Object.fromEntries(metrics.map((m) => [m, derived[m]?.() ?? sum(m as CountName)]))
}

const report = (world: PinterestWorld, pins: readonly Pin[], a: Asked) => {
  const now = world.now()
  const daily = a.metrics.filter((m) => !lifetime.includes(m))
  const days = Array.from({ length: Math.floor((a.to - a.from) / DAY) + 1 }, (_, i) => a.from + i * DAY)
  return {
    daily_metrics: days.map((d) => ({
      date: new Date(d).toISOString().slice(0, 10),
      data_status: now - d > estimateMs ? 'READY' : 'ESTIMATE',
      metrics: between(pins, d, Math.min(now, d + DAY), daily),
    })),
    summary_metrics: between(pins, a.from, Math.min(now, a.to + DAY), daily),
  }
}

const ofPin =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['boards:read', 'pins:read'], 'org_analytics')
    checkQuery(req, c, ['start_date', 'end_date', 'metric_types', 'app_types', 'split_field'])
    const pin = world.state.pins.find((p) => p.id === req.params.id && p.environment === c.environment && !p.deleted)
    if (!pin) return stop(404, 50, 'Pin not found.', c.headers)
    if (pin.owner !== c.user.id) forbidden(c.headers)
    const a = asked(world, req, c, pin.kind === 'video' ? ofVideos : ofPictures, false)
    const whole = lifetime.filter((m) => a.metrics.includes(m))
    return json(
      200,
      {
        all: {
          ...report(world, [pin], a),
          ...(whole.length > 0 ? { lifetime_metrics: between([pin], 0, world.now(), whole) } : {}),
        },
      },
      c.headers,
    )
  }

const ofUser =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['user_accounts:read'], 'org_analytics')
    const filters = ['from_claimed_content', 'pin_format', 'app_types', 'content_type', 'source', 'split_field']
    checkQuery(req, c, ['start_date', 'end_date', 'metric_types', ...filters])
    if (c.user.business === null) forbidden(c.headers)
    const a = asked(world, req, c, ofAccount, true)
    const pins = world.state.pins.filter((p) => p.owner === c.user.id && p.environment === c.environment && !p.deleted)
    return json(200, { all: report(world, pins, a) }, c.headers)
  }

/** Marked `x-sandbox: disabled` in the OpenAPI file. */
const notThere = (world: PinterestWorld) => (req: SandboxRequest) => {
  const c = caller(world, req, [], 'org_analytics')
  return forbidden(c.headers)
}

export const analyticsRoutes = (world: PinterestWorld): SandboxRoute[] => [
  route('analytics', 'GET api.pinterest.com/v5/pins/:id/analytics', ofPin(world)),
  route('account-analytics', 'GET api.pinterest.com/v5/user_account/analytics', ofUser(world)),
  route('analytics', 'GET api-sandbox.pinterest.com/v5/pins/:id/analytics', notThere(world)),
  route('account-analytics', 'GET api-sandbox.pinterest.com/v5/user_account/analytics', notThere(world)),
]
