/**
 * `node tools/schema.ts` writes schema.sql: what the migrations add up to, for people to read and to review.
 * `--check` writes nothing and fails when it is out of date.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '#infra/db/database.ts'
import { describeSchema } from '#infra/db/describe.ts'
import { migrate } from '#infra/db/migrate.ts'
import { startOwnPostgres } from '#infra/db/own-postgres.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'

const path = fileURLToPath(new URL('../schema.sql', import.meta.url))
const head = '-- What the files in migrations/ add up to. Written by `node tools/schema.ts`; do not edit.\n\n'

const dir = await mkdtemp(join(tmpdir(), 'clarion-schema-'))
await chmod(dir, 0o711)
const over = diesWithUs({ pgdata: join(dir, 'db', 'pgdata'), folder: dir })
const server = await startOwnPostgres({ dir: join(dir, 'db'), noSync: true, settings: { fsync: 'off' } })
try {
  const database = openDatabase(server.url, { poolSize: 2 })
  await migrate(database)
  const want = head + (await describeSchema(database.pool))
  await database.close()
  const have = await readFile(path, 'utf8').catch(() => '')
  if (have === want) console.log('schema.sql is up to date')
  else if (process.argv.includes('--check')) {
    console.error('schema.sql does not match the migrations. Run: node tools/schema.ts')
    process.exitCode = 1
  } else {
    await writeFile(path, want)
    console.log('schema.sql written')
  }
} finally {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
  over()
}
