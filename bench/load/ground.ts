/** What one arm stands on: a database cluster, a sandbox in a process of its own that has warmed up, and Redis where it is used. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { findPostgres } from '#infra/db/postgres-binaries.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { type TestRedis, testRedis } from '#infra/testing/redis.ts'
import { type Desk, deskOf } from '../stand/desk.ts'
import { startSandboxProcess } from '../stand/sandbox.ts'
import { benchText, vary } from './call.ts'
import { benched, type Model, openModel } from './model.ts'

export type Ground = {
  dir: string
  databaseUrl: string
  sandboxUrl: string
  desk: Desk
  redis: TestRedis | null
  model: Model
  /** Processes by what they are for. */
  pids: { database: number; sandbox: number; redis: number | null }
  close: () => Promise<void>
}

/** Calls the sandbox answers before anything is measured. */
const warmUp = 600

/** `major`: a PostgreSQL of the machine instead of the one Clarion brings. */
export const openGround = async (o: { dir: string; major?: number; redis: boolean }): Promise<Ground> => {
  const undo: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const f of undo.splice(0).reverse()) await f()
  }
  try {
    // As root the database runs as another user, who must be able to enter.
    await mkdir(o.dir, { mode: 0o755 })
    const over = diesWithUs({ pgdata: join(o.dir, 'pg', 'pgdata') })
    undo.push(async () => over())
    const postgres = await startOwnPostgres({
      dir: join(o.dir, 'pg'),
      ...(o.major ? { binaries: await findPostgres({ major: o.major }) } : {}),
      // Counts statements; utility statements (begin, commit) are no statements of ours.
      settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_utility': 'off' },
    })
    undo.push(postgres.stop)
    const redis = o.redis ? await testRedis({ appendonly: 'yes' }) : null
    if (redis) undo.push(redis.stop)
    const sandbox = await startSandboxProcess({ allow: ['127.0.0.1', 'localhost'] })
    undo.push(sandbox.stop)
    const desk = deskOf(sandbox.url)
    // The plan is one account's; its limits are not what is measured.
    await desk.knobs(benched.spec.id, { rateLimits: 0 })
    const model = await openModel({
      databaseUrl: postgres.url,
      sandboxUrl: sandbox.url,
      mediaDir: join(o.dir, 'media'),
    })
    undo.push(model.database.close)
    await model.database.pool.query('create extension pg_stat_statements')
    for (let i = 0; i < warmUp; i++) {
      const { url, method, headers, body } = vary(model.call, { id: 2 ** 40 + i, text: benchText(i) })
      const res = await fetch(url, { method, headers, body })
      await res.arrayBuffer()
      if (!res.ok) throw new Error(`the sandbox refused a warm-up call: ${res.status}`)
    }
    return {
      dir: o.dir,
      databaseUrl: postgres.url,
      sandboxUrl: sandbox.url,
      desk,
      redis,
      model,
      pids: { database: postgres.pid(), sandbox: sandbox.pid, redis: redis?.pid() ?? null },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
