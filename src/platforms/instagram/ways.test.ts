/** The two logins: what each can and cannot, how long its tokens live, and how they are renewed. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import platform from './index.ts'
import { image, openInstagram, post, story, throughFacebook, video } from './testing.ts'

let kit: Awaited<ReturnType<typeof openInstagram>>
let b: Bench
beforeAll(async () => {
  kit = await openInstagram()
  b = kit.bench
})
beforeEach(() => kit.sandbox.desk.reset())
afterEach(() => expect(kit.sandbox.trouble.splice(0)).toEqual([]))
afterAll(() => kit.close())

const day = 86_400_000
const plain = post('Plain')
const refresh = async (c: Connected): Promise<Connected> => ({
  ...c,
  grant: await platform.connect.refresh!(b.tokenContext(c), c.grant),
})
const failure = async (work: Promise<unknown>) => {
  try {
    await work
  } catch (error) {
    if (error instanceof PlatformFailure) return error.failure
    throw error
  }
  throw new Error('it did not fail')
}
const asked = (route: string) => kit.sandbox.desk.requests({ route })

describe('Instagram Login', () => {
  test('gives the account’s own id, not the app’s name for it, and a token of 60 days', async () => {
    const c = await b.connect()
    expect(c.offer).toMatchObject({
      externalId: '17841400000000101',
      handle: 'marta.bakes',
      facts: { way: 'instagram-login', accountType: 'Business' },
    })
    expect(c.grant.scopes).toContain('instagram_business_manage_comments')
    expect(Math.round((Date.parse(c.grant.expiresAt!) - b.now()) / day)).toBe(60)
  })
  test('a token of 40 days is renewed for another 60, and publishes', async () => {
    const c = await b.connect()
    b.pass(40 * day)
    const fresh = await refresh(c)
    expect(asked('ig-refresh')).toHaveLength(1)
    expect(fresh.grant.access).not.toBe(c.grant.access)
    b.pass(30 * day)
    expect((await b.publish(fresh, plain)).state).toBe('published')
    expect((await b.publish(c, plain)).failure?.kind).toBe('reconnect')
  })
  test('a renewal whose answer is lost is simply asked again', async () => {
    const c = await b.connect()
    b.pass(2 * day)
    b.fault({ route: 'ig-refresh', do: 'drop-after' })
    expect((await failure(refresh(c))).kind).toBe('unknown-outcome')
    expect((await b.publish(await refresh(c), plain)).state).toBe('published')
  })
  test('a token of an hour ago is not renewed but looked at', async () => {
    const c = await b.connect()
    b.pass(3_600_000)
    expect((await refresh(c)).grant).toEqual(c.grant)
    expect(asked('ig-refresh')).toHaveLength(0)
  })
  test('a token that has run out says reconnect', async () => {
    const c = await b.connect()
    b.pass(61 * day)
    expect((await failure(refresh(c))).kind).toBe('reconnect')
  })
  test('a post cannot be deleted, a comment can', async () => {
    const c = await b.connect()
    const run = await b.publish(c, { ...plain, firstComment: 'A comment' })
    const [made, comment] = createdOf(run)
    expect(await failure(platform.remove!(b.channelContext(c), made!))).toMatchObject({
      kind: 'not-permitted',
      code: 'instagram.remove-in-app',
    })
    await platform.remove!(b.channelContext(c), comment!)
    await platform.remove!(b.channelContext(c), comment!)
    expect(b.ledger()).toHaveLength(1)
  })
  test('there is nothing to revoke by a call, and asking is no error', async () => {
    const c = await b.connect()
    await platform.connect.revoke!(b.tokenContext(c), c.grant)
    expect((await b.publish(c, plain)).state).toBe('published')
  })
})

describe('Facebook Login', () => {
  test('offers every linked account with its own Page token', async () => {
    const t = b.context(kit.sandbox.desk.tokens('instagram').credentials)
    const begun = await platform.connect.begin(t, { way: 'facebook-login' })
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const answer = await b.consent(begun.url, { decision: 'allow' })
    const end = await platform.connect.finish(t, answer, begun.keep)
    if ('pending' in end) throw new Error('pending')
    expect(end.offers.map((o) => o.handle)).toEqual(['marta.bakes', 'teo_plants'])
    expect(new Set(end.offers.map((o) => o.grant!.access)).size).toBe(2)
    expect(new Set(end.offers.map((o) => o.grant!.refresh)).size).toBe(1)
    // 90 days of data access, not the 60 of the user token.
    expect(Math.round((Date.parse(end.offers[0]!.grant!.expiresAt!) - b.now()) / day)).toBe(90)
  })
  test('the same account is the same channel either way', async () => {
    expect((await throughFacebook(b)).offer.externalId).toBe((await b.connect()).offer.externalId)
  })
  test('calls go to graph.facebook.com, and neither host takes the other’s token', async () => {
    const c = await throughFacebook(b)
    expect((await b.publish(c, plain)).state).toBe('published')
    expect(new Set(asked('create').map((r) => r.path.split('/')[1]))).toEqual(new Set(['v25.0']))
    const bent = { ...c, grant: { ...c.grant, extra: { way: 'instagram-login' } } }
    expect((await b.publish(bent, plain)).failure).toMatchObject({ kind: 'reconnect' })
  })
  for (const [name, content, posts] of [
    ['a carousel with a comment', { ...post('C', [image, video, image]), firstComment: 'Hello there' }, 2],
    ['a reel', post('R', [video]), 1],
    ['a story', story([image]), 1],
  ] as const)
    test(`${name} is published, and all of it can be removed, twice`, async () => {
      const c = await throughFacebook(b)
      const run = await b.publish(c, content)
      expect(run.failure).toBeUndefined()
      expect(b.ledger()).toHaveLength(posts)
      for (const created of createdOf(run))
        for (let n = 0; n < 2; n++) await platform.remove!(b.channelContext(c), created)
      expect(b.ledger()).toHaveLength(0)
    })
  test('renewing looks at the data access and keeps the token; when that is over a person must confirm', async () => {
    const c = await throughFacebook(b)
    b.pass(50 * day)
    const fresh = await refresh(c)
    expect(fresh.grant.access).toBe(c.grant.access)
    b.pass(41 * day)
    expect(await failure(refresh(c))).toMatchObject({ kind: 'reconnect', code: 'instagram.data-access-over' })
  })
  test('a disconnect takes the permissions back', async () => {
    const c = await throughFacebook(b)
    await platform.connect.revoke!(b.tokenContext(c), c.grant)
    expect((await b.publish(c, plain)).failure?.kind).toBe('reconnect')
  })
  test('without a linked account nothing is connected, and the sentence says what to do', async () => {
    const t = b.context(kit.sandbox.desk.tokens('instagram').credentials)
    const begun = await platform.connect.begin(t, { way: 'facebook-login' })
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const url = new URL(begun.url)
    url.searchParams.set('scope', 'instagram_basic,instagram_content_publish,pages_show_list')
    const answer = await b.consent(url.href, { decision: 'allow' })
    expect(await failure(platform.connect.finish(t, answer, begun.keep))).toMatchObject({
      kind: 'not-permitted',
      code: 'instagram.scope-missing',
    })
  })
})

describe('insights', () => {
  const read = async (c: Connected, content: typeof plain, after = 2 * day) => {
    const run = await b.publish(c, content)
    const publishedAt = b.now()
    b.pass(after)
    const settings = b.view(c, content).settings
    return platform.insights!.post!(b.channelContext(c), { created: createdOf(run), settings, publishedAt })
  }
  test('a reel has watch time, a picture has none', async () => {
    const c = await b.connect()
    const reel = await read(c, post('R', [video]))
    expect(reel!.metrics.watchTimeMs).toBeGreaterThan(0)
    expect(reel!.metrics).toMatchObject({ impressions: null, followers: null, clicks: null })
    expect(reel!.raw).toMatchObject({ ig_reels_avg_watch_time: expect.any(Number) })
    expect((await read(c, plain))!.metrics.watchTimeMs).toBeNull()
  })
  test('numbers grow', async () => {
    const c = await b.connect()
    const early = await read(c, plain, 3_600_000)
    const late = await read(c, plain, 3 * day)
    expect(late!.metrics.views!).toBeGreaterThan(early!.metrics.views!)
  })
  test('a story shows nothing to too few viewers, and has clicks with Facebook Login', async () => {
    const c = await throughFacebook(b)
    expect(await read(c, story([image]), 0)).toBeNull()
    const reading = await read(c, story([image, image]), day / 2)
    expect(reading!.metrics.clicks).toBeGreaterThan(0)
    expect(reading!.raw).toHaveLength(2)
    expect(await read(c, story([image]), 2 * day)).toBeNull()
  })
  test('followers are told even when the account’s numbers are not permitted', async () => {
    const c = await b.connect({
      change: (url) => {
        const scope = url.searchParams.get('scope')!.replace(',instagram_business_manage_insights', '')
        url.searchParams.set('scope', scope)
      },
    })
    const own = await read(c, { ...plain, firstComment: 'A comment' })
    expect(own!.metrics).toMatchObject({ likes: expect.any(Number), comments: expect.any(Number), views: null })
    const reading = await platform.insights!.account!(b.channelContext(c))
    expect(reading.metrics.followers).toBe(4210)
    expect(reading.metrics.reach).toBeNull()
  })
})

describe('quota and usage', () => {
  test('the publishing limit comes from the network', async () => {
    const c = await b.connect()
    kit.sandbox.desk.setKnobs('instagram', { quotaTotal: 100 })
    await b.publish(c, plain)
    const now = await platform.account!(b.channelContext(c))
    expect(now.quotas).toMatchObject([{ bucket: 'posts', used: 1, cap: 100 }])
    expect(now.facts).toMatchObject({ username: 'marta.bakes', followers: 4210 })
  })
  test('every answer carries usage headers we can read', async () => {
    const c = await b.connect()
    const res = await kit.sandbox.call('https://graph.instagram.com/v25.0/me?fields=id', {
      headers: { authorization: `Bearer ${c.grant.access}` },
    })
    const answer = { status: res.status, headers: Object.fromEntries(res.headers) }
    expect(platform.usage!(answer, b.now()).map((q) => q.bucket)).toEqual(['usage-app', 'usage-instagram'])
  })
})

describe('webhooks', () => {
  const hooked = async (c: Connected) => {
    b.shelf.hooks.length = 0
    kit.sandbox.desk.setWebhook('instagram', await b.shelf.hookUrl())
    await platform.webhook!.subscribe!({
      http: b.http(),
      grant: c.grant,
      credentials: c.credentials,
      channel: c.offer,
      url: await b.shelf.hookUrl(),
      secret: 's',
    })
  }
  const caught = async () => {
    await kit.sandbox.desk.tickAll()
    for (let n = 0; n < 6_000 && b.shelf.hooks.length === 0; n++) await new Promise((r) => setTimeout(r, 20))
    const [hook] = b.shelf.hooks
    return { method: 'POST', query: {}, ...hook! } as const
  }
  test('Page-routed events carry Meta’s signature and are believed; two days later they are stale', async () => {
    const c = await throughFacebook(b)
    await hooked(c)
    await b.publish(c, plain)
    kit.sandbox.desk.act('instagram', { do: 'comment', text: 'Nice' })
    const request = await caught()
    const t = await b.hookContext(c)
    expect(await platform.webhook!.verify(t, request)).toBe('ok')
    expect(await platform.webhook!.verify({ ...t, credentials: { instagramAppSecret: 'x' } }, request)).toBe('forged')
    b.pass(2 * day)
    expect(await platform.webhook!.verify(t, request)).toBe('stale')
  })
  test('the last numbers of a story arrive when it ends', async () => {
    const c = await throughFacebook(b)
    await hooked(c)
    const run = await b.publish(c, story([image]))
    b.pass(day + 60_000)
    const events = platform.webhook!.events(await caught())
    expect(events).toMatchObject([{ does: 'metrics', account: c.offer.externalId, ref: createdOf(run)[0]!.id }])
  })
  test('the handshake answers the right word only', async () => {
    const t = await b.hookContext(await b.connect())
    const ask = (word: string) =>
      platform.webhook!.handshake!(t, {
        method: 'GET',
        headers: {},
        body: Buffer.alloc(0),
        query: { 'hub.mode': 'subscribe', 'hub.verify_token': word, 'hub.challenge': '1158201444' },
      })
    expect(ask(t.secret)).toMatchObject({ status: 200, body: '1158201444' })
    expect(ask('guess')).toMatchObject({ status: 403 })
  })
})
