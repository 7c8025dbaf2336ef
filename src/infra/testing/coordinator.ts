/**
 * Vitest's global set-up for tests that need PostgreSQL. The server starts at the first request for a database, so that
 * runs of pure tests pay nothing. Test processes ask over a unix socket; each gets a copy of one migrated template.
 */

import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { testSettings } from '../config.ts'
import { openDatabase } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { type OwnPostgres, startOwnPostgres } from '../db/own-postgres.ts'
import { findPostgres } from '../db/postgres-binaries.ts'
import { alive, endAll } from '../db/postmaster.ts'
import { diesWithUs } from './dies-with-us.ts'

declare module 'vitest' {
  interface ProvidedContext {
    clarionTestSocket: string
  }
}

const PREFIX = 'clarion-test-'

/** A run that was killed leaves its server behind: the next run ends it. */
const sweep = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^clarion-test-(\d+)-/.exec(name)?.[1])
    if (!pid || alive(pid)) continue
    await endAll(join(tmpdir(), name, 'db', 'pgdata'), { fastMs: 0 })
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

const boot = async (dir: string): Promise<{ server: OwnPostgres; admin: pg.Pool }> => {
  const { postgresMajor } = testSettings()
  const server = await startOwnPostgres({
    dir: join(dir, 'db'),
    ...(postgresMajor && { binaries: await findPostgres({ major: postgresMajor }) }),
    noSync: true,
    // Nothing here outlives the run, so nothing waits for the disk.
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      autovacuum: 'off',
    },
  })
  const admin = new pg.Pool({ connectionString: server.urlOf('postgres'), max: 4 })
  admin.on('error', () => undefined)
  await admin.query('create database template')
  const template = openDatabase(server.urlOf('template'), { poolSize: 1 })
  try {
    await migrate(template)
  } finally {
    await template.close()
  }
  return { server, admin }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep()
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  await chmod(dir, 0o711)
  const over = diesWithUs({ pgdata: join(dir, 'db', 'pgdata'), folder: dir })
  let booted: ReturnType<typeof boot> | undefined
  let count = 0

  const answer = async (method: string, path: string): Promise<string> => {
    booted ??= boot(dir)
    const { server, admin } = await booted
    if (method === 'DELETE') {
      await admin.query(`drop database if exists ${pg.escapeIdentifier(path.slice(1))} with (force)`)
      return ''
    }
    const name = `test_${++count}`
    await admin.query(`create database ${name}${path === '/empty' ? '' : ' template template'}`)
    return server.urlOf(name)
  }

  const http = createServer((req, res) => {
    answer(req.method ?? 'GET', req.url ?? '/').then(
      (text) => res.end(text),
      (error: Error) => res.writeHead(500).end(error.message),
    )
  })
  const socket = join(dir, 'ask')
  await new Promise<void>((resolve) => http.listen(socket, resolve))
  project.provide('clarionTestSocket', socket)

  return async () => {
    http.close()
    http.closeAllConnections()
    const running = await booted?.catch(() => undefined)
    await running?.admin.end()
    await running?.server.stop()
    await rm(dir, { recursive: true, force: true })
    over()
  }
}
