import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase({ poolSize: 1 })
})
afterAll(() => t.drop())

const prepared = async () =>
  (await t.pool.query<{ statement: string }>('select statement from pg_prepared_statements')).rows.map(
    (r) => r.statement,
  )

test('a statement that comes again is prepared, and goes on giving right answers', async () => {
  const ask = async (n: number) => (await sql<{ n: number }>`select ${n}::int + 1 as n`.execute(t.db)).rows[0]?.n
  for (let n = 0; n < 12; n++) expect(await ask(n)).toBe(n + 1)
  expect(await prepared()).toContain('select $1::int + 1 as n')
})

test('a statement that selects * is never prepared: a newer Clarion may add a column', async () => {
  const ask = () => t.db.selectFrom('workspaces').selectAll().where('name', '=', 'nobody').execute()
  for (let n = 0; n < 12; n++) await ask()
  await sql`alter table workspaces add column later int`.execute(t.db)
  expect(await ask()).toEqual([])
  expect((await prepared()).filter((s) => s.includes('*'))).toEqual([])
})
