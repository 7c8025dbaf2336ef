import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { plan } from '#kit/client/steps.ts'
import { preflight } from '#kit/facts/preflight.ts'
import { type Bench, openBench } from '#kit/testing/bench.ts'
import { contextOf, createdOf, type RunResult, runPlan } from '#kit/testing/runner.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'
import { doomed, event, host, id, offersOf, places, post } from './testing.ts'

let box: TestSandbox
let b: Bench
beforeAll(async () => {
  box = await startSandbox([imitation])
  b = openBench(platform, box)
})
beforeEach(() => box.desk.reset())
afterEach(() => expect(box.trouble.splice(0)).toEqual([]))
afterAll(async () => {
  await b.shelf.close()
  await box.close()
})
const nothing = (): RunResult => ({
  state: 'published',
  checkpoints: new Map(),
  prepared: new Map(),
  tries: new Map(),
  looks: new Map(),
})

test('every post says its language: its own, else that of the place', async () => {
  const c = await b.connect()
  expect(c.offer.facts.language).toBe('en')
  const polish = { ...c, offer: { ...c.offer, facts: { ...c.offer.facts, language: 'pl' } } }
  await b.publish(polish, post('Chleb'))
  await b.publish(polish, post('Pan', { languageCode: 'es' }))
  expect(b.ledger().map((p) => (p.raw as { languageCode?: string }).languageCode)).toEqual(['pl', 'es'])
})

describe('connecting', () => {
  const offers = () => offersOf(b)
  test('one consent offers every location once, with the account v4 needs and how it stands', async () => {
    const all = await offers()
    expect(all.map((o) => [o.externalId, o.facts.standing])).toEqual([
      [places.first, 'ok'],
      [places.second, 'ok'],
      [places.hotel, 'ok'],
      [places.unverified, 'verify'],
      [places.suspended, 'suspended'],
    ])
    expect(all[0]).toMatchObject({
      name: 'Rose Hill Bakery',
      handle: '12 Quay Street, Harbor',
      facts: { account: '106100000000000000011', phone: true, hotel: false, website: 'https://rosehill.example/' },
      avatarUrl: expect.stringMatching(/^data:/),
    })
    expect(all[1]!.facts).toMatchObject({ account: '106100000000000000012', phone: false })
    expect(all[2]!.facts.hotel).toBe(true)
  })
  test('where the API that knows the standing is off, nothing is claimed and nothing breaks', async () => {
    const api = 'mybusinessverifications.googleapis.com'
    b.sandbox.desk.act(id, { do: 'disable', api })
    expect((await offers()).map((o) => o.facts.standing)).toEqual(['ok', 'ok', 'ok', 'unknown', 'unknown'])
  })
  test('a picture that cannot be had does not stop the connection', async () => {
    b.sandbox.desk.act(id, { do: 'disable', api: host })
    expect((await offers())[0]!.avatarUrl).toBeNull()
  })
  test('without the permission nothing is connected', async () => {
    const change = (url: URL) => url.searchParams.set('scope', 'openid')
    await expect(b.connect({ change })).rejects.toMatchObject({ failure: { code: `${id}.scope-missing` } })
  })
  test('a project without quota says what to do, not "slow down"', async () => {
    b.sandbox.desk.setKnobs(id, { qpm: 0 })
    await expect(b.connect()).rejects.toMatchObject({
      failure: {
        kind: 'not-permitted',
        code: `${id}.not-approved`,
        message: expect.stringMatching(/Application for Basic/),
      },
    })
  })
  test('a person without a location is told so', async () => {
    const answer = { decision: 'allow', user: 'teo.lis@gmail.example' }
    await expect(b.connect({ answer })).rejects.toMatchObject({ failure: { code: `${id}.no-location` } })
  })
  test('a location that lost its standing is seen when asked, and preflight refuses it', async () => {
    const c = await b.connect()
    b.sandbox.desk.act(id, { do: 'standing', is: 'ownership' })
    const { facts } = await platform.account!(b.channelContext(c))
    expect(facts).toMatchObject({ standing: 'ownership' })
    const draft = b.draft({ ...c, offer: { ...c.offer, facts: { ...c.offer.facts, ...facts } } }, post('a'))
    expect(preflight(platform, draft)).toContainEqual(
      expect.objectContaining({ rule: `${id}.location.ownership`, level: 'error' }),
    )
  })
})

describe('exactly once', () => {
  test('200 is not publication: the create waits until Google shows the post', async () => {
    // Less than an access token lives: nothing refreshes it here.
    b.sandbox.desk.setKnobs(id, { processingMs: 45 * 60_000 })
    const c = await b.connect()
    const began = b.now()
    const run = await b.publish(c, post('Slow'))
    expect(run.state).toBe('published')
    expect(b.now() - began).toBeGreaterThanOrEqual(45 * 60_000)
    expect(b.ledger()).toHaveLength(1)
    expect(createdOf(run)[0]).toMatchObject({ state: 'LIVE', url: expect.stringContaining('lpsid=') })
  })
  test('a lost answer to a post that Google rejects ends as rejected, and is not sent again', async () => {
    const c = await b.connect()
    b.sandbox.desk.act(id, { do: 'doom', when: 'now' })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, post('Rejected unseen'))
    expect(run).toMatchObject({ state: 'failed', failure: { code: `${id}.rejected` } })
    expect(b.sandbox.desk.posts(id)).toHaveLength(1)
  })
  test('after a rejection the same words may be published again, and the old post is not taken for the new', async () => {
    const c = await b.connect()
    expect((await doomed('now')(b, c)).state).toBe('failed')
    b.pass(3_000)
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, post('Buy, buy, buy'))
    expect(run.state).toBe('published')
    expect(b.ledger()).toHaveLength(1)
  })
  test('two identical posts in a row are two posts, also when the answer to the second is lost', async () => {
    b.sandbox.desk.setKnobs(id, { processingMs: 0, listLagMs: 40_000 })
    const c = await b.connect()
    const first = createdOf(await b.publish(c, post('Twins')))[0]!
    b.pass(5_000)
    b.fault({ route: 'create', do: 'drop-before' })
    const second = await b.publish(c, post('Twins'))
    expect(second.state).toBe('published')
    expect(createdOf(second)[0]!.id).not.toBe(first.id)
    expect(b.ledger()).toHaveLength(2)
  })
  test('a post with the same words and another button is left to a person', async () => {
    b.sandbox.desk.setKnobs(id, { processingMs: 0 })
    const c = await b.connect()
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, post('Near'), {
      beforeTry: async (_key, nth) => {
        if (nth === 2) {
          await b.publish(c, post('Near', { action: 'CALL' }))
          b.pass(10_000)
        }
      },
    })
    expect(run).toMatchObject({ state: 'unconfirmed', failure: { code: `${id}.look-near` } })
    expect(b.ledger()).toHaveLength(1)
  })
  test('a worker that died after the send looks before it sends: one post, whatever was stored', async () => {
    const c = await b.connect()
    const input = b.runInput(c, post('Died'))
    const empty = nothing()
    const first = plan(platform.publish, input.view)[0]!
    const saved = new Map()
    empty.prepared.set(first.key, await first.step.options.prepare!(contextOf(input, empty, first, saved)))
    await first.step.run(contextOf(input, empty, first, saved))
    // The name was never stored: only that the create had left.
    const { name, ...sent } = saved.get(first.key)
    expect(name).toMatch(/localPosts/)
    saved.set(first.key, sent)
    let made: unknown
    for (let n = 0; n < 20 && !made; n++) {
      const outcome = await first.step.run(contextOf(input, empty, first, saved))
      if ('done' in outcome) made = outcome.done
      else b.pass(outcome.wait.ms)
    }
    expect(made).toMatchObject({ id: name, state: 'LIVE' })
    expect(b.ledger()).toHaveLength(1)
  })
  test('a post the witness found while Google was checking it is waited for afterwards', async () => {
    b.sandbox.desk.setKnobs(id, { processingMs: 60_000 })
    const c = await b.connect()
    const input = b.runInput(c, post('Found early'))
    const [create, process] = plan(platform.publish, input.view)
    const r = nothing()
    const t = contextOf(input, r, create!, new Map())
    await create!.step.run(t)
    b.pass(10_000)
    const seen = await create!.step.options.witness!(t)
    if (!('found' in seen)) throw new Error('not found')
    expect(seen.found).toMatchObject({ state: 'PROCESSING' })
    r.checkpoints.set('create', seen.found)
    expect(await process!.step.run(contextOf(input, r, process!, new Map()))).toHaveProperty('wait')
    b.pass(60_000)
    expect(await process!.step.run(contextOf(input, r, process!, new Map()))).toHaveProperty('done')
  })
  test('a post somebody deletes while Google checks it is gone, not out', async () => {
    b.sandbox.desk.setKnobs(id, { processingMs: 600_000 })
    const c = await b.connect()
    const run = await runPlan({
      ...b.runInput(c, post('Deleted')),
      pass: (ms) => {
        b.pass(ms)
        b.sandbox.desk.setKnobs(id, { processingMs: 600_000 })
        const [there] = b.ledger()
        if (there) void platform.remove!(b.channelContext(c), { id: there.id, url: null })
      },
    })
    expect(run).toMatchObject({ state: 'failed', failure: { code: `${id}.gone` } })
  })
})

describe('afterwards', () => {
  test('a changed text that Google rejects says so', async () => {
    const c = await b.connect()
    const [made] = createdOf(await b.publish(c, post('Fine')))
    b.sandbox.desk.act(id, { do: 'doom', when: 'now' })
    await expect(platform.edit!(b.channelContext(c), made!, 'Not fine', {})).rejects.toMatchObject({
      failure: { kind: 'refused-content', code: `${id}.rejected` },
    })
  })
  test('a change leaves the event as it is', async () => {
    const c = await b.connect()
    const [made] = createdOf(await b.publish(c, post('Come', event)))
    await platform.edit!(b.channelContext(c), made!, 'Do come', {})
    b.pass(60_000)
    expect(b.ledger()[0]).toMatchObject({ text: 'Do come', kind: 'event' })
  })
  test('the numbers of a profile: 30 days, posts lift them, the last days are missing', async () => {
    const c = await b.connect()
    const read = async () => {
      const grant = await platform.connect.refresh!(b.tokenContext(c), c.grant)
      return (await platform.insights!.account!(b.channelContext({ ...c, grant }))).metrics
    }
    const before = await read()
    expect(before.clicks).toBeGreaterThan(0)
    expect(before).toMatchObject({ likes: null, followers: null, reach: null })
    await b.publish(c, post('Lifts'))
    expect((await read()).impressions).toBe(before.impressions)
    b.pass(8 * 86_400_000)
    expect((await read()).impressions!).toBeGreaterThan(before.impressions!)
  })
})
