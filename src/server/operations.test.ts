/** What `docs/operations/` says to watch is what a whole Clarion tells in /metrics. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { metricTable } from './metric-table.ts'

const doc = (name: string) => readFile(new URL(`../../docs/operations/${name}`, import.meta.url), 'utf8')
let dir: string
let database: TestDatabase
let child: ChildProcess
let text: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-operations-'))
  database = await testDatabase()
  child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./main.ts', import.meta.url)), '--data', dir, '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: '/usr/bin:/bin', CLARION_LOG: 'warn', DATABASE_URL: database.url },
    },
  )
  let said = ''
  child.stdout!.on('data', (piece: Buffer) => (said += piece.toString()))
  let url: string | undefined
  while (!url) {
    if (child.exitCode !== null) throw new Error(`it did not start: ${said}`)
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
    url = /is ready: (\S+)/.exec(said)?.[1]
  }
  await fetch(new URL('/health/live', url))
  const answer = await fetch(new URL('/metrics', url))
  expect(answer.status).toBe(200)
  text = await answer.text()
})
afterAll(async () => {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  await database.drop()
  await rm(dir, { recursive: true, force: true })
})

/** Names as PromQL has them, without what a histogram adds. */
const named = (s: string) =>
  [...new Set(s.match(/\bclarion_[a-z0-9_]+/g))].map((n) => {
    const bare = n.replace(/_(bucket|sum|count)$/, '')
    return bare in metricTable ? bare : n
  })
const told = () => new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((m) => m[1]!))
/** With Redis alone; redis.redis.test.ts has a Redis. */
const onRedis = Object.entries(metricTable).flatMap(([name, row]) => ('only' in row ? [name] : []))

test('every metric of the table is in /metrics, of its type', () => {
  for (const [name, row] of Object.entries(metricTable))
    if (!onRedis.includes(name)) expect(text).toContain(`# TYPE ${name} ${row.type}\n`)
  const ours = [...told()].filter((n) => n.startsWith('clarion_') && !/^clarion_(process|nodejs)_/.test(n))
  expect(ours.filter((n) => !(n in metricTable))).toEqual([])
  expect(text).toContain('clarion_database_up 1')
  expect(text).toMatch(/^clarion_database_connections\{state="total"\} [1-9]/m)
  expect(text).toMatch(/^clarion_http_request_seconds_count\{route="\/health\/live",method="GET",status="200"\} 1$/m)
  expect(text).not.toMatch(/^clarion_scrape_errors_total\{/m)
})

test('dashboard, alert rules and page name only what is there, and the page has every one as the table says', async () => {
  const there = new Set([...told(), ...onRedis])
  for (const file of ['grafana.json', 'alerts.yaml', 'README.md']) {
    const names = named(await doc(file)).filter((n) => !n.endsWith('_'))
    expect(names.length).toBeGreaterThan(10)
    expect({ file, unknown: names.filter((n) => !there.has(n)) }).toEqual({ file, unknown: [] })
  }
  const page = await doc('README.md')
  for (const [name, row] of Object.entries(metricTable)) {
    const only = 'only' in row ? ` (only with \`${row.only}\`)` : ''
    expect(page).toContain(`| \`${name}\` | ${row.type} | ${row.labels.join(', ') || '-'} | ${row.help}${only} |`)
  }
})

test('every alert has its line on the page, and the dashboard asks one Prometheus by expressions', async () => {
  const [rules, page] = [await doc('alerts.yaml'), await doc('README.md')]
  const alerts = [...rules.matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map((m) => m[1]!)
  expect(alerts.length).toBe(rules.split('- alert:').length - 1)
  const remedies = page.slice(page.indexOf('## What to do'))
  expect(alerts.filter((a) => !new RegExp(`\\b${a}\\b`).test(remedies))).toEqual([])
  const board = JSON.parse(await doc('grafana.json')) as { panels: { type: string; targets?: { expr: string }[] }[] }
  const drawn = board.panels.filter((p) => p.type !== 'row')
  expect(drawn.length).toBeGreaterThan(15)
  for (const p of drawn) for (const t of p.targets ?? []) expect(t.expr).toContain('clarion_')
})
