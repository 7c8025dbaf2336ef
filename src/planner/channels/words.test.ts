/** The network's own word on a budget: in headers or by refusing, in this process and in others. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Platform } from '#kit/client/platform.ts'
import { fullestQuotas, knownQuotas } from './quotas.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { failureOf as failure, talker, talkerNetwork } from './testing/talker.ts'

const clock = manualClock(Date.UTC(2026, 10, 22, 12))
const plain = talker()
const credentials = [{ name: 'clientId', label: 'Client ID', optional: true }]
const platform = { ...plain, spec: { ...plain.spec, credentials } }
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let channel: string
/** Another one for each test: what is heard late of one before must not be taken for news of this one. */
let app: { clientId: string }

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  app = { clientId: randomUUID() }
  await t.db.deleteFrom('quotas').execute()
  net = talkerNetwork()
  house = channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms: [platform],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })
  const { ws } = await house.workspace()
  channel = await house.channel({ ws, platform: 'talker', grant: { access: 'gold-access' } })
})

/** Told in headers: `left cap seconds`. */
const telling: Platform = {
  ...platform,
  spec: {
    ...platform.spec,
    budgets: [
      {
        ...{ bucket: 'rate', label: 'Requests', cap: 3, scope: 'channel', window: { rolling: 600_000 } },
        ...{ told: 'too', takes: [{ url: /^talker\.example\/x$/ }] },
      },
      {
        ...{ bucket: 'all', label: 'All calls', cap: 100, scope: 'app', window: { rolling: 600_000 } },
        ...{ told: 'alone', takes: [{ url: /^talker\.example\//, units: 0 }] },
      },
    ],
  },
  usage: ({ headers }, now) =>
    ['rate', 'all'].flatMap((bucket) => {
      const [left, cap, seconds] = (headers[`x-${bucket}`] ?? '').split(' ').map(Number)
      if (!cap) return []
      return [
        { bucket, label: bucket, used: cap - left!, cap, resetsAt: new Date(now + seconds! * 1000).toISOString() },
      ]
    }),
}
const call = (path = '/x', on = channel, through = house) =>
  failure(
    through.http({ platform: telling, realm: 'sandbox', channelId: on, app, secrets: [] })({
      method: 'GET',
      url: `https://talker.example${path}`,
    }),
  )
afterEach(async () => {
  await house.quotas.settled()
  await t.db.deleteFrom('quota_readings').execute()
  await t.db.deleteFrom('quota_words').execute()
})
/** Another worker on the same database. */
const another = () =>
  channelsHouse({
    ...{ database: t, clock, keys: memoryKeyRing(), platforms: [telling] },
    ...{ sandboxUrl: 'http://sandbox.test', fetch: net.fetch },
  })

test('"nothing is left, until then" stops calls until then, though our own count has room', async () => {
  net.says['/x'] = { headers: { 'x-rate': '0 10 90' } }
  expect(await call()).toBeNull()
  const until = new Date(clock.now() + 90_000).toISOString()
  expect(await call()).toMatchObject({ kind: 'too-fast', code: 'talker.budget-spent', until })
  expect(net.count('/x')).toBe(1)
  // It waits, and uses up nothing of what it waits for.
  clock.set(clock.now() + 90_000)
  expect(await call()).toBeNull()
  clock.set(Date.UTC(2026, 10, 22, 12))
})

test('one that says more than we thought raises it', async () => {
  net.says['/x'] = { headers: { 'x-rate': '5 10 90' } }
  for (let n = 0; n < 3; n++) expect(await call()).toBeNull()
  // Our cap of three is reached; the network said five, of which two were taken since: its answers say so each time.
  expect(await call()).toBeNull()
  net.says['/x'] = { headers: { 'x-rate': '1 10 90' } }
  expect(await call()).toBeNull()
  net.says['/x'] = {}
  expect(await call()).toBeNull()
  expect((await call())?.kind).toBe('too-fast')
  expect(net.count('/x')).toBe(6)
})

test('without a word our own count decides', async () => {
  net.says['/x'] = {}
  for (let n = 0; n < 3; n++) expect(await call()).toBeNull()
  expect((await call())?.kind).toBe('too-fast')
})

test('what the whole app may not is kept by all its channels, and another process knows it from the last reading', async () => {
  net.says['/y'] = { headers: { 'x-all': '0 100 60' } }
  expect(await call('/y')).toBeNull()
  await house.quotas.settled()
  const { ws } = await house.workspace()
  const other = await house.channel({ ws, platform: 'talker', grant: { access: 'b' }, externalId: '3' })
  expect((await call('/z', other))?.kind).toBe('too-fast')
  expect((await call('/z', channel, another()))?.kind).toBe('too-fast')
  expect(net.count('/z')).toBe(0)
})

test('a worker that runs already hears of it, and of room that comes back before its time', async () => {
  net.says['/y'] = {}
  net.says['/z'] = {}
  const second = another()
  const { ws } = await house.workspace()
  const other = await house.channel({ ws, platform: 'talker', grant: { access: 'b' }, externalId: '4' })
  expect(await call('/z', other, second)).toBeNull()
  // Two calls at once: the later one is answered last, and hears of more.
  const gate = () => {
    let open: () => void = () => undefined
    return [new Promise<void>((r) => (open = r)), () => open()] as const
  }
  const [[both, bothAsked], [lateOpen, late]] = [gate(), gate()]
  net.says['/x'] = async () => {
    bothAsked()
    await lateOpen
    return { headers: { 'x-all': '40 100 60' } }
  }
  net.says['/y'] = async () => {
    await both
    return { headers: { 'x-all': '0 100 60' } }
  }
  const first = call('/y')
  await expect.poll(() => net.count('/y')).toBe(1)
  // Refused, it would never be asked.
  const slow = call('/x').finally(bothAsked)
  expect(await first).toBeNull()
  await house.quotas.settled()
  await expect.poll(async () => (await call('/z', other, second))?.kind).toBe('too-fast')
  late()
  expect(await slow).toBeNull()
  await house.quotas.settled()
  await expect.poll(async () => await call('/z', other, second)).toBeNull()
  expect(await t.db.selectFrom('quota_words').selectAll().execute()).toEqual([])
})

test('that more is left than our count allows, another process reads before it refuses', async () => {
  net.says['/x'] = { headers: { 'x-rate': '7 10 90' } }
  const second = another()
  // It looks back before anybody was told anything.
  expect(await call('/z', channel, second)).not.toMatchObject({ kind: 'too-fast' })
  for (let n = 0; n < 3; n++) expect(await call()).toBeNull()
  await house.quotas.settled()
  expect(await call('/x', channel, second)).toBeNull()
  expect(net.count('/x')).toBe(4)
})

test('a refusal that says whose quota is used up holds back all of that scope, everywhere, and is shown', async () => {
  const rules = [
    { code: 'app-day', kind: 'too-fast' as const, word: 'app-day', spends: 'app' as const, say: 'The app is done.' },
    { code: 'my-day', kind: 'too-fast' as const, word: 'my-day', spends: 'channel' as const, say: 'You are done.' },
    ...telling.failures.rules,
  ]
  const day = { scope: 'app' as const, window: { daily: 'UTC' }, cap: 1000 }
  const strict: Platform = {
    ...telling,
    failures: { ...telling.failures, rules, until: (_, now) => now + 5 * 3_600_000 },
    spec: {
      ...telling.spec,
      budgets: [
        { ...day, bucket: 'app', label: 'Posts of the app', told: 'alone', takes: [{ url: /example\/x$/ }] },
        { ...day, bucket: 'mine', label: 'Posts', scope: 'channel', told: 'too', takes: [{ url: /example\/x$/ }] },
      ],
    },
  }
  const post = (on: string, through: ChannelsHouse, as = app, path = '/x') =>
    failure(
      through.http({ platform: strict, realm: 'sandbox', channelId: on, app: as, secrets: [] })({
        method: 'POST',
        url: `https://talker.example${path}`,
      }),
    )
  const { ws } = await house.workspace()
  const other = await house.channel({ ws, platform: 'talker', grant: { access: 'b' }, externalId: '5' })
  const second = another()
  net.says['/x'] = {}
  expect(await post(other, second)).toBeNull()
  const until = new Date(clock.now() + 5 * 3_600_000).toISOString()

  net.says['/x'] = { status: 429, body: { error: 'my-day' } }
  expect(await post(channel, house)).toMatchObject({ code: 'talker.my-day', until })
  expect(await post(channel, house)).toMatchObject({ code: 'talker.budget-spent', until })
  net.says['/x'] = {}
  expect(await post(other, house)).toBeNull()

  net.says['/x'] = { status: 429, body: { error: 'app-day' } }
  expect(await post(other, house)).toMatchObject({ code: 'talker.app-day', until })
  await house.quotas.settled()
  const held = { kind: 'too-fast', code: 'talker.budget-spent', until }
  await expect.poll(() => post(other, second)).toMatchObject(held)
  const asked = net.count('/x')
  // A worker that starts later knows it, other calls and other apps go on.
  expect(await post(other, another())).toMatchObject(held)
  net.says['/y'] = {}
  expect(await post(other, second, app, '/y')).toBeNull()
  expect(net.count('/x')).toBe(asked)
  net.says['/x'] = {}
  expect(await post(other, house, { clientId: 'mine' })).toBeNull()

  const shown = await knownQuotas(
    t.db,
    new Map([['talker', strict]]),
    [{ id: channel, platform: 'talker', realm: 'sandbox', workspace_id: 'ws' }],
    new Date(clock.now()),
    async () => app,
  )
  expect(shown.get(channel)).toEqual(
    ['app', 'mine'].map((bucket) =>
      expect.objectContaining({ bucket, used: 1000, cap: 1000, resetsAt: until, source: 'headers' }),
    ),
  )
  expect(await fullestQuotas(t.db, new Date(clock.now()))).toContainEqual({
    platform: 'talker',
    bucket: 'app',
    ratio: 1,
  })
  await house.quotas.sweep(new Date(clock.now() + 6 * 3_600_000))
  expect(await t.db.selectFrom('quota_words').selectAll().execute()).toEqual([])
})

test('whatever an answer says, no word holds longer than the window', async () => {
  net.says['/x'] = { headers: { 'x-rate': '0 10 99999999' } }
  expect(await call()).toBeNull()
  expect(Date.parse((await call())!.until!) - clock.now()).toBe(600_000 + 900_000)
})
