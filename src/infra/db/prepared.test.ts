import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { type Database, openDatabase } from './database.ts'

let home: TestDatabase
let open: Database[] = []
beforeAll(async () => {
  home = await testDatabase()
  await home.pool.query('create table things (id int primary key, name text)')
  await home.pool.query(`insert into things values (1, 'one')`)
})
afterEach(async () => {
  for (const d of open) await d.close()
  open = []
})
afterAll(() => home.drop())

/** One connection, so that what it keeps can be asked. */
const database = (o: { prepared?: boolean; onError?: (error: Error) => void } = {}) => {
  const d = openDatabase(home.url, { poolSize: 1, ...o })
  open.push(d)
  return d
}
const thing = async (d: Database, id = 1) =>
  (await sql<Record<string, unknown>>`select * from things where id = ${id}`.execute(d.db)).rows
const kept = async (d: Database): Promise<number> =>
  (await d.pool.query<{ n: number }>('select count(*)::int as n from pg_prepared_statements')).rows[0]!.n

it('a statement that comes again is prepared, one that came twice is not', async () => {
  const d = database()
  await thing(d)
  await thing(d)
  expect(await kept(d)).toBe(0)
  await thing(d)
  expect(await thing(d, 2)).toEqual([])
  expect(await thing(d, 1)).toEqual([{ id: 1, name: 'one' }])
  expect(await kept(d)).toBe(1)
})

it('on steady connections a statement is planned once, whatever its values', async () => {
  const plans = async (db: Database['db']) => {
    for (let i = 0; i < 8; i++) await sql`select * from things where id = ${i}`.execute(db)
    const { rows } = await sql<{ custom: number; generic: number }>`
      select sum(custom_plans)::int as custom, sum(generic_plans)::int as generic from pg_prepared_statements where statement like '%things%'`.execute(
      db,
    )
    return rows[0]
  }
  const d = openDatabase(home.url, { poolSize: 10 })
  open.push(d)
  // It is prepared from the third on; elsewhere the first five are planned for their values.
  expect(await plans(d.steady)).toEqual({ custom: 0, generic: 6 })
  expect(await plans(d.db)).toEqual({ custom: 5, generic: 1 })
  // Together no more than were allowed.
  const busy = await Promise.all(
    Array.from(
      { length: 40 },
      async (_, i) =>
        (await sql<{ pid: number }>`select pg_backend_pid() as pid, pg_sleep(0.01)`.execute(i % 2 ? d.steady : d.db))
          .rows[0]!.pid,
    ),
  )
  expect(new Set(busy).size).toBeLessThanOrEqual(10)
})

it('where there are few connections, or statements are not prepared, there are no others', () => {
  for (const d of [database(), database({ prepared: false })]) expect(d.steady).toBe(d.db)
})

it('turned off, none is ever sent prepared', async () => {
  const d = database({ prepared: false })
  for (let i = 0; i < 10; i++) await thing(d)
  await d.db.transaction().execute(async (trx) => {
    for (let i = 0; i < 10; i++) await trx.selectFrom('workspaces').selectAll().where('name', '=', 'x').execute()
  })
  expect(await kept(d)).toBe(0)
})

it('a connection keeps a bounded number, whatever is asked', async () => {
  const d = database()
  for (let i = 0; i < 260; i++)
    for (let k = 0; k < 3; k++) await sql`select ${k}::int as ${sql.raw(`c${i}`)}`.execute(d.db)
  expect(await kept(d)).toBe(200)
  expect((await sql<{ last: number }>`select ${7}::int as last`.execute(d.db)).rows).toEqual([{ last: 7 }])
})

it('after a migration the same statement gives the new columns, and is prepared anew', async () => {
  const d = database()
  for (let i = 0; i < 4; i++) await thing(d)
  await home.pool.query(`alter table things add column more int default 5`)
  expect(await thing(d)).toEqual([{ id: 1, name: 'one', more: 5 }])
  const before = await kept(d)
  await thing(d)
  expect(await kept(d)).toBe(before + 1)
  await home.pool.query('alter table things drop column more')
  expect(await thing(d)).toEqual([{ id: 1, name: 'one' }])
})

it('behind a pooler that forgets them it goes on without, and says so once', async () => {
  const said: string[] = []
  const d = database({ onError: (e) => said.push(e.message) })
  for (let i = 0; i < 4; i++) await thing(d)
  await d.pool.query('deallocate all')
  expect(await thing(d)).toEqual([{ id: 1, name: 'one' }])
  for (let i = 0; i < 4; i++) await thing(d)
  expect(await kept(d)).toBe(0)
  expect(said).toEqual([expect.stringContaining('CLARION_DB_PREPARED')])
})

it('an error of a prepared statement is its own', async () => {
  const d = database()
  const add = (id: number) => sql`insert into things (id) values (${id})`.execute(d.db)
  for (const id of [10, 11, 12, 13]) await add(id)
  await expect(add(13)).rejects.toMatchObject({ code: '23505' })
})
