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
