import { afterAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from './db.ts'

const open: TestDatabase[] = []
afterAll(async () => {
  for (const d of open) await d.drop()
})

test('each test database is fresh, migrated and its own', async () => {
  const a = await testDatabase()
  const begun = performance.now()
  const b = await testDatabase()
  console.log('second database ms', Math.round(performance.now() - begun))
  open.push(a, b)
  await a.db
    .insertInto('workspaces')
    .values({
      id: '0190a000-0000-7000-8000-000000000001',
      name: 'a',
      time_zone: 'UTC',
      late_policy: '{}',
      created_at: new Date(),
    })
    .execute()
  expect(await a.db.selectFrom('workspaces').select('name').execute()).toHaveLength(1)
  expect(await b.db.selectFrom('workspaces').select('name').execute()).toHaveLength(0)
})

test('an empty test database has none of our tables', async () => {
  const c = await testDatabase({ empty: true })
  open.push(c)
  const { rows } = await c.pool.query("select 1 from pg_class where relname = 'workspaces'")
  expect(rows).toHaveLength(0)
})
