/**
 * The engine's SQL after a claim (`due.ts`), besides how steps and attempts begin and end (`writes.ts`). Every write
 * carries the lease token and changes nothing when it is no longer ours (`LeaseLost`). Each is one statement, so one commit.
 */
import { sql } from 'kysely'
import { publicSteps } from '#contract/steps.ts'
import type { Db } from '#infra/db/database.ts'
import { type Line, lineSql } from './journal.ts'

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
  /** When the lease ends, as it was written: however long the answer took, nobody has it longer. */
  until: Date
  attempt: number
  began: Date | null
  dueAt: Date
  /** Tries right before this one that ended without a word (deaths.ts). */
  deaths: number
  worker: string
}

/** A publication that was just claimed, as the database gives it. */
export type ClaimedRow = {
  id: string
  channel_id: string
  platform: string
  workspace_id: string
  post_id: string
  lease_token: string
  until: Date
  attempt: number
  started_at: Date | null
  due_at: Date
  deaths: number
}

export const claimOf = (r: ClaimedRow, worker: string): Claim => ({
  publicationId: r.id,
  channelId: r.channel_id,
  workspaceId: r.workspace_id,
  postId: r.post_id,
  platform: r.platform,
  lease: r.lease_token,
  until: r.until,
  attempt: r.attempt,
  began: r.started_at,
  dueAt: r.due_at,
  deaths: r.deaths,
  worker,
})

/** The ids of a line of the log about a claim. `attempt` counts within its publication; of a preparing: how many came before. */
export const idsOf = (c: Pick<Claim, 'workspaceId' | 'postId' | 'publicationId' | 'channelId' | 'attempt'>) => ({
  workspace: c.workspaceId,
  post: c.postId,
  publication: c.publicationId,
  channel: c.channelId,
  attempt: c.attempt,
})

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

/** Renews leases. Gives the tokens that are still ours. Locks in the order in which writes.ts does. */
export const renewLeases = async (db: Db, claims: readonly Claim[], until: Date): Promise<Set<string>> => {
  if (claims.length === 0) return new Set()
  const of = (key: 'publicationId' | 'channelId' | 'lease') => claims.map((c) => c[key])
  const rows = await sql<{ lease_token: string }>`
    with l as materialized (
      select p.id, i.lease, i.channel
      from unnest(${of('publicationId')}::uuid[], ${of('lease')}::uuid[], ${of('channelId')}::uuid[]) as i(id, lease, channel)
      join publications p on p.id = i.id where p.lease_token = i.lease order by p.id for update of p
    ), p as (
      update publications q set lease_until = ${until} from l where q.id = l.id and q.lease_token = l.lease
      returning l.channel, l.lease
    )
    update channels c set lease_until = ${until} from p where c.id = p.channel and c.lease_token = p.lease
    returning c.lease_token`.execute(db)
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

/**
 * What a process that is asked to end had in work, and has stopped: given back, which is a word (deaths.ts). It stays what it
 * is, as after a lease that ran out: whoever takes it next goes on from its journal.
 */
export const layDown = async (db: Db, c: Claim, now: Date): Promise<void> => {
  await sql`update publications set lease_token = null, lease_until = ${now} where id = ${c.publicationId} and lease_token = ${c.lease}`.execute(
    db,
  )
  await freeChannel(db, c)
}

const one = async (db: Db, c: Claim, query: ReturnType<typeof sql<{ n: number }>>) => {
  const rows = await query.execute(db)
  if (!rows.rows[0]?.n) throw new LeaseLost(c.publicationId)
}

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

const holding = (c: Claim) =>
  sql`select id, workspace_id from publications where id = ${c.publicationId} and lease_token = ${c.lease} for update`

/** Witnesses look back less than this (ms), so no older post is in question; a sandbox set to its beginning may repeat ids. */
const twinMs = 3_600_000

/**
 * Is this post (or comment) of the account another publication's already? Two equal posts in a row look the same to a
 * network's lists and to its guard against doubles; what one publication has cannot be the other's too. `begunAt` epoch ms.
 */
export const heldByAnother = async (
  db: Db,
  c: Pick<Claim, 'publicationId' | 'channelId'>,
  postId: string,
  begunAt: number,
): Promise<boolean> => {
  const { rows } = await sql`
    with made as materialized (
      select s.publication_id from steps s where s.state = 'done' and s.checkpoint ->> 'id' = ${postId}
        and s.name in (${sql.join(publicSteps.map((n) => sql.lit(n)))}) and s.ended_at > ${new Date(begunAt - twinMs)}
    )
    select 1 from made cross join lateral (
      select 1 from publications p join channels o on o.id = p.channel_id join channels mine on mine.id = ${c.channelId}
      where p.id = made.publication_id and p.id <> ${c.publicationId}
        and o.platform = mine.platform and o.realm = mine.realm and o.external_id = mine.external_id limit 1
    ) another
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
