import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CannotStart } from '../cannot-start.ts'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { migrate, readMigrations } from './migrate.ts'

let folder: string
let db: TestDatabase
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clarion-migrations-'))
  db = await testDatabase({ empty: true })
  await file('0001_a.sql', 'create table a (n int);')
})
afterEach(async () => {
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})

const file = (name: string, sql: string) => writeFile(join(folder, name), sql)
const run = () => migrate(db, { folder })
const tables = async () =>
  (
    await db.pool.query<{ t: string }>(
      "select relname as t from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
    )
  ).rows.map((r) => r.t)
const refusal = async () => {
  const before = await tables()
  const error = await run().catch((e: unknown) => e)
  expect(error).toBeInstanceOf(CannotStart)
  expect(await tables()).toEqual(before)
  return (error as CannotStart).message
}

test('files run once, in order, and are remembered with their hash', async () => {
  await file('0002_b.sql', 'alter table a add m int;\r\ninsert into a values (1, 2);')
  expect(await run()).toEqual({ applied: ['0001_a.sql', '0002_b.sql'], version: 2 })
  expect(await run()).toEqual({ applied: [], version: 2 })
  // Another line ending is not an edit.
  await file('0002_b.sql', 'alter table a add m int;\ninsert into a values (1, 2);')
  await file('0003_c.sql', 'insert into a values (3, 4);')
  expect(await run()).toEqual({ applied: ['0003_c.sql'], version: 3 })
  const { rows } = await db.pool.query<{ version: number; name: string; sha256: string; applied_at: Date }>(
    'select * from schema_migrations order by version',
  )
  expect(rows.map((r) => r.name)).toEqual(['0001_a.sql', '0002_b.sql', '0003_c.sql'])
  expect(rows[0]!.sha256).toMatch(/^[0-9a-f]{64}$/)
})

test('a file that fails leaves nothing of itself, and those before it stay', async () => {
  await file('0002_b.sql', 'create table b (n int); insert into nowhere values (1);')
  expect(await refusalAfterFirst()).toContain(
    'migrations/0002_b.sql failed and was rolled back: relation "nowhere" does not exist',
  )
  expect(await tables()).toEqual(['a', 'schema_migrations'])
  await file('0002_b.sql', 'create table b (n int);')
  expect((await run()).applied).toEqual(['0002_b.sql'])
})
const refusalAfterFirst = async () => ((await run().catch((e: unknown) => e)) as Error).message

test('an edited file that ran is refused', async () => {
  await run()
  await file('0001_a.sql', 'create table a (n bigint);')
  expect(await refusal()).toContain('0001_a.sql was edited')
})

test('a database newer than the code is refused, not damaged', async () => {
  await file('0002_b.sql', 'create table b (n int);')
  await run()
  await rm(join(folder, '0002_b.sql'))
  expect(await refusal()).toContain('newer than this version of Clarion: it has 0002_b.sql')
  expect(await tables()).toEqual(['a', 'b', 'schema_migrations'])
})

test("another program's database is refused, its schema_migrations included", async () => {
  await db.pool.query('create table schema_migrations (version varchar primary key)')
  expect(await refusal()).toContain('tables of another program')
})

test('four that start together run each file once', async () => {
  await file('0002_b.sql', 'insert into a values (1);')
  const all = await Promise.all([run(), run(), run(), run()])
  expect(all.flatMap((r) => r.applied).sort()).toEqual(['0001_a.sql', '0002_b.sql'])
  expect((await db.pool.query('select * from a')).rowCount).toBe(1)
})

describe('a file that runs beside the work', () => {
  const beside = `-- beside
drop index concurrently if exists a_n;
create index concurrently a_n on a (n);
insert into a values (1) on conflict do nothing;`
  const valid = async () =>
    (
      await db.pool.query<{ ok: boolean }>(
        `select indisvalid as ok from pg_index where indexrelid = to_regclass('a_n')`,
      )
    ).rows[0]?.ok

  test('builds its index while somebody writes, and while others wait for their turn', async () => {
    await run()
    await file('0002_b.sql', beside)
    const writer = await db.pool.connect()
    await writer.query('begin; insert into a values (7)')
    const all = Promise.all([run(), run(), run()])
    // The build waits for the writer, and no writer waits for it.
    await expect
      .poll(async () => (await db.pool.query(`select 1 from pg_stat_progress_create_index`)).rowCount)
      .toBeGreaterThan(0)
    await db.pool.query('insert into a values (8)')
    await writer.query('commit')
    writer.release()
    expect((await all).flatMap((r) => r.applied)).toEqual(['0002_b.sql'])
    expect(await valid()).toBe(true)
  })

  test('that was cut off begins again, over an index that is no good', async () => {
    await run()
    await db.pool.query('insert into a values (1), (1)')
    await file('0002_b.sql', beside)
    await db.pool.query('create unique index concurrently a_n on a (n)').catch(() => undefined)
    expect(await valid()).toBe(false)
    expect((await run()).applied).toEqual(['0002_b.sql'])
    expect(await valid()).toBe(true)
  })

  test('holds nothing that may not be run twice', async () => {
    for (const [sql, says] of [
      ['alter table a add m int;', 'this may not run beside the work: alter table a add m int'],
      ['insert into a values (1);', 'this may not run beside the work'],
      ['create index concurrently a_n on a (n);', 'drop a_n (if exists) before it is made'],
      ['create index a_n on a (n);', 'this may not run beside the work'],
    ] as const) {
      await file('0002_b.sql', `-- beside\n${sql}`)
      await expect(run()).rejects.toThrow(says)
    }
  })
})

test('numbers that leave a gap or repeat are refused before anything runs', async () => {
  await file('0003_c.sql', 'select 1;')
  await expect(run()).rejects.toThrow('0002_what_it_does.sql')
  expect(await tables()).toEqual([])
})

test("Clarion's own files are numbered well", async () => {
  expect((await readMigrations()).length).toBeGreaterThan(0)
})
