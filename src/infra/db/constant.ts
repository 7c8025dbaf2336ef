/**
 * Statements whose text is always the same: built and compiled at their first use, with their values left open. Building
 * the text of a large one costs more than PostgreSQL's own work on it.
 */
import { type CompiledQuery, type RawBuilder, sql } from 'kysely'
import type { Db } from './database.ts'

/** Runs it with values, on a connection or in a transaction; gives its rows. */
export type Constant<V, R> = (db: Db, values: V) => Promise<R[]>

/** `build` writes the statement once; `value(name)` stands where the value of that name goes. What is not a value must not vary. */
export const constant = <V extends Record<string, unknown>, R>(
  build: (value: (name: keyof V & string) => RawBuilder<unknown>) => RawBuilder<R>,
): Constant<V, R> => {
  let made: { query: CompiledQuery<R>; names: readonly (string | undefined)[] } | undefined
  const make = (db: Db) => {
    const places = new Map<unknown, string>()
    const query = build((name) => {
      const place = {}
      places.set(place, name)
      return sql.val(place)
    }).compile(db)
    return { query, names: query.parameters.map((p) => places.get(p)) }
  }
  return async (db, values) => {
    made ??= make(db)
    const { query, names } = made
    const parameters = names.map((name, i) => (name === undefined ? query.parameters[i] : values[name]))
    return (await db.executeQuery<R>({ ...query, parameters })).rows
  }
}
