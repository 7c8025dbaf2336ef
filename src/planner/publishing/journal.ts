/**
 * The journal's only writer. A line belongs to a publication and its workspace, and is written in the transaction or
 * statement of what it tells, so that there is never one without the other. What notifications and outgoing webhooks
 * will send is read from here.
 */
import { type RawBuilder, sql } from 'kysely'
import type { JournalData, JournalEvent } from '#contract/journal.ts'
import type { Db } from '#infra/db/database.ts'

/** `data` may be left out where the event has none that is required. `at`: UTC. */
export type Line<E extends JournalEvent = JournalEvent> = E extends JournalEvent
  ? {
      event: E
      at: Date
      step?: string | null
      message?: string | null
    } & (Record<string, never> extends JournalData<E> ? { data?: JournalData<E> } : { data: JournalData<E> })
  : never

/** A line whose instant and data are each row's. */
type LineOfRow = { event: JournalEvent; at: RawBuilder<unknown>; data: RawBuilder<unknown> }

/** The `insert` of a line as part of a larger statement. `from` has `id` and `workspace_id` of publications, and gives a line for each row; `message`: of each row. */
export const lineSql = (
  line: Line | LineOfRow,
  from: RawBuilder<unknown>,
  attempt: number | RawBuilder<unknown> | null,
  message?: RawBuilder<unknown>,
) => sql`
  insert into journal (workspace_id, publication_id, at, event, attempt, step, message, data)
  select workspace_id, id, ${line.at}::timestamptz, ${line.event}, ${attempt}::int, ${'step' in line ? (line.step ?? null) : null},
    ${message ?? ('message' in line ? (line.message ?? null) : null)},
    ${isSql(line.data) ? line.data : JSON.stringify(line.data ?? {})}::jsonb from ${from}`

const isSql = (data: unknown): data is RawBuilder<unknown> =>
  typeof data === 'object' && data !== null && 'isRawBuilder' in data

/** Lines as JSON for `linesSql`, in their order. */
export const toLines = (lines: readonly Line[]) =>
  lines.map((l) => ({ at: l.at, event: l.event, step: l.step, message: l.message, data: l.data ?? {} }))

/** The same for lines of many publications. `from` has `n` (their order), `workspace_id`, `id`, `attempt` and `lines` (`toLines`). */
export const linesSql = (from: RawBuilder<unknown>) => sql`
  insert into journal (workspace_id, publication_id, at, event, attempt, step, message, data)
  select f.workspace_id, f.id, l.at, l.event, f.attempt, l.step, l.message, l.data from ${from} f
  cross join lateral rows from (
    jsonb_to_recordset(f.lines) as (at timestamptz, event text, step text, message text, data jsonb)
  ) with ordinality as l(at, event, step, message, data, k) order by f.n, l.k`

type About = { id: string; attempt: number }

/**
 * Writes one line about a publication. The attempt is the last one that began, if any did. Its row is held until the
 * transaction ends, so that the line goes with it or is not written (decision 0032). @throws Error when it is gone.
 */
export const write = async (db: Db, p: About, line: Line): Promise<void> => {
  const { rows } = await sql`
    with p as (select id, workspace_id from publications where id = ${p.id} for key share), j as (${lineSql(line, sql`p`, p.attempt || null)})
    select 1 from p`.execute(db)
  if (rows.length === 0) throw new Error(`publication ${p.id} is gone; nothing can be written about it`)
}
