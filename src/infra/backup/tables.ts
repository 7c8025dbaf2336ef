/**
 * Tables out of a database and into one, by COPY (the bundled PostgreSQL brings no pg_dump). Text format, so that any version
 * reads what another wrote.
 */
import { pipeline } from 'node:stream'
import { pipeline as through } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { CannotStart } from '../cannot-start.ts'
import { entry, type HeadOf } from './entries.ts'
import { damaged } from './seal.ts'

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
/** What the manifest tells instead. */
const history = 'schema_migrations'
/** The same text everywhere, and as long as it takes. */
const plainly = `set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0;
  set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1;
  set client_encoding = 'UTF8'`

type Table = { name: string; columns: string[] }
/** Tables with the columns that are stored by themselves, so not those the database computes. */
const tablesOf = async (client: pg.ClientBase): Promise<Table[]> =>
  (
    await client.query<Table>(`
      select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> '${history}'
      group by c.relname order by c.relname`)
  ).rows
const columnsOf = (t: Table) => `${quote(t.name)} (${t.columns.map(quote).join(', ')})`

/** Lends a connection that is thrown away afterwards, with what was set on it. */
const lend = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  try {
    await client.query(plainly)
    return await work(client)
  } finally {
    client.release(true)
  }
}

/** Every table as entries, all of one instant; counts their rows into `rows`. `first` is said with the migrations of that instant. */
export const dumpTables = async function* (
  pool: pg.Pool,
  first: (migrations: HeadOf<'manifest'>['migrations']) => AsyncIterable<Uint8Array>,
  rows: Record<string, number>,
): AsyncGenerator<Uint8Array> {
  const client = await pool.connect()
  try {
    await client.query(plainly)
    await client.query('begin isolation level repeatable read read only')
    const ran = await client.query<HeadOf<'manifest'>['migrations'][number]>(
      `select version, name, sha256 from ${history} order by version`,
    )
    yield* first(ran.rows)
    for (const t of await tablesOf(client)) {
      const out = client.query(copyTo(`copy ${columnsOf(t)} to stdout`))
      // Nobody waits for it here: what breaks it breaks the reading of `packed`.
      const packed = pipeline(out, createGzip({ level: 1 }), () => undefined)
      yield* entry({ what: 'table', ...t }, packed)
      rows[t.name] = out.rowCount
    }
    await client.query('commit')
  } finally {
    client.release(true)
  }
}

/** Takes away everything of ours that lies in a database which holds nothing, so that it can be built as an older version had it. */
export const clear = (pool: pg.Pool): Promise<unknown> =>
  lend(pool, (client) =>
    client.query(`do $$ declare it record; begin
      for it in select c.oid::regclass as name from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      loop execute format('drop table if exists %s cascade', it.name); end loop;
      for it in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = current_schema()::regnamespace
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
      loop execute format('drop routine if exists %s cascade', it.name); end loop;
    end $$`),
  )

type Loading = {
  /** Fills one table. @throws CannotStart when there is no such table. */
  table: (head: HeadOf<'table'>, body: AsyncIterable<Buffer>) => Promise<void>
  client: pg.PoolClient
}

/**
 * Fills the tables of a database of the same version in one transaction: all of what `work` brings, or nothing. While it
 * runs, no trigger fires (their work is among the rows), and references are looked at once, at the end. `last` is done when
 * triggers and counters work again, still within the transaction.
 */
export const loadTables = async (
  pool: pg.Pool,
  work: (o: Loading) => Promise<void>,
  last: (client: pg.PoolClient) => Promise<void>,
): Promise<void> => {
  await lend(pool, async (client) => {
    await client.query('begin')
    const tables = new Map((await tablesOf(client)).map((t) => [t.name, t]))
    const names = [...tables.keys()].map(quote)
    const { rows: references } = await client.query<{ name: string; table: string; definition: string }>(`
      select k.conname as name, c.relname as table, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k join pg_class c on c.oid = k.conrelid
      where c.relnamespace = current_schema()::regnamespace and k.contype = 'f' order by 2, 1`)
    for (const r of references) await client.query(`alter table ${quote(r.table)} drop constraint ${quote(r.name)}`)
    // Before the triggers sleep: emptying may not be noticed by them either.
    for (const name of names) await client.query(`alter table ${name} disable trigger user`)
    await client.query(`truncate ${names.join(', ')}`)
    await work({
      client,
      table: async (head, body) => {
        const known = tables.get(head.name)
        if (!known || head.columns.some((c) => !known.columns.includes(c)))
          throw damaged(`its table ${head.name.slice(0, 60)} is not one of its version`)
        await through(body, createGunzip(), client.query(copyFrom(`copy ${columnsOf(head)} from stdin`)))
      },
    })
    const { rows: counters } = await client.query<{ table: string; column: string }>(`
      select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attidentity <> ''`)
    for (const { table, column } of counters)
      await client.query(
        `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${quote(column)}), 0) + 1, false) from ${quote(table)}`,
        [quote(table), column],
      )
    for (const r of references)
      await client.query(`alter table ${quote(r.table)} add constraint ${quote(r.name)} ${r.definition}`).catch((e) => {
        throw new CannotStart(`The rows of ${r.table} do not fit together: ${e.message}`, 'Take an older backup.', e)
      })
    for (const name of names) await client.query(`alter table ${name} enable trigger user`)
    await last(client)
    await client.query('commit')
    await client.query('analyze')
  })
}
