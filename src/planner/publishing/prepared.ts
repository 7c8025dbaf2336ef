/**
 * What has been prepared ahead, as rows: when it may begin, and throwing it away. Nothing here lets anything go out; what
 * is thrown away was on the network for nobody to see, and ends there by itself.
 */
import { type RawBuilder, sql } from 'kysely'
import type { DroppedBecause } from '#contract/journal.ts'
import type { Db } from '#infra/db/database.ts'
import { longestAheadMs, usualAheadMs } from './ahead.ts'
import { lineSql } from './journal.ts'
import { LeaseLost } from './store.ts'
import { may } from './transition.ts'

const ms = (n: number) => sql`${n}::float8 * interval '1 millisecond'`

/**
 * When to look at a publication first: an hour before `due` where it has files, whose size decides (`aheadMs`), else a
 * quarter of an hour. Part of an update of `publications`, which must hold its words already.
 */
export const prepareFrom = (due: RawBuilder<unknown>): RawBuilder<Date | null> => sql<Date | null>`
  ${due}::timestamptz - case when exists (
    select 1 from posts b where b.id = publications.post_id
      and jsonb_path_exists(coalesce(publications.content, b.content), '$.segments[*].mediaIds[*]')
  ) then ${ms(longestAheadMs)} else ${ms(usualAheadMs)} end`

/**
 * Throws away what is prepared for the publications `which` names (a condition on `publications`), takes it from a worker
 * that is at it, and lets it be made anew; the story tells where something was there. Only where nothing has begun.
 */
export const dropPrepared = async (
  trx: Db,
  which: RawBuilder<unknown>,
  why: DroppedBecause,
  now: Date,
): Promise<void> => {
  await sql`
    with old as (
      select id, workspace_id, attempt, prepared_until is not null as had from publications
      where ${which} and ${may('prepare')} and not begun for update
    ), p as (
      update publications set frozen = null, started_at = null, lease_token = null, lease_until = null, worker = null,
        prepared_at = null, prepared_until = null, prepare_tries = 0, deaths = 0, prepare_at = ${prepareFrom(sql`due_at`)}
      from old where publications.id = old.id
    ), s as (
      delete from steps using old where publication_id = old.id
    )
    ${lineSql({ event: 'prepare-dropped', at: now, data: { why } }, sql`old where had`, sql`nullif(attempt, 0)`)}`.execute(
    trx,
  )
}

/** The same for a worker's own claim, at the due time or while it prepares: the lease stays, and what follows is made from the beginning. */
export const dropOwn = async (
  db: Db,
  c: { publicationId: string; lease: string; attempt: number },
  why: DroppedBecause,
  now: Date,
): Promise<void> => {
  const { rows } = await sql<{ n: number }>`
    with p as (
      update publications set frozen = null, prepared_at = null, prepared_until = null
      where id = ${c.publicationId} and lease_token = ${c.lease} and not begun returning id, workspace_id
    ), s as (
      delete from steps using p where publication_id = p.id
    ), j as (
      ${lineSql({ event: 'prepare-dropped', at: now, data: { why } }, sql`p`, c.attempt || null)}
    )
    select count(*)::int as n from p`.execute(db)
  if (!rows[0]?.n) throw new LeaseLost(c.publicationId)
}

/** Throws away what the steps of these names left on the network, which ended its life there; the creates, and the copy they were made of, stay. */
export const dropUploads = async (
  db: Db,
  c: { publicationId: string; lease: string; attempt: number },
  names: readonly string[],
  now: Date,
): Promise<void> => {
  const { rows } = await sql<{ n: number }>`
    with p as (
      select id, workspace_id from publications where id = ${c.publicationId} and lease_token = ${c.lease} for update
    ), s as (
      delete from steps using p where publication_id = p.id and name = any(${names as string[]})
    ), j as (
      ${lineSql({ event: 'prepare-dropped', at: now, data: { why: 'expired' } }, sql`p`, c.attempt || null)}
    )
    select count(*)::int as n from p`.execute(db)
  if (!rows[0]?.n) throw new LeaseLost(c.publicationId)
}
