import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { SendFailed } from '#kit/client/send.ts'
import type { Budget } from '#kit/facts/spec.ts'
import { fullestQuotas, knownQuotas, windowOf } from './quotas.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { failureOf as failure, talker, talkerNetwork } from './testing/talker.ts'

const clock = manualClock(Date.UTC(2026, 10, 22, 12))
const plain = talker()
/** An app is known by its client id; none is needed. */
const credentials = [{ name: 'clientId', label: 'Client ID', optional: true }]
const platform = { ...plain, spec: { ...plain.spec, credentials } }
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let channel: string
/** What one process has. */
const worker = () =>
  channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms: [platform],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  await t.db.deleteFrom('quotas').execute()
  net = talkerNetwork()
  house = worker()
  const { ws } = await house.workspace()
  channel = await house.channel({ ws, platform: 'talker', grant: { access: 'gold-access' } })
})

/** The app credentials of this moment. */
let app: Record<string, string> = {}
const client = (channelId = channel, by = house) => by.http({ platform, realm: 'sandbox', channelId, app, secrets: [] })
const ask = (bucket: string, units: number, channelId?: string, by?: ChannelsHouse) =>
  client(channelId, by)({ method: 'GET', url: 'https://talker.example/x', charge: { bucket, units } })
const known = async () =>
  (
    await knownQuotas(
      t.db,
      house.platforms,
      [{ id: channel, platform: 'talker', realm: 'sandbox', workspace_id: 'ws' }],
      new Date(clock.now()),
      async () => app,
    )
  ).get(channel)!

describe('windows', () => {
  const day = 86_400_000
  test('a day is the calendar day of its zone, 23 and 25 hours long when clocks change', () => {
    const zone = { daily: 'America/Los_Angeles' }
    const length = (at: number) => {
      const w = windowOf(zone, at)
      expect(w.start <= at && at < w.end).toBe(true)
      return w.end - w.start
    }
    expect(length(Date.UTC(2026, 10, 22, 12))).toBe(day)
    expect(length(Date.UTC(2026, 10, 1, 12))).toBe(day + 3_600_000)
    expect(length(Date.UTC(2026, 2, 8, 20))).toBe(day - 3_600_000)
    expect(windowOf(zone, Date.UTC(2026, 10, 22, 7, 59)).end).toBe(Date.UTC(2026, 10, 22, 8))
  })
})

test('a spent budget refuses the call before it leaves, until the window ends', async () => {
  net.says['/x'] = {}
  await ask('units', 9)
  expect(await failure(ask('units', 2))).toMatchObject({
    kind: 'too-fast',
    code: 'talker.budget-spent',
    until: '2026-11-23T08:00:00.000Z',
  })
  await ask('units', 1)
  expect(net.count('/x')).toBe(2)
  expect(await known()).toContainEqual(
    expect.objectContaining({ bucket: 'units', used: 10, cap: 10, source: 'budget' }),
  )
})

test('an app that was granted more has a cap of its own, and each app its own count', async () => {
  net.says['/x'] = {}
  app = { clientId: 'large', unitsPerDay: '25' }
  await ask('units', 20)
  expect((await known()).find((q) => q.bucket === 'units')).toMatchObject({ used: 20, cap: 25 })
  expect((await failure(ask('units', 6)))?.message).toContain('the 25 of this window')
  app = { clientId: 'small' }
  expect((await known()).find((q) => q.bucket === 'units')).toMatchObject({ used: 0, cap: 10 })
  // Waiting for room would be for ever.
  expect(await failure(ask('units', 11))).toMatchObject({
    kind: 'not-permitted',
    code: 'talker.charge-above-cap',
    message: expect.stringContaining('this call takes 11, and the cap is 10'),
  })
  app = {}
})

test('workers side by side never take more than there is', async () => {
  net.says['/x'] = {}
  const workers = [house, worker()]
  const results = await Promise.all(
    Array.from({ length: 25 }, (_, n) => failure(ask('units', 1, channel, workers[n % 2]))),
  )
  expect(results.filter((r) => r === null)).toHaveLength(10)
  expect(net.count('/x')).toBe(10)
})

test('a pace holds over every stretch of its length, and says when there is room again', async () => {
  net.says['/x'] = {}
  const start = clock.now()
  await ask('calls', 1)
  clock.set(start + 40 * 60_000)
  await ask('calls', 1)
  // In a fixed hour that begins now there would be room.
  clock.set(start + 59 * 60_000)
  const refused = await failure(ask('calls', 1))
  expect(refused).toMatchObject({ kind: 'too-fast', code: 'talker.budget-spent' })
  const until = Date.parse(refused!.until!)
  expect(until).toBeGreaterThanOrEqual(start + 3_600_000)
  expect(until).toBeLessThanOrEqual(start + 3_600_000 + 6 * 60_000)
  clock.set(until)
  expect(await failure(ask('calls', 1))).toBeNull()
  expect((await known()).map((q) => q.bucket)).not.toContain('calls')
  clock.set(start)
})

test('workers side by side keep a pace together', async () => {
  net.says['/x'] = {}
  const workers = [house, worker()]
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, n) => failure(ask('calls', 1, channel, workers[n % 2]))),
  )
  expect(results.filter((r) => r === null)).toHaveLength(2)
  expect(net.count('/x')).toBe(2)
})

test('of two budgets both are taken or none', async () => {
  net.says['/x'] = {}
  const both = () =>
    client()({
      method: 'GET',
      url: 'https://talker.example/x',
      charge: [
        { bucket: 'units', units: 3 },
        { bucket: 'calls', units: 1 },
      ],
    })
  await both()
  await both()
  expect((await failure(both()))?.kind).toBe('too-fast')
  expect((await known()).find((q) => q.bucket === 'units')?.used).toBe(6)
})

test('the channel’s own budget is not touched by another channel', async () => {
  net.says['/x'] = {}
  const { ws } = await house.workspace()
  const other = await house.channel({ ws, platform: 'talker', grant: { access: 'b' }, externalId: '2' })
  await ask('calls', 2)
  expect((await failure(ask('calls', 1)))?.kind).toBe('too-fast')
  expect(await failure(ask('calls', 2, other))).toBeNull()
})

test('a request that never left gives its units back, into the window they came from', async () => {
  net.says['/x'] = () => {
    clock.set(Date.UTC(2026, 10, 23, 9))
    throw new SendFailed(false, new Error('no such host'))
  }
  expect((await failure(ask('units', 4)))?.kind).toBe('try-later')
  const rows = await t.db.selectFrom('quotas').select('used').where('bucket', '=', 'units').execute()
  expect(rows).toEqual([{ used: 0 }])
  clock.set(Date.UTC(2026, 10, 22, 12))
})

test('a lost answer keeps its units: the network may have counted it', async () => {
  net.says['/x'] = () => {
    throw new Error('socket hang up')
  }
  expect((await failure(ask('units', 4)))?.kind).toBe('unknown-outcome')
  expect((await known()).find((q) => q.bucket === 'units')?.used).toBe(4)
})

test('a budget the spec does not have is our bug, and nothing leaves', async () => {
  expect((await failure(ask('nothing', 1)))?.kind).toBe('our-bug')
  expect(net.asked).toEqual([])
})

test('which workspaces share an app is told by its first field', async () => {
  const { sharing, set } = house.credentials
  const [{ ws: none }, { ws: one }, { ws: same }, { ws: third }] = [
    await house.workspace(),
    await house.workspace(),
    await house.workspace(),
    await house.workspace(),
  ]
  for (const [ws, clientId] of [
    [one, 'shared'],
    [same, 'shared'],
    [third, 'another'],
  ] as const)
    await set(ws, 'talker', { clientId })
  expect(await sharing(one, 'talker', 'live')).toEqual({ only: expect.arrayContaining([one, same]) })
  expect(await sharing(third, 'talker', 'live')).toEqual({ only: [third] })
  // Without an app of the installation it is alone; in the sandbox there is one for all.
  expect(await sharing(none, 'talker', 'live')).toEqual({ only: [none] })
  expect(await sharing(none, 'talker', 'sandbox')).toEqual({ but: [] })
})

test('over any sequence of spends, refunds and window ends no window is exceeded, and no unit is lost', async () => {
  const daily: Budget = {
    bucket: 'd',
    label: 'd',
    cap: 5,
    largest: 3,
    scope: 'channel',
    window: { daily: 'America/Los_Angeles' },
  }
  const rolling: Budget = {
    bucket: 'r',
    label: 'r',
    cap: 5,
    largest: 3,
    scope: 'channel',
    window: { rolling: 600_000 },
  }
  const spec = { ...platform.spec, budgets: [daily, rolling] }
  const act = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('spend' as const), units: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), n: fc.nat(5) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('pass' as const), part: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    },
  )
  const begin = Date.UTC(2026, 10, 22, 12)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(daily, rolling), fc.array(act, { maxLength: 25 }), async (budget, acts) => {
      await t.db.deleteFrom('quotas').execute()
      clock.set(begin)
      const who = { platform: { ...platform, spec }, realm: 'sandbox' as const, channelId: channel, app: {} }
      const taken: { charge: { bucket: string; units: number }; at: number }[] = []
      const length = 'rolling' in budget.window ? budget.window.rolling : 86_400_000
      /** What counts beside a call at `at`, by the network's own rule. */
      const within = (at: number) =>
        taken
          .filter((x) =>
            'rolling' in budget.window
              ? x.at > at - length && x.at <= at
              : windowOf(budget.window, x.at).start === windowOf(budget.window, at).start,
          )
          .reduce((sum, x) => sum + x.charge.units, 0)
      for (const a of acts) {
        if (a.do === 'pass') clock.set(clock.now() + Math.round(a.part * length))
        else if (a.do === 'refund') {
          const [back] = taken.splice(a.n, 1)
          if (back) await house.quotas.refund(who, back.charge)
        } else {
          const charge = { bucket: budget.bucket, units: a.units }
          const refused = await failure(house.quotas.spend(who, charge))
          if (refused === null) taken.push({ charge, at: clock.now() })
          else expect([refused.kind, Date.parse(refused.until!) > clock.now()]).toEqual(['too-fast', true])
          expect(within(clock.now())).toBeLessThanOrEqual(budget.cap)
          // A day is counted exactly: a refusal means that it really did not fit.
          if (refused !== null && budget === daily) expect(within(clock.now()) + a.units).toBeGreaterThan(budget.cap)
        }
      }
      // All given back, or long over: everything is there again.
      for (const { charge } of taken) await house.quotas.refund(who, charge)
      for (let n = 0; n < budget.cap; n++)
        expect(await failure(house.quotas.spend(who, { bucket: budget.bucket, units: 1 }))).toBeNull()
      expect((await failure(house.quotas.spend(who, { bucket: budget.bucket, units: 1 })))?.kind).toBe('too-fast')
    }),
    { numRuns: 60 },
  )
  clock.set(begin)
})

test('a call that is stopped at the last moment gives its units back', async () => {
  const beforeSend = () => Promise.reject(new Error('the lease is over'))
  const stopped = house.http({ platform, realm: 'sandbox', channelId: channel, app, secrets: [], beforeSend })
  const charge = { bucket: 'units', units: 3 }
  await expect(stopped({ method: 'GET', url: 'https://talker.example/x', charge })).rejects.toThrow('the lease is over')
  expect((await known()).find((q) => q.bucket === 'units')?.used).toBe(0)
})

test('usage headers become the channel’s last reading, and are forgotten after a day', async () => {
  net.says['/x'] = { headers: { 'x-used': '40' } }
  await client()({ method: 'GET', url: 'https://talker.example/x' })
  net.says['/x'] = { headers: { 'x-used': '41' } }
  await client()({ method: 'GET', url: 'https://talker.example/x' })
  await house.quotas.settled()
  expect(await known()).toContainEqual(
    expect.objectContaining({ bucket: 'rate', used: 41, cap: 100, source: 'headers' }),
  )
  const fullest = () => fullestQuotas(t.db, new Date(clock.now()))
  expect(await fullest()).toContainEqual({ platform: 'talker', bucket: 'rate', ratio: 0.41 })
  clock.set(clock.now() + 25 * 3_600_000)
  expect((await known()).map((q) => q.bucket)).not.toContain('rate')
  expect((await fullest()).map((q) => q.bucket)).not.toContain('rate')
  clock.set(Date.UTC(2026, 10, 22, 12))
})
