/** Who runs against whom: each starts its processes on a ground, takes the plan, and tells when each post was out. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { freePort } from '#infra/testing/free-port.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import type { PublishJob, TextbookSettings } from '../textbook/worker.ts'
import { benchText } from './call.ts'
import type { FloorSettings } from './floor.ts'
import type { Ground } from './ground.ts'
import { prepare } from './prepare.ts'

export type Size = { publications: number; channels: number }
export type Contender = {
  /** The processes that are the contender itself. */
  pids: readonly number[]
  schedule: (due: Date) => Promise<void>
  /** How many are not yet over. */
  open: () => Promise<number>
  /** When each was out (epoch ms). */
  times: () => Promise<number[]>
  stop: () => Promise<void>
}
export type Enter = (ground: Ground, size: Size) => Promise<Contender>

/** A script of ours as a process; resolves when it says "ready". */
const startScript = async (
  script: URL,
  settings: unknown,
): Promise<{ child: ChildProcess; stop: () => Promise<void> }> => {
  const child = spawn(process.execPath, [fileURLToPath(script), JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', () => resolve())
    void gone.then(() => reject(new Error(`${script.pathname} ended before it was ready`)))
  })
  return {
    child,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await gone
    },
  }
}

const timesOf = (rows: { published_at: Date }[]) => rows.map((r) => r.published_at.getTime())

/** Same calls from a bare client, one commit each, as many at a time as there are channels. */
export const enterFloor: Enter = async (g, size) => {
  const { pool } = g.model.database
  let started: Awaited<ReturnType<typeof startScript>> | undefined
  const pids: number[] = []
  return {
    pids,
    schedule: async (due) => {
      started = await startScript(new URL('./floor.ts', import.meta.url), {
        databaseUrl: g.databaseUrl,
        call: g.model.call,
        count: size.publications,
        lanes: size.channels,
        due: due.getTime(),
      } satisfies FloorSettings)
      pids.push(started.child.pid!)
    },
    open: async () => {
      // One that broke leaves what it has not sent; nobody else will.
      if (started?.child.exitCode) return 0
      const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from bench_floor')
      return size.publications - rows[0]!.n
    },
    times: async () => timesOf((await pool.query('select published_at from bench_floor')).rows),
    stop: async () => started?.stop(),
  }
}

/** One delayed BullMQ job a post. */
export const enterTextbook =
  (o: { concurrency: number }): Enter =>
  async (g, size) => {
    const { pool } = g.model.database
    await pool.query(await readFile(new URL('../textbook/schema.sql', import.meta.url), 'utf8'))
    const due = new Date(Date.now() + 86_400_000)
    await pool.query(
      "insert into textbook_accounts select i, 'account ' || i, $2 from generate_series(0, $1::int - 1) i",
      [size.channels, g.model.grant.access],
    )
    await pool.query(
      'insert into textbook_posts (id, account_id, text, due_at) select i - 1, (i - 1) % $2::int, text, $3 from unnest($1::text[]) with ordinality as t (text, i)',
      [Array.from({ length: size.publications }, (_, i) => benchText(i)), size.channels, due],
    )
    await pool.query('vacuum analyze')
    const name = `publish-${randomUUID()}`
    const connection = new Redis(g.redis!.url, { maxRetriesPerRequest: null })
    const queue = new Queue<PublishJob>(name, { connection })
    const worker = await startScript(new URL('../textbook/worker.ts', import.meta.url), {
      redisUrl: g.redis!.url,
      databaseUrl: g.databaseUrl,
      queue: name,
      concurrency: o.concurrency,
      call: g.model.call,
    } satisfies TextbookSettings)
    return {
      pids: [worker.child.pid!],
      schedule: async (at) => {
        await pool.query('update textbook_posts set due_at = $1', [at])
        // Each from the same moment on, so that all are due at one instant.
        const timestamp = Date.now()
        const delay = at.getTime() - timestamp
        await queue.addBulk(
          Array.from({ length: size.publications }, (_, postId) => ({
            name: 'publish',
            data: { postId },
            opts: {
              delay,
              timestamp,
              jobId: `post-${postId}`,
              attempts: 3,
              backoff: { type: 'exponential', delay: 1_000 },
              removeOnComplete: { age: 24 * 3600, count: 1_000 },
              removeOnFail: { age: 7 * 24 * 3600 },
            },
          })),
        )
      },
      open: async () => {
        const { rows } = await pool.query<{ n: number }>(
          "select count(*)::int as n from textbook_posts where status <> 'published'",
        )
        return rows[0]!.n
      },
      times: async () =>
        timesOf((await pool.query("select published_at from textbook_posts where status = 'published'")).rows),
      stop: async () => {
        await worker.stop()
        await queue.close()
        await connection.quit()
      },
    }
  }

/** Clarion: everything in one process, or, with Redis, one that serves the API and `workers` that publish. */
export const enterClarion =
  (o: { workers?: number } = {}): Enter =>
  async (g, size) => {
    const plan = await prepare(g.model, size)
    const started: Started[] = []
    const start = async (role?: 'api' | 'worker') =>
      started.push(
        await startClarion({
          dataDir: join(g.dir, 'data'),
          port: await freePort(),
          role,
          env: {
            DATABASE_URL: g.databaseUrl,
            CLARION_KEYS: g.model.keys,
            CLARION_SANDBOX_URL: g.sandboxUrl,
            ...(g.redis ? { REDIS_URL: g.redis.url } : {}),
          },
        }),
      )
    const stop = async () => void (await Promise.all(started.map((c) => c.stop())))
    try {
      if (o.workers === undefined) await start()
      else {
        await start('api')
        for (let i = 0; i < o.workers; i++) await start('worker')
      }
    } catch (error) {
      await stop()
      throw error
    }
    return { pids: started.map((c) => c.pid), schedule: plan.due, open: plan.open, times: plan.times, stop }
  }
