/** Scheduling: when a post goes out, on all its channels or on one. Every change is one transaction. */

import { sql } from 'kysely'
import { type IfMatch, isWanted } from '#contract/etag.ts'
import type { PostState, ScheduleInput } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import { knownQuotas } from '../channels/quotas.ts'
import type { Reach } from '../people/effect.ts'
import {
  cancelPublication,
  reschedulePublication,
  schedulePublications,
  unschedulePublications,
} from '../publishing/commands.ts'
import { next, postState } from '../publishing/rules.ts'
import { resolveSchedule, type When } from '../schedule/rules.ts'
import { isPlanned, plannedFindings } from './planned.ts'
import { type Candidate, type Checked, candidateMedia, contentOf, type Preflight, refuseErrors } from './preflight.ts'
import { forecastAheadMs, worthSaying } from './rules.ts'
import {
  channelRows,
  findPublication,
  lockPost,
  lockPublications,
  mediaRows,
  type PostRow,
  type PublicationRow,
  tellPost,
  transact,
} from './store.ts'

/** The workspace a request is about, and what its sender may. `timeZone`: its IANA zone. */
export type Ws = { id: string; timeZone: string } & Reach
export type PlanDeps = { db: Db; clock: Clock; preflight: Preflight }

const gone = () => new Problem('not-found', 'There is no such post.')

/** Loads what preflight needs about candidates and asks it. */
export const checkCandidates = async (
  db: Db,
  preflight: Preflight,
  list: readonly Candidate[],
  now: Date,
): Promise<Checked[]> => {
  const channels = await channelRows(
    db,
    list.map((c) => c.channelId),
  )
  const ws = [...channels.values()][0]?.workspace_id
  const media = ws === undefined ? new Map() : await mediaRows(db, ws, candidateMedia(preflight, list, channels))
  const quotas = await knownQuotas(db, preflight.platforms, [...channels.values()], now, preflight.appOf)
  const checked = await preflight.checkAll(list, { channels, media, quotas, now })
  for (const [i, c] of list.entries()) {
    const channel = channels.get(c.channelId)
    if (!c.dueAt || !channel) continue
    const of = { id: c.id ?? null, channel, content: contentOf(c), settings: c.settings, dueAt: c.dueAt }
    const planned = await plannedFindings(db, preflight.platforms.get(channel.platform), of, preflight)
    // What is spent now and stays so until then has been told already.
    const told = checked[i]!.findings.some((f) => f.kind === 'quota.spent')
    if (!told) checked[i]!.findings.push(...planned)
  }
  return checked
}

const candidate = (post: Pick<PostRow, 'content'>, p: PublicationRow, dueAt: Date | null): Candidate => ({
  id: p.id,
  channelId: p.channel_id,
  base: post.content,
  own: p.content,
  settings: p.settings,
  dueAt,
})

/**
 * What was just checked needs no second look when it is due within minutes: keeps the findings as the forecast, so that
 * the job never locks rows the engine is about to take. Of what is due later only what the plan itself tells is kept, so that
 * the calendar shows it beforehand; the forecast looks again.
 */
export const keepForecast = async (trx: Db, postId: string, checked: readonly Checked[], now: Date): Promise<void> => {
  const forecasts = Object.fromEntries(checked.map((c) => [c.channelId, worthSaying(c.findings)]))
  await sql`
    update publications p set forecast = f.value, forecast_at = ${now} from jsonb_each(${JSON.stringify(forecasts)}::jsonb) f
    where p.post_id = ${postId} and p.channel_id = f.key::uuid and p.state = 'scheduled'
      and p.next_at <= ${new Date(now.getTime() + forecastAheadMs)}`.execute(trx)
  const planned = Object.fromEntries(checked.map((c) => [c.channelId, c.findings.filter(isPlanned)]))
  await sql`
    update publications p set forecast = f.value from jsonb_each(${JSON.stringify(planned)}::jsonb) f
    where p.post_id = ${postId} and p.channel_id = f.key::uuid and p.state = 'scheduled' and p.forecast_at is null
      and p.forecast is distinct from f.value`.execute(trx)
}

const setTime = async (trx: Db, postId: string, when: When | null, now: Date): Promise<void> => {
  await trx
    .updateTable('posts')
    .set((e) => ({
      due_at: when?.dueAt ?? null,
      wall_time: when?.wallTime ?? null,
      time_zone: when?.timeZone ?? null,
      version: e('version', '+', 1),
      updated_at: now,
    }))
    .where('id', '=', postId)
    .execute()
}

const tellState = async (trx: Db, ws: string, postId: string): Promise<PostState> => {
  const state = postState(await lockPublications(trx, postId))
  await tellPost(trx, ws, postId, state)
  return state
}

/** Publications a schedule of the whole post moves. A cancelled one stays cancelled, unless the whole post is. */
const movable = (rows: readonly PublicationRow[]): PublicationRow[] => {
  const able = rows.filter((p) => next(p.state, 'schedule', p.begun) !== null)
  const alive = able.filter((p) => p.state !== 'cancelled')
  return alive.length > 0 || rows.some((p) => p.state !== 'cancelled') ? alive : able
}

/** Schedules or reschedules a post. Throws `not-found`, `version-mismatch`, `no-channels`, `conflict`, `preflight` and the time Problems. */
export const schedulePost = (d: PlanDeps, ws: Ws, id: string, input: ScheduleInput, ifMatch: IfMatch): Promise<void> =>
  transact(d.db, async (trx) => {
    const post = await lockPost(trx, ws.id, id)
    if (!post) throw gone()
    if (!isWanted(ifMatch, post.version)) throw new Problem('version-mismatch')
    const now = new Date(d.clock.now())
    const when = resolveSchedule(input, { now: now.getTime(), timeZone: ws.timeZone })
    const rows = await lockPublications(trx, id)
    if (rows.length === 0) throw new Problem('no-channels')
    const list = movable(rows)
    if (list.length === 0)
      throw new Problem('conflict', 'Publishing has begun on every channel; the time can no longer change.')
    const checked = await checkCandidates(
      trx,
      d.preflight,
      list.map((p) => candidate(post, p, when.dueAt)),
      now,
    )
    refuseErrors(checked)
    if (list.every((p) => p.state === 'cancelled'))
      for (const p of list) await reschedulePublication(trx, { id: p.id, ws: ws.id, dueAt: when.dueAt, now })
    else await schedulePublications(trx, { postId: id, dueAt: when.dueAt, now })
    await keepForecast(trx, id, checked, now)
    await setTime(trx, id, when, now)
    await tellState(trx, ws.id, id)
  })

/** Unscheduling makes drafts of everything; a channel a person cancelled must not go out with the next schedule. */
const cancelAgain = async (trx: Db, ws: Ws, before: readonly PublicationRow[], now: Date): Promise<void> => {
  const ids = before.filter((p) => p.state === 'cancelled').map((p) => p.id)
  if (ids.length === 0) return
  const drafts = await trx
    .selectFrom('publications')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'draft')
    .orderBy('id')
    .execute()
  for (const { id } of drafts) await cancelPublication(trx, { id, ws: ws.id, now })
}

/**
 * Back to draft, as far as publishing has not begun; what a person cancelled stays cancelled. Throws `not-found`,
 * `version-mismatch`, `conflict` when nothing can be taken back.
 */
export const unschedulePost = (d: PlanDeps, ws: Ws, id: string, ifMatch: IfMatch): Promise<void> =>
  transact(d.db, async (trx) => {
    const post = await lockPost(trx, ws.id, id)
    if (!post) throw gone()
    if (!isWanted(ifMatch, post.version)) throw new Problem('version-mismatch')
    const now = new Date(d.clock.now())
    const before = await lockPublications(trx, id)
    await unschedulePublications(trx, id, now)
    if (before.some((p) => p.state !== 'cancelled')) await cancelAgain(trx, ws, before, now)
    const rows = await lockPublications(trx, id)
    // While some channel is on its way or out, the post keeps the time it had.
    if (rows.every((p) => p.state === 'draft' || p.state === 'cancelled')) await setTime(trx, id, null, now)
    await tellState(trx, ws.id, id)
  })

/** Another time for one channel. The post's own time follows when no other channel keeps it. Throws what `schedulePost` throws. */
export const rescheduleOne = (d: PlanDeps, ws: Ws, id: string, input: ScheduleInput, ifMatch: IfMatch): Promise<void> =>
  transact(d.db, async (trx) => {
    const found = await findPublication(trx, ws.id, id)
    const post = found && (await lockPost(trx, ws.id, found.post_id))
    if (!post) throw new Problem('not-found', 'There is no such publication.')
    const now = new Date(d.clock.now())
    const when = resolveSchedule(input, { now: now.getTime(), timeZone: ws.timeZone })
    const rows = await lockPublications(trx, post.id)
    const p = rows.find((x) => x.id === id)
    if (!p) throw new Problem('not-found', 'There is no such publication.')
    if (!isWanted(ifMatch, p.version)) throw new Problem('version-mismatch')
    // Refused before preflight: what has begun cannot move, whatever its words.
    if (next(p.state, 'schedule', p.begun) === null)
      throw new Problem(
        'conflict',
        `A publication that is ${p.state}${p.begun ? ' and has begun' : ''} cannot be given another time.`,
      )
    const checked = await checkCandidates(trx, d.preflight, [candidate(post, p, when.dueAt)], now)
    refuseErrors(checked)
    await reschedulePublication(trx, { id, ws: ws.id, dueAt: when.dueAt, now })
    await keepForecast(trx, post.id, checked, now)
    const others = rows.filter((x) => x.id !== id && x.state !== 'cancelled')
    if (!others.some((x) => x.due_at !== null && x.due_at.getTime() === post.due_at?.getTime()))
      await setTime(trx, post.id, when, now)
    await tellState(trx, ws.id, post.id)
  })
