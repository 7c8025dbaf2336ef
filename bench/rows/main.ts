/**
 * `npm run bench:rows`: what Clarion's queries cost on a large installation, each beside a bare read of as many rows in the
 * same run. A PostgreSQL of its own, as Clarion starts it, filled by `seedRows`. At last what a publication costs the
 * database there, beside the same on 20,000.
 *
 *   --rows <n>   publications (default 1,000,000)   --rounds <n>   --only <part of a name>   --major 15   --json   one last line
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { findPostgres } from '#infra/db/postgres-binaries.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { type Seeded, seedRows } from '#infra/testing/rows.ts'
import { costOfPublication } from './cost.ts'
import { goal, measure } from './measure.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string' },
    major: { type: 'string' },
  },
})
const say = (line: string) => process.stderr.write(`${line}\n`)
/** Publications of the small installation, and of a burst. */
const [small, dueAtOnce] = [20_000, 400]
const root = await mkdtemp(join(tmpdir(), 'clarion-rows-'))
await chmod(root, 0o755)
const over = diesWithUs({ pgdata: join(root, 'pg', 'pgdata'), folder: root })
const postgres = await startOwnPostgres({
  dir: join(root, 'pg'),
  noSync: true,
  ...(args.major ? { binaries: await findPostgres({ major: Number(args.major) }) } : {}),
})

/** A database of so many publications in the cluster, as `use` finds it. */
const seededWith = async <T>(
  n: number,
  use: (o: { url: string; database: Database; seeded: Seeded; now: Date }) => Promise<T>,
): Promise<T> => {
  const name = `rows_${n}`
  const house = openDatabase(postgres.url, { poolSize: 1 })
  await house.pool.query(`create database ${name}`)
  await house.close()
  const url = postgres.url.replace('/clarion?', `/${name}?`)
  const database = openDatabase(url, { poolSize: 2 })
  try {
    await migrate(database)
    const now = new Date()
    const seeded = await seedRows(database.pool, { publications: n, now, say })
    return await use({ url, database, seeded, now })
  } finally {
    await database.close()
  }
}
try {
  const large = await seededWith(Number(args.rows), async ({ url, database, seeded, now }) => {
    const queries = await measure(database.db, seeded, now, {
      rounds: Number(args.rounds),
      say,
      ...(args.only ? { only: args.only } : {}),
    })
    return { rows: seeded.counts, queries, url }
  })
  const smallUrl = await seededWith(small, async ({ url }) => url)
  const costs = {
    small: await costOfPublication(smallUrl, dueAtOnce),
    large: await costOfPublication(large.url, dueAtOnce),
  }
  const ratio = Number((costs.large.cpu_ms / costs.small.cpu_ms).toFixed(2))
  say(
    `a publication: ${costs.large.cpu_ms} ms of the database and ${costs.large.wal_bytes} bytes of WAL, with ${small} rows ${costs.small.cpu_ms} ms and ${costs.small.wal_bytes}: ${ratio}`,
  )
  const { rows, queries } = large
  const load = loadavg()
  say(`load of the machine at the end: ${load.map((n) => n.toFixed(1)).join(', ')} (1, 5, 15 minutes)`)
  if (args.json)
    console.log(JSON.stringify({ rows, postgres: postgres.version, load, goal, queries, costs: { ...costs, ratio } }))
} finally {
  await postgres.stop()
  await rm(root, { recursive: true, force: true })
  over()
}
