/** The rings of `npm test`, in order: what each runs and how its result is counted. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../check/run.mjs'
import { runSteps } from '../check/steps.mjs'

export const root = resolve(fileURLToPath(import.meta.url), '../../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/**
 * What a ring came to: tests by outcome, and `notes` for the person: names of failures and skips, output of a crash.
 * A ring that broke counts at least one failure.
 */
const result = (passed, failed, skipped, notes = []) => ({ passed, failed, skipped, notes })

const tail = (text, lines = 60) => text.trim().split('\n').slice(-lines).join('\n')

/** Reads vitest's JSON report. A file that fails before its first test counts as one failure. */
export const countVitest = (report, code, output) => {
  const notes = []
  let failed = report.numFailedTests
  for (const file of report.testResults) {
    const tests = file.assertionResults
    for (const t of tests) {
      if (t.status === 'failed')
        notes.push(
          `FAILED ${file.name.replace(`${root}/`, '')} > ${t.fullName}\n${(t.failureMessages ?? []).join('\n')}`,
        )
      if (t.status === 'skipped' || t.status === 'pending' || t.status === 'todo') notes.push(`skipped: ${t.fullName}`)
    }
    if (file.status === 'failed' && !tests.some((t) => t.status === 'failed')) {
      failed++
      notes.push(`FAILED ${file.name.replace(`${root}/`, '')}\n${file.message ?? ''}`)
    }
  }
  if (code !== 0 && failed === 0) {
    failed = 1
    notes.push(`vitest ended with code ${code}\n${tail(output)}`)
  }
  if (report.numTotalTests === 0 && failed === 0) {
    failed = 1
    notes.push('There was no test to run.')
  }
  return result(report.numPassedTests, failed, report.numPendingTests + (report.numTodoTests ?? 0), notes)
}

const runVitest = async (args, { env, timeoutMs } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'clarion-report-'))
  const file = join(dir, 'report.json')
  try {
    const done = await run(process.execPath, [vitest, 'run', ...args, '--reporter=json', `--outputFile.json=${file}`], {
      cwd: root,
      env,
      timeoutMs,
    })
    if (!existsSync(file)) return result(0, 1, 0, [`vitest left no report (code ${done.code})\n${tail(done.output)}`])
    return countVitest(JSON.parse(readFileSync(file, 'utf8')), done.code, done.output)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** One command that passes or fails as a whole. */
const runOne = async (args, { env, timeoutMs } = {}) => {
  const done = await run(process.execPath, args, { cwd: root, env, timeoutMs })
  return done.code === 0
    ? result(1, 0, 0)
    : result(0, 1, 0, [`node ${args.join(' ')} ended with code ${done.code}\n${tail(done.output)}`])
}

const buildScript = "const { build } = await import('./tools/setup/build.mjs'); await build(process.execPath)"

const own = { newPlatform: 'tools/new-platform/*.test.ts', pds: 'src/platforms/*/pds.test.ts' }

/** Tests that speak to a database: those run again on PostgreSQL 15. */
const storeTests = () =>
  globSync('{src,tools,bench}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'template',
  }).filter(
    (file) =>
      /infra\/testing\/db|testDatabase/.test(readFileSync(join(root, file), 'utf8')) && !file.endsWith('/pds.test.ts'),
  )

const crash = async () => {
  const done = await run(process.execPath, ['bench/crash/main.ts', '--sample', '--json'], {
    cwd: root,
    timeoutMs: 240_000,
  })
  const line = done.output
    .trim()
    .split('\n')
    .findLast((l) => l.startsWith('{'))
  if (!line) return result(0, 1, 0, [`the crash matrix printed no result (code ${done.code})\n${tail(done.output)}`])
  const sums = JSON.parse(line)
  const bad = sums.duplicates + sums.lost
  const failed = bad > 0 ? bad : done.code === 0 ? 0 : 1
  return result(Math.max(0, sums.cases - failed), failed, 0, failed > 0 ? [line, tail(done.output)] : [])
}

/**
 * `waits`: packages or an install the ring needs, by name (`tools/test.mjs` has them under way); when one cannot be had
 * the ring is skipped with the reason, or fails where `CI` is set.
 */
export const rings = [
  {
    name: 'check',
    what: 'types, lint, walls, fences, generated files',
    run: async () => {
      // Its pure tests run with all the others in the next ring.
      const steps = await runSteps(['pure tests'])
      const bad = steps.filter((step) => !step.ok)
      return result(
        steps.length - bad.length,
        bad.length,
        0,
        bad.map((step) => `FAILED ${step.name}\n${tail(step.output)}`),
      )
    },
  },
  {
    name: 'tests',
    what: 'rules, contract, store on the bundled PostgreSQL, server',
    run: () => runVitest(['--exclude', own.newPlatform, '--exclude', own.pds], { timeoutMs: 300_000 }),
  },
  {
    name: 'schema',
    what: 'schema.sql is what the migrations make',
    run: () => runOne(['tools/schema.ts', '--check'], { timeoutMs: 60_000 }),
  },
  {
    name: 'store on 15',
    what: 'the same store tests on PostgreSQL 15',
    waits: ['postgresql'],
    run: () => runVitest(storeTests(), { env: { CLARION_TEST_PG: '15' }, timeoutMs: 240_000 }),
  },
  { name: 'crash sample', what: 'processes killed at step boundaries', run: crash },
  {
    name: 'new platform',
    what: 'a generated platform passes the suite and goes without a trace',
    run: () => runVitest(['-c', 'tools/new-platform/vitest.config.ts'], { timeoutMs: 180_000 }),
  },
  {
    name: 'real server',
    what: 'a Bluesky server from npm',
    waits: ['pds'],
    run: () => runVitest(['-c', 'tools/pds-ring/vitest.config.ts'], { timeoutMs: 180_000 }),
  },
  {
    name: 'build',
    what: 'the web app',
    // As `npm start` builds it, so that the browser ring meets what people meet.
    run: () => runOne(['--input-type=module', '-e', buildScript], { timeoutMs: 120_000 }),
  },
  {
    name: 'browser',
    what: 'journeys in Chromium',
    waits: ['chromium'],
    run: () => runVitest(['-c', 'e2e/vitest.config.ts'], { timeoutMs: 300_000 }),
  },
]
