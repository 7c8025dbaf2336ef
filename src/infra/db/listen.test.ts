import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { notify, openDatabase } from './database.ts'

const warnings: string[] = []
const warned = (warning: Error) => void warnings.push(warning.message)
process.on('warning', warned)
afterAll(() => void process.off('warning', warned))

let t: TestDatabase
beforeEach(async () => {
  t = await testDatabase({ empty: true })
})
afterEach(() => t.drop())

const lines = async () =>
  (
    await t.pool.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and application_name = 'clarion-listen'",
    )
  ).rows.map((r) => r.pid)

test('many topics are heard over one connection, each by its own hearers', async () => {
  const heard: string[] = []
  const stops = await Promise.all([
    t.listen('one', (x) => heard.push(`one ${x}`)),
    t.listen('two', (x) => heard.push(`two ${x}`)),
    t.listen('one', (x) => heard.push(`one again ${x}`)),
  ])
  expect(await lines()).toHaveLength(1)
  await notify(t.db, 'one', 'a')
  await notify(t.db, 'two', 'b')
  await expect.poll(() => [...heard].sort()).toEqual(['one a', 'one again a', 'two b'])
  await stops[0]!()
  await stops[1]!()
  await notify(t.db, 'two', 'c')
  await notify(t.db, 'one', 'd')
  await expect.poll(() => heard.at(-1)).toBe('one again d')
  expect(heard).toHaveLength(4)
  await stops[2]!()
  await expect.poll(lines).toEqual([])
  // And anew.
  await t.listen('two', (x) => heard.push(`two ${x}`))
  await notify(t.db, 'two', 'e')
  await expect.poll(() => heard.at(-1)).toBe('two e')
})

test('after a gap everybody is told that something may have been missed, and hears again', async () => {
  const heard: string[] = []
  await t.listen('one', (x) => heard.push(`one ${x}`))
  await t.listen('two', (x) => heard.push(`two ${x}`))
  const [pid] = await lines()
  await t.pool.query('select pg_terminate_backend($1)', [pid])
  await expect.poll(() => [...heard].sort()).toEqual(['one ', 'two '])
  await notify(t.db, 'two', 'x')
  await expect.poll(() => heard.at(-1)).toBe('two x')
  expect(await lines()).toHaveLength(1)
})

test('a database that cannot be reached is said at once', async () => {
  const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/none')
  await expect(nowhere.listen('one', () => undefined)).rejects.toThrow()
  await nowhere.close()
})

test('topics that join together wait for each other: a connection takes one statement at a time', async () => {
  // pg says it once in a process, so whatever test of this file does it first is told here.
  const stops = await Promise.all(['a', 'b', 'c'].map((topic) => t.listen(topic, () => undefined)))
  const more = await Promise.all(['d', 'e', 'f'].map((topic) => t.listen(topic, () => undefined)))
  await Promise.all([...stops, ...more].map((stop) => stop()))
  expect(warnings).toEqual([])
})
