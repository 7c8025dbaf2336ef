/** The SQL of preparing ahead: what may be prepared, taking it, and how it ended. A preparing holds its publication, never the channel. */
import { sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { ContentJson } from '#infra/db/tables.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { leastAheadMs, mostPreparings } from './ahead.ts'
import { deathsBefore } from './deaths.ts'
import { channelSql, type Loaded } from './frozen.ts'
import { type Line, lineSql } from './journal.ts'
import { type Claim, type ClaimedRow, claimOf, LeaseLost } from './store.ts'
import { may, stateAfter } from './transition.ts'

/** The channel could publish now, and nobody is at it. `p`, `c`, `w`: publications, channels, workspaces. */
const able = (now: Date) => sql`
  ${may('prepare', 'p')} and not p.begun and p.prepare_at <= ${now} and p.due_at > ${new Date(now.getTime() + leastAheadMs)}
  and (p.lease_until is null or p.lease_until <= ${now}) and p.prepare_tries < ${mostPreparings}
  and c.state = 'ok' and c.removed_at is null and c.paused_at is null and w.paused_at is null
  and (c.not_before is null or c.not_before <= ${now})`

export type Candidate = {
  id: string
  version: number
  workspaceId: string
  platform: string
  dueAt: Date
  content: ContentJson
  settings: Record<string, unknown>
  channel: Loaded['channel']
}

/** What may be prepared now, the next due first, at most `most[platform]` of a platform. */
export const candidates = async (db: Db, most: Record<string, number>, now: Date): Promise<Candidate[]> => {
  const { rows } = await sql<Candidate>`
    select x.id, x.version, x.workspace_id as "workspaceId", x.platform, x.due_at as "dueAt", x.settings, x.content, x.channel from (
      select p.id, p.version, p.workspace_id, c.platform, p.due_at, p.settings, coalesce(p.content, b.content) as content,
        ${channelSql} as channel,
        row_number() over (partition by c.platform order by p.due_at, p.id) as n
      from publications p join channels c on c.id = p.channel_id join workspaces w on w.id = p.workspace_id join posts b on b.id = p.post_id
      where ${able(now)}
    ) x where x.n <= coalesce((${JSON.stringify(most)}::jsonb ->> x.platform)::int, 1)
    order by x.due_at, x.id`.execute(db)
  return rows
}

/** When something may be prepared next, or null. What waits for a free place is looked at when a preparing ends. */
export const nextPreparing = async (db: Db, now: Date): Promise<Date | null> => {
  const { rows } = await sql<{ at: Date | null }>`
    select min(prepare_at) as at from publications where ${may('prepare')} and prepare_at > ${now}`.execute(db)
  return rows[0]?.at ?? null
}

/** Another look then; null: nothing can be prepared. `version`: as it was looked at; whoever changed it since has said anew when to look. */
export type Again = { id: string; version: number; at: Date | null }
export const lookAgain = async (db: Db, list: readonly Again[], now: Date): Promise<void> => {
  if (list.length === 0) return
  await sql`
    update publications p set prepare_at = x.at from jsonb_to_recordset(${JSON.stringify(list)}::jsonb) as x(id uuid, version int, at timestamptz)
    where p.id = x.id and p.version = x.version and ${may('prepare', 'p')} and p.prepare_at <= ${now} and (p.lease_until is null or p.lease_until <= ${now})`.execute(
    db,
  )
}

type Taken = Claim & { tries: number }

/**
 * Takes a publication: null when it is not there to take any more. `look`: only to see what it needs, which counts as no try
 * and is not told; `goOn` makes a preparing of it. `tries`: this one included.
 */
export const claimPreparing = async (
  db: Db,
  o: { id: string; now: Date; leaseUntil: Date; worker: string; look: boolean },
): Promise<Taken | null> => {
  const { rows } = await sql<ClaimedRow & { tries: number }>`
    with ready as (
      select p.id, c.platform, p.frozen is null as anew from publications p
      join channels c on c.id = p.channel_id join workspaces w on w.id = p.workspace_id
      where p.id = ${o.id} and ${able(o.now)} for update of p skip locked
    ), taken as (
      update publications p set state = ${stateAfter('prepare')}, lease_token = gen_random_uuid(), lease_until = ${o.leaseUntil},
        worker = ${o.worker}, deaths = ${deathsBefore('p')}, prepare_tries = p.prepare_tries + ${o.look ? 0 : 1}
      from ready r where p.id = r.id
      returning p.*, r.platform, r.anew
    )${o.look ? sql`` : sql`, said as (${begins(o.now, o.worker)})`}
    select id, workspace_id, post_id, channel_id, platform, lease_token, lease_until as until, attempt, prepare_tries as tries, started_at, due_at, deaths from taken`.execute(
    db,
  )
  const r = rows[0]
  return r ? { ...claimOf(r, o.worker), tries: r.tries } : null
}
const begins = (now: Date, worker: string) =>
  lineSql({ event: 'preparing', at: now, data: { worker } }, sql`taken where anew`, null)

/** What was taken for a look is prepared. */
export const goOn = async (db: Db, c: Taken, now: Date): Promise<Taken> => {
  const { rows } = await sql<{ tries: number }>`
    with taken as (
      update publications set prepare_tries = prepare_tries + 1
      where id = ${c.publicationId} and lease_token = ${c.lease} and ${may('prepare')}
      returning id, workspace_id, frozen is null as anew, prepare_tries as tries
    ), said as (${begins(now, c.worker)})
    select tries from taken`.execute(db)
  if (!rows[0]) throw new LeaseLost(c.publicationId)
  return { ...c, tries: rows[0].tries }
}

/** Gives back what was taken, to be looked at again then; at once when it was moved meanwhile. Null: there is nothing to prepare. */
export const giveBack = async (db: Db, c: Claim, at: Date | null, now: Date): Promise<void> => {
  const { rows } = await sql<{ due: boolean }>`
    update publications set lease_token = null, lease_until = null, worker = null,
      prepare_at = case when ${sameDue(c.dueAt)} then ${at}::timestamptz else ${now} end
    where id = ${c.publicationId} and lease_token = ${c.lease} and ${may('prepare')} returning ${isSoon(now)} as due`.execute(
    db,
  )
  if (rows[0]?.due) await notify(db, topics.due, '')
}

/**
 * Renews leases of preparings, each until its own time. Gives what is still ours, with the due time as it is now. Finds and
 * locks as `renewLeases` does.
 */
export const renewPreparings = async (
  db: Db,
  claims: readonly (Claim & { until: Date })[],
): Promise<Map<string, Date>> => {
  const of = (key: 'publicationId' | 'lease' | 'until') => claims.map((c) => c[key])
  const { rows } = await sql<{ lease_token: string; due_at: Date }>`
    with l as materialized (
      select p.id, i.lease, i.until
      from unnest(${of('publicationId')}::uuid[], ${of('lease')}::uuid[], ${of('until')}::timestamptz[]) as i(id, lease, until)
      join publications p on p.id = i.id where p.lease_token = i.lease order by p.id for update of p
    )
    update publications set lease_until = l.until from l
    where publications.id = l.id and publications.lease_token = l.lease and ${may('prepare')}
    returning publications.lease_token, publications.due_at`.execute(db)
  return new Map(rows.map((r) => [r.lease_token, r.due_at]))
}

/** When the first preparing that keeps a due publication gives it up, by its lease, or null: its worker may have died. */
export const nextFreed = async (db: Db, now: Date): Promise<Date | null> => {
  const { rows } = await sql<{ at: Date | null }>`
    select min(lease_until) as at from publications
    where ${may('prepare')} and prepare_at <= ${now} and next_at <= ${now} and lease_until > ${now}`.execute(db)
  return rows[0]?.at ?? null
}

export type PreparingEnd = {
  now: Date
  preparedAt: Date | null
  preparedUntil: Date | null
  /** When to go on; null: nothing more before the due time. */
  nextAt: Date | null
  /** Counts anew: nothing went wrong. */
  resetTries: boolean
  /** What people are warned of; null: nothing any more. */
  trouble: Finding | null
  line: Line | null
}

/** Carriers that look ahead pass over what is held; due sooner than this (ms), it is not left to their next look. */
const soonMs = 10_000
const isSoon = (now: Date) => sql<boolean>`due_at <= ${new Date(now.getTime() + soonMs)}`
/** Due times are kept in whole milliseconds, but for what is written by hand. */
const sameDue = (dueAt: Date) => sql<boolean>`date_trunc('milliseconds', due_at) = ${dueAt}::timestamptz`

/**
 * Ends a preparing: the lease is given back, what it came to is told. One commit; the engine hears of it when its time is
 * near. `judge` says what it came to for a due time, and is asked again where a person moved it meanwhile.
 */
export const endPreparing = async (db: Db, c: Claim, judge: (dueAt: Date) => PreparingEnd): Promise<PreparingEnd> => {
  const others = sql`coalesce((select jsonb_agg(f) from jsonb_array_elements(forecast) f where left(f ->> 'kind', 8) <> 'prepare.'), '[]'::jsonb)`
  for (let { dueAt } = c; ; ) {
    const e = judge(dueAt)
    const told = sql`${others} || ${JSON.stringify(e.trouble ? [e.trouble] : [])}::jsonb`
    const { rows } = await sql<{ id: string; due: boolean }>`
      with p as (
        update publications set state = ${stateAfter('prepared')}, lease_token = null, lease_until = null, worker = null,
          prepared_at = ${e.preparedAt}, prepared_until = ${e.preparedUntil}, prepare_at = ${e.nextAt},
          prepare_tries = case when ${e.resetTries} then 0 else prepare_tries end,
          forecast = ${told}, version = version + case when ${told} is distinct from forecast then 1 else 0 end, updated_at = ${e.now}
        where id = ${c.publicationId} and lease_token = ${c.lease} and ${may('prepared')} and ${sameDue(dueAt)}
        returning id, workspace_id, due_at
      )${e.line ? sql`, j as (${lineSql(e.line, sql`p`, c.attempt || null)})` : sql``}
      select id, ${isSoon(e.now)} as due from p`.execute(db)
    if (rows[0]) {
      if (rows[0].due) await notify(db, topics.due, '')
      return e
    }
    const moved = await db
      .selectFrom('publications')
      .select('due_at')
      .where('id', '=', c.publicationId)
      .where('lease_token', '=', c.lease)
      .where(may('prepared'))
      .executeTakeFirst()
    if (!moved?.due_at || moved.due_at.getTime() === dueAt.getTime()) throw new LeaseLost(c.publicationId)
    dueAt = moved.due_at
  }
}
