/** What a database that is held up or away does to a request: a Problem that says when to come back, and no lost write. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '#infra/db/database.ts'
import { type Whole, wholeApp } from './testing/whole.ts'

let t: Whole
let other: ReturnType<typeof openDatabase>
beforeAll(async () => {
  const patience = { statementMs: 3_000, lockMs: 200, idleMs: 500, connectionMs: 200 }
  t = await wholeApp({ database: { poolSize: 3, patience } })
  other = openDatabase(t.database.url, { poolSize: 1 })
})
afterAll(async () => {
  await other?.close()
  await t?.close()
})

/** Somebody else holds all posts while `during` runs. */
const held = async (during: () => Promise<void>) => {
  const client = await other.pool.connect()
  await client.query('begin; lock table posts in access exclusive mode')
  try {
    await during()
  } finally {
    await client.query('rollback')
    client.release()
  }
}
const draft = { content: { segments: [{ text: 'written once', mediaIds: [] }] }, publications: [], tags: [] }

test('a lock that is not given answers 503 and says when to come back; with the same key it is done once', async () => {
  await held(async () => {
    const read = await t.call('postList')
    expect([read.status, read.problem?.code, read.headers['retry-after']]).toEqual([503, 'database-away', '5'])
    const write = await t.call('postCreate', { body: draft, idempotencyKey: 'k-1' })
    expect([write.status, write.problem?.code]).toEqual([503, 'database-away'])
  })
  const again = await t.call('postCreate', { body: draft, idempotencyKey: 'k-1' })
  const third = await t.call('postCreate', { body: draft, idempotencyKey: 'k-1' })
  expect([again.status, third.status, third.body.id]).toEqual([201, 201, again.body.id])
  expect((await t.call('postList')).body.items).toHaveLength(1)
})

test('a statement that takes too long is broken off, and its connection goes on', async () => {
  const client = await t.database.pool.connect()
  await client.query('set statement_timeout = 50')
  const broken = await client.query('select pg_sleep(60)').catch((e: { code?: string }) => e.code)
  expect(broken).toBe('57014')
  client.release(true)
  expect((await t.call('postList')).status).toBe(200)
})

test('every connection has its limits, and asks for no workers and no machine code', async () => {
  const names = [
    'statement_timeout',
    'lock_timeout',
    'idle_in_transaction_session_timeout',
    'max_parallel_workers_per_gather',
    'jit',
  ]
  const shown = await Promise.all(
    names.map(async (name) => Object.values((await t.database.pool.query(`show ${name}`)).rows[0] as object)[0]),
  )
  expect(shown).toEqual(['3s', '200ms', '500ms', '0', 'off'])
})

test('a pool without a free connection answers 503, and not after minutes', async () => {
  const { key } = await t.key(['read'])
  const all = await Promise.all([1, 2, 3].map(() => t.database.pool.connect()))
  const reads = [await t.call('postList'), await t.call('postList', { as: { key } })]
  for (const c of all) c.release()
  for (const read of reads) expect([read.status, read.problem?.code]).toEqual([503, 'database-away'])
  expect((await t.call('postList')).status).toBe(200)
})

test('a transaction in which nobody says anything is closed, and what it held is free', async () => {
  const client = await t.database.pool.connect()
  client.on('error', () => {})
  await client.query('begin; lock table posts in access exclusive mode')
  await expect.poll(async () => (await t.call('postList')).status).toBe(200)
  client.release(true)
})
