/** What is due, and whose turn it is: a claim takes a channel and its first due publication under one lease, in one statement. */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { deathsBefore } from './deaths.ts'
import { lineSql } from './journal.ts'
import { backlogAfterMs } from './rules.ts'
import { type Claim, type ClaimedRow, claimOf } from './store.ts'
import { may, stateAfter } from './transition.ts'

/** How long a publication the network works on keeps the next ones of its channel waiting (ms, from its first step or, prepared ahead, from its due time; decision 0010). */
const headMs = 5 * 60_000

/** Of a publication `p` the network works on: does it let the next one of its channel pass? At once when its only post is with the network already. */
export const letsPass = (now: Date) => sql`(
  (p.begun and jsonb_array_length(p.frozen -> 'segments') = 1) or greatest(p.started_at, p.due_at) <= ${new Date(now.getTime() - headMs)}
)`

/** The first publication `p` of a channel, oldest first or newest, as `order` (a workspace's) says. `select` ends in its conditions. */
export const firstOf = (
  order: RawBuilder<unknown>,
  select: (rest: RawBuilder<unknown>) => RawBuilder<unknown>,
): RawBuilder<unknown> => sql`
  (${select(sql`and ${order} = 'oldest' order by p.due_at, p.id limit 1`)})
  union all (${select(sql`and ${order} = 'newest' order by p.due_at desc, p.id desc limit 1`)})`

/**
 * Claims channels, each with the first publication in its due order (one at a time per channel), at most `free[platform]`
 * of a platform; one of a platform that is not named, so that what nobody can publish is told instead of forgotten. A
 * publication whose lease ran out is claimed like a due one; its journal tells where to go on. The due time is asked
 * twice: a person may move the publication while the update waits for their lock. What is being prepared is let come to
 * its end first, and keeps nobody of its channel waiting. `only`: of these publications alone, and `free` does not count.
 *
 * The first of a channel is looked up channel by channel, what waits longest first, and only until the places are taken:
 * a thousand channels may be due in the same second.
 */
export const claim = async (
  db: Db,
  o: { free: Record<string, number>; now: Date; leaseUntil: Date; worker: string; only?: readonly string[] },
): Promise<Claim[]> => {
  const rows = await sql<ClaimedRow>`
    with due as (
      select p.channel_id, min(p.next_at) as at from publications p
      where ${may('claim', 'p')} and p.next_at <= ${o.now} ${o.only ? sql`and p.id = any(${o.only as string[]}::uuid[])` : sql``}
      group by p.channel_id
    ), near as materialized (
      select c.id, c.platform, w.backlog_order, due.at from due join channels c on c.id = due.channel_id join workspaces w on w.id = c.workspace_id
      where c.state = 'ok' and c.removed_at is null and c.paused_at is null and w.paused_at is null
        and (c.lease_until is null or c.lease_until <= ${o.now}) and (c.not_before is null or c.not_before <= ${o.now})
    ), able as (
      select a.channel_id, a.platform, a.id from (
        select platform, ${o.only ? sql`null::int` : sql`coalesce((${JSON.stringify(o.free)}::jsonb ->> platform)::int, 1)`} as places from near group by platform
      ) f cross join lateral (
        select c.id as channel_id, c.platform, x.id from (select * from near where near.platform = f.platform order by at, id) c
        cross join lateral (
          ${firstOf(
            sql`c.backlog_order`,
            (rest) => sql`select p.id, p.next_at from publications p
              where p.channel_id = c.id and ${may('claim', 'p')} and p.due_at <= ${o.now}
                and (p.state <> 'scheduled' or p.lease_until is null or p.lease_until <= ${o.now})
                and not (p.state = 'waiting' and p.reason = 'processing' and p.next_at > ${o.now} and ${letsPass(o.now)}) ${rest}`,
          )}
        ) x
        where x.next_at <= ${o.now} ${o.only ? sql`and x.id = any(${o.only as string[]}::uuid[])` : sql``}
        limit f.places
      ) a
    ), ready as (
      select c.id as channel_id, able.id, able.platform, gen_random_uuid() as token
      from able join channels c on c.id = able.channel_id
      where c.state = 'ok' and c.removed_at is null and c.paused_at is null
        and (c.lease_until is null or c.lease_until <= ${o.now}) and (c.not_before is null or c.not_before <= ${o.now})
      for update of c skip locked
    ), taken as (
      update publications p set state = ${stateAfter('claim')}, lease_token = r.token, lease_until = ${o.leaseUntil}, worker = ${o.worker},
        attempt = p.attempt + 1, deaths = ${deathsBefore('p')}, reason = null, message = null, version = p.version + 1, updated_at = ${o.now}
      from ready r where p.id = r.id and ${may('claim', 'p')}
        and p.next_at <= ${o.now} and p.due_at <= ${o.now} and (p.state <> 'scheduled' or p.lease_until is null or p.lease_until <= ${o.now})
      returning p.id, p.channel_id, r.platform, p.workspace_id, p.post_id, p.lease_token, p.attempt, p.started_at, p.due_at, p.deaths
    ), held as (
      update channels c set lease_token = t.lease_token, lease_until = ${o.leaseUntil} from taken t where c.id = t.channel_id
    ), closed as (
      update attempts a set ended_at = ${o.now}, verdict = 'lease-lost' from taken t where a.publication_id = t.id and a.ended_at is null
    ), tried as (
      insert into attempts (publication_id, number, worker, started_at) select id, attempt, ${o.worker}, ${o.now}::timestamptz from taken
    ), said as (
      ${lineSql({ event: 'attempt', at: o.now, data: { worker: o.worker } }, sql`taken`, sql`attempt`)}
    )
    select t.id, t.channel_id, t.platform, t.workspace_id, t.post_id, t.lease_token, t.attempt, t.started_at, t.due_at, t.deaths from taken t`.execute(
    db,
  )
  return rows.rows.map((r) => claimOf(r, o.worker))
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
  broken: { id: string; state: 'reconnect' | 'blocked' | 'removed'; reason: string | null }[]
  /** Is so much late that it is judged together (`settleLate`)? */
  backlog: boolean
}
/** So many late ones are settled together; fewer are judged one by one, as they are claimed. */
const together = 50

/** What stands in the way of what is due, in one question. */
export const troubles = async (db: Db, now: Date): Promise<Troubles> => {
  const { rows } = await sql<{
    id: string | null
    state: 'reconnect' | 'blocked' | 'ok' | null
    removed_at: Date | null
    state_reason: string | null
  }>`
    select c.id, c.state, c.removed_at, c.state_reason from channels c
    where (c.state <> 'ok' or c.removed_at is not null) and exists (
      select 1 from publications p where p.channel_id = c.id and ${may('hold', 'p')} and p.due_at <= ${now} and p.next_at <= ${now}
        and (p.state <> ${stateAfter('claim')} or p.lease_until <= ${now}))
    union all
    select null, null, null, null where (
      select count(*) from (select 1 from publications p where ${may('claim', 'p')} and p.next_at <= ${new Date(now.getTime() - backlogAfterMs)} limit ${together}) x
    ) >= ${together}`.execute(db)
  return {
    broken: rows.flatMap((r) =>
      r.id === null
        ? []
        : [
            {
              id: r.id,
              state: r.removed_at ? 'removed' : (r.state as 'reconnect' | 'blocked'),
              reason: r.state_reason,
            },
          ],
    ),
    backlog: rows.some((r) => r.id === null),
  }
}
