/** The database this process works on: the one of DATABASE_URL, or Clarion's own. */
import { join } from 'node:path'
import { CannotStart } from '#infra/cannot-start.ts'
import type { Config } from '#infra/config.ts'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import type { Log } from '#infra/log.ts'

export type BootedDatabase = {
  database: Database
  /** For people: "own PostgreSQL 18" or the server's host. */
  name: string
  /** Closes the pool, then ends our own server. */
  close: () => Promise<void>
  /** Without waiting: for an exit at once. */
  abandon: () => void
}

const advice: Record<string, string> = {
  ECONNREFUSED: 'Start that server, or correct host and port in DATABASE_URL.',
  ENOTFOUND: 'Correct the host in DATABASE_URL.',
  '28P01': 'Correct user and password in DATABASE_URL.',
  '28000': 'Allow this user and host in the server (pg_hba.conf), or correct DATABASE_URL.',
  '3D000': 'Make the database named in DATABASE_URL: createdb <name>.',
  '42501': 'Let the user of DATABASE_URL create tables: grant create on schema public.',
}

/** Opens it and brings it up to date. @throws CannotStart. */
export const bootDatabase = async (config: Config, log: Log, say: (line: string) => void): Promise<BootedDatabase> => {
  const own = config.databaseUrl
    ? undefined
    : await startOwnPostgres({
        dir: join(config.dataDir, 'postgres'),
        say,
        onCrash: (error) => log.error(error, 'the database ended by itself and is started again'),
      })
  const url = config.databaseUrl ?? own!.url
  const database = openDatabase(url, {
    poolSize: config.poolSize,
    prepared: config.prepared,
    patience: config.patience,
    // Its words only: the error of a driver carries the whole connection.
    onError: ({ message, name }) => log.warn({ reason: message, name }, 'a database connection broke'),
  })
  const close = async () => {
    await database.close()
    await own?.stop()
  }
  try {
    say('bringing the database up to date')
    const { applied, version } = await migrate(database, { say })
    if (applied.length > 0) log.info({ applied, version }, 'the database is up to date')
  } catch (error) {
    await close()
    if (error instanceof CannotStart) throw error
    const { code = '', message } = error as Error & { code?: string }
    throw new CannotStart(
      `The database does not let us in: ${message || code}.`,
      advice[code] ?? 'Correct DATABASE_URL.',
      error,
    )
  }
  return {
    database,
    name: own
      ? `own PostgreSQL ${own.version} (${own.how})`
      : `PostgreSQL at ${new URL(url.replace('@/', '@socket/')).host}`,
    close,
    abandon: () => {
      try {
        if (own) process.kill(own.pid(), 'SIGINT')
      } catch {
        // It is gone already.
      }
    },
  }
}
