/**
 * The engine's SQL after a claim (`due.ts`). Every write carries the lease token and changes nothing when it is no longer
 * ours (`LeaseLost`). Each write is one statement, so one commit.
 */
import { sql } from 'kysely'
import type { JournalData } from '#contract/journal.ts'
import { publicSteps } from '#contract/steps.ts'
import { type Db, topics } from '#infra/db/database.ts'
import type { FailureJson } from '#infra/db/tables.ts'
import { type Line, lineSql } from './journal.ts'
import { transitions } from './rules.ts'
import { may, stateAfter } from './transition.ts'

/** Our lease was taken by another worker, or a person took the publication back: stop, write nothing more. */
export class LeaseLost extends Error {
  constructor(publicationId: string) {
    super(`the lease of publication ${publicationId} is no longer ours`)
    this.name = 'LeaseLost'
  }
}

export type Claim = {
  publicationId: string
  channelId: string
  workspaceId: string
  postId: string
  platform: string
  lease: string
  attempt: number
  began: Date | null
  dueAt: Date
  worker: string
}

/** How many attempts before this one lost their lease without a word, one after another; at most `limit`. */
export const lostInARow = async (db: Db, c: Claim, limit: number): Promise<number> => {
  if (c.attempt <= limit) return 0
  const rows = await db
    .selectFrom('attempts')
    .select('verdict')
    .where('publication_id', '=', c.publicationId)
    .where('number', '<', c.attempt)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  const other = rows.findIndex((r) => r.verdict !== 'lease-lost')
  return other < 0 ? rows.length : other
}

/**
 * How long the network has had a step in work (ms), `since` epoch ms. Without the times in which it would not be asked
 * (rate limits, a dead token), and counted anew after a person's word.
 */
export const workedOn = async (db: Db, c: Claim, since: number, now: number): Promise<number> => {
  const { rows } = await sql<{ since: Date; away: number }>`
    with f as (
      select greatest(${new Date(since)}::timestamptz, max(at)) as since from journal
      where publication_id = ${c.publicationId} and event in ('person-again', 'person-retry')
    )
    select f.since, coalesce((
      select sum(extract(epoch from n.started_at - a.ended_at)) from attempts a
      join attempts n on n.publication_id = a.publication_id and n.number = a.number + 1
      where a.publication_id = ${c.publicationId} and a.ended_at >= f.since
        and a.failure ->> 'kind' in ('too-fast', 'reconnect', 'refused-account')
    ), 0)::float8 * 1000 as away from f`.execute(db)
  const { since: from, away } = rows[0]!
  return now - from.getTime() - away
}

/** Renews leases. Gives the tokens that are still ours. */
export const renewLeases = async (db: Db, leases: string[], until: Date): Promise<Set<string>> => {
  if (leases.length === 0) return new Set()
  const rows = await sql<{ lease_token: string }>`
    with p as (update publications set lease_until = ${until} where lease_token = any(${leases}) returning lease_token)
    update channels c set lease_until = ${until} from p where c.lease_token = p.lease_token returning c.lease_token`.execute(
    db,
  )
  return new Set(rows.rows.map((r) => r.lease_token))
}

/** Frees the channel of a worker that stopped for any reason; harmless when the lease is not ours any more. */
export const freeChannel = async (db: Db, c: Claim): Promise<void> => {
  await db
    .updateTable('channels')
    .set({ lease_token: null, lease_until: null })
    .where('id', '=', c.channelId)
    .where('lease_token', '=', c.lease)
    .execute()
}

const one = async (db: Db, c: Claim, query: ReturnType<typeof sql<{ n: number }>>) => {
  const rows = await query.execute(db)
  if (!rows.rows[0]?.n) throw new LeaseLost(c.publicationId)
}

export type BeginStep = {
  key: string
  position: number
  create: boolean
  prepared: unknown
  frozen: unknown
  now: Date
}

/**
 * Journals that a step is about to begin: the write before the act. Marks `begun` for creates in the same commit, so a
 * cancel either came before (and we lose the lease here) or is refused.
 */
export const beginStep = (db: Db, c: Claim, s: BeginStep): Promise<void> =>
  one(
    db,
    c,
    sql<{ n: number }>`
    with p as (
      update publications set begun = begun or ${s.create}, frozen = coalesce(frozen, ${JSON.stringify(s.frozen)}::jsonb),
        started_at = coalesce(started_at, ${s.now}), updated_at = ${s.now}
      where id = ${c.publicationId} and lease_token = ${c.lease} returning id, workspace_id
    ), s as (
      insert into steps (publication_id, key, position, state, prepared, first_begun_at, begun_at)
      select id, ${s.key}, ${s.position}::int, 'begun', ${JSON.stringify(s.prepared ?? null)}::jsonb, ${s.now}::timestamptz, ${s.now}::timestamptz from p
      on conflict (publication_id, key) do update set state = 'begun', times = steps.times + 1, begun_at = excluded.begun_at,
        prepared = coalesce(steps.prepared, excluded.prepared), failure = null, ended_at = null
    ), j as (
      ${lineSql({ event: 'step-begun', at: s.now, step: s.key }, sql`p`, c.attempt)}
    )
    select count(*)::int as n from p`,
  )

/** Journals progress inside a step (upload session, byte offset). */
export const saveStep = (db: Db, c: Claim, key: string, saved: unknown): Promise<void> =>
  one(
    db,
    c,
    sql<{ n: number }>`
    with p as (select id from publications where id = ${c.publicationId} and lease_token = ${c.lease} for update),
    s as (update steps set saved = ${JSON.stringify(saved ?? null)}::jsonb from p where publication_id = p.id and key = ${key})
    select count(*)::int as n from p`,
  )

type StepEvent = 'step-done' | 'step-found' | 'step-absent' | 'step-refused' | 'step-unknown'
export type EndStep = {
  key: string
  state: 'done' | 'unknown' | 'refused'
  checkpoint?: unknown
  failure?: FailureJson | null
  event: StepEvent
  message?: string | null
  data?: JournalData<'step-refused' | 'step-unknown'>
  now: Date
}

/** The two writes of a step's end, as parts of a larger statement whose `p` holds the publication while the lease is ours. */
const stepEnd = (c: Claim, s: EndStep) => sql`
  step_end as (
    update steps set state = ${s.state}, checkpoint = ${s.checkpoint === undefined ? null : JSON.stringify(s.checkpoint)}::jsonb,
      failure = ${s.failure ? JSON.stringify(s.failure) : null}::jsonb, ended_at = ${s.now}
    from p where publication_id = p.id and key = ${s.key}
  ), step_said as (
    ${lineSql({ event: s.event, at: s.now, step: s.key, message: s.message, data: s.data } as Line, sql`p`, c.attempt)}
    returning id
  )`

const holding = (c: Claim) =>
  sql`select id, workspace_id from publications where id = ${c.publicationId} and lease_token = ${c.lease} for update`

/** A create that provably did nothing does not count as begun: the publication may be taken back again. */
const refused = (c: Claim, key: string) => sql`
  update publications set begun = exists (
    select 1 from steps s where s.publication_id = publications.id and s.key <> ${key}
      and s.name = 'create' and s.state <> 'refused'
  ) where id = ${c.publicationId} and lease_token = ${c.lease} returning id, workspace_id`

/** Journals how a step ended. `refused` means proven: nothing of the step is on the network. */
export const endStep = (db: Db, c: Claim, s: EndStep): Promise<void> =>
  one(
    db,
    c,
    sql<{ n: number }>`
    with p as (${s.state === 'refused' ? refused(c, s.key) : holding(c)}),
    ${stepEnd(c, s)}
    select count(*)::int as n from p`,
  )

/** Witnesses look back less than this (ms), so no older post is in question; a sandbox set to its beginning may repeat ids. */
const twinMs = 3_600_000

/**
 * Is this post (or comment) of the account another publication's already? Two equal posts in a row look the same to a
 * network's lists and to its guard against doubles; what one publication has cannot be the other's too. `begunAt` epoch ms.
 */
export const heldByAnother = async (db: Db, c: Claim, postId: string, begunAt: number): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from channels mine
    join channels o on o.platform = mine.platform and o.realm = mine.realm and o.external_id = mine.external_id
    join publications p on p.channel_id = o.id and p.id <> ${c.publicationId} and p.updated_at > ${new Date(begunAt - twinMs)}
    join steps s on s.publication_id = p.id and s.state = 'done' and s.name in (${sql.join(publicSteps.map((n) => sql.lit(n)))})
    where mine.id = ${c.channelId} and s.checkpoint ->> 'id' = ${postId} and s.ended_at > ${new Date(begunAt - twinMs)}
    limit 1`.execute(db)
  return rows.length > 0
}

/** A line in the journal that changes nothing. */
export const note = (db: Db, c: Claim, line: Line): Promise<void> =>
  one(
    db,
    c,
    sql<{ n: number }>`
    with p as (${holding(c)}), j as (${lineSql(line, sql`p`, c.attempt)})
    select count(*)::int as n from p`,
  )

/** The events that end an attempt. */
export type Ending = 'wait' | 'publish' | 'fail' | 'ask' | 'hold' | 'late-ask' | 'late-expire'

export type Finish = {
  event: Ending
  verdict: string
  reason?: string | null
  message?: string | null
  nextAt?: Date | null
  countsTry?: boolean
  resetTries?: boolean
  failure?: FailureJson | null
  externalId?: string | null
  permalink?: string | null
  publishedAt?: Date | null
  latenessMs?: number | null
  /** Nothing of this channel starts before. */
  channelNotBefore?: Date | null
  now: Date
}

const endLine = (f: Finish): Line => {
  const reason = f.reason ?? undefined
  const line = { at: f.now, message: f.message }
  const event = transitions[f.event].to
  return event === 'waiting'
    ? { ...line, event, data: { reason, nextAt: f.nextAt?.toISOString() } }
    : { ...line, event, data: { reason } }
}

/** Ends an attempt: the publication's new state, the channel's lease given back, the last step's end if given, all in one commit. */
export const finish = (db: Db, c: Claim, f: Finish, last?: EndStep): Promise<void> =>
  one(
    db,
    c,
    sql<{ n: number }>`
    with p as (
      update publications set state = ${stateAfter(f.event)}, reason = ${f.reason ?? null}, message = ${f.message ?? null}, next_at = ${f.nextAt ?? null},
        tries = case when ${f.resetTries ?? false} then 0 else tries + ${f.countsTry ? 1 : 0} end,
        external_id = coalesce(${f.externalId ?? null}, external_id), permalink = coalesce(${f.permalink ?? null}, permalink),
        published_at = coalesce(${f.publishedAt ?? null}, published_at), lateness_ms = coalesce(lateness_ms, ${f.latenessMs ?? null}),
        lease_token = null, lease_until = null, version = version + 1, updated_at = ${f.now}
      where id = ${c.publicationId} and lease_token = ${c.lease} and ${may(f.event)} returning id, post_id, workspace_id
    ), ${last ? sql`${stepEnd(c, last)},` : sql``} ch as (
      update channels set lease_token = null, lease_until = null, not_before = greatest(not_before, ${f.channelNotBefore ?? null}),
        last_published_at = coalesce(${f.event === 'publish' ? f.now : null}, last_published_at)
      where id = ${c.channelId} and lease_token = ${c.lease}
    ), a as (
      update attempts set ended_at = ${f.now}, verdict = ${f.verdict}, failure = ${f.failure ? JSON.stringify(f.failure) : null}::jsonb
      from p where publication_id = p.id and number = ${c.attempt}
    ), j as (
      ${lineSql(endLine(f), last ? sql`p where (select count(*) from step_said) >= 0` : sql`p`, c.attempt)}
    ), n as (
      select pg_notify(${topics.live}, json_build_object('workspaceId', workspace_id, 'kind', 'publication', 'id', id, 'postId', post_id, 'state', ${stateAfter(f.event)})::text) from p
    )
    select count(*)::int as n from p, n`,
  )
