/**
 * Numbered SQL files (`migrations/0001_init.sql`, ...), applied in order, each in a transaction of its own, under an
 * advisory lock so that processes starting together take turns. `schema_migrations` remembers what ran and its hash.
 * A file that begins with `-- beside` builds indexes of large tables while other processes go on writing: its statements
 * run one by one, each of a kind that may be repeated, and a start that was cut off begins the file again (decision 0026).
 * Refused, with nothing touched: a database newer than this code, a landed file that was edited, a database of another program.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { CannotStart } from '../cannot-start.ts'

export type Migration = { version: number; name: string; sha256: string; sql: string }

export const migrationsFolder = fileURLToPath(new URL('../../../migrations', import.meta.url))

/** Any number: all Clarion processes must use the same. */
const LOCK = 4_270_614_001

/** The files in order. @throws Error when numbers repeat or leave a gap. */
export const readMigrations = async (folder: string = migrationsFolder): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((n) => n.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name, i) => {
      const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1])
      if (version !== i + 1)
        throw new Error(`migrations/${name}: expected a file named ${String(i + 1).padStart(4, '0')}_what_it_does.sql`)
      const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
      return { version, name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

type Row = { version: number; name: string; sha256: string }

/** Tried this often (ms). Waiting inside PostgreSQL would hold a snapshot, and the one who builds an index waits for those. */
const everyMs = 200
const takeLock = async (client: pg.PoolClient): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ ok: boolean }>('select pg_try_advisory_lock($1) as ok', [LOCK])
    if (rows[0]!.ok) return
    await pause(everyMs)
  }
}

/** What may stand in a file that runs beside the work: a second run after a cut leads to the same. */
const repeatable =
  /^(drop index concurrently if exists \w+|create (unique )?index concurrently \w+ on [\s\S]+|alter index \w+ alter column \d+ set statistics \d+|insert into [\s\S]+ on conflict do nothing)$/
const begins = /^-- beside\n/

/** The statements of a file that runs beside the work; undefined for any other. @throws Error naming one that may not stand there. */
export const besides = (file: Pick<Migration, 'name' | 'sql'>): string[] | undefined => {
  if (!begins.test(file.sql)) return undefined
  const statements = file.sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((s) => s.trim())
    .filter(Boolean)
  const made = new Set<string>()
  for (const s of statements) {
    if (!repeatable.test(s)) throw new Error(`migrations/${file.name}: this may not run beside the work: ${s}`)
    const name = /^create (unique )?index concurrently (\w+)/.exec(s)?.[2]
    // One that was cut off is there, and invalid.
    if (name && !made.has(name)) throw new Error(`migrations/${file.name}: drop ${name} (if exists) before it is made`)
    const dropped = /^drop index concurrently if exists (\w+)/.exec(s)?.[1]
    if (dropped) made.add(dropped)
  }
  return statements
}

const apply = async (client: pg.PoolClient, file: Migration): Promise<void> => {
  const landing = () =>
    client.query('insert into schema_migrations (version, name, sha256) values ($1, $2, $3)', [
      file.version,
      file.name,
      file.sha256,
    ])
  const statements = besides(file)
  if (statements) {
    for (const statement of statements) await client.query(statement)
    await landing()
    return
  }
  try {
    await client.query('begin')
    await client.query(file.sql)
    await landing()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** What ran here before: undefined when the database is empty. */
const landed = async (client: pg.PoolClient): Promise<Row[] | undefined> => {
  const { rows: tables } = await client.query<{ name: string; ours: boolean }>(
    `select c.relname as name,
            (select count(*) = 4 from pg_attribute a where a.attrelid = c.oid and a.attname in ('version', 'name', 'sha256', 'applied_at')) as ours
       from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')`,
  )
  const table = tables.find((t) => t.name === 'schema_migrations')
  if (table?.ours)
    return (await client.query<Row>('select version, name, sha256 from schema_migrations order by version')).rows
  if (tables.length === 0) return undefined
  throw new CannotStart(
    `The database already holds tables of another program (${tables
      .slice(0, 3)
      .map((t) => t.name)
      .join(', ')}).`,
    'Make an empty database for Clarion and name it in DATABASE_URL.',
  )
}

const check = (rows: readonly Row[], files: readonly Migration[]): void => {
  for (const row of rows) {
    const file = files[row.version - 1]
    if (!file)
      throw new CannotStart(
        `The database is newer than this version of Clarion: it has ${row.name}, and this version knows only up to ${files.at(-1)?.name ?? 'nothing'}. Nothing was changed.`,
        'Start the newer version of Clarion again, or restore the backup made before it.',
      )
    if (file.sha256 !== row.sha256)
      throw new CannotStart(
        `migrations/${file.name} was edited after it ran on this database. Nothing was changed.`,
        'Restore the file and put the change into a new migration.',
      )
  }
}

/**
 * Brings the database up to date, or to the version `upTo`; gives the names of the files that ran now and the version it is at.
 * @throws CannotStart when the database may not be touched (see the head of this file) or a file fails (rolled back).
 */
export const migrate = async (
  database: { pool: pg.Pool },
  o: { folder?: string; say?: (line: string) => void; upTo?: number } = {},
): Promise<{ applied: string[]; version: number }> => {
  const files = (await readMigrations(o.folder)).slice(0, o.upTo)
  const client = await database.pool.connect()
  let broken: Error | undefined
  try {
    const { rows } = await client.query<{ v: string }>(`select current_setting('server_version_num') as v`)
    if (Number(rows[0]!.v) < 150_000)
      throw new CannotStart(
        `The database server is PostgreSQL ${Math.floor(Number(rows[0]!.v) / 10_000)}.`,
        'Clarion needs PostgreSQL 15 or newer.',
      )
    // A migration takes the time it takes.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0')
    await takeLock(client)
    try {
      const before = await landed(client)
      check(before ?? [], files)
      if (!before)
        await client.query(
          'create table schema_migrations (version int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())',
        )
      const applied: string[] = []
      for (const file of files.slice(before?.length ?? 0)) {
        o.say?.(`applying ${file.name}`)
        try {
          await apply(client, file)
        } catch (error) {
          throw new CannotStart(
            `migrations/${file.name} failed${begins.test(file.sql) ? '' : ' and was rolled back'}: ${(error as Error).message}`,
            'Report this with the line above; your data is as it was.',
            error,
          )
        }
        applied.push(file.name)
      }
      return { applied, version: files.length }
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK])
    }
  } catch (error) {
    broken = error as Error
    throw error
  } finally {
    // Not given back: its settings, and after a failure its lock and state, go with it.
    client.release(broken ?? true)
  }
}
