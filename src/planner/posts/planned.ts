/**
 * What a budget will hold when a publication is due: what is used in that window already, what earlier publications of
 * the plan will take, and what this one takes. "It would be the 26th of that day" is told when it is planned, not when it
 * waits.
 */
import { sql } from 'kysely'
import type { Content } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import type { Budget, Planned } from '#kit/facts/spec.ts'
import type { Sharing } from '../channels/credentials.ts'
import { type AppOf, accountOf, capOf, windowOf } from '../channels/quotas.ts'

/** The app credentials of a workspace, and which workspaces use the same app. */
export type Apps = {
  appOf: AppOf
  sharing: (ws: string, platform: string, realm: 'live' | 'sandbox') => Promise<Sharing>
}

/** Publications of one window that are looked at; a plan with more of them is told by these. */
const most = 5_000

export type PlannedFor = {
  /** The publication itself, which is not counted against itself; null: not saved yet. */
  id: string | null
  channel: { id: string; platform: string; realm: 'live' | 'sandbox'; workspace_id: string }
  content: Content
  settings: Record<string, unknown>
  dueAt: Date
}

/** A publication of the plan, as far as budgets care. */
type Earlier = { at: number; weight: Planned }

export const plannedOf = (content: Content, settings: Record<string, unknown>): Planned => ({
  segments: content.segments.length,
  firstComment: Boolean(content.firstComment?.trim()),
  settings,
})

/** From when to when a publication due at `at` shares the budget with others (epoch ms; `to` exclusive). Pure. */
export const sharing = (budget: Budget, at: number): { from: number; to: number } =>
  'rolling' in budget.window
    ? { from: at - budget.window.rolling, to: at + 1 }
    : { from: windowOf(budget.window, at).start, to: windowOf(budget.window, at).end }

/**
 * When there is room for `needs` (epoch ms), after what is used and planned: now enough, or when enough has left the
 * window. Null: no room in sight. Pure.
 */
export const roomFrom = (
  o: { cap: number; needs: number; used: number; earlier: readonly { at: number; units: number }[] },
  at: number,
  budget: Budget,
): number | null => {
  let total = o.used + o.earlier.reduce((sum, e) => sum + e.units, 0)
  if (total + o.needs <= o.cap) return at
  if (o.needs > o.cap) return null
  if (!('rolling' in budget.window)) return windowOf(budget.window, at).end
  for (const e of [...o.earlier].sort((a, b) => a.at - b.at)) {
    total -= e.units
    if (total + o.needs <= o.cap) return e.at + budget.window.rolling
  }
  return at + budget.window.rolling
}

const finding = (
  platform: string,
  o: { budget: Budget; cap: number; used: number; needs: number; until: number | null },
): Finding => {
  const { label, bucket } = o.budget
  const params = { quota: label, bucket, limit: o.cap, used: o.used, needs: o.needs }
  if (o.until === null)
    return {
      rule: `${platform}.quota.exceeds`,
      kind: 'quota.exceeds',
      level: 'warning',
      message: `${label}: this post takes ${o.needs}, and ${o.cap} is all there is.`,
      remedy: 'Make the post smaller, or raise the cap where the network has granted more.',
      params,
    }
  const until = new Date(o.until).toISOString()
  return {
    rule: `${platform}.quota.planned`,
    kind: 'quota.planned',
    level: 'warning',
    message: `${label}: ${o.used} of ${o.cap} are used or planned before this post, and it takes ${o.needs}. It would wait.`,
    remedy: `There is room from ${until}; choose a later time.`,
    params: { ...params, until },
  }
}

/** What the plan itself tells, long before the due time. */
export const isPlanned = (f: Pick<Finding, 'kind'>): boolean =>
  f.kind === 'quota.planned' || f.kind === 'quota.exceeds' || f.kind === 'quota.spent'

/**
 * Publications of the plan before `p` that share its budgets: of its channel, or of all channels of the app, whatever
 * workspace they are of. One that waits counts when it goes on, unless it has begun and taken its part.
 */
const earlierOf = async (db: Db, p: PlannedFor, sharing: Sharing | null, from: number): Promise<Earlier[]> => {
  const shared = db
    .selectFrom('publications as x')
    .innerJoin('channels as c', 'c.id', 'x.channel_id')
    .innerJoin('posts as b', 'b.id', 'x.post_id')
    // Their weights alone: texts may be long, and many.
    .select([
      'x.settings',
      sql<number>`jsonb_array_length(coalesce(x.content, b.content) -> 'segments')`.as('segments'),
      sql<boolean>`trim(coalesce(coalesce(x.content, b.content) ->> 'firstComment', '')) <> ''`.as('firstComment'),
    ])
    .where((e) => {
      if (sharing === null) return e('x.channel_id', '=', p.channel.id)
      const app = [e('c.platform', '=', p.channel.platform), e('c.realm', '=', p.channel.realm)]
      if ('only' in sharing) return e.and([...app, e('x.workspace_id', 'in', sharing.only)])
      return e.and(sharing.but.length > 0 ? [...app, e('x.workspace_id', 'not in', sharing.but)] : app)
    })
    .$if(p.id !== null, (q) => q.where('x.id', '!=', p.id!))
    .limit(most)
  const [planned, waiting] = [
    await shared
      .select('x.due_at as at')
      .where('x.state', '=', 'scheduled')
      .where('x.due_at', '>', new Date(from))
      .where((e) =>
        p.id === null
          ? e('x.due_at', '<=', p.dueAt)
          : e.or([e('x.due_at', '<', p.dueAt), e.and([e('x.due_at', '=', p.dueAt), e('x.id', '<', p.id)])]),
      )
      .orderBy('x.due_at', 'desc')
      .execute(),
    await shared
      .select('x.next_at as at')
      .where('x.state', '=', 'waiting')
      .where('x.begun', '=', false)
      .where('x.next_at', '>', new Date(from))
      .where('x.next_at', '<=', p.dueAt)
      .orderBy('x.next_at', 'desc')
      .execute(),
  ]
  return [...planned, ...waiting].map(({ at, ...weight }) => ({ at: at!.getTime(), weight }))
}

/** What the network said the caps are, by bucket, where it tells them of this account. */
const toldCaps = async (db: Db, channelId: string, buckets: readonly string[]): Promise<Map<string, number>> =>
  new Map(
    (
      await db
        .selectFrom('quota_readings')
        .select(['bucket', 'cap'])
        .where('channel_id', '=', channelId)
        .where('bucket', 'in', buckets)
        .execute()
    ).map((r) => [r.bucket, r.cap]),
  )

/** Our own counts of these accounts that end after `from` (epoch ms). */
const countsOf = (db: Db, platform: string, accounts: readonly string[], from: number) =>
  db
    .selectFrom('quotas')
    .select(['account', 'bucket', 'window_end', 'used'])
    .where('platform', '=', platform)
    .where('account', 'in', accounts)
    .where('window_end', '>', new Date(from))
    .execute()

/** Findings of the plan (`isPlanned`) about a publication with a due time. */
export const plannedFindings = async (
  db: Db,
  platform: Platform | undefined,
  p: PlannedFor,
  { appOf, sharing: sharingOf }: Apps,
): Promise<Finding[]> => {
  const at = p.dueAt.getTime()
  const foreseen = (platform?.spec.budgets ?? []).filter((b) => b.plans)
  if (!platform || foreseen.length === 0) return []
  const { id: channelId, realm, workspace_id: ws } = p.channel
  const app = foreseen.some((b) => b.scope === 'app') ? await appOf(ws, p.channel.platform, realm) : {}
  const able = foreseen.flatMap((budget) => {
    const needs = budget.plans!(plannedOf(p.content, p.settings))
    const account = accountOf(budget, { platform, realm, channelId, app })
    return needs > 0 && account !== null ? [{ budget, needs, account, from: sharing(budget, at).from }] : []
  })
  if (able.length === 0) return []
  const buckets = able.map((a) => a.budget.bucket)
  const caps = await toldCaps(db, channelId, buckets)
  const accounts = [...new Set(able.map((a) => a.account))]
  const counts = await countsOf(db, p.channel.platform, accounts, Math.min(...able.map((a) => a.from)))
  const out: Finding[] = []
  const seen = new Map<string, Earlier[]>()
  const ofApp = able.some((a) => a.budget.scope === 'app') ? await sharingOf(ws, p.channel.platform, realm) : null
  for (const { budget, needs, account, from } of able) {
    const key = `${budget.scope}/${from}`
    const earlier = seen.get(key) ?? (await earlierOf(db, p, budget.scope === 'app' ? ofApp : null, from))
    seen.set(key, earlier)
    const cap = caps.get(budget.bucket) ?? capOf(budget, app)
    const taken = counts
      .filter((c) => c.account === account && c.bucket === budget.bucket && c.window_end.getTime() > from)
      .reduce((sum, c) => sum + c.used, 0)
    const planned = earlier.map((e) => ({ at: e.at, units: budget.plans!(e.weight) }))
    const until = roomFrom({ cap, needs, used: taken, earlier: planned }, at, budget)
    if (until === at) continue
    const before = taken + planned.reduce((sum, e) => sum + e.units, 0)
    out.push(finding(p.channel.platform, { budget, cap, used: before, needs, until }))
  }
  return out
}
