/**
 * `npm run bench:live`: what carries "this publication changed" to the screens of other processes, NOTIFY or Redis? In one
 * run, against the PostgreSQL Clarion brings and a Redis: as many hints as a burst makes, sent as the engine sends them (in
 * batches, outside the transactions they speak of), to as many listening processes as there are API processes.
 *
 *   --hints <n>   default 20,000        --listeners <n>   default 4        --json
 */
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { openDatabase, topics } from '#infra/db/database.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { testRedis } from '#infra/testing/redis.ts'

const { values: args } = parseArgs({
  options: {
    hints: { type: 'string', default: '20000' },
    listeners: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
})
const [hints, listeners] = [Number(args.hints), Number(args.listeners)]
/** The engine gathers what a moment brings. */
const batch = 50

const dir = await mkdtemp(join(tmpdir(), 'clarion-live-'))
await chmod(dir, 0o755)
const over = diesWithUs({ pgdata: join(dir, 'pg', 'pgdata'), folder: dir })
const postgres = await startOwnPostgres({ dir: join(dir, 'pg') })
const redis = await testRedis()

const event = () =>
  JSON.stringify({
    workspaceId: randomUUID(),
    kind: 'publication',
    id: randomUUID(),
    postId: randomUUID(),
    state: 'publishing',
    at: performance.now(),
  })
const percentile = (list: number[], p: number) =>
  Number((list.sort((a, b) => a - b)[Math.ceil((p / 100) * list.length) - 1] ?? Number.NaN).toFixed(1))

type Way = { send: (events: string[]) => Promise<unknown>; listen: (on: (payload: string) => void) => Promise<unknown> }
const measure = async (way: Way) => {
  const ages: number[] = []
  let done: () => void = () => {}
  const all = new Promise<void>((resolve) => (done = resolve))
  for (let i = 0; i < listeners; i++)
    await way.listen((payload) => {
      ages.push(performance.now() - (JSON.parse(payload) as { at: number }).at)
      if (ages.length === hints * listeners) done()
    })
  const t0 = performance.now()
  for (let sent = 0; sent < hints; sent += batch)
    await way.send(Array.from({ length: Math.min(batch, hints - sent) }, event))
  await all
  const seconds = (performance.now() - t0) / 1000
  return {
    hints_per_second: Math.round(hints / seconds),
    ms: { p50: percentile(ages, 50), p99: percentile(ages, 99) },
  }
}

const sender = openDatabase(postgres.url, { poolSize: 1 })
const readers = Array.from({ length: listeners }, () => openDatabase(postgres.url, { poolSize: 1 }))
const publisher = new Redis(redis.url)
const subscribers = Array.from({ length: listeners }, () => new Redis(redis.url))
const next = <T>(list: T[]) => {
  let i = 0
  return () => list[i++ % list.length]!
}
const [reader, subscriber] = [next(readers), next(subscribers)]
const result = {
  notify: await measure({
    listen: (on) => reader().listen(topics.live, on),
    send: (events) => sender.pool.query('select pg_notify($1, e) from unnest($2::text[]) as e', [topics.live, events]),
  }),
  redis: await measure({
    listen: async (on) => {
      const s = subscriber()
      s.on('message', (_channel, payload) => on(payload))
      await s.subscribe(topics.live)
    },
    send: async (events) => {
      const pipe = publisher.pipeline()
      for (const e of events) pipe.publish(topics.live, e)
      await pipe.exec()
    },
  }),
}
if (args.json) console.log(JSON.stringify(result))
else
  console.table({ notify: { ...result.notify, ...result.notify.ms }, redis: { ...result.redis, ...result.redis.ms } })
for (const r of [publisher, ...subscribers]) r.disconnect()
await Promise.all([sender, ...readers].map((d) => d.close()))
await redis.stop()
await postgres.stop()
await rm(dir, { recursive: true, force: true })
over()
process.exit(0)
