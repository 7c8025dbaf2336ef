/** Threads' login where the contract suite does not reach: exact addresses, trades, renewal, scopes nobody tells. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Bench } from '#kit/testing/bench.ts'
import platform from './index.ts'
import { openThreads, post } from './testing.ts'

let kit: Awaited<ReturnType<typeof openThreads>>
let b: Bench
beforeAll(async () => {
  kit = await openThreads()
  b = kit.bench
})
beforeEach(() => kit.sandbox.desk.reset())
afterEach(() => expect(kit.sandbox.trouble.splice(0)).toEqual([]))
afterAll(() => kit.close())

const day = 86_400_000
const asked = (route: string) => kit.sandbox.desk.requests({ route })
const without = (scope: string) => (url: URL) =>
  url.searchParams.set(
    'scope',
    url.searchParams
      .get('scope')!
      .split(',')
      .filter((s) => s !== scope)
      .join(','),
  )

test('the authorize address is the documented one', async () => {
  const { credentials } = kit.sandbox.desk.tokens('threads')
  const begun = await platform.connect.begin({ ...b.context(credentials), browserUrl: (url) => url }, {})
  if (begun.kind !== 'redirect') throw new Error('no redirect')
  const url = new URL(begun.url)
  expect(url.origin + url.pathname).toBe('https://threads.net/oauth/authorize')
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: credentials.clientId,
    redirect_uri: b.context(credentials).redirectUri,
    response_type: 'code',
    scope:
      'threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies,threads_manage_insights,threads_delete',
    state: b.state,
  })
})
test('the token is a long one, its scopes are the granted ones', async () => {
  const c = await b.connect()
  expect(Date.parse(c.grant.expiresAt!) - b.now()).toBe(5_183_944_000)
  expect(c.grant.scopes).toContain('threads_delete')
  expect(c.offer).toMatchObject({ externalId: '24000000000000101', handle: 'marta.bakes', facts: { mayReply: true } })
  expect(c.offer.profileUrl).toBe('https://www.threads.com/@marta.bakes')
})
test('a code with the `#_` some browsers keep is still a code', async () => {
  const { credentials } = kit.sandbox.desk.tokens('threads')
  const t = b.context(credentials)
  const begun = await platform.connect.begin(t, {})
  if (begun.kind !== 'redirect') throw new Error('no redirect')
  const answer = await b.consent(begun.url, { decision: 'allow' })
  const end = await platform.connect.finish(t, { ...answer, code: `${answer.code}#_` }, begun.keep)
  expect(end).toMatchObject({ offers: [{ handle: 'marta.bakes' }] })
})
test('a permission less narrows the channel, and is known as a fact', async () => {
  const c = await b.connect({ change: without('threads_manage_insights') })
  expect(c.offer.facts).toMatchObject({ mayReadNumbers: false, mayReply: true })
  await expect(platform.insights!.account!(b.channelContext(c))).rejects.toMatchObject({
    failure: { kind: 'not-permitted' },
  })
  expect((await b.publish(c, post('Still publishes'))).state).toBe('published')
})
test('quotas are asked for as far as the permissions go', async () => {
  const all = await platform.account!(b.channelContext(await b.connect()))
  expect(all.quotas).toMatchObject([
    { bucket: 'posts', used: 0, cap: 250 },
    { bucket: 'replies', used: 0, cap: 1000 },
    { bucket: 'deletes', used: 0, cap: 100 },
  ])
  const c = await b.connect({ change: without('threads_manage_replies') })
  const some = await platform.account!(b.channelContext(c))
  expect(some.quotas!.map((q) => q.bucket)).toEqual(['posts', 'deletes'])
})
test('on its first day a token is only looked at, then it is renewed for another 60', async () => {
  const c = await b.connect()
  expect(await platform.connect.refresh!(b.tokenContext(c), c.grant)).toEqual(c.grant)
  expect(asked('refresh')).toHaveLength(0)
  b.pass(50 * day)
  const fresh = await platform.connect.refresh!(b.tokenContext(c), c.grant)
  expect(asked('refresh')).toHaveLength(1)
  expect(Date.parse(fresh.expiresAt!) - b.now()).toBe(5_183_944_000)
  expect(fresh.scopes).toEqual(c.grant.scopes)
  // Renewing does not kill the old one, so a lost answer loses nothing.
  b.fault({ route: 'refresh', do: 'drop-after' })
  b.pass(2 * day)
  await expect(platform.connect.refresh!(b.tokenContext(c), fresh)).rejects.toMatchObject({
    failure: { kind: 'unknown-outcome' },
  })
  const again = await platform.connect.refresh!(b.tokenContext(c), fresh)
  expect((await b.publish({ ...c, grant: again }, post('After the renewal'))).state).toBe('published')
})
test('after 60 days without renewal only a new consent helps', async () => {
  const c = await b.connect()
  b.pass(60 * day)
  await expect(platform.connect.refresh!(b.tokenContext(c), c.grant)).rejects.toMatchObject({
    failure: { kind: 'reconnect' },
  })
})
test('a code is good once, and the person is told what to do', async () => {
  const { credentials } = kit.sandbox.desk.tokens('threads')
  const t = b.context(credentials)
  const begun = await platform.connect.begin(t, {})
  if (begun.kind !== 'redirect') throw new Error('no redirect')
  const answer = await b.consent(begun.url, { decision: 'allow' })
  await platform.connect.finish(t, answer, begun.keep)
  await expect(platform.connect.finish(t, answer, begun.keep)).rejects.toMatchObject({
    failure: { kind: 'not-permitted', code: 'threads.code-refused' },
  })
  const wrong = b.context({ ...credentials, clientSecret: 'wrong-secret' })
  await expect(platform.connect.finish(wrong, answer, begun.keep)).rejects.toMatchObject({
    failure: { code: 'threads.app-refused' },
  })
})
test('deleting is counted, needs its permission, and what is gone is gone', async () => {
  const c = await b.connect()
  const run = await b.publish(c, { ...post('One'), firstComment: 'Two' })
  kit.sandbox.desk.setKnobs('threads', { deleteTotal: 1 })
  const [first, second] = [...run.checkpoints].filter(([k]) => /^(create|comment)/.test(k)).map(([, x]) => x as never)
  await platform.remove!(b.channelContext(c), first!)
  await expect(platform.remove!(b.channelContext(c), second!)).rejects.toMatchObject({ failure: { kind: 'too-fast' } })
  const poor = await b.connect({ change: without('threads_delete') })
  await expect(platform.remove!(b.channelContext(poor), second!)).rejects.toMatchObject({
    failure: { kind: 'not-permitted' },
  })
  kit.sandbox.desk.revoke('threads')
  await expect(platform.remove!(b.channelContext(c), first!)).rejects.toMatchObject({ failure: { kind: 'reconnect' } })
})
