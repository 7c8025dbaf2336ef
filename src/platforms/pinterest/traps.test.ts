/** What only Pinterest does wrong, or differently: no key against doubles, two hosts, lists that lag, a beta for editing. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '#kit/client/steps.ts'
import { type Bench, type Connected, type Content, openBench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'
import { base, bread, feasts, film, pin, spaces } from './testing.ts'

let sandbox: TestSandbox
let opened: Bench
const bench = () => opened
beforeAll(async () => {
  sandbox = await startSandbox([imitation])
  opened = openBench(platform, sandbox)
})
beforeEach(() => sandbox.desk.reset())
afterEach(() => expect(sandbox.trouble.splice(0)).toEqual([]))
afterAll(async () => {
  await opened.shelf.close()
  await sandbox.close()
})

const trial = async (): Promise<Connected> => {
  const b = bench()
  const credentials = { ...b.sandbox.desk.tokens('pinterest').credentials, access: ' Trial ' }
  const t = b.context(credentials)
  const begun = await platform.connect.begin(t, {})
  if (begun.kind !== 'redirect') throw new Error('not a redirect')
  const end = await platform.connect.finish(t, await b.consent(begun.url, { decision: 'allow' }), begun.keep)
  if ('pending' in end) throw new Error('pending')
  return { grant: end.grant, offer: end.offers[0]!, credentials }
}

describe('what only Pinterest does', () => {
  test('an app with Trial access connects to, publishes on and refreshes at Pinterest’s sandbox', async () => {
    const b = bench()
    b.sandbox.desk.setKnobs('pinterest', { trialApp: 1 })
    const c = await trial()
    expect(c.offer.facts.trial).toBe(true)
    const [board] = await platform.options!.boards!(b.channelContext(c), {})
    expect(board!.label).toBe('Test board')
    const run = await b.publish(c, pin('Tried', { boardId: board!.value }))
    expect(run.failure).toBeUndefined()
    // The credential may change meanwhile: the grant knows where it belongs.
    const grant = await platform.connect.refresh!(
      b.tokenContext({ ...c, credentials: { ...c.credentials, access: '' } }),
      c.grant,
    )
    expect((await b.publish({ ...c, grant }, pin('Tried again', { boardId: board!.value }))).state).toBe('published')
    const created = createdOf(run)
    const live = b.channelContext({ ...c, grant })
    expect(await platform.insights!.post!(live, { created, settings: {}, publishedAt: b.now() })).toBeNull()
    expect((await platform.insights!.account!(live)).metrics.followers).toBe(1840)
    const hosts = b.sandbox.desk.requests({ platform: 'pinterest' }).filter((r) => r.path.includes('/v5/'))
    expect(hosts.length).toBeGreaterThan(5)
  })
  test('a wrong app secret is said to be one', async () => {
    const b = bench()
    const t = b.context({ ...b.sandbox.desk.tokens('pinterest').credentials, clientSecret: 'wrong' })
    const begun = await platform.connect.begin(t, {})
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const answer = await b.consent(begun.url, { decision: 'allow' })
    await expect(platform.connect.finish(t, answer, begun.keep)).rejects.toMatchObject({
      failure: { kind: 'not-permitted', code: 'pinterest.app-refused' },
    })
  })
  test('400 though it is done is looked up, not believed', async () => {
    const b = bench()
    b.fault({ route: 'create', do: 'answer-after', status: 400 })
    const run = await b.publish(await b.connect(), pin('Done all the same'))
    expect(run.state).toBe('published')
    expect(run.looks.get('create')).toBeGreaterThan(0)
    expect(b.ledger()).toHaveLength(1)
  })
  test('every kind of pin is found after a lost answer', async () => {
    const b = bench()
    const c = await b.connect()
    const kinds: Content[] = [
      { segments: [{ text: '', images: [{}] }], settings: { boardId: bread } },
      pin('In a section', { ...base, sectionId: feasts }),
      pin('Carousel', base, spaces(4)),
      film('Film'),
      pin('  Odd   white\n\nspace ', { ...base, title: 'cafe\u0301' }),
    ]
    for (const [i, content] of kinds.entries()) {
      b.fault({ route: 'create', do: 'drop-after' })
      const run = await b.publish(c, content)
      expect(run.failure).toBeUndefined()
      expect(b.ledger()).toHaveLength(i + 1)
      expect(createdOf(run)[0]!.id).toBe(b.ledger().at(-1)!.id)
    }
  })
  test('a twin from before is not taken for this pin', async () => {
    const b = bench()
    const c = await b.connect()
    b.sandbox.desk.act('pinterest', { do: 'pin', board: bread, text: 'Twice', title: 'Rye' })
    await b.publish(c, pin('Twice'))
    b.pass(10_000)
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, pin('Twice'))
    expect(run.state).toBe('published')
    expect(run.tries.get('create')).toBe(2)
    const all = b.ledger()
    expect(all).toHaveLength(3)
    expect(createdOf(run)[0]!.id).toBe(all.at(-1)!.id)
  })
  test('a twin the list did not know yet is told apart by Pinterest’s clock', async () => {
    const b = bench()
    const c = await b.connect()
    b.sandbox.desk.setKnobs('pinterest', { listLagMs: 25_000 })
    await b.publish(c, pin('Close'))
    b.pass(5000)
    b.fault({ route: 'create', do: 'drop-before' })
    expect((await b.publish(c, pin('Close'))).state).toBe('published')
    expect(b.ledger()).toHaveLength(2)
  })
  test('a create refused and sent an hour later does not take a twin of that hour for itself', async () => {
    const b = bench()
    const c = await b.connect()
    b.fault({ route: 'create', do: 'answer-before', status: 401 })
    const content = pin('Hourly')
    const input = b.runInput(c, content)
    const create = platform.publish.at(-1)!
    const firstBegunAt = b.now()
    let saved: Json | undefined
    const save = async (x: Json) => {
      saved = x
    }
    const blank = { ...input.view, ...input, index: 0, done: () => undefined, signal: new AbortController().signal }
    const t = { ...blank, firstBegunAt, prepared: null as Json, saved, save }
    const prepared = await create.options.prepare!(t)
    await expect(create.run({ ...t, prepared })).rejects.toThrow('unauthorized')
    b.sandbox.desk.clearFaults()
    b.pass(3_600_000)
    await b.publish(c, content)
    b.pass(60_000)
    b.fault({ route: 'create', do: 'drop-before' })
    await expect(create.run({ ...t, prepared, saved })).rejects.toThrow('no-answer')
    expect(saved).toBeDefined()
    expect(await create.options.witness!({ ...t, prepared, saved })).toEqual({ absent: true })
  })
  test('a pin that says nearly the same is for a person to judge', async () => {
    const b = bench()
    const c = await b.connect()
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, pin('Nearly'), {
      pass: (ms) => {
        b.sandbox.desk.act('pinterest', {
          do: 'pin',
          board: bread,
          text: 'Nearly',
          title: 'Rye',
          link: 'https://example.com/other',
        })
        b.pass(ms)
      },
    })
    expect(run.state).toBe('unconfirmed')
    expect(run.tries.get('create')).toBe(1)
  })
  test('a video whose upload was lost is registered and sent anew, and only one pin is made', async () => {
    const b = bench()
    b.fault({ route: 'media-upload', do: 'drop-after' })
    const run = await b.publish(await b.connect(), film('Again'))
    expect(run.failure).toBeUndefined()
    expect(b.sandbox.desk.requests({ route: 'media-register' })).toHaveLength(2)
    expect(b.sandbox.desk.requests({ route: 'media-upload' })).toHaveLength(2)
    expect(b.sandbox.desk.requests({ route: 'media-status' }).length).toBeGreaterThan(1)
    expect(b.ledger()).toHaveLength(1)
  })
  test('whatever breaks at whatever call, there is never a second pin, and "published" is never said of none', async () => {
    const b = bench()
    const faults = [
      { do: 'drop-before' },
      { do: 'drop-after' },
      { do: 'answer-before', status: 400 },
      { do: 'answer-after', status: 400 },
      { do: 'answer-before', status: 500 },
      { do: 'answer-after', status: 500 },
      { do: 'answer-after', status: 502, times: 2 },
    ] as const
    const c = await b.connect()
    let n = 0
    for (const route of ['board-pins', 'media-register', 'media-upload', 'media-status', 'create'])
      for (const fault of faults) {
        const content = route.startsWith('media') || n % 2 ? film(`Broken ${++n}`) : pin(`Broken ${++n}`)
        b.sandbox.desk.clearFaults()
        b.fault({ route, ...fault })
        const run = await b.publish(c, content)
        b.pass(60_000)
        const there = b.ledger().filter((p) => p.text === `Broken ${n}`)
        const what = `${route} ${JSON.stringify(fault)}`
        expect(run.state, what).not.toBe('unconfirmed')
        expect(there, what).toHaveLength(run.state === 'published' ? 1 : 0)
        // Only a look that failed before anything was sent may end here; the engine comes back to it.
        if (run.state !== 'published') expect(route, what).toBe('board-pins')
      }
  })
  test('an app that may not edit hears that, and the pin stays', async () => {
    const b = bench()
    const c = await b.connect()
    const run = await b.publish(c, pin('As it is'))
    b.sandbox.desk.setKnobs('pinterest', { editBeta: 0 })
    await expect(platform.edit!(b.channelContext(c), createdOf(run)[0]!, 'New', base)).rejects.toMatchObject({
      failure: { kind: 'not-permitted', code: 'pinterest.edit-restricted' },
    })
    expect(b.ledger()[0]!.text).toBe('As it is')
  })
  test('numbers: a film has views and watch time, an old pin those of its whole life', async () => {
    const b = bench()
    const c = await b.connect()
    const publishedAt = b.now()
    const created = createdOf(await b.publish(c, film('Watched')))
    b.pass(20 * 86_400_000)
    const read = (live: Connected) =>
      platform.insights!.post!(b.channelContext(live), { created, settings: {}, publishedAt })
    const young = await read(c)
    expect(young!.metrics).toMatchObject({ shares: null, reach: null, followers: null })
    expect(young!.metrics.views).toBeGreaterThan(0)
    expect(young!.metrics.watchTimeMs).toBeGreaterThan(1000)
    b.pass(100 * 86_400_000)
    const old = await read(await b.connect())
    expect(old!.metrics.impressions).toBeGreaterThan(young!.metrics.impressions!)
    expect(old!.metrics.views).toBeNull()
  })
  test('a personal account is told its followers only', async () => {
    const b = bench()
    const c = await b.connect({ account: '549755813600000202' })
    expect(await platform.insights!.account!(b.channelContext(c))).toMatchObject({
      metrics: { followers: 73, impressions: null },
    })
  })
  test('calls that are left are read from the headers; windows of a second are nobody’s business', () => {
    const now = Date.UTC(2026, 10, 22)
    const read = (limit: string, remaining: string) =>
      platform.usage!(
        {
          status: 200,
          headers: { 'x-ratelimit-limit': limit, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': '30' },
        },
        now,
      )
    expect(read('100, 100;w=1, 1000;w=60', '99')).toEqual([])
    expect(read('1000, 1000;w=86400', '400')).toMatchObject([
      { used: 600, cap: 1000, resetsAt: new Date(now + 30_000).toISOString() },
    ])
    expect(read('', '')).toEqual([])
  })
  test('a 429 waits as long as Pinterest says', async () => {
    const b = bench()
    b.fault({ route: 'create', do: 'answer-before', status: 429 })
    const { failure } = await b.publish(await b.connect(), pin('Fast'))
    expect(Date.parse(failure!.until!) - b.now()).toBe(42_000)
  })
})
