/** What the doors have of Redis: limits over two API processes, the numbers of the queues, the board for owners. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { type TestRedis, testRedis } from '#infra/testing/redis.ts'
import { openRedisParts, type RedisParts } from './boot/redis.ts'
import { metricTable } from './metric-table.ts'
import { createMetrics } from './metrics.ts'
import { type TestApp, testApp } from './testing.ts'

let redis: TestRedis
const apps: TestApp[] = []
const parts: RedisParts[] = []
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as never
const keys = { derive: () => Buffer.alloc(32, 1) }

/** One API process with a queue. */
const open = async (limits: { api: number; signIn: number } | null): Promise<TestApp> => {
  let mine: RedisParts | undefined
  const app: NonNullable<Parameters<typeof testApp>[0]>['app'] = { limits, trustProxy: 1 }
  const one = await testApp({
    app,
    prepare: async ({ database, metrics }) => {
      mine = await openRedisParts({ url: redis.url, keys, database, clock: systemClock, log, metrics })
      parts.push(mine)
      mine.carry(async () => null, { name: 'toy work' })
      app.counting = mine.counting
      app.redis = { carriers: mine.carriers, trouble: mine.link.trouble }
    },
  })
  apps.push(one)
  return one
}
beforeAll(async () => {
  redis = await testRedis()
  await open({ api: 40, signIn: 3 })
  await open({ api: 40, signIn: 3 })
  await open(null)
})
afterAll(async () => {
  for (const app of apps) await app.close()
  for (const part of parts) await part.close()
  await redis?.stop()
})

const guess = (t: TestApp, email: string) =>
  t.send({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7' },
    payload: JSON.stringify({ email, password: 'wrong wrong' }),
  })

test('tries to sign in are counted over processes, and in each by itself while Redis is away', async () => {
  await expect.poll(() => parts.map((p) => p.link.trouble())).toEqual([null, null, null])
  const [a, b] = apps as [TestApp, TestApp]
  const codes: number[] = []
  for (let n = 0; n < 5; n++) codes.push((await guess(n % 2 ? a : b, `a${n}@example.test`)).status)
  expect(codes).toEqual([401, 401, 401, 429, 429])
  const held = await guess(a, 'b@example.test')
  expect(held.headers).toMatchObject({
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '0',
    'ratelimit-policy': '"minute";q=3;w=60',
    ratelimit: expect.stringMatching(/^"minute";r=0;t=\d+$/),
  })
  expect(Number(held.headers['retry-after'])).toBeGreaterThan(0)
  await redis.kill()
  await expect.poll(() => parts.map((p) => p.link.trouble() === null)).toEqual([false, false, false])
  const alone: number[] = []
  for (let n = 0; n < 4; n++) alone.push((await guess(a, `c${n}@example.test`)).status)
  expect(alone).toEqual([401, 401, 401, 429])
  expect((await guess(b, 'd@example.test')).status).toBe(401)
  await redis.start()
  await expect.poll(() => parts.map((p) => p.link.trouble())).toEqual([null, null, null])
})

test('requests are counted over processes; every answer says how many are left', async () => {
  const [a, b] = apps as [TestApp, TestApp]
  const ask = (t: TestApp) => t.send({ method: 'GET', url: '/api/v1/setup' })
  const left: unknown[] = []
  for (const t of [a, b, a, b]) left.push((await ask(t)).headers['x-ratelimit-remaining'])
  expect(left).toEqual(['39', '38', '37', '36'])
  const rest = await Promise.all(Array.from({ length: 36 }, (_, n) => ask(n % 2 ? a : b)))
  expect(rest.every((r) => r.status === 200)).toBe(true)
  for (const t of [a, b]) {
    const r = await ask(t)
    expect(r.status).toBe(429)
    expect(r.headers).toMatchObject({ ratelimit: expect.stringMatching(/^"minute";r=0;t=\d+$/) })
  }
})

test('the numbers of the queues are for admins of the first workspace', async () => {
  const t = apps[2]!
  await expect
    .poll(async () => (await t.call('queueList')).body)
    .toEqual({
      carrier: 'redis',
      trouble: null,
      items: [{ name: 'work-toy-work', waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0 }],
    })
  expect((await t.call('queueList', { as: await t.person('editor') })).problem?.code).toBe('forbidden')
})

test('the board is for owners who are signed in, in our own pages, and changes nothing', async () => {
  const t = apps[2]!
  const ask = (url: string, o: { as?: Parameters<TestApp['send']>[0]['as']; method?: string; origin?: string } = {}) =>
    t.send({
      method: o.method ?? 'GET',
      url,
      as: o.as === undefined ? { cookie: t.owner.cookie } : o.as,
      headers: o.origin ? { origin: o.origin } : {},
    })
  const page = await ask('/admin/queues')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers['content-security-policy']).toContain("default-src 'self'")
  expect(page.headers['access-control-allow-origin']).toBeUndefined()
  const list = await ask('/admin/queues/api/queues')
  expect(list.body.queues).toMatchObject([{ name: 'work-toy-work', readOnlyMode: true }])
  const script = /static\/js\/main\.[0-9a-f]+\.js/.exec(page.text)![0]
  expect((await ask(`/admin/queues/${script}`)).status).toBe(200)

  const { key } = await t.key(['read', 'write', 'publish', 'admin'])
  for (const url of ['/admin/queues', '/admin/queues/api/queues', `/admin/queues/${script}`]) {
    expect([url, (await ask(url, { as: null })).problem?.code]).toEqual([url, 'unauthenticated'])
    expect([url, (await ask(url, { as: { key } })).problem?.code]).toEqual([url, 'forbidden'])
  }
  expect((await ask('/admin/queues/api/queues', { as: await t.person('admin') })).problem?.code).toBe('forbidden')
  const stranger = await t.stranger()
  expect((await ask('/admin/queues/api/queues', { as: stranger })).problem?.code).toBe('not-found')
  const pause = '/admin/queues/api/queues/work-toy-work/pause'
  expect((await ask(pause, { method: 'PUT' })).problem?.code).toBe('forbidden')
  expect((await ask(pause, { method: 'PUT', origin: 'https://evil.example' })).problem?.code).toBe('forbidden')
  expect((await ask('/admin/queues/api/queues/none/none')).text).not.toContain('node_modules')
})

test('what is read for metrics has the queues', async () => {
  const { database } = apps[0]!
  const metrics = createMetrics({ db: database.db, clock: systemClock })
  metrics.watchQueues(() => parts[0]!.carriers.numbers())
  metrics.queueEvent('publish-x', 'completed')
  const { text } = await metrics.text()
  expect(text).toContain('clarion_queue_jobs{queue="work-toy-work",state="waiting"} 0')
  expect(text).toContain('clarion_queue_events_total{queue="publish-x",event="completed"} 1')
  expect(text).toContain('clarion_redis_up 1')
  for (const [name, row] of Object.entries(metricTable))
    if ('only' in row) expect(text).toContain(`# TYPE ${name} ${row.type}\n`)
})
