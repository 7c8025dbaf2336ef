import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { createPosts } from '../posts/service.ts'
import { input, seeder } from '../posts/testing.ts'
import { isReachable } from './reachable.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { talker, talkerNetwork } from './testing/talker.ts'

const start = Date.UTC(2026, 10, 22, 12)
const clock = manualClock(start)
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let ws: { id: string; timeZone: string }
let channel: string
const told: string[] = []

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  clock.set(start)
  told.length = 0
  net = talkerNetwork()
  house = channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms: [talker()],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
    onError: (e) => told.push(String((e as { code?: string }).code)),
  })
  ws = { id: (await house.workspace()).ws, timeZone: 'Europe/Warsaw' }
  channel = await house.channel({ ws: ws.id, platform: 'talker', grant: { access: 'gold-access' } })
  net.says['/account'] = { body: { facts: { plan: 'gold' }, used: 1, resetsAt: null } }
})
const problem = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? [e.code, e.message] : Promise.reject(e)),
  )

test('an account is asked once in five minutes, and its facts are merged over the channel’s', async () => {
  await t.db
    .updateTable('channels')
    .set({ facts: JSON.stringify({ plan: 'free', old: 1 }) })
    .where('id', '=', channel)
    .execute()
  const seen = await house.accounts.view(ws.id, channel)
  expect(seen.facts).toEqual({ plan: 'gold', old: 1 })
  expect(seen.quotas).toContainEqual(expect.objectContaining({ bucket: 'posts', used: 1, cap: 3, source: 'account' }))
  expect(seen.checkedAt).toBe(new Date(start).toISOString())
  clock.set(start + 4 * 60_000)
  await house.accounts.view(ws.id, channel)
  expect(net.count('/account')).toBe(1)
  clock.set(start + 6 * 60_000)
  await Promise.all([house.accounts.view(ws.id, channel), house.accounts.view(ws.id, channel)])
  expect(net.count('/account')).toBe(2)
})

test('a network that fails is told with its own sentence; a dead token marks the channel', async () => {
  net.says['/account'] = { status: 503, body: { error: 'down' } }
  expect(await problem(house.accounts.view(ws.id, channel))).toEqual(['network-failed', 'Talker is down.'])
  net.says['/account'] = { status: 401, body: { error: 'dead' } }
  expect(await problem(house.accounts.view(ws.id, channel))).toEqual(['network-failed', 'The token is dead.'])
  expect((await house.channels.get(ws.id, channel)).state).toBe('reconnect')
})

test('live lists come from the network; unknown ones and those of others are not found', async () => {
  net.says['/boards'] = { body: ['cats'] }
  expect(await house.accounts.options(ws.id, channel, 'boards', { q: 'c' })).toEqual([{ value: 'cats', label: 'CATS' }])
  for (const list of ['nothing', 'constructor', '__proto__'])
    expect((await problem(house.accounts.options(ws.id, channel, list, {})))?.[0]).toBe('not-found')
  const other = (await house.workspace()).ws
  expect((await problem(house.accounts.options(other, channel, 'boards', {})))?.[0]).toBe('not-found')
  net.says['/boards'] = { status: 503, body: { error: 'down' } }
  expect(await problem(house.accounts.options(ws.id, channel, 'boards', {}))).toEqual([
    'network-failed',
    'Talker is down.',
  ])
})

const postsOf = (publicUrl: string, o: { handsOut?: boolean; pullFrom?: 'own-address' } = {}) => {
  const talker = house.platforms.get('talker')!
  const platforms = o.pullFrom
    ? new Map([
        ['talker', { ...talker, spec: { ...talker.spec, media: { ...talker.spec.media, pullFrom: o.pullFrom } } }],
      ])
    : house.platforms
  return createPosts({
    db: t.db,
    clock,
    platforms,
    publicUrl,
    handsOut: o.handsOut,
    askAccounts: house.accounts.refresh,
  })
}
const kinds = async (list: Promise<{ kind: string; level: string }[]>) =>
  (await list).map((f) => `${f.level} ${f.kind}`)

test('preflight tells cost and quotas before scheduling', async () => {
  await house.accounts.view(ws.id, channel)
  const [checked] = (await postsOf('https://clarion.example').preflight(ws, input('hi', [channel]))).channels
  expect(checked).toMatchObject({ findings: [], cost: { amount: 0.2, currency: 'USD' } })
  expect(checked!.quotas.map((q) => q.bucket)).toEqual(['units', 'posts'])
})

test('the forecast asks the account first: a quota spent since is told, and a network that is down changes nothing', async () => {
  const posts = postsOf('https://clarion.example')
  const user = await seeder(t.db, clock).user()
  const plan = async () => {
    const post = await posts.create(ws, user, input('hi', [channel]))
    await posts.schedule(ws, post.id, { at: new Date(clock.now() + 30 * 60_000).toISOString() }, null)
    clock.set(clock.now() + 21 * 60_000)
    await posts.forecastDue(10)
    return kinds(posts.get(ws, post.id).then((p) => p.publications[0]!.forecast))
  }
  net.says['/account'] = { body: { facts: {}, used: 3, resetsAt: null } }
  expect(await plan()).toEqual(['warning quota.spent'])
  // Full again before it is due: nothing to say.
  net.says['/account'] = { body: { facts: {}, used: 3, resetsAt: new Date(clock.now() + 25 * 60_000).toISOString() } }
  expect(await plan()).toEqual([])
  net.says['/account'] = { status: 503, body: { error: 'down' } }
  expect(await plan()).toEqual([])
  expect(told).toContain('talker.down')
})

test('a live network that fetches media cannot reach an address of this house', async () => {
  const media = await seeder(t.db, clock).media(ws.id)
  const withMedia = { ...input('hi', [channel]), content: { segments: [{ text: 'hi', mediaIds: [media] }] } }
  const found = (url: string, o?: Parameters<typeof postsOf>[1]) =>
    kinds(
      postsOf(url, o)
        .preflight(ws, withMedia)
        .then((r) => r.channels[0]!.findings),
    )
  expect(await found('http://localhost:4400')).toEqual([])
  await t.db.updateTable('channels').set({ realm: 'live' }).where('id', '=', channel).execute()
  expect(await found('http://localhost:4400')).toEqual(['error media.unreachable'])
  expect(await found('https://clarion.example')).toEqual([])
  // It need not, where the bucket hands media out - except for a network that fetches from our proved address alone.
  expect(await found('http://localhost:4400', { handsOut: true })).toEqual([])
  expect(await found('http://localhost:4400', { handsOut: true, pullFrom: 'own-address' })).toEqual([
    'error media.unreachable',
  ])
})

test('what networks can reach', () => {
  for (const url of ['https://clarion.example', 'https://8.8.8.8', 'https://a.example:8443/x'])
    expect([url, isReachable(url)]).toEqual([url, true])
  for (const url of [
    'http://clarion.example',
    'https://localhost',
    'https://10.1.2.3',
    'https://[::1]',
    'https://box',
    'https://nas.local',
  ])
    expect([url, isReachable(url)]).toEqual([url, false])
})
