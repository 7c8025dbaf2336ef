/**
 * Statements that come again are prepared: planning the engine's long statements cost the database more than running
 * them (1,000 publications due at once: 8 s without, see docs/decisions/0007).
 *
 * A prepared plan must keep its columns, and a newer Clarion may add one while an older still runs; so whatever selects
 * `*` is never prepared. Names are bounded, since a list of ids of another length is another statement.
 */
import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

/** Seen this often, a statement gets a name; at most so many get one. */
const seenOften = 5
const mostNames = 200

/** The pool as Kysely wants it. Sessions only: a proxy that shares sessions per transaction would lose the names. */
export const preparing = (pool: pg.Pool): PostgresPool => {
  const seen = new Map<string, number>()
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text)
    if (known || names.size >= mostNames) return known
    const count = (seen.get(text) ?? 0) + 1
    if (count < seenOften || !/\$1\b/.test(text) || /[\s.]\*/.test(text.replace(/count\(\*\)/g, ''))) {
      if (seen.size > 10_000) seen.clear()
      seen.set(text, count)
      return undefined
    }
    seen.delete(text)
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
    return name
  }
  const query = (client: pg.PoolClient, text: unknown, values?: readonly unknown[]) => {
    if (typeof text !== 'string') return (client.query as (q: unknown) => unknown)(text)
    const name = nameOf(text)
    return client.query({ ...(name ? { name } : {}), text, values: values ? [...values] : [] })
  }
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect()
      return {
        query: (text: unknown, values?: readonly unknown[]) => query(client, text, values),
        release: (destroy?: boolean) => client.release(destroy),
      } as PostgresPoolClient
    },
  }
}
