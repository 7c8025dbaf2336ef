/**
 * `npm run bench`: how late is a burst, and how far from the floor? In one run on one machine:
 * (a) the floor: the same calls from a bare client plus one commit each; (b) Clarion on the PostgreSQL it brings;
 * (c) Clarion on PostgreSQL 15. 1,000 publications over 100 channels due at the same second; sandbox, database and
 * Clarion are processes of their own. Also start-up time and idle memory.
 *
 *   --json   one last line   --publications <n>   --channels <n>
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { findPostgres } from '#infra/db/postgres-binaries.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { freePort, startClarion } from '../../tools/demo/clarion.ts'
import { floor } from './floor.ts'
import { prepare } from './prepare.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    publications: { type: 'string', default: '1000' },
    channels: { type: 'string', default: '100' },
  },
})
const count = Number(args.publications)
const channels = Number(args.channels)
const say = (line: string) => process.stderr.write(`${line}\n`)
const root = await mkdtemp(join(tmpdir(), 'clarion-bench-'))
await chmod(root, 0o755)
const keys = `k1:${randomBytes(32).toString('base64')}`
const percentile = (sorted: number[], p: number) =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN)
const round = (n: number, digits = 1) => Number(n.toFixed(digits))

const startSandbox = async (): Promise<{ url: string; child: ChildProcess }> => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url)), '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)))
    child.stdout!.on('data', (d: Buffer) => {
      text += d
      if (text.includes('\n')) resolve(text.split('\n')[0]!)
    })
  })
  return { url: (JSON.parse(line) as { url: string }).url, child }
}
const end = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })

/** Proportional memory of a process and its children, MB; what only it uses, plus its share of what is shared. */
const memory = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const own = Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''))
    .trim()
    .split(/\s+/)
    .filter(Boolean)
  return own + (await Promise.all(children.map((c) => memory(Number(c))))).reduce((a, b) => a + b, 0)
}

type Burst = {
  lateness_ms: { p50: number; p99: number; max: number }
  per_second: number
  ratio_to_floor: number
  floor_per_second: number
  published: number
}

const burst = async (name: string, major?: number): Promise<Burst> => {
  say(`${name}: preparing ${count} publications on ${channels} channels`)
  const dir = join(root, name)
  // Until the process ends, however it does.
  diesWithUs({ pgdata: join(root, `${name}-pg`, 'pgdata') })
  const postgres = await startOwnPostgres({
    dir: join(root, `${name}-pg`),
    ...(major ? { binaries: await findPostgres({ major }) } : {}),
  })
  const sandbox = await startSandbox()
  try {
    const plan = await prepare({
      databaseUrl: postgres.url,
      keys,
      sandboxUrl: sandbox.url,
      mediaDir: join(dir, 'media'),
      channels,
      publications: count,
    })
    const before = await floor({ calls: plan.calls, databaseUrl: postgres.url, count, lanes: channels })
    if (before.refused > 0) throw new Error(`the sandbox refused ${before.refused} of the floor's calls`)
    say(`${name}: floor ${round(before.perSecond)} publications a second`)
    const clarion = await startClarion({
      dataDir: join(dir, 'data'),
      port: await freePort(),
      env: { DATABASE_URL: postgres.url, CLARION_KEYS: keys, CLARION_SANDBOX_URL: sandbox.url },
    })
    try {
      const due = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_000)
      await plan.due(due)
      const patience = due.getTime() + 120_000
      let rows = await plan.results()
      while (rows.some((r) => r.state !== 'published') && Date.now() < patience) {
        await new Promise((r) => setTimeout(r, 500))
        rows = await plan.results()
      }
      const late = rows
        .filter((r) => r.state === 'published')
        .map((r) => r.lateness)
        .sort((a, b) => a - b)
      const seconds = (Math.max(...rows.map((r) => r.publishedAt || 0)) - due.getTime()) / 1000
      const perSecond = late.length / seconds
      const result: Burst = {
        lateness_ms: { p50: percentile(late, 50), p99: percentile(late, 99), max: percentile(late, 100) },
        per_second: round(perSecond),
        floor_per_second: round(before.perSecond),
        ratio_to_floor: round(perSecond / before.perSecond, 3),
        published: late.length,
      }
      say(`${name}: ${JSON.stringify(result)}`)
      return result
    } finally {
      await clarion.stop()
      await plan.close()
    }
  } finally {
    await end(sandbox.child)
    await postgres.stop()
  }
}

/** As a person starts it: own database, sandbox inside. The first start initialises; the second is the one that counts. */
const house = async () => {
  const dataDir = join(root, 'idle')
  const times: number[] = []
  let idle = 0
  for (let i = 0; i < 3; i++) {
    const t0 = performance.now()
    const clarion = await startClarion({ dataDir, port: await freePort() })
    times.push(performance.now() - t0)
    if (i === 2) {
      await new Promise((r) => setTimeout(r, 5_000))
      const server = await memory(clarion.pid)
      const pid = Number(
        (await readFile(join(dataDir, 'postgres', 'pgdata', 'postmaster.pid'), 'utf8').catch(() => '0')).split('\n')[0],
      )
      // The database is a child of Clarion unless it was adopted.
      idle = server + (pid && !(await isChild(clarion.pid, pid)) ? await memory(pid) : 0)
    }
    await clarion.stop()
  }
  return {
    first_start_ms: Math.round(times[0]!),
    start_ms: Math.round(Math.min(...times.slice(1))),
    idle_mb: Math.round(idle),
  }
}
const isChild = async (parent: number, pid: number) =>
  (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '')).split(/\s+/).includes(String(pid))

try {
  const started = await house()
  say(JSON.stringify(started))
  const own = await burst('own')
  const pg15 = await burst('pg15', 15)
  const line = {
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model.trim(),
      memory_gb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    publications: count,
    channels,
    own,
    pg15,
    ...started,
  }
  if (args.json) console.log(JSON.stringify(line))
  else console.log(JSON.stringify(line, null, 2))
  process.exitCode = own.published === count && pg15.published === count ? 0 : 1
} finally {
  await rm(root, { recursive: true, force: true })
}
