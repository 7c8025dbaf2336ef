/**
 * What an attempt writes: a step begins, a step ends, the attempt ends. Lines of many attempts go in one statement, so
 * one commit (`together.ts`). Every line carries its lease and changes nothing when that is no longer ours; only its own
 * caller is told (`LeaseLost`).
 *
 * Each may be written twice, also late (a connection that broke may have handed over its statement all the same): a step
 * begins and ends under the number of its begin (`times`), which only grows, and what stands already is not written again,
 * the journal's line included.
 */

import { type RawBuilder, sql } from 'kysely'
import type { JournalData } from '#contract/journal.ts'
import type { AttemptWord, Reason } from '#contract/outcomes.ts'
import { type Constant, constant } from '#infra/db/constant.ts'
import type { Db } from '#infra/db/database.ts'
import type { FailureJson } from '#infra/db/tables.ts'
import { tooLong } from '#infra/db/trouble.ts'
import type { FailureKind } from '#kit/facts/failures.ts'
import { headOf } from './due.ts'
import { type Line, linesSql, toLines } from './journal.ts'
import { transitions } from './rules.ts'
import { type Claim, type ClaimedRow, claimOf, LeaseLost } from './store.ts'
import { mayStart, mayTake, takenRow, takeSql } from './take.ts'
import { createTogether } from './together.ts'
import { isIn, mayEach, openStates, stateAfterEach } from './transition.ts'

export type BeginStep = {
  key: string
  position: number
  create: boolean
  /** Which begin of the step this is, from 1. */
  times: number
  prepared: unknown
  frozen: unknown
  now: Date
}

type StepEvent = 'step-done' | 'step-found' | 'step-absent' | 'step-refused' | 'step-unknown'
export type EndStep = {
  key: string
  /** The begin that ended so. */
  times: number
  state: 'done' | 'unknown' | 'refused'
  checkpoint?: unknown
  failure?: FailureJson | null
  event: StepEvent
  message?: string | null
  data?: JournalData<'step-refused' | 'step-unknown'>
  now: Date
}

/** The events that end an attempt. */
const endings = ['wait', 'publish', 'fail', 'ask', 'hold', 'late-ask', 'late-expire'] as const
export type Ending = (typeof endings)[number]

export type Finish = {
  event: Ending
  verdict: AttemptWord | FailureKind
  reason?: Reason | null
  message?: string | null
  nextAt?: Date | null
  countsTry?: boolean
  resetTries?: boolean
  failure?: FailureJson | null
  externalId?: string | null
  permalink?: string | null
  publishedAt?: Date | null
  latenessMs?: number | null
  /** When the first request of the first create left; the earliest told is kept. */
  sentAt?: Date | null
  /** Nothing of this channel starts before. */
  channelNotBefore?: Date | null
  now: Date
}

/** All reject with `LeaseLost` when the publication is no longer ours, and may be repeated when the database stumbled. */
export type Writes = {
  /**
   * Journals that a step is about to begin: the write before the act. Marks `begun` for creates in the same commit, so a
   * cancel either came before (and we lose the lease here) or is refused.
   */
  begin: (c: Claim, s: BeginStep) => Promise<void>
  /** Journals how a step ended. `refused` means proven: nothing of the step is on the network. */
  end: (c: Claim, s: EndStep) => Promise<void>
  /**
   * Ends an attempt: the publication's new state, the channel's lease given back, the last step's end if given. `on`: with
   * the next publication of the channel, if one is due, instead of giving the channel back; gives its claim then.
   */
  finish: (c: Claim, f: Finish, last?: EndStep, on?: GoOn) => Promise<Claim | null>
}

/** The lease with which a channel goes on: made by whoever asks, so that a repeated end finds what the first has taken. */
export type GoOn = { lease: string; until: Date }

/**
 * As JSON that jsonb takes: what it cannot hold (NUL, half of a pair) becomes the sign for "not readable". Such text
 * comes from networks, and must not keep a verdict from being written.
 */
const storable = (value: unknown): string => {
  const text = JSON.stringify(value)
  if (!text.includes('\\u') || !/\\u(0000|d[89a-f])/.test(text)) return text
  return text.replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (all, what: string) => (what.length > 1 ? '\\ufffd' : all))
}

/** All that varies in a statement of many lines: the lines, as JSON. */
type Lines = { rows: string }
const lines = (build: (rows: RawBuilder<unknown>) => RawBuilder<{ n: number }>): Constant<Lines, { n: number }> =>
  constant((value) => build(value('rows')))
const from = (rows: RawBuilder<unknown>, columns: RawBuilder<unknown>) =>
  sql`jsonb_to_recordset(${rows}::jsonb) as i(n int, id uuid, lease uuid, attempt int, lines jsonb, ${columns})`

/**
 * `p`: the lines whose publication is still their caller's. Locked in one order, so that two batches and the heartbeat
 * never wait for each other in a ring. Every row of a table is looked up by its id: for the hundred lines that the planner
 * takes them for it would read whole tables, as long as those are small, and plans are kept for long. What is asked of `n`
 * is always true, and makes it one line.
 */
const ours = (rows: RawBuilder<unknown>, columns: RawBuilder<unknown>, also: RawBuilder<unknown> = sql``) => sql`
  i as materialized (
    select * from ${from(rows, columns)} where n between 0 and 999 order by id
  ), p as materialized (
    select i.*, q.workspace_id from i cross join lateral (
      select q.workspace_id from publications q where q.id = i.id and q.lease_token = i.lease ${also} for update of q
    ) q
  )`

/** A step's end, for lines of `p` that have one. Gives those whose step it changed. */
const stepEnds = sql`
  s as (
    update steps s set state = p.step_state, checkpoint = p.checkpoint, failure = p.step_failure, ended_at = p.step_at
    from p where s.publication_id = p.id and s.key = p.key and s.times = p.times and s.state in ('begun', 'unknown')
      and (s.state <> p.step_state or s.ended_at is distinct from p.step_at)
    returning p.n
  )`

const who = (c: Claim, n: number) => ({ n, id: c.publicationId, lease: c.lease, attempt: c.attempt })
const numbers = async (
  db: Db,
  statement: Constant<Lines, { n: number }>,
  rows: readonly object[],
): Promise<Set<number>> => new Set((await statement(db, { rows: storable(rows) })).map((r) => r.n))
const verdicts = (items: readonly unknown[], ours: ReadonlySet<number>) => items.map((_, n) => ours.has(n))

type Begin = { c: Claim; s: BeginStep }
const beginSql = lines(
  (rows) => sql<{ n: number }>`
    with ${ours(rows, sql`key text, position int, times int, "create" boolean, prepared jsonb, frozen jsonb, now timestamptz`)}, s as (
      insert into steps (publication_id, key, position, state, times, prepared, first_begun_at, begun_at)
      select id, key, position, 'begun', times, prepared, now, now from p
      on conflict (publication_id, key) do update set state = 'begun', times = excluded.times, begun_at = excluded.begun_at,
        prepared = coalesce(excluded.prepared, steps.prepared), failure = null, ended_at = null
      where steps.times < excluded.times
      returning publication_id, key
    ), b as materialized (
      select p.* from p join s on s.publication_id = p.id and s.key = p.key
    ), u as (
      update publications q set begun = q.begun or b."create", frozen = coalesce(q.frozen, b.frozen),
        started_at = coalesce(q.started_at, b.now), updated_at = b.now
      from b where q.id = b.id and q.lease_token = b.lease and (
        (b."create" and not q.begun) or (q.frozen is null and b.frozen is not null) or q.started_at is null
        or q.updated_at < b.now - interval '10 minutes')
    ), j as (
      ${linesSql(sql`b`)}
    )
    select n from p`,
)
/** Only a changed publication is written: the first begin, a first create, and once in a while so that `updated_at` tells who was at work. */
const writeBegins = async (db: Db, items: readonly Begin[]): Promise<boolean[]> => {
  const rows = items.map(({ c, s }, n) => ({
    ...who(c, n),
    ...s,
    lines: toLines([{ event: 'step-begun', at: s.now, step: s.key }]),
  }))
  return verdicts(items, await numbers(db, beginSql, rows))
}

const endRow = (s: EndStep) => ({
  key: s.key,
  times: s.times,
  step_state: s.state,
  checkpoint: s.checkpoint,
  step_failure: s.failure,
  step_at: s.now,
})
const endColumns = sql`key text, times int, step_state text, checkpoint jsonb, step_failure jsonb, step_at timestamptz`
const endLine = (s: EndStep): Line =>
  ({ event: s.event, at: s.now, step: s.key, message: s.message, data: s.data }) as Line

type End = { c: Claim; s: EndStep }
const endSql = lines(
  (rows) => sql<{ n: number }>`
    with ${ours(rows, endColumns)}, ${stepEnds}, u as (
      update publications q set begun = false from p join s on s.n = p.n
      where q.id = p.id and q.lease_token = p.lease and p.step_state = 'refused' and q.begun and not exists (
        select 1 from steps o where o.publication_id = p.id and o.key <> p.key and o.name = 'create' and o.state <> 'refused'
      )
    ), j as (
      ${linesSql(sql`(select p.* from p join s on s.n = p.n)`)}
    )
    select n from p`,
)
/** A create that provably did nothing does not count as begun: the publication may be taken back again. */
const writeEnds = async (db: Db, items: readonly End[]): Promise<boolean[]> => {
  const rows = items.map(({ c, s }, n) => ({ ...who(c, n), ...endRow(s), lines: toLines([endLine(s)]) }))
  return verdicts(items, await numbers(db, endSql, rows))
}

const finishLine = (f: Finish): Line => {
  const reason = f.reason ?? undefined
  const line = { at: f.now, message: f.message }
  const event = transitions[f.event].to
  return event === 'waiting'
    ? { ...line, event, data: { reason, nextAt: f.nextAt?.toISOString() } }
    : { ...line, event, data: { reason } }
}

/**
 * The channel goes on (decision 0033): its next publication, if one is due and nobody holds either of them at this moment. As rows of `ready` (take.ts).
 * Asked before what ended is written down, so that one is left out by its name.
 */
const nextSql = sql`
  head as materialized (
    select e.n, x.id, c.id as channel_id, c.platform, e.lease, e.on_lease as token, e.on_until as until, e.worker, e.now
    from p as e join channels c on c.id = e.channel join workspaces w on w.id = c.workspace_id
    cross join lateral (${headOf(sql`w.backlog_order`, { now: sql`e.now`, until: sql`e.now`, but: sql`e.id` })}) x
    where e.on_lease is not null and e.not_before is null and w.paused_at is null and c.lease_token = e.lease and ${mayStart(sql`e.now`)} and x.next_at <= e.now
  ), ready as (
    select h.n, h.id, h.platform, h.token, h.until, h.worker, h.now
    from head h join channels c on c.id = h.channel_id join publications p on p.id = h.id
    where c.lease_token = h.lease and ${mayStart(sql`h.now`)} and ${mayTake(sql`h.now`)}
    for update of c, p skip locked
  ), ${takeSql}`

type Over = { c: Claim; f: Finish; last: EndStep | undefined; on: GoOn | undefined }
/** Written, and what its channel goes on with. */
type Ended = { next: Claim | null }
type EndedRow = { n: number } & (ClaimedRow | { id: null })

const finishSql = constant<Lines, EndedRow>((value) => {
  const rows = value('rows')
  return sql`
    with ${ours(
      rows,
      sql`${endColumns}, channel uuid, event text, verdict text, reason text, message text, next_at timestamptz, counts int, reset boolean,
        failure jsonb, external_id text, permalink text, published_at timestamptz, lateness int, sent_at timestamptz, not_before timestamptz,
        on_lease uuid, on_until timestamptz, worker text, now timestamptz`,
      sql`and ${mayEach(endings, sql`i.event`, 'q')}`,
    )}, ${stepEnds}, u as (
      update publications q set state = ${stateAfterEach(endings, sql`p.event`)}, reason = p.reason, message = p.message, next_at = p.next_at,
        tries = case when p.reset then 0 else q.tries + p.counts end,
        external_id = coalesce(p.external_id, q.external_id), permalink = coalesce(p.permalink, q.permalink),
        published_at = coalesce(p.published_at, q.published_at), lateness_ms = coalesce(q.lateness_ms, p.lateness),
        sent_at = coalesce(q.sent_at, p.sent_at),
        lease_token = null, lease_until = null, version = q.version + 1, updated_at = p.now
      from p where q.id = p.id and q.lease_token = p.lease and ${mayEach(endings, sql`p.event`, 'q')}
    ), ${nextSql}, ch as (
      update channels c set lease_token = t.lease_token, lease_until = t.until, not_before = greatest(c.not_before, i.not_before),
        last_published_at = case when i.event = 'publish' then i.now else c.last_published_at end
      from i left join taken t on t.n = i.n where c.id = i.channel and c.lease_token = i.lease and (select count(*) from p) >= 0
    ), a as (
      update attempts a set ended_at = p.now, verdict = p.verdict, failure = p.failure
      from p where a.publication_id = p.id and a.number = p.attempt
    ), j as (
      ${linesSql(sql`p`)}
    )
    select p.n, ${takenRow} from p left join taken t on t.n = p.n`
})
/** Whose end an attempt has already, by its own word, and what its channel went on with then. */
const endedSql = constant<Lines, EndedRow>((value) => {
  const rows = value('rows')
  return sql`
    select i.n, ${takenRow} from ${from(rows, sql`channel uuid, verdict text, on_lease uuid, now timestamptz`)}
    join attempts a on a.publication_id = i.id and a.number = i.attempt and a.verdict = i.verdict and a.ended_at = i.now
    left join lateral (
      select p.*, p.lease_until as until, c.platform from channels c join publications p on p.channel_id = c.id and ${isIn(openStates, 'p')} and p.lease_token = i.on_lease
      where c.id = i.channel and c.lease_token = i.on_lease
    ) t on true`
})
const endedOf = (items: readonly Over[], rows: readonly EndedRow[]): Map<number, Ended> =>
  new Map(rows.map((r) => [r.n, { next: r.id === null ? null : claimOf(r, items[r.n]!.c.worker) }]))

/** Null: the publication is no longer its caller's. */
const writeFinishes = async (db: Db, items: readonly Over[]): Promise<(Ended | null)[]> => {
  const rows = items.map(({ c, f, last, on }, n) => ({
    ...who(c, n),
    ...(last && endRow(last)),
    lines: toLines([...(last ? [endLine(last)] : []), finishLine(f)]),
    channel: c.channelId,
    event: f.event,
    verdict: f.verdict,
    reason: f.reason,
    message: f.message,
    next_at: f.nextAt,
    counts: f.countsTry ? 1 : 0,
    reset: f.resetTries ?? false,
    failure: f.failure,
    external_id: f.externalId,
    permalink: f.permalink,
    published_at: f.publishedAt,
    lateness: f.latenessMs,
    sent_at: f.sentAt,
    not_before: f.channelNotBefore,
    ...(on && { on_lease: on.lease, on_until: on.until, worker: c.worker }),
    now: f.now,
  }))
  const wrote = endedOf(items, await finishSql(db, { rows: storable(rows) }))
  if (wrote.size < items.length) {
    // The lease is given back with the write: whoever repeats it finds none, and what the attempt says tells whose end it was.
    const left = rows.filter((r) => !wrote.has(r.n))
    for (const [n, ended] of endedOf(items, await endedSql(db, { rows: storable(left) }))) wrote.set(n, ended)
  }
  return items.map((_, n) => wrote.get(n) ?? null)
}

/** In a transaction of the caller's own; see `Writes`. */
export const finish = async (trx: Db, c: Claim, f: Finish, last?: EndStep): Promise<void> => {
  const [ended] = await writeFinishes(trx, [{ c, f, last, on: undefined }])
  if (!ended) throw new LeaseLost(c.publicationId)
}

/**
 * The statement was undone, and may go through without one of its lines: what PostgreSQL says of values (21, 22, 23), of two
 * writers (40), of sizes (54), by a rule in the database (P0), and of a row that somebody held too long (`tooLong`). After
 * the rest (08, 57P, a broken socket) nobody knows.
 */
const ofOne = (error: unknown): boolean => {
  const { code } = error as { code?: unknown }
  return tooLong(error) || (typeof code === 'string' && /^(21|22|23|40|54|P0)...$/.test(code) && code !== '40003')
}

export const createWrites = (db: Db): Writes => {
  /** `write` gives a false word for what is no longer its caller's. */
  const group = <T extends { c: Claim }, R>(write: (db: Db, items: readonly T[]) => Promise<R[]>) => {
    const together = createTogether<T, R>({ write: (items) => write(db, items), ofOne })
    return async (item: T) => {
      const wrote = await together(item)
      if (!wrote) throw new LeaseLost(item.c.publicationId)
      return wrote
    }
  }
  const begins = group(writeBegins)
  const ends = group(writeEnds)
  const finishes = group(writeFinishes)
  return {
    begin: async (c, s) => void (await begins({ c, s })),
    end: async (c, s) => void (await ends({ c, s })),
    finish: async (c, f, last, on) => (await finishes({ c, f, last, on })).next,
  }
}
