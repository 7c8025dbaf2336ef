/** One driver, one SQL: a Kysely over a pg pool, and LISTEN on a connection of its own (listen.ts). */
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { createListener, type Listener } from './listen.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

export type Database = {
  db: Db
  /**
   * For statements that come by the thousand and need one plan whatever their values: a few connections, on which each is
   * planned once. On many each would have to be planned several times over, at a cost of hundreds of its runs. Only for
   * single statements that wait for nobody long; the same as `db` where there are few connections, or statements are not prepared.
   */
  steady: Db
  pool: pg.Pool
  /** Calls `on` for every NOTIFY on `topic`; reconnects by itself and calls `on('')` after a gap, since messages may be lost. Gives a stop function. */
  listen: Listener['listen']
  close: () => Promise<void>
}

/**
 * NOTIFY topics. Each wakes only those whose work it can have brought nearer; a screen that may be stale is told on
 * `live` (JSON of contract's LiveEvent and the workspace).
 */
export const topics = {
  /** A publication may be due sooner than the engine thinks. */
  due: 'clarion_due',
  /** What is planned, or its words, changed. */
  plans: 'clarion_plans',
  /** A channel was connected, again or for the first time. */
  connected: 'clarion_connected',
  /** A network said that a budget is used up, or that it is not any more (JSON of words.ts). */
  budgets: 'clarion_budgets',
  /** A network reported something. */
  signals: 'clarion_signals',
  live: 'clarion_live',
} as const

const INT8 = 20
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? (v: string) => Number(v) : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig

/** How long this process waits for the database (ms); 0 = for ever. */
export type Patience = {
  /** One statement. */
  statementMs: number
  /** One lock, within a statement. */
  lockMs: number
  /** A transaction in which nothing is said: its connection is closed. */
  idleMs: number
  /** A free connection of the pool. */
  connectionMs: number
}
/** Our questions take milliseconds: workers or machine code made for one cost more than it does, and come of a wrong guess. */
const short = 'set max_parallel_workers_per_gather = 0; set jit = off'
/** Of so many connections, this share is `steady`. */
const leastForSteady = 6
const steadyShare = 0.3
const endless: Patience = { statementMs: 0, lockMs: 0, idleMs: 0, connectionMs: 0 }

/**
 * Opens a pool. `url` is a postgres:// URL; sockets as `postgres://user@/db?host=/path`. Limits are set by a statement on
 * each new connection, as a pooler in between may refuse them among the parameters of a start. `prepared`: statements that
 * come again are (default yes).
 */
export const openDatabase = (
  url: string,
  o: { poolSize?: number; prepared?: boolean; patience?: Patience; onError?: (error: Error) => void } = {},
): Database => {
  const { statementMs, lockMs, idleMs, connectionMs } = o.patience ?? endless
  const limits = o.patience
    ? `set statement_timeout = ${statementMs}; set lock_timeout = ${lockMs}; set idle_in_transaction_session_timeout = ${idleMs}; ${short}`
    : short
  const open = (max: number, settings: string) => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      types,
      application_name: 'clarion',
      connectionTimeoutMillis: connectionMs,
      onConnect: (client: pg.ClientBase) => client.query(settings),
    })
    pool.on('error', (error) => o.onError?.(error))
    // The pool hears only idle connections: one that breaks in use would otherwise end the process, though its query rejects.
    pool.on('connect', (client) => client.on('error', (error) => o.onError?.(error)))
    const through = o.prepared === false ? pool : prepared(pool, o.onError)
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: through }) })
    const close = async () => {
      await db.destroy()
      // Kysely ends the pool only if a query went through it.
      if (!pool.ended) await pool.end()
    }
    return { pool, db, close }
  }
  const { poolSize = 10 } = o
  const few = o.prepared === false || poolSize < leastForSteady ? 0 : Math.floor(poolSize * steadyShare)
  const main = open(poolSize - few, limits)
  // A plan made while a table was nearly empty would read all of it, until its statistics are renewed: not where an index answers.
  const once = 'set plan_cache_mode = force_generic_plan; set enable_seqscan = off'
  const steady = few > 0 ? open(few, `${limits}; ${once}`) : undefined
  const listener = createListener({
    config: { connectionString: url, application_name: 'clarion-listen', types },
    onError: o.onError,
  })

  return {
    db: main.db,
    steady: steady?.db ?? main.db,
    pool: main.pool,
    listen: listener.listen,
    close: async () => {
      await listener.close()
      await main.close()
      await steady?.close()
    },
  }
}

/** NOTIFY inside the caller's transaction: delivered when it commits, never when it rolls back. */
export const notify = async (db: Db, channel: string, payload: unknown): Promise<void> => {
  await sql`select pg_notify(${channel}, ${typeof payload === 'string' ? payload : JSON.stringify(payload)})`.execute(
    db,
  )
}
