/**
 * The state machine as SQL, made from `transitions` of rules.ts. Every statement that writes a publication's state takes
 * the new state and its guard from here and names the event, so that no write can leave the table.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { PublicationState } from '#contract/posts.ts'
import { type PublicationEvent, takesBack, transitions } from './rules.ts'

// Literals and not parameters: the partial indexes on these states are found by them.
const oneOf = (states: readonly PublicationState[]) => sql.join(states.map((s) => sql.lit(s)))

/** Is the event allowed for the row now? `table`: the name of publications in the statement. */
export const may = (event: PublicationEvent, table = 'publications'): RawBuilder<SqlBool> => {
  const inTime = takesBack.has(event) ? sql` and not ${sql.ref(`${table}.begun`)}` : sql``
  return sql<SqlBool>`(${sql.ref(`${table}.state`)} in (${oneOf(transitions[event].from)})${inTime})`
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
