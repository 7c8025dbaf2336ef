/**
 * Statements that come again are prepared, once a connection: PostgreSQL then parses them once, and plans them once
 * where one plan serves all values. A statement's name is made of its text, so that behind a pooler that hands
 * connections around a name never means another statement.
 *
 * When a prepared statement cannot be used any more, nothing was done: it is sent again as text. That is the case after a
 * migration (its rows have other columns now), and behind a pooler that knows nothing of prepared statements; then no
 * more are made.
 */
import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** A text seen this often gets a name. */
const often = 3
/** Most names, so that the memory of a connection is bounded; and most texts that are counted. */
const most = { names: 200, texts: 2_000 }

type Refusal = { code?: string; routine?: string }
/** "cached plan must not change result type". */
const changed = (e: Refusal) => e.code === '0A000' && e.routine === 'RevalidateCachedQuery'
/** The name is not known, or was given already: somebody between us and PostgreSQL shares its connections. */
const shared = (e: Refusal) => e.code === '26000' || e.code === '42P05'

/** The pool as Kysely takes it. `onShared`: told once when a pooler in between makes it impossible. */
export const prepared = (pool: pg.Pool, onShared?: (error: Error) => void): PostgresPool => {
  const names = new Map<string, string>()
  const seen = new Map<string, number>()
  let off = false

  const nameOf = (text: string): string | undefined => {
    const known = names.get(text)
    if (known || off || names.size >= most.names) return off ? undefined : known
    const times = (seen.get(text) ?? 0) + 1
    if (seen.size >= most.texts) seen.clear()
    seen.set(text, times)
    if (times < often) return undefined
    seen.delete(text)
    const name = `clarion_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    names.set(text, name)
    return name
  }

  const query = async (client: pg.PoolClient, text: string, values: readonly unknown[]) => {
    // What has no values (begin, commit) takes the short way already.
    const name = values.length > 0 ? nameOf(text) : undefined
    if (name === undefined) return client.query(text, [...values])
    try {
      return await client.query({ name, text, values: [...values] })
    } catch (error) {
      const refusal = error as Refusal
      if (changed(refusal)) names.set(text, `${name}_`.slice(0, 60))
      else if (shared(refusal) && !off) {
        off = true
        onShared?.(
          new Error(
            'A pooler between Clarion and PostgreSQL does not keep prepared statements; Clarion goes on without. Set CLARION_DB_PREPARED to 0.',
            { cause: error },
          ),
        )
      } else if (!shared(refusal)) throw error
      // In a transaction the refusal has ended it: the caller is told the cause and not the aftermath.
      return client.query(text, [...values]).catch(() => {
        throw error
      })
    }
  }

  // Kysely knows connections by their object.
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const known = wrapped.get(client)
    if (known) return known
    const ask = (text: string, values: readonly unknown[] = []) => query(client, text, values)
    const made: PostgresPoolClient = {
      // Its other form takes a cursor, which only a dialect with cursors asks for.
      query: ask as unknown as PostgresPoolClient['query'],
      release: (gone) => client.release(gone),
    }
    wrapped.set(client, made)
    return made
  }

  return { connect: async () => wrap(await pool.connect()), end: () => pool.end(), options: pool.options }
}
