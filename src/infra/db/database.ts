/** One driver, one SQL: a Kysely over a pg pool, and LISTEN on a connection of its own. */
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

export type Database = {
  db: Db
  pool: pg.Pool
  /** Calls `on` for every NOTIFY on `channel`; reconnects by itself and calls `on('')` after a gap, since messages may be lost. Gives a stop function. */
  listen: (channel: string, on: (payload: string) => void) => Promise<() => Promise<void>>
  close: () => Promise<void>
}

/** NOTIFY topics. `due`: something may be due sooner than the engine thinks. `live`: a screen may be stale (JSON of contract's LiveEvent + workspace). */
export const topics = { due: 'clarion_due', live: 'clarion_live' } as const

const INT8 = 20
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? (v: string) => Number(v) : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig

/** Opens a pool. `url` is a postgres:// URL; sockets as `postgres://user@/db?host=/path`. */
export const openDatabase = (
  url: string,
  o: { poolSize?: number; onError?: (error: Error) => void } = {},
): Database => {
  const pool = new pg.Pool({ connectionString: url, max: o.poolSize ?? 10, types, application_name: 'clarion' })
  pool.on('error', (error) => o.onError?.(error))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const stops = new Set<() => Promise<void>>()

  const listen: Database['listen'] = async (channel, on) => {
    let client: pg.Client | undefined
    let stopped = false
    const start = async (again: boolean): Promise<void> => {
      const c = new pg.Client({ connectionString: url, application_name: 'clarion-listen', types })
      let over = false
      const lost = () => {
        if (over || stopped) return
        over = true
        setTimeout(() => start(true).catch((e) => o.onError?.(e)), 500).unref()
      }
      c.on('error', lost)
      c.on('end', lost)
      c.on('notification', (m) => on(m.payload ?? ''))
      try {
        await c.connect()
        await c.query(`listen ${pg.escapeIdentifier(channel)}`)
        client = c
        if (again) on('')
      } catch (error) {
        if (!again) throw error
        lost()
      }
    }
    await start(false)
    const stop = async () => {
      stopped = true
      stops.delete(stop)
      await client?.end().catch(() => undefined)
    }
    stops.add(stop)
    return stop
  }

  return {
    db,
    pool,
    listen,
    close: async () => {
      await Promise.all([...stops].map((s) => s()))
      await db.destroy()
      // Kysely ends the pool only if a query went through it.
      if (!pool.ended) await pool.end()
    },
  }
}

/** NOTIFY inside the caller's transaction: delivered when it commits, never when it rolls back. */
export const notify = async (db: Db, channel: string, payload: unknown): Promise<void> => {
  await sql`select pg_notify(${channel}, ${typeof payload === 'string' ? payload : JSON.stringify(payload)})`.execute(
    db,
  )
}
