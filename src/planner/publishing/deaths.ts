/**
 * What ends its worker every time (a file, a text, a fault of ours) must not end them all. A try, preparing or attempt, that
 * ends with a word gives its lease back; one that dies leaves it. So whoever takes the publication next knows, and counts.
 */
import { type RawBuilder, sql } from 'kysely'

/** Tries that may end without a word, one after another, before a publication counts as what kills its worker. */
export const mostDeaths = 5

/** The count for a try that is taken now, as part of an update. At the limit it stays, until a person does something. `table`: the name of publications. */
export const deathsBefore = (table: string): RawBuilder<number> => sql`
  case when ${sql.ref(`${table}.lease_token`)} is not null then least(${sql.ref(`${table}.deaths`)} + 1, ${sql.lit(mostDeaths)})
    when ${sql.ref(`${table}.deaths`)} >= ${sql.lit(mostDeaths)} then ${sql.ref(`${table}.deaths`)} else 0 end`

export const stoppedTooOften = `Clarion stopped ${mostDeaths} times in a row while it worked on this, so it does not try again by itself.`
