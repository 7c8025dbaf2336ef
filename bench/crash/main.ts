/**
 * `npm run crash-matrix`: every network call of every content of every platform, met by every fault, with real processes
 * killed for real. The truth is read from the sandbox's ledger.
 *
 *   --json            one last line with the counts
 *   --sample          a spread of about 60 cases, for the test suite
 *   --one-in <n>      about one case in so many, spread over all of them and the same every time
 *   --only <id>       one case again, by its id (also a prefix)
 *   --platform <id>   one platform
 *   --carrier <name>  `process` (default), or `bullmq`: over a Redis of its own
 *   --ahead           only the cases of what is prepared ahead
 *   --lanes <n>       cases side by side (default 2)
 *   --seeds <n>       seeds per case (default 1)
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { testRedis } from '#infra/testing/redis.ts'
import { samples } from '#platforms/registry/samples.gen.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { type Case, casesOf, hash } from './cases.ts'
import type { Sample } from './content.ts'
import { openLane, type Report, type Result } from './lane.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sample: { type: 'boolean', default: false },
    'one-in': { type: 'string' },
    only: { type: 'string' },
    platform: { type: 'string' },
    carrier: { type: 'string', default: 'process' },
    ahead: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
    seeds: { type: 'string', default: '1' },
  },
})
/** One case in so many; the test suite's sample is small. */
const oneIn = Number(args['one-in'] ?? (args.sample ? (args.carrier === 'bullmq' ? 37 : 52) : 1))
if (!Number.isInteger(oneIn) || oneIn < 1) throw new Error('--one-in takes a whole number of 1 or more')
/** Over BullMQ one content in so many: the engine's steps are the same, only who has its turn is not. */
const contentsOneIn = args.sample && args.carrier === 'bullmq' ? 8 : 1
const say = (line: string) => process.stderr.write(`${line}\n`)

const dir = await mkdtemp(join(tmpdir(), 'clarion-matrix-'))
// As root the database runs as another user, who must be able to enter.
await chmod(dir, 0o755)
const over = diesWithUs({ pgdata: join(dir, 'pg', 'pgdata'), folder: dir })
const postgres = await startOwnPostgres({
  dir: join(dir, 'pg'),
  noSync: true,
  settings: { fsync: 'off', max_connections: String(100 + 60 * Number(args.lanes)) },
})
if (!['process', 'bullmq'].includes(args.carrier)) throw new Error(`there is no carrier ${args.carrier}`)
const redis = args.carrier === 'bullmq' ? await testRedis() : null
const admin = openDatabase(postgres.url, { poolSize: 1 })

const wanted = platforms.filter(
  (p) => (!args.platform || p.spec.id === args.platform) && (!args.only || args.only.startsWith(`${p.spec.id}/`)),
)

type Lane = Awaited<ReturnType<typeof openLane>>
const openOne = async (n: number): Promise<Lane> => {
  await admin.pool.query(`create database crash_${n}`)
  const databaseUrl = postgres.urlOf(`crash_${n}`)
  const database = openDatabase(databaseUrl, { poolSize: 1 })
  await migrate(database)
  await database.close()
  return openLane({ name: `w${n}`, databaseUrl, platforms: wanted, redisUrl: redis?.url ?? null })
}
const lanes: Lane[] = []
/** Everything of Clarion's own calls that a network had to ignore; read before the lanes close. */
let notices: string[] = []
const close = async () => {
  await Promise.all(lanes.map((l) => l.close()))
  await admin.close()
  await postgres.stop()
  await redis?.stop()
  await rm(dir, { recursive: true, force: true })
  over()
}
process.once('SIGINT', () => void close().finally(() => process.exit(130)))

const t0 = performance.now()
const reports: Report[] = []
let total = 0
try {
  const count = args.only ? 1 : Math.max(1, Number(args.lanes))
  for (let n = 0; n < count; n++) lanes.push(await openOne(n))

  /** Groups of cases that share a content: the unit a lane takes. */
  const groups: { sample: Sample; expected: string[]; cases: Case[] }[] = []
  for (const p of wanted) {
    for (const sample of samples[p.spec.id] ?? []) {
      if (
        args.only &&
        !args.only.startsWith(`${p.spec.id}/${sample.type}/`) &&
        !`${p.spec.id}/${sample.type}`.startsWith(args.only)
      )
        continue
      if (hash(`${p.spec.id}/${sample.type}`) % contentsOneIn > 0) continue
      const { boundaries, expected } = await lanes[0]!.rehearse(p.spec.id, sample)
      const all = casesOf(p.spec.id, sample.type, boundaries, Number(args.seeds), p.spec.ahead !== undefined).filter(
        (c) => (!args.only || c.id.startsWith(args.only)) && (!args.ahead || c.fault.endsWith('-ahead')),
      )
      // A part takes the same cases every time, spread over all of them.
      const cases = oneIn > 1 ? all.filter((c) => (!args.sample || c.seed === 1) && hash(c.id) % oneIn === 0) : all
      if (cases.length > 0) groups.push({ sample, expected, cases })
      say(`${p.spec.id}/${sample.type}: ${boundaries.length} calls, ${cases.length} cases`)
    }
  }
  total = groups.reduce((n, g) => n + g.cases.length, 0)
  if (total === 0) throw new Error(`no case matches ${args.only ?? args.platform ?? ''}`)
  say(`${total} cases on ${lanes.length} lanes`)

  const chunks = groups.flatMap((g) =>
    Array.from({ length: Math.ceil(g.cases.length / 24) }, (_, i) => ({
      ...g,
      cases: g.cases.slice(i * 24, i * 24 + 24),
    })),
  )
  await Promise.all(
    lanes.map(async (lane) => {
      for (let g = chunks.shift(); g; g = chunks.shift()) {
        await lane.refresh()
        for (const c of g.cases) {
          const r = await lane.run(c, g.sample, g.expected)
          reports.push(r)
          if (args.only) for (const told of await lane.story()) say(`   ${told}`)
          if (r.result === 'duplicate' || r.result === 'lost')
            say(`!! ${r.id}: ${r.result} (${r.copies} of ${r.expected}, ${r.state}) ${r.why ?? ''}`)
          if (reports.length % 25 === 0)
            say(`${reports.length} of ${total}, ${Math.round((performance.now() - t0) / 1000)} s`)
        }
      }
    }),
  )
} catch (error) {
  say(`the matrix broke: ${(error as Error).stack ?? error}`)
  process.exitCode = 1
} finally {
  notices = [...new Set(lanes.flatMap((lane) => lane.notices()))]
  await close().catch((error: unknown) => say(`while closing: ${error}`))
}

const n = (r: Result) => reports.filter((x) => x.result === r).length
const line = {
  cases: reports.length,
  published_once: n('published_once'),
  unconfirmed: n('unconfirmed'),
  reconnect: n('reconnect'),
  failed_honestly: n('failed_honestly'),
  duplicates: n('duplicate'),
  lost: n('lost'),
  notices: notices.length,
}
for (const notice of notices) say(`ignored by the network: ${notice}`)
// Every question to a person is listed with the network's reason.
const asked = Map.groupBy(
  reports.filter((r) => r.result === 'unconfirmed'),
  (r) => `${r.id.split('/').slice(0, 2).join('/')}: ${r.why}`,
)
for (const [what, list] of asked) say(`unconfirmed ${list.length} x ${what}`)
for (const r of reports) if (r.result === 'failed_honestly') say(`failed honestly ${r.id}: ${r.why}`)
if (args.only) for (const r of reports) say(JSON.stringify(r))
if (args.json) console.log(JSON.stringify(line))
else console.table(line)
process.exitCode ||= line.duplicates + line.lost + line.notices > 0 || reports.length < total ? 1 : 0
