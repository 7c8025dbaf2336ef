/** What Clarion keeps things in: the database, Redis, the storage of files. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Config } from '#infra/config.ts'
import type { Database } from '#infra/db/database.ts'
import { readMigrations } from '#infra/db/migrate.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { openMake } from '../boot/storage.ts'
import { keyStatus } from '../keys.ts'
import { broken, counted, type Finding, ok, warning } from './finding.ts'

/** The oldest PostgreSQL that is tested (README). */
const leastPostgres = 15

export const databaseServer = async ({ db }: Pick<Database, 'db'>): Promise<Finding> => {
  const { rows } = await sql<{ version: string; n: number; bytes: string }>`
    select split_part(current_setting('server_version'), ' ', 1) as version,
      current_setting('server_version_num')::int as n, pg_database_size(current_database())::text as bytes`.execute(db)
  const { version, n, bytes } = rows[0]!
  const says = `PostgreSQL ${version}, ${(Number(bytes) / 1024 ** 2).toFixed(0)} MB`
  return Math.floor(n / 10_000) >= leastPostgres
    ? ok(says)
    : broken(`${says}: that is too old.`, `Move the database to PostgreSQL ${leastPostgres} or newer.`)
}

/** Does the database have the shape this version of Clarion expects? */
export const databaseShape = async ({ db }: Pick<Database, 'db'>): Promise<Finding> => {
  const files = await readMigrations()
  const { rows: there } = await sql<{ version: number; name: string }>`
    select version, name from schema_migrations order by version`.execute(db)
  const newer = there.find((r) => r.version > files.length)
  if (newer)
    return broken(
      `The database is newer than this Clarion: it has ${newer.name}.`,
      'Start the newer version again, or restore the backup made before it.',
    )
  const missing = files.length - there.length
  return missing > 0
    ? warning(
        `The database lacks ${counted(missing, 'step')} of this version.`,
        'Restart Clarion: it brings the database up to date.',
      )
    : ok(there.at(-1)?.name ?? 'empty')
}

export const sealedSecrets = async ({ db }: Pick<Database, 'db'>, keys: KeyRing): Promise<Finding> => {
  const s = await keyStatus(db, keys)
  const known = new Set([s.current, ...s.old])
  const lost = s.sealed.filter((x) => !known.has(x.kid))
  const count = lost.reduce((n, x) => n + x.count, 0)
  return count > 0
    ? broken(
        `${counted(count, 'stored secret')} cannot be opened: ${count === 1 ? 'its key is' : 'their keys are'} missing.`,
        'Restore keys.json (or CLARION_KEYS) from your backup, or connect those channels again.',
      )
    : ok(
        `${counted(
          s.sealed.reduce((n, x) => n + x.count, 0),
          'stored secret',
        )}, all of them open`,
      )
}

/** ms to wait for a first answer of Redis. */
const meetMs = 5_000

/** Loaded only where REDIS_URL is set. */
export const redisServer = async (url: string): Promise<Finding> => {
  const { openRedis, within } = await import('#infra/redis.ts')
  const quiet = { info: () => undefined, warn: () => undefined }
  const link = openRedis({ url, prefix: `clarion-doctor-${randomBytes(4).toString('hex')}`, log: quiet })
  try {
    await within(meetMs, link.met).catch(() => undefined)
    const trouble = link.trouble()
    return trouble
      ? warning(
          `Redis ${trouble}. Nothing is lost: every process carries its work by itself meanwhile.`,
          'Start that server, or correct REDIS_URL.',
        )
      : ok('answers and takes writes')
  } finally {
    await link.close()
  }
}

/** Writes, reads and removes a file of a few bytes where new files go. */
export const fileStorage = async (config: Pick<Config, 'dataDir' | 'storage'>): Promise<Finding> => {
  const where = config.storage.make === 's3' ? 'the bucket' : 'data/media'
  const fix =
    config.storage.make === 's3'
      ? 'Correct S3_ENDPOINT, S3_BUCKET and the keys, and let them read, write and remove there.'
      : 'Let the user that runs Clarion write there, and make room on that disk.'
  const key = `incoming/doctor-${randomBytes(8).toString('hex')}`
  const bytes = randomBytes(64)
  let away = ''
  const opened = await openMake(config.storage.make, { ...config, warn: (line) => (away = line), passing: true })
  try {
    if (away) return broken(away, fix)
    await opened.storage.put(key, bytes)
    const back = await opened.storage.read(key)
    await opened.storage.remove(key)
    return back.equals(bytes)
      ? ok(`a file was written to ${where}, read and removed`)
      : broken(`What was written to ${where} came back as something else.`, fix)
  } catch (error) {
    return broken(`${where} cannot be used: ${(error as Error).message}`, fix)
  } finally {
    await opened.close()
  }
}
