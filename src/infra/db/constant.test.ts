import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { constant } from './constant.ts'

let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase({ empty: true })
})
afterAll(() => t.drop())

it('is built once, and each run has its own values, wherever and however often they stand', async () => {
  let built = 0
  const add = constant<{ a: number; b: Date | null }, { sum: number; at: Date | null; fixed: string }>((value) => {
    built++
    return sql`select ${value('a')}::int + ${value('a')}::int as sum, ${value('b')}::timestamptz as at, ${'as it was'}::text as fixed`
  })
  const at = new Date('2026-11-30T12:00:00Z')
  const all = await Promise.all([1, 2, 3].map((a) => add(t.db, { a, b: a === 2 ? null : at })))
  expect(all.flat()).toEqual([
    { sum: 2, at, fixed: 'as it was' },
    { sum: 4, at: null, fixed: 'as it was' },
    { sum: 6, at, fixed: 'as it was' },
  ])
  expect(built).toBe(1)
})

it('belongs to the transaction it is run in', async () => {
  await sql`create table things (n int)`.execute(t.db)
  const put = constant<{ n: number }, { n: number }>(
    (value) => sql`insert into things values (${value('n')}) returning n`,
  )
  const undone = t.db.transaction().execute(async (trx) => {
    expect(await put(trx, { n: 1 })).toEqual([{ n: 1 }])
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  expect(await put(t.db, { n: 2 })).toEqual([{ n: 2 }])
  expect((await sql<{ n: number }>`select n from things`.execute(t.db)).rows).toEqual([{ n: 2 }])
})
