/** What is due, and whose turn it is: a claim takes a channel and its first due publication under one lease, in one statement. */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { Waits } from './line.ts'
import { backlogAfterMs } from './rules.ts'
import { type Claim, type ClaimedRow, claimOf } from './store.ts'
import { mayStart, takenRow, takeSql } from './take.ts'
import { may, stateAfter } from './transition.ts'

/** How long a publication the network works on keeps the next ones of its channel waiting (ms, from its first step or, prepared ahead, from its due time; decision 0010). */
const headMs = 5 * 60_000

/** Of a publication `p` the network works on: does it let the next one of its channel pass? At once when its only post is with the network already. */
const letsPass = (now: RawBuilder<unknown>) => sql`(
  (p.begun and jsonb_array_length(p.frozen -> 'segments') = 1) or greatest(p.started_at, p.due_at) <= ${now} - ${sql.lit(`${headMs} ms`)}::interval
)`

/**
 * The publication of channel `c` whose turn it is, of those due until then: the oldest or the newest, as `order` (a
 * workspace's) says. What is being prepared is passed over, and what the network works on where it lets the next one pass.
 * `but`: not this one.
 */
export const headOf = (
  order: RawBuilder<unknown>,
  o: { now: RawBuilder<unknown>; until: RawBuilder<unknown>; but?: RawBuilder<unknown> },
): RawBuilder<unknown> => {
  const first = (rest: RawBuilder<unknown>) => sql`
    (select p.id, p.next_at, p.attempt from publications p
      where p.channel_id = c.id and ${may('claim', 'p')} and p.due_at <= ${o.until}
        and (p.state <> 'scheduled' or p.lease_until is null or p.lease_until <= ${o.now})
        and not (p.state = 'waiting' and p.reason = 'processing' and p.next_at > ${o.now} and ${letsPass(o.now)})
        ${o.but ? sql`and p.id <> ${o.but}` : sql``} and ${rest} limit 1)`
  return sql`${first(sql`${order} = 'oldest' order by p.due_at, p.id`)} union all
    ${first(sql`${order} = 'newest' order by p.due_at desc, p.id desc`)}`
}

/** How many channels that wait for a place are named by a look at everything, of each platform. */
export const longestLine = 1_000

export type Which =
  /** Whatever is due: at most so many of a platform; one of a platform that is not named, so that what nobody can publish is told instead of forgotten. */
  | { free: Record<string, number> }
  /** The first publication of each of these channels, if it is due. */
  | { channels: readonly string[] }
  /** These alone, each if it is due and the first of its channel. */
  | { publications: readonly string[] }

/** The channels `c` to be asked, with since when something of theirs is due. */
const asked = (o: Which, now: Date): RawBuilder<unknown> => {
  if ('channels' in o)
    return sql`select k.id as channel_id, k.at from unnest(${o.channels as string[]}::uuid[]) with ordinality as k(id, at)`
  const ours = 'publications' in o ? sql`and p.id = any(${o.publications as string[]}::uuid[])` : sql``
  return sql`
    select p.channel_id, min(p.next_at) as at from publications p where ${may('claim', 'p')} and p.next_at <= ${now} ${ours} group by p.channel_id`
}

/** Of platforms whose places are all taken: who waits for one, as rows of `claim`. */
const stillWaiting = sql`
  union all (
    select 'waits', null, n.id, n.platform, null, null, null, null, null, n.at, null, null from (
      select near.*, row_number() over (partition by near.platform order by at, id) as place from near join places f on f.platform = near.platform
      where not exists (select from able where able.channel_id = near.id)
        and (select count(*) from able where able.platform = f.platform) >= f.places
    ) n where n.place <= ${sql.lit(longestLine)} order by n.at, n.id
  )`

/** `publication`: the first of its channel. */
export type Missed = Waits & { publication: string }

/** What was able to be taken and was not: somebody holds its channel or itself at this very moment, or has moved it. */
const missedNow = sql`
  union all
  select 'missed', able.id, able.channel_id, able.platform, null, null, null, null, null, null, null, null from able
  where not exists (select from taken where taken.channel_id = able.channel_id)`

/**
 * Claims channels, each with the first publication in its due order (one at a time per channel). A publication whose lease
 * ran out is claimed like a due one; its journal tells where to go on. What is being prepared is let come to its end first,
 * and keeps nobody of its channel waiting.
 *
 * A look at everything that is due (`free`) reads all of it, so it is for now and then: it names the channels that found
 * no place (`waiting`, what waits longest first), and those are asked by name when places are free, as are channels whose
 * turn has ended. That costs what is claimed, however much is due. The first of a channel is looked up channel by
 * channel, and only until the places are taken: a thousand channels may be due in the same second.
 *
 * Nobody's lock is waited for, so what is locked at this moment is `missed`: to be asked for again soon.
 */
export const claim = async (
  db: Db,
  o: Which & { now: Date; leaseUntil: Date; worker: string },
): Promise<{ claims: Claim[]; waiting: Waits[]; missed: Missed[] }> => {
  const now = sql`${o.now}::timestamptz`
  const head = headOf(sql`c.backlog_order`, { now, until: now })
  const { rows } = await sql<ClaimedRow & { what: 'taken' | 'waits' | 'missed' }>`
    with near as materialized (
      select c.id, c.platform, w.backlog_order, a.at from (${asked(o, o.now)}) a join channels c on c.id = a.channel_id join workspaces w on w.id = c.workspace_id
      where ${mayStart(now)} and w.paused_at is null and (c.lease_until is null or c.lease_until <= ${now})
    ), ${
      'free' in o
        ? sql`places as materialized (
            select platform, coalesce((${JSON.stringify(o.free)}::jsonb ->> platform)::int, 1) as places from near group by platform
          ),`
        : sql``
    } able as materialized (
      ${
        'free' in o
          ? sql`select a.* from places f cross join lateral (
              select c.id as channel_id, c.platform, x.id from (select * from near where near.platform = f.platform order by at, id) c
              cross join lateral (${head}) x where x.next_at <= ${now} limit f.places
            ) a`
          : sql`select c.id as channel_id, c.platform, x.id from near c cross join lateral (${head}) x
              where x.next_at <= ${now} ${'publications' in o ? sql`and x.id = any(${o.publications as string[]}::uuid[])` : sql``}`
      }
    ), ready as (
      select 0 as n, able.id, able.platform, gen_random_uuid() as token, ${o.leaseUntil}::timestamptz as until, ${o.worker} as worker, ${now} as now
      from able join channels c on c.id = able.channel_id
      where ${mayStart(now)} and (c.lease_until is null or c.lease_until <= ${now})
      for update of c skip locked
    ), ${takeSql}, held as (
      update channels c set lease_token = t.lease_token, lease_until = t.until from taken t where c.id = t.channel_id
    )
    select 'taken' as what, ${takenRow} from taken t
    ${missedNow}
    ${'free' in o ? stillWaiting : sql``}`.execute(db)
  const of = (what: 'waits' | 'missed') =>
    rows.filter((r) => r.what === what).map((r) => ({ publication: r.id, channel: r.channel_id, platform: r.platform }))
  return {
    claims: rows.filter((r) => r.what === 'taken').map((r) => claimOf(r, o.worker)),
    waiting: of('waits'),
    missed: of('missed'),
  }
}

/**
 * The next instant at which something may be claimable, or null. Leases and waits of channels that run out count, too
 * early rather than too late: whatever of such a channel is next, it is looked at when the channel is free again. What
 * is still being prepared when it is due is the matter of `nextFreed` (preparing-store.ts).
 */
export const nextDue = async (db: Db, now: Date): Promise<Date | null> => {
  const row = await sql<{ at: Date | null }>`
    select least((
      select p.next_at from publications p join channels c on c.id = p.channel_id join workspaces w on w.id = c.workspace_id
      where ${may('claim', 'p')} and p.next_at > ${now} and c.paused_at is null and w.paused_at is null and c.state = 'ok'
        and (c.not_before is null or c.not_before <= p.next_at) and (c.lease_until is null or c.lease_until <= p.next_at)
      order by p.next_at limit 1
    ), (
      select min(greatest(c.not_before, c.lease_until)) from channels c join workspaces w on w.id = c.workspace_id
      where (c.not_before > ${now} or c.lease_until > ${now}) and c.paused_at is null and w.paused_at is null and c.state = 'ok'
        and exists (select 1 from publications p where p.channel_id = c.id and ${may('claim', 'p')})
    )) as at`.execute(db)
  return row.rows[0]?.at ?? null
}

export type Troubles = {
  /** Channels with due work that cannot publish: their publications are to be held, and the person told. */
  broken: string[]
  /** Is so much late that it is judged together (`settleLate`)? */
  backlog: boolean
}
/** So many late ones are settled together; fewer are judged one by one, as they are claimed. */
const together = 50

/** What stands in the way of what is due, in one question. */
export const troubles = async (db: Db, now: Date): Promise<Troubles> => {
  const { rows } = await sql<{ id: string | null }>`
    select c.id from channels c
    where (c.state <> 'ok' or c.removed_at is not null) and exists (
      select 1 from publications p where p.channel_id = c.id and ${may('hold', 'p')} and p.due_at <= ${now} and p.next_at <= ${now}
        and (p.state <> ${stateAfter('claim')} or p.lease_until <= ${now}))
    union all
    select null where (
      select count(*) from (select 1 from publications p where ${may('claim', 'p')} and p.next_at <= ${new Date(now.getTime() - backlogAfterMs)} limit ${together}) x
    ) >= ${together}`.execute(db)
  return {
    broken: rows.flatMap((r) => r.id ?? []),
    backlog: rows.some((r) => r.id === null),
  }
}
