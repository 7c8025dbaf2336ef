/** What is written about a publication goes with it, whoever deletes it, and is never written about one that is gone (decision 0032). */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { write } from './journal.ts'
import { channelA, channelB, type ToyHouse, toyHouse, toyWs } from './testing.ts'

let h: ToyHouse
beforeAll(async () => {
  h = await toyHouse()
})
afterAll(() => h.close())
beforeEach(() => h.db.deleteFrom('posts').execute())

const tables = ['journal', 'steps', 'attempts'] as const
/** Whose rows there are. */
const about = async () => {
  const all = await Promise.all(tables.map((t) => h.db.selectFrom(t).select('publication_id').distinct().execute()))
  return all.map((rows) => rows.map((r) => r.publication_id).sort())
}
const published = async (n: number) => {
  const ids: string[] = []
  for (let i = 0; i < n; i++) ids.push(await h.plan([`text ${i}`], { channel: i % 2 ? channelA : channelB }))
  await h.engine().runDue()
  expect(await about()).toEqual(tables.map(() => [...ids].sort()))
  return ids
}
const line = () => ({ event: 'woken', at: new Date(h.clock.now()) }) as const

it('goes with a publication, or its post, and what is about others stays', async () => {
  const [first, second, third] = await published(3)
  await h.db.deleteFrom('publications').where('id', '=', first!).execute()
  expect(await about()).toEqual(tables.map(() => [second, third].sort()))
  const { post_id } = await h.read(second!)
  await h.db.deleteFrom('posts').where('id', '=', post_id).execute()
  expect(await about()).toEqual(tables.map(() => [third]))
})

it('goes with everything of a workspace', async () => {
  await published(4)
  // Its channels are kept from going before their publications.
  await h.db
    .transaction()
    .execute(async (trx) => {
      await trx.deleteFrom('posts').where('workspace_id', '=', toyWs).execute()
      await trx.deleteFrom('workspaces').where('id', '=', toyWs).execute()
      expect((await trx.selectFrom('journal').select('id').execute()).length).toBe(0)
      throw new Error('taken back')
    })
    .catch((error: Error) => expect(error.message).toBe('taken back'))
})

it('a line that is being written keeps its publication until then, and goes with it', async () => {
  const [id] = await published(1)
  const p = await h.read(id!)
  let gone: Promise<unknown> | undefined
  await h.db.transaction().execute(async (trx) => {
    await write(trx, p, line())
    gone = h.db.deleteFrom('posts').where('id', '=', p.post_id).execute()
    await expect
      .poll(async () => {
        const { rows } = await h.database.pool.query(
          `select 1 from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()) or (not granted and locktype = 'transactionid')`,
        )
        return rows.length
      })
      .toBeGreaterThan(0)
  })
  await gone
  expect(await about()).toEqual([[], [], []])
})

it('nothing is written about one that is gone', async () => {
  const [id] = await published(1)
  const p = await h.read(id!)
  await h.db.deleteFrom('posts').execute()
  await expect(write(h.db, p, line())).rejects.toThrow(/gone/)
  expect(await about()).toEqual([[], [], []])
})
