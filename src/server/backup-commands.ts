/**
 * `clarion backup` and `clarion restore`. A backup works beside a Clarion that runs. A restore goes into an empty one of
 * either make, is verified to the end before anything is touched, and comes whole or not at all.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type pg from 'pg'
import { assertNotNewer, backupStream, openBackup, verifyBackup } from '#infra/backup/archive.ts'
import { damaged, type Secret } from '#infra/backup/seal.ts'
import { clear, loadTables } from '#infra/backup/tables.ts'
import { CannotStart } from '#infra/cannot-start.ts'
import { systemClock } from '#infra/clock.ts'
import type { Config } from '#infra/config.ts'
import type { Db } from '#infra/db/database.ts'
import { migrate, readMigrations } from '#infra/db/migrate.ts'
import type { Tables } from '#infra/db/tables.ts'
import { writeLooked } from '#infra/files.ts'
import { keysForBackup, restoreKeys } from '#infra/secrets.ts'
import { knownFiles } from '#planner/media/moving.ts'
import { holdAfterRestore } from '#planner/publishing/after-restore.ts'
import { openMake } from './boot/storage.ts'

type On = { db: Db; pool: pg.Pool; config: Config; say: (line: string) => void }

const leastPassphrase = 12
const leastKeyBytes = 32
const mostKeyBytes = 65_536

const secretOf = async ({ backup }: Config): Promise<Secret> => {
  const refuse = (what: string, fix: string) => {
    throw new CannotStart(what, fix)
  }
  if (backup.passphrase !== undefined && backup.keyFile !== undefined)
    refuse('Both CLARION_BACKUP_PASSPHRASE and CLARION_BACKUP_KEY_FILE are set.', 'Set one of them.')
  if (backup.passphrase !== undefined) {
    if (backup.passphrase.length < leastPassphrase)
      refuse('The passphrase is too short.', `Take at least ${leastPassphrase} characters, such as five words.`)
    return { kind: 'passphrase', bytes: Buffer.from(backup.passphrase.normalize('NFC')) }
  }
  if (backup.keyFile === undefined)
    refuse(
      'Nothing is set to seal backups with.',
      'Set CLARION_BACKUP_PASSPHRASE, or CLARION_BACKUP_KEY_FILE. Keep it elsewhere: without it no backup opens.',
    )
  const bytes = await readFile(backup.keyFile!).catch((error: NodeJS.ErrnoException) => {
    throw new CannotStart(
      `${backup.keyFile} cannot be read (${error.code}).`,
      'Make one with: head -c 32 /dev/urandom > backup.key',
    )
  })
  if (bytes.length < leastKeyBytes || bytes.length > mostKeyBytes)
    refuse(`${backup.keyFile} is no key: ${bytes.length} bytes.`, 'Make one with: head -c 32 /dev/urandom > backup.key')
  return { kind: 'file', bytes }
}

/** The storage in use, and what has not moved into it yet. */
const openFiles = async (config: Config) => {
  const warn = (line: string) => {
    throw new CannotStart(line, 'Run this again when it answers.')
  }
  const o = { ...config, warn, passing: true }
  const disk = await openMake('disk', o)
  if (!config.storage.s3) return { all: disk.storage, first: disk.storage, close: disk.close }
  const [{ layered }, s3] = [await import('#infra/storage-layers.ts'), await openMake('s3', o)]
  const [first, second] = config.storage.make === 's3' ? [s3.storage, disk.storage] : [disk.storage, s3.storage]
  return { all: layered(first, second), first, close: s3.close }
}

const version = async (): Promise<string> =>
  (JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const sum = (all: Record<string, number>) => Object.values(all).reduce((a, b) => a + b, 0)

export const backUp = async ({ db, pool, config, say }: On, named?: string): Promise<number> => {
  const secret = await secretOf(config)
  const at = new Date(systemClock.now())
  const name = `clarion-${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z.backup`
  const file = named === undefined ? join(config.dataDir, 'backups', name) : resolve(named)
  const files = await openFiles(config)
  try {
    const source = backupStream(secret, {
      pool,
      storage: files.all,
      files: () => knownFiles(db),
      keys: await keysForBackup({ dir: config.dataDir, env: config.keys }),
      clarion: await version(),
      at,
    })
    // It gets its name only when it has been read back.
    const { told, bytes } = await writeLooked(file, source, (draft) => verifyBackup(draft, secret))
    const { end } = told
    say(`${file}: ${megabytes(bytes)}, ${sum(end.rows)} rows and ${end.files} files, read back and whole.`)
    for (const key of end.damaged) say(`${key} in the storage is not what was uploaded; a restore leaves it out.`)
    for (const key of end.missing) say(`${key} is not in the storage; a restore cannot bring it.`)
    return end.damaged.length > 0 ? 1 : 0
  } finally {
    await files.close()
  }
}

/** @throws CannotStart when somebody already uses it. */
const assertEmpty = async (db: Db): Promise<void> => {
  const { rows } = await sql<{ used: boolean }>`
    select exists (select from auth_users) or exists (select from workspaces) or exists (select from media) as used`.execute(
    db,
  )
  if (rows[0]!.used)
    throw new CannotStart(
      'This Clarion is not empty: there are people or posts in it. Nothing was changed.',
      'Restore into a new data folder (--data) or an empty database (DATABASE_URL).',
    )
}

/** The transaction of a connection as a Db. */
const within = (client: pg.PoolClient): Db =>
  new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => ({ query: client.query.bind(client), release: () => undefined }) as pg.PoolClient,
        end: async () => undefined,
        options: {},
      },
    }),
  })

export const restore = async ({ db, pool, config, say }: On, named: string): Promise<number> => {
  const file = resolve(named)
  const secret = await secretOf(config)
  const migrations = await readMigrations()
  await assertEmpty(db)
  say('reading the backup to its end before anything is touched')
  const contents = await verifyBackup(file, secret)
  assertNotNewer(contents, migrations)
  const { manifest, end } = contents
  const leftOut = new Set(end.damaged)
  const files = await openFiles(config)
  let held = 0
  try {
    await clear(pool)
    await migrate({ pool }, { upTo: manifest.migrations.length })
    await loadTables(
      pool,
      async ({ table, client }) => {
        for await (const { head, body } of openBackup(file, secret)) {
          if (head.what === 'table') await table(head, body)
          if (head.what !== 'file' || leftOut.has(head.key)) continue
          const about = head.sha256 ? { about: { mime: head.mime, sha256: Buffer.from(head.sha256, 'hex') } } : {}
          await files.first.putStream(head.key, body, { maxBytes: head.bytes, expected: head.bytes, ...about })
        }
        for (const [name, n] of Object.entries(end.rows)) {
          const { rows } = await client.query<{ n: string }>(
            `select count(*) as n from "${name.replaceAll('"', '""')}"`,
          )
          if (Number(rows[0]!.n) !== n) throw damaged(`its table ${name} has lost rows`)
        }
      },
      async (client) => {
        held = await holdAfterRestore(within(client), new Date(systemClock.now()))
        // The last thing before the rows count: a ring without them opens nothing, and harms nobody.
        await restoreKeys({ dir: config.dataDir, env: config.keys }, contents.keys)
      },
    )
    await migrate({ pool }, { say })
  } catch (error) {
    // As it was before: an empty Clarion of this version.
    await clear(pool)
      .then(() => migrate({ pool }))
      .catch((e: Error) => say(`What had come could not be taken away again (${e.message}): take another empty place.`))
    throw error
  } finally {
    await files.close()
  }
  say(`Restored what Clarion ${manifest.clarion} had at ${manifest.at}: ${sum(end.rows)} rows, ${end.files} files.`)
  for (const key of [...end.damaged, ...end.missing])
    say(`${key} was not whole when the backup was made, and is not here.`)
  if (held > 0)
    say(
      `${held} publications were due since the backup and may have gone out: they are held. Look at the network, then publish or cancel each.`,
    )
  say('Start Clarion now. Let the old one never run again: both would publish the same plan.')
  return 0
}
