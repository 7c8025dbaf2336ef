import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { type Database, openDatabase } from './database.ts'
import { passes } from './trouble.ts'

let home: TestDatabase
let d: Database
beforeAll(async () => {
  home = await testDatabase()
  d = openDatabase(home.url, { poolSize: 1, onError: () => undefined })
})
afterAll(async () => {
  await d.close()
  await home.drop()
})

/** What a transaction says whose connection is ended by the server before its next statement. */
const cut = (next: (trx: Database['db']) => Promise<unknown>): Promise<unknown> =>
  d.db
    .transaction()
    .execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
      await home.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid])
      await next(trx)
    })
    .then(
      () => 'it went through',
      (error: unknown) => error,
    )

it('a connection that breaks within a transaction is trouble that passes, however the driver says so', async () => {
  const asked = await cut((trx) => sql`select 1`.execute(trx))
  const seen: unknown[] = []
  // What fails last is the rolling back, and stands in place of what went wrong.
  const thrown = await cut(async (trx) => {
    while (!/not queryable/.test(String(seen.at(-1))))
      await sql`select 1`.execute(trx).catch((error: unknown) => seen.push(error))
    throw new Error('what else went wrong')
  })
  expect([asked, ...seen, thrown].filter((error) => !passes(error))).toEqual([])
  expect(String(thrown)).toContain('not queryable')
  expect((await sql<{ n: number }>`select 1 as n`.execute(d.db)).rows).toEqual([{ n: 1 }])
})

it('a mistake of ours is none', async () => {
  const wrong = await sql`select nothing from nowhere`.execute(d.db).catch((error: unknown) => error)
  expect(passes(wrong)).toBe(false)
  expect([passes(new Error('boom')), passes(null), passes('57P01')]).toEqual([false, false, false])
})
