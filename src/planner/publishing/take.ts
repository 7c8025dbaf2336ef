/**
 * The taking itself, as parts of larger statements: of a claim (due.ts), and of an end that goes on with the next of its
 * channel (writes.ts).
 */
import { type RawBuilder, sql } from 'kysely'
import { deathsBefore } from './deaths.ts'
import { lineSql } from './journal.ts'
import { may, stateAfter } from './transition.ts'

/** May the channel `c` start something, whoever has it? */
export const mayStart = (now: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  c.state = 'ok' and c.removed_at is null and c.paused_at is null and (c.not_before is null or c.not_before <= ${now})`

/**
 * A condition that names no index: what is looked up by its id is found by its id, and not by way of all that is due. The
 * planner's statistics are of a minute ago, when nothing was.
 */
const plainly = (condition: RawBuilder<unknown>) => sql<boolean>`case when ${condition} then true else false end`

/** May the publication `p` be taken? The due time is asked once more: a person may move it while the update waits for their lock. */
export const mayTake = (now: RawBuilder<unknown>): RawBuilder<boolean> =>
  plainly(
    sql`${may('claim', 'p')} and p.next_at <= ${now} and p.due_at <= ${now} and (p.state <> 'scheduled' or p.lease_until is null or p.lease_until <= ${now})`,
  )

/**
 * Takes publications for the rows of `ready`: `n`, the publication's `id`, `platform`, the lease's `token` and `until`,
 * `worker` and `now`. `taken` has what was taken, as `takenRow`; the channel's lease is the statement's own matter.
 */
export const takeSql = sql`
  taken as (
    update publications p set state = ${stateAfter('claim')}, lease_token = r.token, lease_until = r.until, worker = r.worker,
      attempt = p.attempt + 1, deaths = ${deathsBefore('p')}, reason = null, message = null, version = p.version + 1, updated_at = r.now
    from ready r where p.id = r.id and ${mayTake(sql`r.now`)}
    returning p.id, p.channel_id, r.platform, p.workspace_id, p.post_id, p.lease_token, p.attempt, p.started_at, p.due_at, p.deaths,
      r.n, r.until, r.worker, r.now
  ), closed as (
    update attempts a set ended_at = t.now, verdict = 'lease-lost' from taken t
    where t.attempt > 1 and a.publication_id = t.id and a.ended_at is null
  ), tried as (
    insert into attempts (publication_id, number, worker, started_at) select id, attempt, worker, now from taken
  ), said as (
    ${lineSql({ event: 'attempt', at: sql`taken.now`, data: sql`jsonb_build_object('worker', taken.worker)` }, sql`taken`, sql`attempt`)}
  )`

/** What `ClaimedRow` is made of. */
export const takenRow = sql`t.id, t.channel_id, t.platform, t.workspace_id, t.post_id, t.lease_token, t.attempt, t.started_at, t.due_at, t.deaths, t.until`
