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

/**
 * A slow machine is no failure: a ring may take ten times what it takes on a quiet one before it is ended. `quiet` is in
 * seconds, on two cores with nothing beside it.
 */
const limit = (quiet) => ({ timeoutMs: quiet * 10 * 1000 })

/** What the run of vitest came to, from our reporter's file; its causes are in the notes. */
export const countVitest = (report, code, output) => {
  const { passed, failed, skipped, notes } = report
  if (passed + failed + skipped === 0) return result(0, 1, 0, [`There was no test to run.\n${tail(output)}`])
  if (code !== 0 && failed === 0)
    return result(passed, 1, skipped, [...notes, `vitest ended with code ${code}\n${tail(output)}`])
  return result(passed, failed, skipped, notes)
}

const runVitest = async (args, { env, timeoutMs } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'clarion-report-'))
  const file = join(dir, 'report.json')
  try {
    const done = await run(
      process.execPath,
      [vitest, 'run', ...args, `--reporter=${join(root, 'tools/test/reporter.mjs')}`],
      {
        cwd: root,
        env: { ...env, CLARION_TEST_REPORT: file },
        timeoutMs,
      },
    )
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

const own = {
  newPlatform: 'tools/new-platform/*.test.ts',
  pds: 'src/platforms/*/pds.test.ts',
  redis: '**/*.redis.test.ts',
  s3: '**/*.s3.test.ts',
}

/** Tests that speak to a database: those run again on PostgreSQL 15. */
const storeTests = () =>
  globSync('{src,tools,bench}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'template',
  }).filter(
    (file) =>
      /infra\/testing\/db|testDatabase/.test(readFileSync(join(root, file), 'utf8')) &&
      !file.endsWith('/pds.test.ts') &&
      !/\.(redis|s3)\.test\.ts$/.test(file),
  )

const lastJson = (output) =>
  output
    .trim()
    .split('\n')
    .findLast((l) => l.startsWith('{'))

const crash = async (carrier) => {
  const done = await run(process.execPath, ['bench/crash/main.ts', '--sample', '--json', '--carrier', carrier], {
    cwd: root,
    ...limit(90),
  })
  const line = lastJson(done.output)
  if (!line) return result(0, 1, 0, [`the crash matrix printed no result (code ${done.code})\n${tail(done.output)}`])
  const sums = JSON.parse(line)
  const bad = sums.duplicates + sums.lost
  const failed = bad > 0 ? bad : done.code === 0 ? 0 : 1
  return result(Math.max(0, sums.cases - failed), failed, 0, failed > 0 ? [line, tail(done.output)] : [])
}

/** Counts publications: those that ended as they should have passed. Its figures are told, and what this machine does not let it do. */
const chaos = async () => {
  const args = ['bench/chaos/main.ts', '--quick', '--json', '--minutes', '14']
  const done = await run(process.execPath, args, { cwd: root, ...limit(90) })
  const line = lastJson(done.output)
  if (!line) return result(0, 1, 0, [`chaos printed no result (code ${done.code})\n${tail(done.output)}`])
  const sums = JSON.parse(line)
  const bad = sums.duplicates + sums.lost + sums.wrong + sums.unsettled
  const failed = bad > 0 ? bad : done.code === 0 ? 0 : 1
  const skipped = Object.entries(sums.left_out).map(([what, why]) => `skipped: ${what}: ${why}`)
  return result(Math.max(0, sums.publications - failed), failed, skipped.length, [
    line,
    ...skipped,
    ...(failed > 0 ? [tail(done.output)] : []),
  ])
}

/**
 * In the order they are begun, two at a time: many wait more than they count, so side by side they fill two cores.
 *
 * `waits`: packages or an install the ring needs, by name (`tools/test.mjs` has them under way); when one cannot be had
 * the ring is skipped with the reason, or fails where `CI` is set. `after`: rings that must be over first.
 */
export const rings = [
  {
    name: 'build',
    what: 'the web app',
    // As `npm start` builds it, so that the browser ring meets what people meet. First, as other rings look at the result.
    run: () => runOne(['--input-type=module', '-e', buildScript], limit(30)),
  },
  {
    name: 'check',
    what: 'types, lint, walls, unused exports, fences, generated files',
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
    after: ['build'],
    run: () =>
      runVitest(
        Object.values(own).flatMap((glob) => ['--exclude', glob]),
        limit(360),
      ),
  },
  {
    name: 'browser',
    what: 'journeys in Chromium',
    waits: ['chromium'],
    after: ['build'],
    run: () => runVitest(['-c', 'e2e/vitest.config.ts'], limit(240)),
  },
  { name: 'crash sample', what: 'processes killed at step boundaries', run: () => crash('process') },
  {
    name: 'store on 15',
    what: 'the same store tests on PostgreSQL 15',
    waits: ['postgresql'],
    run: () => runVitest(storeTests(), { env: { CLARION_TEST_PG: '15' }, ...limit(240) }),
  },
  {
    name: 'redis',
    what: 'what runs on a real Redis: carriers, limits',
    waits: ['redis'],
    run: () => runVitest(globSync('{src,bench}/**/*.redis.test.ts', { cwd: root }), limit(90)),
  },
  {
    name: 's3',
    what: 'files on a real S3 server: the storage, and a whole Clarion on it',
    waits: ['radosgw'],
    run: () => runVitest(globSync('{src,bench}/**/*.s3.test.ts', { cwd: root }), limit(90)),
  },
  {
    name: 'crash on redis',
    what: 'processes killed while BullMQ carries',
    waits: ['redis'],
    run: () => crash('bullmq'),
  },
  {
    name: 'chaos',
    what: 'a cluster on Redis and S3 in which everything breaks, a short seed',
    waits: ['redis', 'radosgw'],
    run: chaos,
  },
  {
    name: 'new platform',
    what: 'a generated platform passes the suite and goes without a trace',
    run: () => runVitest(['-c', 'tools/new-platform/vitest.config.ts'], limit(90)),
  },
  {
    name: 'real server',
    what: 'a Bluesky server from npm',
    waits: ['pds'],
    run: () => runVitest(['-c', 'tools/pds-ring/vitest.config.ts'], limit(60)),
  },
  {
    name: 'schema',
    what: 'schema.sql is what the migrations make',
    run: () => runOne(['tools/schema.ts', '--check'], limit(10)),
  },
]
