/**
 * SQL of insights. Looks are rows with a due time, apart from publications so that reading numbers never meets the
 * engine's locks. The row of the channel itself is the gate: whoever holds its lease makes the one look of the moment.
 */
import { sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Metrics } from '#kit/facts/metrics.ts'
import { looksAfterMs } from './rules.ts'

export type LookClaim = {
  lookId: string
  channelId: string
  publicationId: string | null
  platform: string
  workspaceId: string
  lease: string
  tries: number
}

/** Which platforms give numbers: of posts, of accounts. */
export type Able = { post: readonly string[]; account: readonly string[] }

/** Publications enrolled at once. */
const batch = 500

/** Gives every channel its gate, and every published publication its looks. Gives true when there may be more. */
export const enrol = async (db: Db, able: Able, now: Date): Promise<boolean> => {
  const any = [...new Set([...able.post, ...able.account])]
  if (any.length === 0) return false
  await sql`
    insert into insight_looks (id, channel_id, next_at)
    select c.id, c.id, case when c.platform = any(${[...able.account]}) then ${now}::timestamptz end
    from channels c where c.removed_at is null and c.platform = any(${any})
      and not exists (select 1 from insight_looks l where l.id = c.id)
    on conflict do nothing`.execute(db)
  const { rows } = await sql<{ n: number }>`
    with news as (
      delete from uncounted where publication_id in (
        select publication_id from uncounted order by publication_id limit ${batch} for update skip locked
      ) returning publication_id as id
    ), looks as (
      insert into insight_looks (id, channel_id, publication_id, next_at)
      select p.id, p.channel_id, p.id, p.published_at + ${looksAfterMs[0]} * interval '1 millisecond'
      from news join publications p on p.id = news.id join channels c on c.id = p.channel_id
      where c.platform = any(${[...able.post]}) and p.settled = 'published' and p.published_at is not null and p.removed_at is null
        and p.published_at > ${now}::timestamptz - ${looksAfterMs.at(-1)!} * interval '1 millisecond'
      on conflict do nothing
    )
    select count(*)::int as n from news`.execute(db)
  return rows[0]!.n === batch
}

/**
 * Claims up to `limit` looks that are due, one a channel, earliest first. A claim whose lease ran out is due again. Two
 * workers never hold one channel (SKIP LOCKED). `only`: this look, now, whenever it would be due.
 */
export const claim = async (
  db: Db,
  o: { now: Date; leaseUntil: Date; limit: number; only?: string },
): Promise<LookClaim[]> => {
  const due = o.only ? sql`l.id = ${o.only}` : sql`l.next_at <= ${o.now}`
  const { rows } = await sql<{
    look: string
    channel_id: string
    publication_id: string | null
    platform: string
    workspace_id: string
    lease_token: string
    tries: number
  }>`
    with ready as (
      select g.id as gate, x.id as look, x.publication_id, x.tries, c.platform, c.workspace_id
      from insight_looks g join channels c on c.id = g.channel_id
      cross join lateral (
        select l.id, l.publication_id, l.tries, l.next_at from insight_looks l
        where l.channel_id = g.channel_id and ${due} order by l.next_at, l.id limit 1
      ) x
      where g.publication_id is null and (g.lease_until is null or g.lease_until <= ${o.now})
        and (g.not_before is null or g.not_before <= ${o.now}) and c.state = 'ok' and c.removed_at is null
      order by x.next_at limit ${o.limit} for update of g skip locked
    )
    update insight_looks g set lease_token = gen_random_uuid(), lease_until = ${o.leaseUntil}
    from ready r where g.id = r.gate
    returning r.look, g.channel_id, r.publication_id, r.platform, r.workspace_id, g.lease_token, r.tries`.execute(db)
  return rows.map((r) => ({
    lookId: r.look,
    channelId: r.channel_id,
    publicationId: r.publication_id,
    platform: r.platform,
    workspaceId: r.workspace_id,
    lease: r.lease_token,
    tries: r.tries,
  }))
}

/** Is the claimed look still wanted? Another worker may have made it between our seeing and our holding the gate. */
export const stillDue = async (db: Db, c: LookClaim, now: Date): Promise<boolean> => {
  const row = await db
    .selectFrom('insight_looks')
    .select('id')
    .where('id', '=', c.lookId)
    .where('next_at', '<=', now)
    .executeTakeFirst()
  return row !== undefined
}

/** How a look ended. `notBefore`: nothing on the channel is asked before (the network's own word). */
export type LookEnd = {
  reading: { metrics: Metrics; raw: unknown } | null
  nextAt: Date | null
  tries: number
  failure: string | null
  notBefore?: Date
  now: Date
}

/** Writes the end of a look and gives the gate back; nothing when the lease is no longer ours (false). */
export const endLook = (db: Db, c: LookClaim, e: LookEnd): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const gate = await trx
      .updateTable('insight_looks')
      .set({ lease_token: null, lease_until: null, ...(e.notBefore ? { not_before: e.notBefore } : {}) })
      .where('id', '=', c.channelId)
      .where('lease_token', '=', c.lease)
      .executeTakeFirst()
    if (gate.numUpdatedRows !== 1n) return false
    await trx
      .updateTable('insight_looks')
      .set({ next_at: e.nextAt, tries: e.tries, failure: e.failure, ...(e.notBefore ? {} : { looked_at: e.now }) })
      .where('id', '=', c.lookId)
      .execute()
    if (!e.reading) return true
    await trx
      .insertInto('snapshots')
      .values({
        channel_id: c.channelId,
        publication_id: c.publicationId,
        at: e.now,
        metrics: JSON.stringify(e.reading.metrics),
        raw: JSON.stringify(e.reading.raw ?? null),
      })
      .execute()
    const id = c.publicationId ?? c.channelId
    const kind = c.publicationId ? 'publication' : 'channel'
    await notify(trx, topics.live, { workspaceId: c.workspaceId, kind, id })
    return true
  })

/** Gives the gate back and leaves the look as it is. */
export const freeGate = async (db: Db, c: LookClaim): Promise<void> => {
  await db
    .updateTable('insight_looks')
    .set({ lease_token: null, lease_until: null })
    .where('id', '=', c.channelId)
    .where('lease_token', '=', c.lease)
    .execute()
}

/** When a look is due next on a channel that may be asked, leases and pauses counted; null: none ever. */
export const nextDue = async (db: Db): Promise<Date | null> => {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(x.next_at, g.not_before, g.lease_until)) as at
    from insight_looks g join channels c on c.id = g.channel_id
    cross join lateral (
      select l.next_at from insight_looks l where l.channel_id = g.channel_id and l.next_at is not null order by l.next_at limit 1
    ) x
    where g.publication_id is null and c.state = 'ok' and c.removed_at is null`.execute(db)
  return rows[0]?.at ?? null
}

/** Makes a look due at `at`, unless it is due before. */
export const bringForward = async (db: Db, publicationId: string, calmMs: number, now: Date): Promise<void> => {
  await sql`
    update insight_looks set next_at = least(
      coalesce(next_at, 'infinity'), greatest(${now}::timestamptz, looked_at + ${calmMs} * interval '1 millisecond'))
    where id = ${publicationId}`.execute(db)
}

/** Series sent to a screen at most; older points of a longer one are left out. */
const seriesLimit = 400

/** What is stored about a publication (`publicationId`) or, when null, about the channel. */
export const story = async (db: Db, o: { channelId: string; publicationId: string | null }) => {
  const [look, rows] = await Promise.all([
    db
      .selectFrom('insight_looks')
      .select(['next_at', 'looked_at', 'failure'])
      .where('id', '=', o.publicationId ?? o.channelId)
      .executeTakeFirst(),
    db
      .selectFrom('snapshots')
      .select(['at', 'metrics'])
      .select(sql<unknown>`case when row_number() over (order by at desc, id desc) = 1 then raw end`.as('raw'))
      .where('channel_id', '=', o.channelId)
      .where('publication_id', o.publicationId === null ? 'is' : '=', o.publicationId)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(seriesLimit)
      .execute(),
  ])
  return { look, snapshots: rows.reverse() }
}
