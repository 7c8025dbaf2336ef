/**
 * `npm run bench`: how late is a burst, how far from the floor, and how far from what everybody else uses? In one run on
 * one machine, arms in turn and several rounds, each arm with a fresh database and a warmed sandbox in a process of its own:
 *
 *   floor      the same calls from a bare client plus one commit each
 *   textbook   one delayed BullMQ job a post, concurrency 50 (bench/textbook)
 *   own        Clarion on the PostgreSQL it brings
 *   pg15       Clarion on PostgreSQL 15
 *   redis1     Clarion with Redis: one process for the API, one worker
 *   redis2     the same with two workers
 *   rows       Clarion on its own PostgreSQL with a history of `--rows` publications
 *
 *   --json   one last line        --rounds <n>           rounds, default 3
 *   --publications <n>            due at the same second, default 1,000
 *   --channels <n>                they are spread over, default 100
 *   --slow <ms>                   the networks answer this late
 *   --rows <n>                    adds the arm `rows`
 *   --arms <a,b>                  only these
 *   --no-idle                     without start-up time and idle cost
 *
 * Exits 0 when everything was published exactly once; goals that were missed are told.
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { settings } from '#infra/settings.ts'
import { type Arm, type Burst, burst } from './burst.ts'
import { enterClarion, enterFloor, enterTextbook } from './contenders.ts'
import { clarionArms, type Goal, goalsOf, type Idle, type Summary, summarise } from './goals.ts'
import { house } from './idle.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    publications: { type: 'string', default: '1000' },
    channels: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    slow: { type: 'string', default: '0' },
    rows: { type: 'string', default: '0' },
    arms: { type: 'string' },
    'no-idle': { type: 'boolean', default: false },
  },
})
const number = (name: 'publications' | 'channels' | 'rounds' | 'slow' | 'rows', least: number): number => {
  const n = Number(args[name])
  if (!Number.isInteger(n) || n < least) throw new Error(`--${name} is a whole number from ${least} on`)
  return n
}
const size = { publications: number('publications', 1), channels: number('channels', 1) }
const [rounds, slowMs, rows] = [number('rounds', 1), number('slow', 0), number('rows', 0)]
const say = (line: string) => process.stderr.write(`${line}\n`)

const all: readonly Arm[] = [
  { name: 'floor', what: 'a bare client and one commit a post', enter: enterFloor },
  {
    name: 'textbook',
    what: 'one delayed BullMQ job a post, concurrency 50',
    enter: enterTextbook({ concurrency: 50 }),
    redis: true,
  },
  { name: 'own', what: 'Clarion on its own PostgreSQL', enter: enterClarion() },
  { name: 'pg15', what: 'Clarion on PostgreSQL 15', enter: enterClarion(), major: 15 },
  { name: 'redis1', what: 'Clarion with Redis and 1 worker', enter: enterClarion({ workers: 1 }), redis: true },
  { name: 'redis2', what: 'Clarion with Redis and 2 workers', enter: enterClarion({ workers: 2 }), redis: true },
  ...(rows > 0
    ? [{ name: 'rows', what: `Clarion with ${rows} publications of history`, enter: enterClarion(), rows }]
    : []),
]
const wanted = args.arms?.split(',')
for (const name of wanted ?? []) if (!all.some((a) => a.name === name)) throw new Error(`there is no arm "${name}"`)

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
const skipped: Record<string, string> = {}
const arms = all.filter((arm) => {
  if (wanted && !wanted.includes(arm.name)) return false
  const reason =
    arm.redis && !hasRedis
      ? 'redis-server is not installed (Debian: apt-get install redis-server)'
      : arm.name.startsWith('redis') && !settings.some((s) => s.names.includes('REDIS_URL'))
        ? 'this Clarion has no REDIS_URL yet'
        : undefined
  if (reason) skipped[arm.name] = reason
  return !reason
})
for (const [name, reason] of Object.entries(skipped)) say(`${name}: skipped, ${reason}`)

const root = await mkdtemp(join(tmpdir(), 'clarion-bench-'))
// As root the database runs as another user, who must be able to enter.
await chmod(root, 0o755)

const table = (summaries: Record<string, Summary>, goals: readonly Goal[], idle: Idle | null) => {
  console.table(
    Object.fromEntries(
      Object.entries(summaries).map(([name, s]) => [
        name,
        {
          'a second': s.per_second,
          'to floor': s.ratio_to_floor,
          'to textbook': s.ratio_to_textbook,
          'p50 ms': s.lateness_ms.p50,
          'p99 ms': s.lateness_ms.p99,
          'worst ms': s.worst_ms,
          'CPU ms': s.cpu_ms.all,
          '+ sandbox': s.cpu_ms.sandbox,
          statements: s.statements,
          'WAL bytes': s.wal_bytes,
          duplicates: s.duplicates,
          lost: s.lost,
        },
      ]),
    ),
  )
  if (idle) console.table(idle)
  for (const g of goals) console.log(`${g.met ? 'met   ' : 'MISSED'} ${g.goal}: ${g.got}`)
}

try {
  const bursts: Record<string, Burst[]> = Object.fromEntries(arms.map((a) => [a.name, []]))
  for (let round = 1; round <= rounds; round++)
    for (const arm of arms) {
      const dir = join(root, `${arm.name}-${round}`)
      const one = await burst({ arm, dir, size, slowMs })
      await rm(dir, { recursive: true, force: true })
      bursts[arm.name]!.push(one)
      say(`round ${round} ${arm.name}: ${JSON.stringify(one)}`)
    }
  const idle = args['no-idle'] ? null : await house({ dir: root, times: rounds })
  const summaries = Object.fromEntries(arms.map((a) => [a.name, summarise(bursts, a.name)]))
  const goals = goalsOf({ arms: summaries, idle, slow: slowMs > 0, publications: size.publications })
  const line = {
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model.trim(),
      memory_gb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    ...size,
    rounds,
    slow_ms: slowMs,
    rows,
    arms: summaries,
    skipped,
    idle,
    goals,
  }
  if (args.json) console.log(JSON.stringify(line))
  else table(summaries, goals, idle)
  const broken = clarionArms.filter((name) => {
    const s = summaries[name]
    return s && (s.published !== size.publications || s.duplicates + s.lost > 0)
  })
  process.exitCode = broken.length > 0 ? 1 : 0
} finally {
  await rm(root, { recursive: true, force: true })
}
