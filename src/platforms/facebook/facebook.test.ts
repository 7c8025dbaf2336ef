/** What only Facebook does: lost answers of every format, uploads that break, several Pages, webhooks, quotas. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { preflight } from '#kit/facts/preflight.ts'
import { type Bench, type Connected, openBench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'

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

const alt = { alt: 'A loaf on a board' }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const clip = (video = {}) => ({ segments: [{ text: 'Moving', videos: [video] }] })
const reel = (video = {}) => ({ ...clip(video), settings: { format: 'reel' } })
const story = (video = {}) => ({ segments: [{ text: '', videos: [video] }], settings: { format: 'story' } })

const subscribed = async (b: Bench, c: Connected) =>
  platform.webhook!.subscribe!({
    http: b.http(),
    grant: c.grant,
    credentials: c.credentials,
    channel: c.offer,
    url: await b.shelf.hookUrl(),
    secret: 'x',
  })

test('one consent offers every Page that may be published to, each with a token of its own', async () => {
  const b = bench()
  const issued = b.sandbox.desk.tokens('facebook')
  const t = b.context(issued.credentials)
  const begun = await platform.connect.begin(t, {})
  if (begun.kind !== 'redirect') throw new Error('not a redirect')
  expect(new URL(begun.url).searchParams.get('scope')).toMatch(/^pages_show_list,pages_read_engagement,/)
  const end = await platform.connect.finish(t, await b.consent(begun.url, { decision: 'allow' }), begun.keep)
  if ('pending' in end) throw new Error('pending')
  expect(end.offers.map((o) => o.name)).toEqual(['Lindqvist Bakery', 'Harbor Field Notes'])
  const tokens = end.offers.map((o) => o.grant!.access)
  expect(new Set([...tokens, end.grant.access]).size).toBe(3)
  for (const o of end.offers) expect(o.grant).not.toHaveProperty('expiresAt')
})
test('a Page of a business is found, a Page without a role is not offered', async () => {
  const b = bench()
  const c = await b.connect({ account: '100000000001003' })
  expect(c.offer.name).toBe('Teo’s Plants')
  const owner = await b.connect({ account: '100000000000202' })
  expect(owner.offer.name).toBe('Teo’s Plants')
})
test('verify says that a token lives, and that it does not', async () => {
  const b = bench()
  const c = await b.connect()
  await platform.verify!(b.channelContext(c))
  b.sandbox.desk.revoke('facebook', c.offer.externalId)
  const error = await platform.verify!(b.channelContext(c)).catch((e: unknown) => e)
  expect((error as PlatformFailure).failure.code).toBe('facebook.token-dead')
})
test('disconnecting takes the permissions back', async () => {
  const b = bench()
  const c = await b.connect()
  await platform.connect.revoke!(b.tokenContext(c), c.grant)
  expect((await b.publish(c, say('After'))).failure).toMatchObject({
    kind: 'reconnect',
    code: 'facebook.app-removed',
  })
})
test('500 though it is published is looked up, not repeated', async () => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { duplicateGuard: 0 })
  const c = await b.connect()
  for (const content of [say('Words'), { segments: [{ text: 'Pictures', images: [alt, alt] }] }]) {
    b.fault({ route: 'create', do: 'answer-after', status: 500 })
    const run = await b.publish(c, content)
    expect([run.state, run.tries.get('create')]).toEqual(['published', 1])
  }
  expect(b.ledger()).toHaveLength(2)
})
test('two equal posts in a row are two posts, the lost answer of the second too', async () => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { duplicateGuard: 0 })
  const c = await b.connect()
  const one = await b.publish(c, say('Again'))
  b.pass(30_000)
  b.fault({ route: 'create', do: 'drop-before' })
  const two = await b.publish(c, say('Again'))
  b.pass(30_000)
  b.fault({ route: 'create', do: 'drop-after' })
  const three = await b.publish(c, say('Again'))
  expect([one.state, two.state, three.state]).toEqual(['published', 'published', 'published'])
  expect(new Set([one, two, three].map((r) => createdOf(r)[0]!.id)).size).toBe(3)
  expect(b.ledger()).toHaveLength(3)
})
test('what somebody else wrote in the same words is not ours', async () => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { duplicateGuard: 0 })
  const c = await b.connect()
  b.fault({ route: 'create', do: 'drop-before' })
  const run = await b.publish(c, say('Same words'), {
    beforeTry: (key) =>
      key === 'create' && b.ledger().length === 0
        ? b.sandbox.desk.act('facebook', { do: 'post', page: c.offer.externalId, text: 'Same words' })
        : undefined,
  })
  expect(run.state).toBe('published')
  expect(b.ledger()).toHaveLength(2)
})
test.each([
  ['create', say('Card', { link: 'https://example.com/' })],
  ['video', clip()],
  ['reel', reel()],
  ['video-story', story()],
  ['photo-story', { segments: [{ text: '', images: [alt] }], settings: { format: 'story' } }],
  ['create', say('Held', { delivery: 'schedule', delayMinutes: 30 })],
  ['create', { segments: [{ text: 'Draft', images: [alt] }], settings: { delivery: 'draft' } }],
])('a lost answer of %s makes one post in the end', async (route, content) => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { duplicateGuard: 0 })
  for (const kind of ['drop-before', 'drop-after', 'answer-after'] as const)
    for (const nth of route === 'video' ? [1, 2, 3] : route === 'reel' || route === 'video-story' ? [1, 2] : [1]) {
      b.sandbox.desk.reset('facebook')
      b.sandbox.desk.setKnobs('facebook', { duplicateGuard: 0 })
      const c = await b.connect()
      b.fault({ route, nth, do: kind, status: 500 })
      const run = await b.publish(c, content)
      expect(run.failure).toBeUndefined()
      expect([kind, nth, run.state, b.ledger().length]).toEqual([kind, nth, 'published', 1])
    }
})
test('a text draft whose answer is lost is nobody’s to know', async () => {
  const b = bench()
  b.fault({ route: 'create', do: 'drop-after' })
  const run = await b.publish(await b.connect(), say('Draft', { delivery: 'draft' }))
  expect(run.state).toBe('unconfirmed')
  expect(b.ledger()).toHaveLength(1)
})
test('a first comment of 8,000 is taken, one more is refused by preflight and network', async () => {
  const b = bench()
  const c = await b.connect()
  const content = (n: number) => ({ ...say(`Comment of ${n}`), firstComment: 'a'.repeat(n) })
  expect((await b.publish(c, content(8000))).state).toBe('published')
  const findings = preflight(platform, b.draft(c, content(8001)))
  expect(findings.map((f) => f.rule)).toEqual(['facebook.comment.length'])
  expect(await b.publish(c, content(8001))).toMatchObject({
    key: 'comment',
    failure: { kind: 'refused-content' },
  })
})
test('a comment whose answer is lost is found', async () => {
  const b = bench()
  b.fault({ route: 'comment', do: 'drop-after' })
  const run = await b.publish(await b.connect(), { ...say('Post'), firstComment: 'Comment' })
  expect(run.state).toBe('published')
  expect(b.ledger()).toHaveLength(2)
})
test('a video goes in the chunks Facebook asks for, and on where it stopped', async () => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { videoChunk: 1_000_000 })
  const c = await b.connect()
  b.fault({ route: 'video', nth: 3, do: 'drop-after' })
  const run = await b.publish(c, clip({ bytes: 4_500_000 }))
  expect(run.state).toBe('published')
  // Start, five chunks, finish: the lost one had arrived and is not sent again.
  expect(b.sandbox.desk.requests({ route: 'video' })).toHaveLength(7)
})
test('a reel whose line broke goes on from the byte Facebook has', async () => {
  const b = bench()
  b.sandbox.desk.setKnobs('facebook', { ruploadCutBytes: 300_000 })
  const run = await b.publish(await b.connect(), reel({ bytes: 1_000_000 }))
  expect(run.state).toBe('published')
  expect(b.sandbox.desk.requests({ route: 'rupload' })).toHaveLength(2)
})
test('a schedule goes out on Facebook’s clock and says so by webhook', async () => {
  const b = bench()
  b.sandbox.desk.setWebhook('facebook', await b.shelf.hookUrl())
  const c = await b.connect()
  await subscribed(b, c)
  const run = await b.publish(c, say('At noon', { delivery: 'schedule', delayMinutes: 60 }))
  expect(b.ledger()[0]!.kind).toBe('scheduled')
  b.shelf.hooks.length = 0
  b.pass(61 * 60_000)
  await b.sandbox.desk.tickAll()
  for (let n = 0; n < 6_000 && b.shelf.hooks.length === 0; n++) await new Promise((r) => setTimeout(r, 20))
  expect(b.ledger()[0]!.kind).toBe('post')
  const events = b.shelf.hooks.flatMap((h) => platform.webhook!.events({ method: 'POST', query: {}, ...h }))
  expect(events).toMatchObject([{ does: 'published', ref: createdOf(run)[0]!.id }])
})
test('a webhook of two days ago is stale, the handshake is answered to the right word only', async () => {
  const b = bench()
  b.shelf.hooks.length = 0
  b.sandbox.desk.setWebhook('facebook', await b.shelf.hookUrl())
  const c = await b.connect()
  await subscribed(b, c)
  const post = createdOf(await b.publish(c, say('Hook')))[0]!.id!
  b.sandbox.desk.act('facebook', { do: 'comment', post, text: 'Zoë ❤' })
  for (let n = 0; n < 6_000 && b.shelf.hooks.length < 2; n++) await new Promise((r) => setTimeout(r, 20))
  const t = await b.hookContext(c)
  const request = { method: 'POST', query: {}, ...b.shelf.hooks.at(-1)! } as const
  expect(platform.webhook!.events(request)).toMatchObject([{ does: 'comment', ref: post }])
  expect(await platform.webhook!.verify(t, request)).toBe('ok')
  b.pass(2 * 86_400_000)
  expect(await platform.webhook!.verify(t, request)).toBe('stale')
  const ask = (token: string) =>
    platform.webhook!.handshake!(t, {
      method: 'GET',
      headers: {},
      query: { 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1158201444' },
      body: Buffer.alloc(0),
    })
  expect(ask(t.secret)).toMatchObject({ status: 200, body: '1158201444' })
  expect(ask('another')).toMatchObject({ status: 403 })
})
test('the person behind a Page is kept beside it: Meta names them, not the Page, when access is taken away', async () => {
  const c = await bench().connect()
  expect(c.offer.person).toMatch(/^\d+$/)
  expect(c.offer.person).not.toBe(c.offer.externalId)
  expect(c.offer.person).toBe(c.grant.extra?.userId)
})
test('every format can be edited or says why not, and be removed', async () => {
  const b = bench()
  const c = await b.connect()
  for (const content of [
    clip(),
    reel(),
    story(),
    { segments: [{ text: '', images: [alt] }], settings: { format: 'story' } },
  ]) {
    b.sandbox.desk.reset('facebook')
    const fresh = await b.connect()
    const run = await b.publish(fresh, content)
    const made = createdOf(run)[0]!
    const settings = b.view(c, content).settings
    const edited = await platform.edit!(b.channelContext(fresh), made, 'New words', settings).catch((e: unknown) => e)
    if ((settings as { format: string }).format === 'story') expect(edited).toBeInstanceOf(PlatformFailure)
    else expect(b.ledger()[0]!.text).toBe('New words')
    await platform.remove!(b.channelContext(fresh), made)
    await platform.remove!(b.channelContext(fresh), made)
    expect(b.ledger()).toHaveLength(0)
  }
})
test('numbers of a reel and a story are read too', async () => {
  const b = bench()
  const c = await b.connect({ account: '100000000001002' })
  for (const content of [reel(), clip(), story()]) {
    const run = await b.publish(c, content)
    const settings = b.view(c, content).settings
    const publishedAt = b.now()
    b.pass(7_200_000)
    const reading = await platform.insights!.post!(b.channelContext(c), {
      created: createdOf(run),
      settings,
      publishedAt,
    })
    expect(reading!.metrics.views).toBeGreaterThan(0)
  }
})
test('thirty reels a day, and the person sees how many are left', async () => {
  const b = bench()
  const c = await b.connect()
  b.sandbox.desk.setKnobs('facebook', { processingMs: 0 })
  for (let n = 0; n < 30; n++) expect((await b.publish(c, reel())).state).toBe('published')
  const now = await platform.account!(b.channelContext(c))
  expect(now.quotas).toMatchObject([{ bucket: 'reels-day', used: 30, cap: 30 }])
  expect((await b.publish(c, reel())).failure).toMatchObject({ kind: 'too-fast' })
})
test('usage headers become quotas', async () => {
  const b = bench()
  const c = await b.connect()
  const { headers, status } = await b
    .http()({
      method: 'GET',
      url: 'https://graph.facebook.com/v25.0/me',
      headers: { authorization: `Bearer ${c.grant.access}` },
    })
    .then((r) => r)
  expect(platform.usage!({ status, headers }, b.now())).toMatchObject([{ bucket: 'usage-app', cap: 100 }])
  const run = await platform.account!(b.channelContext(c))
  expect(run.facts).toMatchObject({ followers: 1840 })
})

test('a look that Facebook does not answer, after the last phase is through, is made again and is no failure', async () => {
  const b = bench()
  const c = await b.connect()
  for (const content of [clip(), reel(), story()]) {
    const before = b.ledger().length
    const waited: number[] = []
    const run = await b.publish(c, content, {
      pass: (ms) => {
        // From the first wait on the video is in Facebook's hands.
        if (waited.push(ms) <= 4) b.fault({ route: 'node', do: 'drop-before' })
        b.pass(ms)
      },
    })
    expect([run.state, run.tries.get('create')]).toEqual(['published', 1])
    expect(b.ledger()).toHaveLength(before + 1)
  }
})
