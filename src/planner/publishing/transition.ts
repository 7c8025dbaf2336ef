/**
 * The state machine as SQL, made from `transitions` of rules.ts. Every statement that writes a publication's state takes
 * the new state and its guard from here and names the event, so that no write can leave the table.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type PublicationState, publicationStates } from '#contract/posts.ts'
import { type PublicationEvent, takesBack, transitions } from './rules.ts'

/** States something is still to come in. The database keeps them apart in `settled` (null: open; decision 0031), and so do its indexes. */
export const openStates: readonly PublicationState[] = transitions.claim.from
export const settledStates = publicationStates.filter((s) => !openStates.includes(s))

/** Is the row in one of these states? (True, or false or null.) In words its indexes are found by, so literals and not parameters. */
export const isIn = (states: readonly PublicationState[], table = 'publications'): RawBuilder<SqlBool> => {
  const settled = sql.ref(`${table}.settled`)
  const oneOf = (column: RawBuilder<unknown>, some: readonly PublicationState[]) =>
    sql<SqlBool>`${column} in (${sql.join(some.map((s) => sql.lit(s)))})`
  const open = states.filter((s) => openStates.includes(s))
  const over = states.filter((s) => settledStates.includes(s))
  const parts: RawBuilder<SqlBool>[] = []
  if (open.length === openStates.length) parts.push(sql<SqlBool>`${settled} is null`)
  else if (open.length > 0) parts.push(sql<SqlBool>`(${settled} is null and ${oneOf(sql.ref(`${table}.state`), open)})`)
  if (over.length > 0) parts.push(oneOf(settled, over))
  return sql<SqlBool>`(${sql.join(parts, sql` or `)})`
}

/** Is the event allowed for the row now? `table`: the name of publications in the statement. */
export const may = (event: PublicationEvent, table = 'publications'): RawBuilder<SqlBool> => {
  const inTime = takesBack.has(event) ? sql` and not ${sql.ref(`${table}.begun`)}` : sql``
  return sql<SqlBool>`(${isIn(transitions[event].from, table)}${inTime})`
}

/** The state the event leads to. */
export const stateAfter = (event: PublicationEvent): RawBuilder<PublicationState> => sql.lit(transitions[event].to)

/** `may` for rows of many events: `event` is the column that names each row's. */
export const mayEach = (
  events: readonly PublicationEvent[],
  event: RawBuilder<unknown>,
  table: string,
): RawBuilder<SqlBool> =>
  sql<SqlBool>`case ${event} ${sql.join(
    events.map((e) => sql`when ${sql.lit(e)} then ${may(e, table)}`),
    sql` `,
  )} else false end`

/** `stateAfter` for rows of many events. */
export const stateAfterEach = (
  events: readonly PublicationEvent[],
  event: RawBuilder<unknown>,
): RawBuilder<PublicationState> =>
  sql`case ${event} ${sql.join(
    events.map((e) => sql`when ${sql.lit(e)} then ${stateAfter(e)}`),
    sql` `,
  )} end`
