import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { metrics } from '#contract/insights.ts'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { metricNames, metricsOf } from '#kit/facts/metrics.ts'
import { type ChannelsHouse, channelsHouse } from '../channels/testing/house.ts'
import { talker, talkerNetwork } from '../channels/testing/talker.ts'
import { forgetTold } from './keeping.ts'
import { afterFailure, engagementOf, looksAfterMs, nextLook } from './rules.ts'
import { createInsights, type Insights } from './service.ts'

const start = Date.UTC(2026, 10, 22, 12)
const hour = 3_600_000
const clock = manualClock(start)
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let insights: Insights
let ws: string
let channel: string
let post: string
let likes = 0

const open = () => createInsights({ db: t.db, clock, platforms: house.platforms, call: house.call })
const publish = async (ref: string, channelId = channel) => {
  const id = await house.publication({ ws, channelId, state: 'scheduled', dueAt: new Date(clock.now()) })
  const at = new Date(clock.now())
  await t.db
    .insertInto('steps')
    .values({
      publication_id: id,
      key: 'create',
      position: 0,
      state: 'done',
      checkpoint: JSON.stringify({ id: ref, url: null }),
      first_begun_at: at,
      begun_at: at,
    })
    .execute()
  await t.db
    .updateTable('publications')
    .set({ state: 'published', published_at: at, begun: true, external_id: ref })
    .where('id', '=', id)
    .execute()
  return id
}

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  clock.set(start)
  likes = 0
  // Looks of other tests would be due as well.
  await t.db
    .updateTable('channels')
    .set({ removed_at: new Date(start) })
    .execute()
  await t.db.deleteFrom('quotas').execute()
  net = talkerNetwork()
  net.says['/numbers'] = { body: { followers: 7 } }
  net.says['/posts/p1/numbers'] = () => ({ body: { likes: ++likes, reach: 100 } })
  house = channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms: [talker()],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })
  ws = (await house.workspace()).ws
  channel = await house.channel({ ws, platform: 'talker', grant: { access: 'gold-access' } })
  insights = open()
  post = await publish('p1')
})
const problem = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? [e.code, e.message] : Promise.reject(e)),
  )
const state = async () =>
  (await t.db
    .selectFrom('publications')
    .select(['state', 'reason', 'version'])
    .where('id', '=', post)
    .executeTakeFirst())!

test('the contract and the kit speak of the same metrics', () => {
  expect(Object.keys(metrics.shape)).toEqual([...metricNames])
})

test('numbers are read on a schedule that slows down, and then no more', async () => {
  const seen: number[] = []
  let at: number | null = start + looksAfterMs[0]
  for (; at !== null && seen.length < 20; at = nextLook(start, at)) seen.push(at - start)
  expect(seen).toEqual([...looksAfterMs])

  // Just published, and the round that plans its looks is still to come.
  expect((await insights.publication(ws, post)).nextAt).toBe(new Date(start + hour).toISOString())
  await insights.lookDue()
  expect(net.count('/posts/p1/numbers')).toBe(0)
  clock.set(start + hour)
  await insights.lookDue()
  await insights.lookDue()
  const first = await insights.publication(ws, post)
  expect(first).toMatchObject({ supported: true, engagement: { rate: 0.01, per: 'reach' }, failure: null })
  expect(first.series).toHaveLength(1)
  expect(first.latest).toMatchObject({ raw: { likes: 1, reach: 100 }, metrics: { likes: 1, shares: null } })
  expect(first.nextAt).toBe(new Date(start + 3 * hour).toISOString())
  // A long sleep is not made up for look by look.
  clock.set(start + 95 * 24 * hour)
  await insights.lookDue()
  const last = await insights.publication(ws, post)
  expect([last.series.length, last.nextAt]).toEqual([2, null])
  expect(last.series.map((s) => s.metrics.likes)).toEqual([1, 2])
  expect(last.series.map((s) => s.engagement)).toEqual(last.series.map((s) => engagementOf(s.metrics)))
  expect(last.series[0]?.engagement).toEqual({ rate: 0.01, per: 'reach' })
})

test('an account is read once a day', async () => {
  const next = await insights.lookDue()
  expect(next).toEqual(new Date(start + hour))
  clock.set(start + 23 * hour)
  await insights.lookDue()
  clock.set(start + 24 * hour)
  await insights.lookDue()
  expect(net.count('/numbers')).toBe(2)
  const seen = await insights.channel(ws, channel)
  // Followers alone are no engagement.
  expect([seen.latest?.metrics.followers, seen.latest?.engagement, seen.engagement]).toEqual([7, null, null])
})

test('workers side by side make one look, and one channel is asked one thing at a time', async () => {
  net.says['/posts/p2/numbers'] = { body: { likes: 5, reach: null } }
  await publish('p2')
  await insights.lookDue()
  clock.set(start + hour)
  let asking = 0
  let most = 0
  const slowly = async () => {
    most = Math.max(most, ++asking)
    await new Promise((r) => setTimeout(r, 20))
    asking--
    return { body: { likes: 1, reach: 10 } }
  }
  net.says['/posts/p1/numbers'] = slowly
  net.says['/posts/p2/numbers'] = slowly
  await Promise.all([open(), open(), open(), open()].map((x) => x.lookDue()))
  await insights.lookDue()
  expect(most).toBe(1)
  expect(await t.db.selectFrom('snapshots').select('id').where('channel_id', '=', channel).execute()).toHaveLength(3)
})

test('a worker that dies leaves its look to the next one', async () => {
  await insights.lookDue()
  clock.set(start + hour)
  net.says['/posts/p1/numbers'] = () => new Promise<never>(() => {})
  void open().lookDue()
  await expect.poll(() => net.count('/posts/p1/numbers')).toBe(1)
  net.says['/posts/p1/numbers'] = { body: { likes: 9, reach: null } }
  await insights.lookDue()
  expect(net.count('/posts/p1/numbers')).toBe(1)
  clock.set(start + hour + 4 * 60_000)
  await insights.lookDue()
  expect((await insights.publication(ws, post)).latest?.metrics.likes).toBe(9)
})

test('a failure backs off and never touches the publication', async () => {
  const before = await state()
  clock.set(start + hour)
  net.says['/posts/p1/numbers'] = { status: 503, body: { error: 'down' } }
  await insights.lookDue()
  expect(await insights.publication(ws, post)).toMatchObject({
    failure: 'Talker is down.',
    latest: null,
    nextAt: new Date(start + hour + 5 * 60_000).toISOString(),
  })
  expect(await state()).toEqual(before)
  expect((await house.channels.get(ws, channel)).state).toBe('ok')
  expect(afterFailure({ tries: 4, now: 0, regular: 50 })).toEqual({ nextAt: 50, tries: 0 })
  expect(afterFailure({ tries: 2, now: 0, regular: null })).toEqual({ nextAt: 20 * 60_000, tries: 3 })
})

test('a dead token marks the channel, and its looks wait until it is connected again', async () => {
  clock.set(start + hour)
  net.says['/posts/p1/numbers'] = { status: 401, body: { error: 'dead' } }
  net.says['/numbers'] = { status: 401, body: { error: 'dead' } }
  await insights.lookDue()
  expect((await house.channels.get(ws, channel)).state).toBe('reconnect')
  const asked = net.asked.length
  clock.set(start + 10 * hour)
  expect(await insights.lookDue()).toBeNull()
  expect(net.asked.length).toBe(asked)
})

test('a network that asks for silence is not asked for anything on that channel', async () => {
  clock.set(start + hour)
  net.says['/numbers'] = { status: 429, body: { error: 'slow' }, headers: { 'retry-after': '7200' } }
  net.says['/posts/p1/numbers'] = { status: 429, body: { error: 'slow' }, headers: { 'retry-after': '7200' } }
  await insights.lookDue()
  expect(net.asked.length).toBe(1)
  clock.set(start + 2 * hour)
  await insights.lookDue()
  expect(net.asked.length).toBe(1)
  expect(await insights.lookDue()).toEqual(new Date(start + 3 * hour))
})

test('what was taken down is not read any more; nor what the network no longer has', async () => {
  await t.db
    .updateTable('publications')
    .set({ removed_at: new Date(start) })
    .where('id', '=', post)
    .execute()
  const other = await publish('p3')
  clock.set(start + hour)
  await insights.lookDue()
  expect(net.count('/posts/p1/numbers')).toBe(0)
  expect(await insights.publication(ws, other)).toMatchObject({ nextAt: null, failure: 'The post is gone.' })
  expect((await problem(insights.askNow(ws, post)))?.[0]).toBe('conflict')
})

test('a person may ask now, not every second, and hears what the network says', async () => {
  expect((await insights.askNow(ws, post)).latest?.metrics.likes).toBe(1)
  await insights.askNow(ws, post)
  expect(net.count('/posts/p1/numbers')).toBe(1)
  clock.set(start + 61_000)
  net.says['/posts/p1/numbers'] = { status: 503, body: { error: 'down' } }
  expect(await problem(insights.askNow(ws, post))).toEqual(['network-failed', 'Talker is down.'])
  const other = (await house.workspace()).ws
  expect((await problem(insights.askNow(other, post)))?.[0]).toBe('not-found')
  expect((await problem(insights.channel(other, channel)))?.[0]).toBe('not-found')
})

test('an event makes a look due, ten minutes after the last one at the earliest', async () => {
  await insights.askNow(ws, post)
  clock.set(start + 60_000)
  await insights.dueNow(post)
  expect((await insights.publication(ws, post)).nextAt).toBe(new Date(start + 10 * 60_000).toISOString())
})

test('engagement is per person reached, else per impression, else per view; unknown stays unknown', () => {
  const of = (m: Parameters<typeof metricsOf>[0]) => engagementOf(metricsOf(m))
  expect(of({ likes: 3, comments: 1, reach: 100, impressions: 400, views: 9 })).toEqual({ rate: 0.04, per: 'reach' })
  expect(of({ likes: 3, impressions: 300, views: 9 })).toEqual({ rate: 0.01, per: 'impressions' })
  expect(of({ saves: 1, views: 4 })).toEqual({ rate: 0.25, per: 'views' })
  for (const m of [{ likes: 3 }, { likes: 3, reach: 0 }, { reach: 5 }, { clicks: 4, views: 9 }])
    expect(of(m)).toBeNull()
  expect(of({ likes: 0, views: 10 })).toEqual({ rate: 0, per: 'views' })
})

test('how long numbers may be kept is told by the kind of the channel, and what is forgotten is no longer shown', async () => {
  const { kind } = await t.db.selectFrom('channels').select('kind').where('id', '=', channel).executeTakeFirstOrThrow()
  const plain = talker()
  const keeps = [
    { kinds: [kind], ms: 48 * hour },
    { kinds: ['elsewhere'], ms: hour },
  ]
  const platforms = new Map([['talker', { ...plain, spec: { ...plain.spec, keeps } }]])
  expect((await insights.publication(ws, post)).keptMs).toBeNull()
  insights = createInsights({ db: t.db, clock, platforms, call: house.call })
  await insights.lookDue()
  clock.set(start + hour)
  await insights.lookDue()
  expect(await insights.publication(ws, post)).toMatchObject({ keptMs: 48 * hour, latest: { metrics: { reach: 100 } } })
  expect((await insights.channel(ws, channel)).keptMs).toBe(48 * hour)
  await forgetTold(t.db, platforms, new Date(clock.now() + 49 * hour))
  const after = await insights.publication(ws, post)
  expect([after.latest, after.series, after.lookedAt]).toEqual([null, [], new Date(start + hour).toISOString()])
})
