/**
 * Forgetting how publications that are over came about. What became of each stays (the lines that say so, ids and
 * links), and so does all that keeps a second copy from going out: of a failed publication every step, as a person may
 * try it again and go on from there; of any other the public steps, which take-downs, edits and numbers name. Of a published one's they keep what the network
 * gave, and not what was only needed to send it (keys, records, sessions): half of a step's bytes.
 */
import { type RawBuilder, sql } from 'kysely'
import type { JournalEvent } from '#contract/journal.ts'
import { publicSteps } from '#contract/steps.ts'
import type { Db } from '#infra/db/database.ts'

/** Lines that say what became of it. */
const outcomes: readonly JournalEvent[] = [
  'published',
  'failed',
  'missed',
  'cancelled',
  'person-there',
  'edited',
  'removed',
]
/** What is over for good or until a person wants it again. What a person is asked about (held, unconfirmed) is not. */
const over = ['published', 'failed', 'missed', 'cancelled'] as const
/** Publications of one round. */
const batch = 500

type HistoryForgotten = { publications: number; journal: number; attempts: number; steps: number }

/** Forgets the history of publications nobody and nothing touched since `before` (UTC), a batch at a time. */
export const forgetHistory = async (db: Db, before: Date): Promise<HistoryForgotten> => {
  const list = (words: readonly string[]) => sql.join(words.map((w) => sql.lit(w)))
  // By id, whatever PostgreSQL believes of how many they are.
  const those = (which: RawBuilder<unknown>) => sql`any(array(select id from old where ${which}))`
  const total: HistoryForgotten = { publications: 0, journal: 0, attempts: 0, steps: 0 }
  for (;;) {
    const { rows } = await sql<HistoryForgotten>`
      with old as (
        select o.id, o.state from attempts a cross join lateral (
          select p.id, p.state from publications p
          where p.id = a.publication_id and p.state in (${list(over)}) and p.updated_at < ${before} limit 1 for update skip locked
        ) o where a.started_at < ${before} order by a.started_at limit ${batch}
      ), j as (
        delete from journal where publication_id = ${those(sql`true`)} and event not in (${list(outcomes)}) returning 1
      ), a as (
        delete from attempts where publication_id = ${those(sql`true`)} returning 1
      ), s as (
        delete from steps where publication_id = ${those(sql`state <> 'failed'`)} and name not in (${list(publicSteps)}) returning 1
      ), t as (
        update steps set prepared = null, saved = null
        where publication_id = ${those(sql`state = 'published'`)} and name in (${list(publicSteps)})
          and (prepared is not null or saved is not null)
      )
      select (select count(distinct id) from old)::int as publications, (select count(*) from j)::int as journal,
        (select count(*) from a)::int as attempts, (select count(*) from s)::int as steps`.execute(db)
    const did = rows[0]!
    for (const key of Object.keys(total) as (keyof HistoryForgotten)[]) total[key] += did[key]
    if (did.publications === 0) return total
  }
}
