/**
 * The cluster as it would run: processes for the API behind one address, workers, PostgreSQL, Redis, an S3 server, the sandbox. All of it
 * on loopback, each a process that can be killed, stopped and started again by its own pid.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { scaledClock } from '#infra/clock.ts'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { type OwnPostgres, startOwnPostgres } from '#infra/db/own-postgres.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { freePort } from '#infra/testing/free-port.ts'
import { testS3 } from '#infra/testing/radosgw.ts'
import { testRedis } from '#infra/testing/redis.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import { type Desk, deskOf } from '../stand/desk.ts'
import { startSandboxProcess } from '../stand/sandbox.ts'
import { startProxy, type Wire } from './proxy.ts'
import { mountSmallDisk } from './small-disk.ts'

export type Member = {
  name: string
  role: 'api' | 'worker'
  port: number
  /** Null while it is down. */
  pid: () => number | null
  /** Does it answer that it can do its work? */
  ready: () => Promise<boolean>
  kill: () => void
  signal: (s: NodeJS.Signals) => void
  /** Makes its clock wrong by this much (ms of the wall). */
  wrong: (ms: number) => Promise<void>
}

export type Cluster = Awaited<ReturnType<typeof openCluster>>

export type ClusterOptions = {
  dir: string
  apis: number
  workers: number
  redis: boolean
  /** Files in a bucket of an S3 server; else in one folder all share. */
  s3: boolean
  /** The folder of files (with S3: of what is copied from there) on a small file system of its own, so that it can be full. */
  smallDisk: boolean
  /** Times faster than the wall, for everybody. */
  rate: number
  say: (line: string) => void
}

/** Bytes of the small file system. */
const diskMb = 256
/** What a process keeps of the bucket (MiB): the least there may be. */
const cacheMb = 64

export const openCluster = async (o: ClusterOptions) => {
  const undo: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const f of undo.splice(0).reverse())
      await f().catch((error: unknown) => o.say(`while closing: ${(error as Error).message}`))
  }
  /** Ends with us, also when what is started beside it fails. */
  const kept = async <T extends { stop: () => Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting
    undo.push(started.stop)
    return started
  }
  try {
    const origin = Date.now()
    const clock = scaledClock(origin, o.rate)
    const over = diesWithUs({ pgdata: join(o.dir, 'pg', 'pgdata'), folder: o.dir })
    undo.push(async () => over())
    let databaseDeaths = 0
    const openDatabases = async (): Promise<{ postgres: OwnPostgres; database: Database }> => {
      const postgres = await kept(
        startOwnPostgres({
          dir: join(o.dir, 'pg'),
          noSync: true,
          settings: { max_connections: '150' },
          onCrash: () => databaseDeaths++,
        }),
      )
      const database = openDatabase(postgres.url, { poolSize: 4 })
      undo.push(database.close)
      await migrate(database)
      return { postgres, database }
    }
    // Together: the S3 server alone takes ten seconds.
    const [{ postgres, database }, redis, s3, sandbox] = await Promise.all([
      openDatabases(),
      o.redis ? kept(testRedis({ appendonly: 'yes' })) : null,
      o.s3 ? kept(testS3()) : null,
      kept(startSandboxProcess({ allow: ['127.0.0.1', 'localhost'], scale: `${o.rate}@${origin}` })),
    ])
    const socket = `${decodeURIComponent(/host=([^&]+)/.exec(postgres.url)![1]!)}/.s.PGSQL.5432`
    const desk: Desk = deskOf(sandbox.url)

    const proxies: Record<string, Wire> = {}
    const behind = async (name: string, to: Parameters<typeof startProxy>[0]) => {
      const proxy = await startProxy(to)
      undo.push(proxy.close)
      proxies[name] = proxy
      return proxy.port
    }
    const databasePort = await behind('database', () => [{ path: socket }])
    const sandboxPort = await behind('sandbox', () => [{ host: '127.0.0.1', port: Number(new URL(sandbox.url).port) }])
    const redisPort =
      redis && (await behind('redis', () => [{ host: '127.0.0.1', port: Number(new URL(redis.url).port) }]))
    const s3Port = s3 && (await behind('s3', () => [{ host: '127.0.0.1', port: Number(new URL(s3.endpoint).port) }]))
    const storage: Record<string, string> =
      s3 && s3Port
        ? { ...(await s3.env()), S3_ENDPOINT: `http://127.0.0.1:${s3Port}`, S3_CACHE_MB: String(cacheMb) }
        : {}
    let turn = 0
    const members: Member[] = []
    // Not among those that are cut: it is how the client and the networks reach us.
    const front = await startProxy(() => {
      const doors = members.filter((m) => m.role === 'api')
      turn++
      return doors.map((_, i) => ({ host: '127.0.0.1', port: doors[(turn + i) % doors.length]!.port }))
    })
    undo.push(front.close)
    const url = `http://127.0.0.1:${front.port}`

    const dataDir = join(o.dir, 'data')
    const filesDir = join(dataDir, s3 ? 'cache' : 'media')
    await mkdir(filesDir, { recursive: true })
    if (o.smallDisk) {
      const unmount = mountSmallDisk(filesDir, diskMb)
      undo.push(async () => unmount())
    }

    const keys = `k1:${randomBytes(32).toString('base64')}`
    const preload = fileURLToPath(new URL('./clock.ts', import.meta.url))
    let ending = false
    /** What everybody's clock has skipped (ms of the wall). */
    let skipped = 0
    /** Ends that nobody ordered. */
    const deaths: string[] = []

    const endings: (() => Promise<void>)[] = []
    undo.push(async () => {
      ending = true
      await Promise.all(endings.map((end) => end()))
    })

    const hire = async (name: string, role: Member['role']): Promise<Member> => {
      const port = await freePort()
      const clockFile = join(o.dir, `${name}.clock`)
      await writeFile(clockFile, '0')
      let current: Started | undefined
      let ordered = false
      /** Its pid may soon be another program's. */
      let forget = () => {}
      const start = () =>
        startClarion({
          dataDir,
          port,
          role,
          env: {
            DATABASE_URL: `postgres://clarion@127.0.0.1:${databasePort}/clarion`,
            CLARION_KEYS: keys,
            CLARION_URL: url,
            CLARION_SANDBOX_URL: `http://127.0.0.1:${sandboxPort}`,
            CLARION_CLOCK_ORIGIN: String(origin),
            CLARION_CLOCK_RATE: String(o.rate),
            CLARION_ALLOW_PRIVATE_HOSTS: '127.0.0.1,localhost',
            CLARION_DRAIN_MS: '2000',
            NODE_OPTIONS: `--import ${preload}`,
            CLARION_CHAOS_CLOCK: clockFile,
            ...(redisPort ? { REDIS_URL: `redis://127.0.0.1:${redisPort}` } : {}),
            ...storage,
          },
          onStart: (pid) => {
            ordered = false
            forget = diesWithUs({ pids: [pid] })
          },
        }).catch((error: Error) => {
          forget()
          throw error
        })
      /** As whatever watches over processes would: what ended is started again after a moment. */
      const watch = async (): Promise<void> => {
        while (!ending) {
          const running = current
          if (running) {
            const told = await running.ended
            forget()
            if (ending) return
            if (!ordered) deaths.push(`${name}: ${told}`)
            current = undefined
          }
          await pause(300)
          if (ending) return
          current = await start().catch((error: Error) => {
            // A start that meets the database down ends; the next one comes.
            if (!/database|connect/i.test(error.message)) deaths.push(`${name} did not start: ${error.message}`)
            return undefined
          })
          if (ending && current) await current.stop()
        }
      }
      current = await start()
      const watching = watch()
      endings.push(async () => {
        const last = current
        if (last) {
          // It may be asleep, or hang.
          signal('SIGCONT')
          const patience = setTimeout(() => signal('SIGKILL'), 20_000)
          await last.stop()
          clearTimeout(patience)
          forget()
        }
        await watching
      })
      const signal = (s: NodeJS.Signals) => {
        if (!current) return
        if (s === 'SIGKILL') ordered = true
        try {
          process.kill(current.pid, s)
        } catch {
          // It ended by itself a moment ago.
        }
      }
      const member: Member = {
        name,
        role,
        port,
        pid: () => current?.pid ?? null,
        ready: async () => {
          if (!current) return false
          const told = await fetch(`http://127.0.0.1:${port}/health/ready`, {
            signal: AbortSignal.timeout(3_000),
          }).catch(() => null)
          await told?.arrayBuffer()
          return told?.ok ?? false
        },
        kill: () => signal('SIGKILL'),
        signal,
        wrong: async (ms) => {
          await writeFile(clockFile, String(Math.round(skipped + ms)))
          signal('SIGUSR2')
        },
      }
      members.push(member)
      return member
    }
    // The first alone, so that one of them makes what is made once.
    await hire('api-1', 'api')
    await Promise.all([
      ...Array.from({ length: o.apis - 1 }, (_, i) => hire(`api-${i + 2}`, 'api')),
      ...Array.from({ length: o.workers }, (_, i) => hire(`worker-${i + 1}`, 'worker')),
    ])

    return {
      url,
      clock,
      rate: o.rate,
      members,
      proxies,
      postgres,
      database,
      redis,
      desk,
      s3,
      disk: o.smallDisk ? { mb: diskMb, filler: join(filesDir, 'chaos-filler') } : null,
      /** Of a tool that is run beside the cluster. */
      env: { DATABASE_URL: postgres.url, CLARION_KEYS: keys, ...storage },
      dataDir,
      deaths,
      /** Time passes for everybody at once (ms of the cluster's clock). */
      skip: async (ms: number) => {
        skipped += ms / o.rate
        await desk.call('POST', '/clock', { advanceMs: Math.round(ms) })
        await Promise.all(members.map((m) => m.wrong(0)))
      },
      databaseDeaths: () => databaseDeaths,
      close: async () => {
        await rm(join(filesDir, 'chaos-filler'), { force: true })
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
