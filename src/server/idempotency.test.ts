import { afterAll, beforeAll, expect, test } from 'vitest'
import { isWanted, versionOf } from '#contract/etag.ts'
import { Problem } from '#contract/problems.ts'
import type { RouteReply } from '#contract/routes.ts'
import { manualClock } from '#infra/clock.ts'
import { createIdempotency, keptMs, purgeIdempotency, staleMs } from './idempotency.ts'
import { type TestApp, testApp } from './testing.ts'

const clock = manualClock(Date.now())
const id = '01920000-0000-7000-8000-000000000000'
let t: TestApp
let runs = 0
let next: () => Promise<void> = async () => undefined

const post = (version: number): RouteReply<'postGet'> => ({
  id,
  content: { segments: [{ text: 'hello', mediaIds: [] }] },
  state: 'draft',
  dueAt: null,
  wallTime: null,
  timeZone: null,
  latePolicy: null,
  tags: [],
  author: { id: 'u', name: 'U' },
  publications: [],
  createdAt: '2026-11-22T09:00:00.000Z',
  updatedAt: '2026-11-22T09:00:00.000Z',
  version,
})

beforeAll(async () => {
  t = await testApp({
    clock,
    register: () => (bind) => {
      bind('postCreate', async () => {
        runs++
        await next()
        return post(runs)
      })
      bind('postGet', async () => ({ reply: post(3), etag: 3 }))
      bind('postPut', async (_input, ctx) => {
        if (!isWanted(ctx.ifMatch, 3)) throw new Problem('version-mismatch')
        return post(4)
      })
      bind('postSchedule', async (_input, ctx) => ({
        reply: post(Array.isArray(ctx.ifMatch) ? ctx.ifMatch[0] : 100),
        etag: '"own"',
      }))
    },
  })
})
afterAll(() => t.close())
const body = { content: { segments: [{ text: 'hello' }] }, publications: [] }

test('a write sent again with its key gets the first answer, status and ETag, and runs once', async () => {
  runs = 0
  const one = await t.call('postCreate', { body, idempotencyKey: 'a' })
  const two = await t.call('postCreate', { body, idempotencyKey: 'a' })
  expect([one.status, versionOf(String(one.headers.etag)), one.headers['idempotent-replayed']]).toEqual([
    201,
    1,
    undefined,
  ])
  expect([two.status, two.headers.etag, two.headers['idempotent-replayed'], two.text]).toEqual([
    201,
    one.headers.etag,
    'true',
    one.text,
  ])
  expect(runs).toBe(1)
})

test('the same key with another body is refused', async () => {
  await t.call('postCreate', { body, idempotencyKey: 'b' })
  const other = await t.call('postCreate', { body: { ...body, tags: ['x'] }, idempotencyKey: 'b' })
  expect([other.status, other.problem?.code]).toEqual([409, 'idempotency-mismatch'])
})

test('the same key on another route or with another If-Match is refused', async () => {
  await t.call('postPut', { params: { id }, body, ifMatch: '"v3"', idempotencyKey: 'c' })
  expect((await t.call('postCreate', { body, idempotencyKey: 'c' })).problem?.code).toBe('idempotency-mismatch')
  expect((await t.call('postPut', { params: { id }, body, ifMatch: '"v4"', idempotencyKey: 'c' })).problem?.code).toBe(
    'idempotency-mismatch',
  )
})

test('two people may use the same key', async () => {
  runs = 0
  const editor = await t.person('editor')
  await t.call('postCreate', { body, idempotencyKey: 'd' })
  await t.call('postCreate', { body, idempotencyKey: 'd', as: editor })
  expect(runs).toBe(2)
})

test('of many at once with one key one runs, the others hear that it is running', async () => {
  runs = 0
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  next = () => gate
  const all = Array.from({ length: 8 }, () => t.call('postCreate', { body, idempotencyKey: 'e' }))
  const waiting = Promise.all(all)
  // All but the one that runs are answered while it runs.
  let told = 0
  await new Promise<void>((resolve) => {
    for (const p of all) void p.then(() => ++told === all.length - 1 && resolve())
  })
  open()
  const answers = await waiting
  next = async () => undefined
  expect(answers.map((a) => a.problem?.code ?? a.status).sort()).toEqual([201, ...Array(7).fill('idempotency-running')])
  expect(runs).toBe(1)
})

test('a refusal is stored, a failure of ours is not', async () => {
  runs = 0
  next = async () => {
    throw new Problem('no-channels')
  }
  const refused = await t.call('postCreate', { body, idempotencyKey: 'f' })
  next = async () => undefined
  const again = await t.call('postCreate', { body, idempotencyKey: 'f' })
  expect([refused.status, again.status, again.text]).toEqual([422, 422, refused.text])
  expect(again.headers['content-type']).toContain('application/problem+json')

  next = async () => {
    throw new Error('a bug')
  }
  expect((await t.call('postCreate', { body, idempotencyKey: 'g' })).problem?.code).toBe('internal')
  next = async () => undefined
  expect((await t.call('postCreate', { body, idempotencyKey: 'g' })).status).toBe(201)
})

test('a runner that died is taken over after a minute, one that lives is not', async () => {
  const once = createIdempotency({ db: t.database.db, clock, keys: t.keys })
  const key = { actor: 'user:x', key: 'dead', route: 'postCreate', body: {} }
  await t.database.db
    .insertInto('idempotency_keys')
    .values({
      actor: 'user:x',
      key: 'dead',
      route: 'postCreate',
      body_hash: (await import('node:crypto')).createHmac('sha256', t.keys.derive('idempotency')).update('{}').digest(),
      state: 'running',
      status: null,
      reply: null,
      etag: null,
      created_at: new Date(clock.now()),
    })
    .execute()
  await expect(once(key, async () => ({ status: 200, json: '1', etag: null }))).rejects.toMatchObject({
    code: 'idempotency-running',
  })
  clock.set(clock.now() + staleMs + 1)
  expect(await once(key, async () => ({ status: 200, json: '2', etag: null }))).toMatchObject({
    json: '2',
    replayed: false,
  })
  expect(await once(key, async () => ({ status: 200, json: '3', etag: null }))).toMatchObject({
    json: '2',
    replayed: true,
  })

  // A slow runner touches its row, so that a minute of the clock does not make it look dead.
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const slow = once({ ...key, key: 'slow' }, async () => {
    await gate
    return { status: 200, json: '4', etag: null }
  })
  const row = () =>
    t.database.db.selectFrom('idempotency_keys').select('created_at').where('key', '=', 'slow').executeTakeFirst()
  await expect.poll(row).toBeDefined()
  for (let n = 0; n < 5; n++) {
    const before = (await row())!.created_at.getTime()
    await clock.advance(21_000)
    await expect.poll(async () => (await row())!.created_at.getTime()).toBeGreaterThan(before)
  }
  await expect(
    once({ ...key, key: 'slow' }, async () => ({ status: 200, json: '5', etag: null })),
  ).rejects.toMatchObject({ code: 'idempotency-running' })
  open()
  expect(await slow).toMatchObject({ json: '4' })
})

test('an answer is kept for a day, then the key is free', async () => {
  runs = 0
  await t.call('postCreate', { body, idempotencyKey: 'h' })
  clock.set(clock.now() + keptMs - 60_000)
  await t.call('postCreate', { body, idempotencyKey: 'h' })
  expect(runs).toBe(1)
  clock.set(clock.now() + 120_000)
  await t.call('postCreate', { body: { ...body, tags: ['new'] }, idempotencyKey: 'h' })
  expect(runs).toBe(2)
  clock.set(clock.now() + keptMs + 1)
  await purgeIdempotency(t.database.db, clock.now())
  expect(await t.database.db.selectFrom('idempotency_keys').select('key').execute()).toEqual([])
})

test('a stored answer that is a secret is not readable in the database', async () => {
  const call = { body: { name: 'k', scopes: ['read'] }, idempotencyKey: 'secret' }
  const one = await t.call('keyCreate', call)
  const two = await t.call('keyCreate', call)
  expect(two.body.key).toBe(one.body.key)
  const { rows } = await t.database.pool.query('select reply::text as reply from idempotency_keys')
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) expect(row.reply).not.toContain(one.body.key)
})

test('a key that is too long or has spaces is refused', async () => {
  for (const idempotencyKey of ['x'.repeat(256), 'a b', 'ż'])
    expect((await t.call('postCreate', { body, idempotencyKey })).problem?.code).toBe('validation')
})

test('a thing carries its ETag; a change needs it, and a stale one is refused', async () => {
  expect(versionOf(String((await t.call('postGet', { params: { id } })).headers.etag))).toBe(3)
  expect((await t.call('postPut', { params: { id }, body })).problem).toMatchObject({
    status: 428,
    code: 'version-required',
  })
  for (const ifMatch of ['"v2"', 'v3', 'W/"v3"', '"v3", v4', '"v2", "v4"'])
    expect((await t.call('postPut', { params: { id }, body, ifMatch })).problem).toMatchObject({
      status: 412,
      code: 'version-mismatch',
    })
  // RFC 9110: `*` is any version that is there, and of a list one is enough.
  for (const ifMatch of ['*', '"v2", "v3.Jx3"'])
    expect((await t.call('postPut', { params: { id }, body, ifMatch })).status).toBe(200)
  const done = await t.call('postPut', { params: { id }, body, ifMatch: '"v3"' })
  expect([done.status, versionOf(String(done.headers.etag))]).toEqual([200, 4])
})

test('where If-Match is not needed it is still told to the handler, and a handler may give its own ETag', async () => {
  const at = { now: true }
  const without = await t.call('postSchedule', { params: { id }, body: at })
  const withOne = await t.call('postSchedule', { params: { id }, body: at, ifMatch: '"v7"' })
  expect([without.body.version, withOne.body.version, withOne.headers.etag]).toEqual([100, 7, '"own"'])
})

test('a reply its own schema refuses is our bug, told as internal', async () => {
  next = async () => undefined
  const broken = await testApp({
    register: () => (bind) => bind('postGet', async () => ({ ...post(1), state: 'nonsense' }) as never),
  })
  try {
    expect((await broken.call('postGet', { params: { id } })).problem).toMatchObject({ status: 500, code: 'internal' })
  } finally {
    await broken.close()
  }
})
