/**
 * `npm run chaos`: the cluster as people would run it, while everything breaks. People write, schedule, move, edit and
 * cancel posts through the API; processes are killed and put to sleep, PostgreSQL and Redis restart, networks answer every
 * kind of nonsense, clocks jump, connections are slow and cut, a disk is full. Then everything is left alone until
 * nothing is open, and the ledger of the networks is read: nothing twice, nothing lost.
 *
 *   --json               one last line       --seed <n>        what happens and when (default 1)
 *   --publications <n>   default 10,000      --minutes <n>     ends after so many at the latest (default 45)
 *   --without <a,b>      redis, s3, disk: left out
 *   --quick              a minute's worth, for the test suite: few publications, every fault of the cluster
 *                        once. Networks that hang are not in it, as each is waited for by the wall's clock
 *
 * Exits 0 when there were no duplicates, nothing lost (files included), nothing wrong and nothing left open, no process
 * ended by itself, and every fault was made and answered as it should be.
 */
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { settings } from '#infra/settings.ts'
import { samples } from '#platforms/registry/samples.gen.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { random } from '../crash/cases.ts'
import { openOffice } from './client.ts'
import { openCluster } from './cluster.ts'
import { createChaos, jumpMs } from './faults.ts'
import { byMarker, type Judged, judge } from './judge.ts'
import { knobsOff } from './networks.ts'
import { whyNoSmallDisk } from './small-disk.ts'
import { story } from './story.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    publications: { type: 'string' },
    minutes: { type: 'string', default: '45' },
    seed: { type: 'string', default: '1' },
    without: { type: 'string', default: '' },
  },
})
const whole = (name: string, value: string): number => {
  const n = Number(value)
  if (!Number.isInteger(n) || n < 1) throw new Error(`--${name} is a whole number from 1 on`)
  return n
}
const publications = whole('publications', args.publications ?? (args.quick ? '72' : '10000'))
const seed = whole('seed', args.seed)
const minutes = whole('minutes', args.minutes)
const end = Date.now() + minutes * 60_000
/** A third of the time is left for what is open then. */
const writingEnd = Date.now() + minutes * 40_000
const say = (line: string) => process.stderr.write(`${line}\n`)
/** Times faster than the wall: back-offs of minutes are lived through in seconds. */
const rate = 10
/** Publications one channel makes in a run: networks have their pace. */
const perChannel = args.quick ? 3 : 40
/** Publications a second that are written. */
const pace = args.quick ? 10 : 18

/** When all that is open waits for longer than this (ms of its own time), that time passes at once. */
const leastSkipMs = 5_000
/** How often what is open is read (ms of the wall). */
const readMs = 300
/** A call that was slow or hung is over after so long (ms of its own time). */
const lateMs = args.quick ? 30_000 : 80_000

/** What ended badly is told from its beginning, so many of them. */
const storiesTold = 6
const isBad = (v: Judged['verdict']): boolean => ['duplicate', 'lost', 'wrong', 'unsettled'].includes(v)

const leftOut: Record<string, string> = {}
const without = args.without.split(',').filter(Boolean)
const has = (name: string, setting: string | null, missing: string | null): boolean => {
  const reason = without.includes(name)
    ? 'left out by --without'
    : setting && !settings.some((s) => s.names.includes(setting))
      ? `this Clarion has no ${setting} yet`
      : missing
  if (reason) leftOut[name] = reason
  return !reason
}
const redis = has('redis', 'REDIS_URL', spawnSync('redis-server', ['--version']).status === 0 ? null : 'not installed')
const smallDisk = has('disk', null, whyNoSmallDisk())
/** An upload that hangs is waited for by the wall's clock, for minutes. */
const hanging = ['hang-before', 'hang-after']
const ceph = ['radosgw', 'ceph-mon', 'ceph-osd'].every((tool) => spawnSync(tool, ['--version']).status === 0)
const s3 = has('s3', 'S3_BUCKET', ceph ? null : 'radosgw is not installed: files lie on a disk that all share')

const dir = await mkdtemp(join(tmpdir(), 'clarion-chaos-'))
// As root the database runs as another user, who must be able to enter.
await chmod(dir, 0o755)
const t0 = performance.now()
const since = () => Math.round((performance.now() - t0) / 1000)
/** Streams of randomness apart, so that how long something takes does not change what comes next elsewhere. */
const streams = { client: random(seed), chaos: random(seed + 7_919) }

const cluster = await openCluster({
  dir,
  apis: 2,
  workers: 3,
  redis,
  s3,
  smallDisk,
  rate,
  say,
})
/** Files the database knows and the storage does not have as they were uploaded, by Clarion's own word. */
const badFiles = async (): Promise<string[]> => {
  const cli = fileURLToPath(new URL('../../src/server/cli.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [cli, 'storage', 'verify', '--data', cluster.dataDir],
    { env: { ...process.env, ...cluster.env } },
  ).catch((error: Error & { stdout: string }) => error)
  const said = stdout.trim().split('\n')
  for (const line of said) say(line)
  if (!said.some((line) => line.startsWith('Good on'))) throw new Error('the files could not be verified')
  return said.filter((line) => line.startsWith('BAD'))
}
let judged: Judged[] = []
let bad = 0
let line: Record<string, unknown> = {}
let closing: Promise<void> | undefined
const close = () => {
  closing ??= cluster.close().then(() => rm(dir, { recursive: true, force: true }))
  return closing
}
process.once('SIGINT', () => void close().finally(() => process.exit(130)))
process.once('SIGTERM', () => void close().finally(() => process.exit(143)))

try {
  for (const platform of platforms) await knobsOff(cluster.desk, platform)
  const office = await openOffice({
    cluster,
    samples,
    workspaces: Math.max(1, Math.round(publications / (perChannel * platforms.length))),
    seed,
    random: streams.client,
    say,
  })
  say(
    `the cluster is ready after ${since()} s: ${office.platforms.length} networks, ${office.workspaces.length} workspaces`,
  )

  const stop = new AbortController()
  const chaos = createChaos({
    cluster,
    platforms: office.platforms,
    random: streams.chaos,
    store: office.store,
    without: new Set(args.quick ? hanging : []),
    // All of its accounts connect again one workspace after another: with many that is work for a minute.
    revokes: Math.min(0.3, 1.5 / office.workspaces.length),
    everyMs: args.quick ? { cluster: 1_000, network: 800 } : { cluster: 5_000, network: 500 },
    say: (what) => say(`${since()} s, ${new Date(cluster.clock.now()).toISOString().slice(11, 23)}: ${what}`),
  })
  const breaking = chaos.run(stop.signal)
  const seeing = (async () => {
    while (!stop.signal.aborted) {
      await office.reconnect().catch((error: Error) => say(`reconnecting: ${error.message}`))
      await pause(2_000, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()

  let toldAt = 0
  // People: one post after another, each followed by what is done to it.
  const writing = new Set<Promise<void>>()
  /** Posts of which it is not known yet whether they are refused, and others are to be written instead. */
  const deciding = new Set<Promise<void>>()
  let asked = 0
  while ((asked < publications || deciding.size > 0) && Date.now() < writingEnd) {
    if (asked >= publications) {
      await Promise.race(deciding)
      continue
    }
    const width = Math.min(office.width, publications - asked)
    asked += width
    const { promise: decided, resolve: decide } = Promise.withResolvers<void>()
    deciding.add(decided)
    const post: Promise<void> = office
      .onePost(width, (n) => {
        asked -= width - n
        deciding.delete(decided)
        decide()
      })
      .finally(() => writing.delete(post))
    writing.add(post)
    await pause((1_000 * width) / pace)
    while (writing.size > 40) await Promise.race(writing)
    if (since() - toldAt < 30) continue
    toldAt = since()
    say(`${toldAt} s: ${office.plan.length} publications written`)
  }
  await Promise.all(writing)
  say(`${since()} s: ${office.plan.length} publications written; faults end`)
  stop.abort()
  await Promise.all([breaking, seeing])

  // Left alone: until nothing is open. People still connect again what was disconnected.
  const ids = office.plan.map((p) => p.id)
  const told = async () => {
    for (;;)
      try {
        return await cluster.database.db
          .selectFrom('publications as p')
          .innerJoin('channels as c', 'c.id', 'p.channel_id')
          .select(['p.id', 'p.state', 'p.reason', 'p.message', 'p.next_at', 'c.not_before'])
          .where('p.id', 'in', ids)
          .execute()
      } catch (error) {
        say(`reading: ${(error as Error).message}`)
        await pause(500)
      }
  }
  const isOpen = (p: { state: string; reason: string | null }) =>
    ['scheduled', 'publishing', 'waiting'].includes(p.state) || (p.state === 'held' && p.reason === 'reconnect')
  let rows = await told()
  /** A network that named a day's quota is waited for, and with it all of that channel: the day passes. */
  let ahead = 0
  const startsAt = (p: (typeof rows)[number]): number =>
    p.state === 'waiting' || p.state === 'scheduled'
      ? Math.max(p.next_at?.getTime() ?? 0, p.not_before?.getTime() ?? 0)
      : 0
  const pass = async (open: typeof rows) => {
    const now = cluster.clock.now() + ahead
    const soonest = Math.min(...open.map(startsAt))
    if (open.length === 0 || soonest < now + leastSkipMs) return
    say(`${since()} s: ${open.length} wait for ${new Date(soonest).toISOString()}: ${open[0]!.reason}`)
    ahead += soonest - now
    await cluster.skip(soonest - now)
  }
  for (let open = rows.filter(isOpen); open.length > 0 && Date.now() < end; open = rows.filter(isOpen)) {
    await office.reconnect().catch((error: Error) => say(`reconnecting: ${error.message}`))
    await pause(readMs)
    rows = await told()
    await pass(rows.filter(isOpen))
    if (since() - toldAt < 10) continue
    toldAt = since()
    const kinds = Map.groupBy(rows.filter(isOpen), (p) => `${p.state} ${p.reason ?? ''}`.trim())
    const each = [...kinds].map(([what, list]) => `${list.length} ${what}`)
    say(`${toldAt} s: open are ${each.join(', ')}`)
  }
  // What a network took and still works on, or a call that hung, comes out: a duplicate above all.
  await pause(lateMs / rate)
  rows = await told()

  const ledger = await Promise.all(
    office.platforms.map(async (p) => [p, byMarker(await cluster.desk.entries(p))] as const),
  )
  const ledgers = new Map(ledger)
  const byId = new Map(rows.map((r) => [r.id, r]))
  judged = office.plan.map((p) =>
    judge(
      p,
      byId.get(p.id) ?? { state: 'gone', reason: null, message: null },
      ledgers.get(p.platform)!.get(p.marker) ?? [],
      {
        early: jumpMs + 1_000,
      },
    ),
  )
  const wrongly = judged.filter((j) => isBad(j.verdict))
  for (const [i, j] of wrongly.entries()) {
    say(`!! ${j.verdict} ${j.platform} ${j.id}: ${j.why}`)
    const marker = office.plan.find((p) => p.id === j.id)!.marker
    const there = ledgers.get(j.platform)!.get(marker) ?? []
    if (i < storiesTold) for (const told of await story(cluster.database, j.id, there)) say(told)
  }
  for (const [what, n] of office.problems) say(`refused ${n} x ${what}`)
  for (const death of cluster.deaths) say(`ended by itself: ${death}`)
  const toldWhy = Map.groupBy(
    judged.filter((j) => j.verdict === 'told'),
    (j) => `${j.platform}: ${j.why}`,
  )
  for (const [why, list] of toldWhy) say(`told ${list.length} x ${why}`)
  const filesLost = (await badFiles()).length
  bad = wrongly.length + filesLost + chaos.broken.length + cluster.deaths.length
  const n = (v: Judged['verdict']) => judged.filter((j) => j.verdict === v).length
  line = {
    seed,
    quick: args.quick,
    publications: judged.length,
    published_once: n('published_once'),
    cancelled: n('cancelled'),
    drafts: n('draft'),
    told: n('told'),
    duplicates: n('duplicate'),
    lost: n('lost'),
    wrong: n('wrong'),
    unsettled: n('unsettled'),
    files_lost: filesLost,
    faults: chaos.counts(),
    api: office.counts,
    database_restarts: cluster.databaseDeaths(),
    ended_by_themselves: cluster.deaths.length,
    faults_broken: chaos.broken.length,
    left_out: leftOut,
    seconds: since(),
  }
} catch (error) {
  say(`chaos broke: ${(error as Error).stack ?? error}`)
  process.exitCode = 1
} finally {
  await close().catch((error: unknown) => say(`while closing: ${error}`))
}
if (args.json) console.log(JSON.stringify(line))
else console.dir(line, { depth: 3 })
process.exitCode ||= judged.length === 0 || bad > 0 ? 1 : 0
process.exit()
