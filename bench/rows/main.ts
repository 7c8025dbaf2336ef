/**
 * `npm run bench:rows`: what Clarion's queries cost on a large installation, each beside a bare read of as many rows in the
 * same run. A PostgreSQL of its own, as Clarion starts it, filled by `seedRows`.
 *
 *   --rows <n>   publications (default 1,000,000)   --rounds <n>   --only <part of a name>   --major 15   --json   one last line
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { findPostgres } from '#infra/db/postgres-binaries.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { seedRows } from '#infra/testing/rows.ts'
import { measure } from './measure.ts'

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
const root = await mkdtemp(join(tmpdir(), 'clarion-rows-'))
await chmod(root, 0o755)
const over = diesWithUs({ pgdata: join(root, 'pg', 'pgdata'), folder: root })
const postgres = await startOwnPostgres({
  dir: join(root, 'pg'),
  noSync: true,
  ...(args.major ? { binaries: await findPostgres({ major: Number(args.major) }) } : {}),
})
const database = openDatabase(postgres.url, { poolSize: 2 })
try {
  await migrate(database)
  const now = new Date()
  const seeded = await seedRows(database.pool, { publications: Number(args.rows), now, say })
  const queries = await measure(database.db, seeded, now, {
    rounds: Number(args.rounds),
    say,
    ...(args.only ? { only: args.only } : {}),
  })
  const result = { rows: seeded.counts, postgres: postgres.version, queries }
  if (args.json) console.log(JSON.stringify(result))
} finally {
  await database.close()
  await postgres.stop()
  await rm(root, { recursive: true, force: true })
  over()
}
