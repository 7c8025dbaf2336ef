/**
 * After an outage: what is late by more than a minute and has not begun. It goes out by itself, paced (`pace.backlogGapMs`
 * of a channel, `pace.concurrency` of a network); what its late policy no longer lets out is settled together, told once a
 * workspace. A person may set it aside, take it up again, or drop it; each publication's journal names who.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Backlog } from '#contract/backlog.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import { lineSql } from './journal.ts'
import { presenceOf } from './presence.ts'
import { backlogAfterMs, throughAt, transitions } from './rules.ts'
import { may, stateAfter } from './transition.ts'

/** `by`: the name of who asked. */
export type Asked = { ws: string; by: string }
export type BacklogOf = {
  read: (ws: string) => Promise<Backlog>
  /** What waits now is held until somebody takes it up again. */
  setAside: (o: Asked) => Promise<Backlog>
  /** Due again, now, whatever the late policy says: a person asked for it. */
  takeUp: (o: Asked) => Promise<Backlog>
  /** Cancelled, what is set aside included. Raises `conflict` when there is more of it than `count`. */
  drop: (o: Asked & { count: number }) => Promise<Backlog>
}

/** Why a publication is held: a person set the backlog aside. */
const aside = 'backlog'
/** Of one statement. */
const batch = 1_000
/** Turns an estimate follows one by one; what is beyond is taken to go out. */
const mostTurns = 20_000

/** Late, not begun, and in nobody's hands. The first part is in the words of the partial indexes. */
const late = (now: Date) => sql`${may('claim', 'p')} and ${may('set-aside', 'p')}
  and p.due_at <= ${new Date(now.getTime() - backlogAfterMs)} and (p.lease_until is null or p.lease_until <= ${now})`

const waiting = (ws: string, now: Date) => sql`
  select p.id from channels c join publications p on p.channel_id = c.id where c.workspace_id = ${ws} and ${late(now)}`
const held = (ws: string | RawBuilder<unknown>) => sql`
  select p.id from publications p where p.workspace_id = ${ws} and ${may('release', 'p')} and p.reason = ${aside} and not p.begun`

/** Less than this a channel works off in a minute or two, and it is no news; what a person set aside always is. */
const worthSaying = 5
/** Workspaces with so much late that a person should know. */
export const backlogged = async (db: Db, now: Date): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`
    select w.id from workspaces w where (
      select count(*) from (select from publications p where p.workspace_id = w.id and ${late(now)} and p.next_at <= ${now} limit ${worthSaying}) x
    ) >= ${worthSaying} or exists (${held(sql.ref('w.id'))})`.execute(db)
  return rows.map((r) => r.id)
}

/** What a publication forgets that is taken off the plan or starts anew: a try that never began. */
const fresh = sql`frozen = null, lease_token = null, lease_until = null, worker = null, tries = 0, forecast = '[]', forecast_at = null,
  started_at = null, prepare_at = null, prepared_at = null, prepared_until = null, prepare_tries = 0, deaths = 0`

/**
 * Did a person let it out of the backlog after it was due? Then no late policy applies, however long its turn takes to come.
 * A later due time is a new plan. `id`, `dueAt`: of the publication.
 */
const takenUp = (id: unknown, dueAt: unknown) => sql<boolean>`exists (
  select from journal j where j.publication_id = ${id} and j.event = 'released' and j.data ? 'by' and j.at >= ${dueAt})`
export const isTakenUp = async (db: Db, p: { publicationId: string; dueAt: Date }): Promise<boolean> => {
  const { rows } = await sql<{ yes: boolean }>`select ${takenUp(p.publicationId, p.dueAt)} as yes`.execute(db)
  return rows[0]!.yes
}

const these = sql`these`
const tried = sql`nullif(attempt, 0)`
const words = sql`words`

/** Locks the channels lightly and then the publications, in the order of edits (posts/store.ts); the engine passes them over. */
const change = async (trx: Db, which: RawBuilder<unknown>, rest: RawBuilder<unknown>): Promise<number> => {
  await sql`select id from channels where id in (select channel_id from publications where id in (${which})) order by id for key share`.execute(
    trx,
  )
  const { rows } = await sql<{ n: number }>`
    with these as materialized (
      select id, workspace_id, attempt, prepared_until from publications p where id in (${which}) order by id for update
    ), ${rest} select count(*)::int as n from done`.execute(trx)
  return rows[0]!.n
}

const forgotten = (now: Date) => sql`
  lost as (${lineSql({ event: 'prepare-dropped', at: now, data: { why: 'taken-back' } }, sql`these where prepared_until is not null`, tried)}),
  stepless as (delete from steps s using these where s.publication_id = these.id),
  tried as (update attempts a set ended_at = ${now}, verdict = 'superseded' from these where a.publication_id = these.id and a.ended_at is null)`

export const createBacklog = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  platforms: ReadonlyMap<string, Platform>
}): BacklogOf => {
  const { db } = d
  const at = () => new Date(d.clock.now())

  /** Of each channel, until when its late policy lets each out (epoch ms; null: any time), in the order of their turns. */
  const turnsOf = async (
    ws: string,
    now: Date,
    order: 'oldest' | 'newest',
  ): Promise<Map<string, (number | null)[]>> => {
    const { rows } = await sql<{ channel_id: string; until: Date | null }>`
      select p.channel_id, case when x.policy ->> 'otherwise' = 'publish' or ${takenUp(sql.ref('p.id'), sql.ref('p.due_at'))} then null
        else greatest(p.due_at, p.started_at) + (x.policy ->> 'maxLateMs')::float8 * interval '1 millisecond' end as until
      from publications p join posts b on b.id = p.post_id join workspaces w on w.id = p.workspace_id
      cross join lateral (select coalesce(b.late_policy, w.late_policy) as policy) x
      where p.id in (${waiting(ws, now)})
      order by p.due_at ${order === 'newest' ? sql`desc` : sql``}, p.id ${order === 'newest' ? sql`desc` : sql``} limit ${mostTurns}`.execute(
      db,
    )
    const turns = new Map<string, (number | null)[]>()
    for (const r of rows) {
      const of = turns.get(r.channel_id) ?? []
      of.push(r.until?.getTime() ?? null)
      turns.set(r.channel_id, of)
    }
    return turns
  }

  const read: BacklogOf['read'] = async (ws) => {
    const now = at()
    const workspace = await db
      .selectFrom('workspaces')
      .select(['backlog_order', 'paused_at'])
      .where('id', '=', ws)
      .executeTakeFirstOrThrow()
    const { rows } = await sql<{
      id: string
      platform: string
      free: boolean
      not_before: Date | null
      n: number
      aside: number
      oldest: Date
    }>`
      select c.id, c.platform, c.not_before, c.state = 'ok' and c.removed_at is null and c.paused_at is null as free,
        count(*) filter (where not x.aside)::int as n, count(*) filter (where x.aside)::int as aside, min(x.due_at) as oldest
      from (
        select p.channel_id, p.due_at, false as aside from publications p where p.id in (${waiting(ws, now)})
        union all select p.channel_id, p.due_at, true from publications p where p.id in (${held(ws)})
      ) x join channels c on c.id = x.channel_id group by c.id order by n desc, c.id`.execute(db)
    const turns = await turnsOf(ws, now, workspace.backlog_order)
    const pace = (platform: string) => d.platforms.get(platform)?.spec.pace
    const through = throughAt(
      rows.map((r) => ({
        platform: r.platform,
        count: r.n,
        gapMs: pace(r.platform)?.backlogGapMs ?? 0,
        atOnce: pace(r.platform)?.concurrency ?? 1,
        free: r.free && workspace.paused_at === null,
        until: turns.get(r.id) ?? [],
        ...(r.not_before && { from: r.not_before.getTime() }),
      })),
      now.getTime(),
    )
    const { working, lookedAt } = await presenceOf(db, now.getTime())
    const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
    return {
      count: rows.reduce((sum, r) => sum + r.n, 0),
      setAside: rows.reduce((sum, r) => sum + r.aside, 0),
      tooLate: through.each.reduce((sum, e) => sum + e.tooLate, 0),
      order: workspace.backlog_order,
      doneAt: iso(through.all),
      channels: rows.map((r, i) => ({
        channelId: r.id,
        count: r.n,
        setAside: r.aside,
        tooLate: through.each[i]!.tooLate,
        oldestDueAt: r.oldest.toISOString(),
        doneAt: iso(through.each[i]!.doneAt),
      })),
      worker: { working, lookedAt: iso(lookedAt?.getTime() ?? null) },
    }
  }

  /** One transaction, told once; the engine looks again, since it passes over what is locked. */
  const act = async (ws: string, run: (trx: Db, now: Date) => Promise<unknown>): Promise<Backlog> => {
    await db.transaction().execute(async (trx) => {
      await run(trx, at())
      await notify(trx, topics.live, { workspaceId: ws, kind: 'workspace', id: ws })
      await notify(trx, topics.due, '')
    })
    return read(ws)
  }

  return {
    read,
    setAside: ({ ws, by }) =>
      act(ws, (trx, now) =>
        change(
          trx,
          waiting(ws, now),
          sql`said as (${lineSql({ event: 'held', at: now, data: { reason: aside, by } }, these, tried)}), done as (
            update publications p set state = ${stateAfter('set-aside')}, reason = ${aside}, message = null, next_at = null,
              version = version + 1, updated_at = ${now} from these where p.id = these.id and ${may('set-aside', 'p')} returning 1)`,
        ),
      ),
    takeUp: ({ ws, by }) =>
      act(ws, (trx, now) =>
        change(
          trx,
          held(ws),
          sql`said as (${lineSql({ event: 'released', at: now, data: { by } }, these, tried)}), done as (
            update publications p set state = ${stateAfter('release')}, reason = null, message = null, next_at = ${now}, started_at = ${now},
              version = version + 1, updated_at = ${now} from these where p.id = these.id and ${may('release', 'p')} returning 1)`,
        ),
      ),
    drop: ({ ws, by, count }) =>
      act(ws, async (trx, now) => {
        const all = sql`${waiting(ws, now)} union all ${held(ws)}`
        const dropped = await change(
          trx,
          all,
          sql`${forgotten(now)}, said as (${lineSql({ event: 'cancelled', at: now, data: { by } }, these, tried)}), done as (
            update publications p set state = ${stateAfter('cancel')}, reason = null, message = null, next_at = null, ${fresh},
              version = version + 1, updated_at = ${now} from these where p.id = these.id and ${may('cancel', 'p')} returning 1)`,
        )
        if (dropped > count)
          throw new Problem(
            'conflict',
            `The backlog has ${dropped} publications by now. Look at it, then drop it again.`,
          )
      }),
  }
}

/**
 * Settles what the late policies no longer let out, where it is much: missed, or held with the question, as `late` of
 * rules.ts judges one by one. Each has its line in the journal; screens are told once a workspace. Gives how many.
 */
export const settleLate = async (db: Db, now: Date): Promise<number> => {
  let settled = 0
  const told = new Set<string>()
  for (;;) {
    const { rows } = await sql<{ workspace_id: string; n: number; total: number }>`
      with these as materialized (
        select p.id, p.workspace_id, p.attempt, p.prepared_until, x.policy ->> 'otherwise' as otherwise,
          round(extract(epoch from ${now}::timestamptz - p.due_at) / 60)::int as minutes
        from publications p join posts b on b.id = p.post_id join channels c on c.id = p.channel_id join workspaces w on w.id = p.workspace_id
        cross join lateral (select coalesce(b.late_policy, w.late_policy) as policy) x
        where ${late(now)} and p.next_at <= ${now} and x.policy ->> 'otherwise' in ('ask', 'expire')
          and c.state = 'ok' and c.removed_at is null and c.paused_at is null and w.paused_at is null
          and greatest(p.due_at, p.started_at) < ${now}::timestamptz - (x.policy ->> 'maxLateMs')::float8 * interval '1 millisecond'
          and not ${takenUp(sql.ref('p.id'), sql.ref('p.due_at'))}
        order by p.next_at limit ${batch} for update of p skip locked
      ), ${forgotten(now)}, worded as (
        select *, case otherwise when 'ask' then 'It is ' || minutes || ' minutes late. Publish it now, choose another time, or cancel it.'
          else 'It was ' || minutes || ' minutes late, so it was not published, as the late policy says.' end as words from these
      ), asked as (${lineSql({ event: 'held', at: now, data: { reason: 'late' } }, sql`worded where otherwise = 'ask'`, tried, words)}),
      told as (${lineSql({ event: 'missed', at: now, data: { reason: 'late' } }, sql`worded where otherwise = 'expire'`, tried, words)}),
      done as (
        update publications p set state = case otherwise when 'ask' then ${stateAfter('set-aside')} else ${stateAfter('overdue')} end,
          reason = 'late', message = words, next_at = null, lease_token = null, lease_until = null, worker = null,
          prepare_at = null, prepared_at = null, prepared_until = null, version = version + 1, updated_at = ${now}
        from worded where p.id = worded.id and ${may('set-aside', 'p')} returning p.workspace_id
      )
      select workspace_id, count(*)::int as n, (select count(*) from these)::int as total from done group by workspace_id`.execute(
      db,
    )
    for (const r of rows) {
      settled += r.n
      told.add(r.workspace_id)
    }
    if ((rows[0]?.total ?? 0) < batch) break
  }
  const { to } = transitions.overdue
  for (const id of told) await notify(db, topics.live, { workspaceId: id, kind: 'workspace', id, state: to })
  return settled
}
