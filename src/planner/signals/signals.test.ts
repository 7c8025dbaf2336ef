import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Reason } from '#contract/outcomes.ts'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { WebhookEvent, WebhookRequest } from '#kit/client/webhook.ts'
import { type ChannelsHouse, channelsHouse } from '../channels/testing/house.ts'
import { sign, talker, talkerNetwork } from '../channels/testing/talker.ts'
import { createSignals, type Signals, type SignalsDeps, sandboxSender } from './service.ts'

const start = Date.UTC(2026, 10, 22, 12)
const clock = manualClock(start)
const keys = memoryKeyRing()
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let hooks: Signals
let ws: string
/** What signs for each realm at the installation's address. */
let words: Record<'live' | 'sandbox', string>
let channel: string
let account = 0
const counted: string[] = []

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  clock.set(start)
  counted.length = 0
  await t.db.deleteFrom('webhook_events').execute()
  await t.db
    .updateTable('channels')
    .set({ removed_at: new Date(start) })
    .execute()
  net = talkerNetwork()
  house = channelsHouse({
    database: t,
    clock,
    keys,
    platforms: [talker()],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })
  ws = (await house.workspace()).ws
  channel = await house.channel({
    ws,
    platform: 'talker',
    grant: { access: 'gold-access' },
    externalId: `a${++account}`,
  })
  hooks = signals()
  const word = async (realm: 'live' | 'sandbox') => (await hooks.door(ws, 'talker', realm)).secret
  words = { live: await word('live'), sandbox: await word('sandbox') }
})

const signals = (more: Partial<SignalsDeps> = {}) =>
  createSignals({
    db: t.db,
    clock,
    keys,
    platforms: house.platforms,
    credentials: house.credentials,
    http: house.http,
    call: house.call,
    keeper: house.keeper,
    publicUrl: 'http://localhost:4400',
    sandbox: true,
    countNow: async (id) => void counted.push(id),
    log: { info: () => {}, warn: () => {} },
    ...more,
  })

let keyed = 0
const event = (e: Partial<WebhookEvent>): WebhookEvent => ({
  key: `k${++keyed}`,
  account: `a${account}`,
  does: 'processing',
  ref: null,
  data: {},
  ...e,
})
const request = (
  events: unknown,
  o: { realm?: 'live' | 'sandbox'; at?: number; signature?: string } = {},
): WebhookRequest => {
  const body = JSON.stringify(events)
  const signature = o.signature ?? sign(body, words[o.realm ?? 'sandbox'])
  return {
    method: 'POST',
    headers: { 'x-signature': signature, 'x-at': String(o.at ?? clock.now()) },
    query: {},
    body: Buffer.from(body),
  }
}
const send = (...events: WebhookEvent[]) => hooks.receive('talker', request(events))
const problem = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? e.code : Promise.reject(e)),
  )
const publication = async (o: {
  state: string
  reason?: Reason
  saved?: unknown
  checkpoint?: unknown
  ref?: string
}) => {
  const id = await house.publication({ ws, channelId: channel, state: 'scheduled', dueAt: new Date(start) })
  const at = new Date(start)
  await t.db
    .insertInto('steps')
    .values({
      publication_id: id,
      key: 'process',
      position: 0,
      state: 'begun',
      saved: JSON.stringify(o.saved ?? null),
      checkpoint: JSON.stringify(o.checkpoint ?? null),
      first_begun_at: at,
      begun_at: at,
    })
    .execute()
  await t.db
    .updateTable('publications')
    .set({
      state: o.state as 'waiting',
      reason: o.reason ?? null,
      next_at: new Date(start + 3_600_000),
      external_id: o.ref ?? null,
    })
    .where('id', '=', id)
    .execute()
  return id
}
/** The create step of a post, as the engine leaves it. */
const posted = (id: string, ref: string) =>
  t.db
    .insertInto('steps')
    .values({
      publication_id: id,
      key: 'create',
      position: 1,
      state: 'done',
      checkpoint: JSON.stringify({ id: ref, url: null }),
      first_begun_at: new Date(start),
      begun_at: new Date(start),
    })
    .execute()
const read = (id: string) => t.db.selectFrom('publications').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const journal = async (id: string) =>
  (await t.db.selectFrom('journal').select('event').where('publication_id', '=', id).orderBy('id').execute()).map(
    (j) => j.event,
  )
const outcomes = async () =>
  (await t.db.selectFrom('webhook_events').select(['does', 'outcome']).orderBy('id').execute()).map((e) => e.outcome)

test('a handshake is answered with our word, a forged one is not; anything else that reads is not found', async () => {
  const shake = (token: string): WebhookRequest => ({
    method: 'GET',
    headers: {},
    query: { challenge: '42', token },
    body: Buffer.alloc(0),
  })
  expect(await hooks.receive('talker', shake(words.live))).toEqual({ status: 200, body: '42' })
  expect((await hooks.receive('talker', shake('guess'))).status).toBe(403)
  expect(await problem(hooks.receive('talker', { ...shake(''), query: {} }))).toBe('not-found')
  expect(await problem(hooks.receive('nobody', shake('')))).toBe('not-found')
})

test('forged and stale ones are refused and leave nothing; the realm is the one whose word signed', async () => {
  expect(await problem(hooks.receive('talker', request([event({})], { signature: 'f'.repeat(64) })))).toBe(
    'webhook-refused',
  )
  expect(await problem(hooks.receive('talker', request([event({})], { at: start - 600_000 })))).toBe('webhook-refused')
  expect(await outcomes()).toEqual([])
  await send(event({}))
  await hooks.receive('talker', request([event({})], { realm: 'live' }))
  const realms = await t.db.selectFrom('webhook_events').select('realm').orderBy('id').execute()
  expect(realms.map((r) => r.realm)).toEqual(['sandbox', 'live'])
  expect(words.live).toMatch(/^[0-9a-f]{64}$/)
})

test('where the sandbox is our own, nobody else speaks in its name, however well it is signed', async () => {
  const own = signals({ sandboxWord: 'sesame' })
  const post = (headers: Record<string, string>, realm: 'live' | 'sandbox' = 'sandbox') => {
    const r = request([event({})], { realm })
    return own.receive('talker', { ...r, headers: { ...r.headers, ...headers } })
  }
  expect(await problem(post({}))).toBe('webhook-refused')
  expect(await problem(post({ [sandboxSender]: 'guess' }))).toBe('webhook-refused')
  expect((await post({ [sandboxSender]: 'sesame' })).status).toBe(200)
  // The network itself knows no such word.
  expect((await post({}, 'live')).status).toBe(200)
  const shake = {
    method: 'GET',
    headers: {},
    query: { challenge: '42', token: words.sandbox },
  } as const
  expect((await own.receive('talker', { ...shake, body: Buffer.alloc(0) })).status).toBe(403)
})

test('a replay is answered and ignored, also inside one delivery', async () => {
  const once = event({ does: 'comment', ref: 'p1' })
  const id = await publication({ state: 'published', ref: 'p1' })
  expect((await send(once, once)).status).toBe(200)
  expect((await send(once)).status).toBe(200)
  await hooks.handleDue()
  await send(once)
  await hooks.handleDue()
  expect(counted).toEqual([id])
})

test('the engine is woken to look for itself: an event settles nothing', async () => {
  const byJson = await publication({
    state: 'waiting',
    reason: 'processing',
    saved: { deep: [{ container: 'c-77', url: null }] },
  })
  const byNumber = await publication({ state: 'waiting', reason: 'processing', checkpoint: { id: 5551 } })
  await send(event({ does: 'published', ref: 'c-77' }), event({ does: 'refused', ref: '5551', message: 'Too long.' }))
  await hooks.handleDue()
  for (const id of [byJson, byNumber])
    expect(await read(id)).toMatchObject({ state: 'waiting', reason: 'processing', next_at: new Date(start) })
  expect([await journal(byJson), await journal(byNumber)]).toEqual([['woken'], ['woken']])
  expect(await outcomes()).toEqual(['woken', 'woken'])
})

test('a rate limit is not shortened, and nothing of another account is touched', async () => {
  const slow = await publication({ state: 'waiting', reason: 'talker.slow', saved: { id: 'c-1' } })
  await send(event({ does: 'published', ref: 'c-1' }), event({ does: 'published', ref: 'c-1', account: 'somebody' }))
  await hooks.handleDue()
  expect((await read(slow)).next_at).toEqual(new Date(start + 3_600_000))
  expect(await outcomes()).toEqual(['ignored', 'no-channel'])
})

test('an event that overtakes the answer it is about is handled again, and given up in the end', async () => {
  await send(event({ does: 'published', ref: 'late' }))
  expect(await hooks.handleDue()).toEqual(new Date(start + 3_000))
  const id = await publication({ state: 'publishing', saved: 'late' })
  clock.set(start + 3_000)
  await hooks.handleDue()
  expect(await outcomes()).toEqual(['busy'])
  await t.db.updateTable('publications').set({ state: 'waiting', reason: 'processing' }).where('id', '=', id).execute()
  clock.set(start + 20_000)
  expect(await hooks.handleDue()).toBeNull()
  expect([await outcomes(), await journal(id)]).toEqual([['woken'], ['woken']])

  await send(event({ does: 'published', ref: 'never' }))
  for (let i = 0; i < 10; i++) {
    await hooks.handleDue()
    clock.set(clock.now() + 20 * 60_000)
  }
  expect(await hooks.handleDue()).toBeNull()
})

test('a post that is gone while what follows it is still to come is looked at when that is over', async () => {
  const id = await publication({ state: 'publishing', ref: 'p8' })
  await posted(id, 'p8')
  await send(event({ does: 'removed', ref: 'p8' }))
  await hooks.handleDue()
  expect(await outcomes()).toEqual(['busy'])
  await t.db.updateTable('publications').set({ state: 'published' }).where('id', '=', id).execute()
  clock.set(start + 3_000)
  await hooks.handleDue()
  expect(await outcomes()).toEqual(['removed'])
  expect((await read(id)).removed_at).not.toBeNull()
})

test('a post that is gone is marked as taken down when a look shows it; a lost reply is only told', async () => {
  const id = await publication({ state: 'published', ref: 'p9', checkpoint: { id: 'reply-9' } })
  await posted(id, 'p9')
  await send(event({ does: 'removed', ref: 'reply-9' }))
  await hooks.handleDue()
  expect((await read(id)).removed_at).toBeNull()
  // The post is asked for, and Talker has none of it.
  await send(event({ does: 'removed', ref: 'p9' }))
  await hooks.handleDue()
  expect(await read(id)).toMatchObject({ state: 'published', reason: 'removed', removed_at: new Date(start) })
  expect(await journal(id)).toEqual(['network-said', 'removed'])
})

test('"gone" does not decide: while the post is there nothing is marked, however often it is said', async () => {
  const id = await publication({ state: 'published', ref: 'p10' })
  await posted(id, 'p10')
  net.says['/posts/p10'] = { body: { id: 'p10' } }
  await send(event({ does: 'removed', ref: 'p10' }))
  for (let i = 0; i < 5; i++) {
    await hooks.handleDue()
    clock.set(clock.now() + 60 * 60_000)
  }
  expect([await outcomes(), await journal(id)]).toEqual([['denied'], []])
  expect((await read(id)).removed_at).toBeNull()
  expect(net.count('/posts/p10')).toBe(3)
  // Without a look nothing is known: asked again later, and marked by nobody.
  net.says['/posts/p10'] = { status: 503, body: { error: 'down' } }
  await send(event({ does: 'removed', ref: 'p10' }))
  await hooks.handleDue()
  expect((await outcomes()).at(-1)).toBe('could-not-look')
  expect((await read(id)).removed_at).toBeNull()
})

test('"revoked" does not decide: a channel that still works stays as it is', async () => {
  net.says['/account'] = { body: { facts: {}, used: 0, resetsAt: null } }
  await send(event({ does: 'revoked' }))
  await hooks.handleDue()
  expect((await house.channels.get(ws, channel)).state).toBe('ok')
  expect(await outcomes()).toEqual(['denied'])
  net.says['/account'] = { status: 503, body: { error: 'down' } }
  await send(event({ does: 'revoked' }))
  await hooks.handleDue()
  expect((await house.channels.get(ws, channel)).state).toBe('ok')
  expect(await outcomes()).toEqual(['denied', 'could-not-look'])
})

test('a link the network tells only later is kept, once, and only an https one', async () => {
  const id = await publication({ state: 'published', ref: 'task-1' })
  await send(event({ does: 'published', ref: 'task-1', url: 'javascript:alert(1)' }))
  await hooks.handleDue()
  expect((await read(id)).permalink).toBeNull()
  await send(event({ does: 'published', ref: 'task-1', url: 'https://talker.example/p/1' }))
  await send(event({ does: 'published', ref: 'task-1', url: 'https://talker.example/p/2' }))
  await hooks.handleDue()
  expect((await read(id)).permalink).toBe('https://talker.example/p/1')
})

test('access taken away marks the channel, unless it was connected again since', async () => {
  net.says['/account'] = { status: 401, body: { error: 'dead' } }
  await send(event({ does: 'revoked' }))
  clock.set(start + 1000)
  await t.db
    .updateTable('channel_tokens')
    .set({ updated_at: new Date(start + 500) })
    .where('channel_id', '=', channel)
    .execute()
  await hooks.handleDue()
  expect((await house.channels.get(ws, channel)).state).toBe('ok')
  // Told late: it happened before the account was connected again.
  await send(event({ does: 'revoked', at: start + 400 }))
  await hooks.handleDue()
  expect((await house.channels.get(ws, channel)).state).toBe('ok')
  await send(event({ does: 'revoked', at: start + 600, message: 'Bye.' }))
  await hooks.handleDue()
  expect(await house.channels.get(ws, channel)).toMatchObject({ state: 'reconnect', stateReason: 'Bye.' })
})

test('text no database can keep is cleaned, long keys are told apart', async () => {
  const long = 'x'.repeat(5000)
  await send(
    event({ key: `${long}1`, ref: 'a\u0000b', data: { 'k\u0000': ['\ud800', '\\u0000'] } }),
    event({ key: `${long}2` }),
  )
  const rows = await t.db.selectFrom('webhook_events').select(['ref', 'data']).orderBy('id').execute()
  expect(rows[0]).toEqual({ ref: 'ab', data: { k: ['\ufffd', '\\u0000'] } })
  expect(rows).toHaveLength(2)
})

test('events are forgotten after 30 days', async () => {
  await send(event({ does: 'other' }))
  clock.set(start + 29 * 86_400_000)
  expect(await hooks.sweep()).toBe(0)
  clock.set(start + 31 * 86_400_000)
  expect(await hooks.sweep()).toBe(1)
})

test('the network is asked for events after connecting, again after a failure, and anew every few days', async () => {
  net.says['/subscribe'] = { status: 503, body: { error: 'down' } }
  await hooks.subscribeSoon(t.db, channel)
  expect(await hooks.subscribeDue()).toEqual(new Date(start + 60_000))
  net.says['/subscribe'] = {}
  clock.set(start + 60_000)
  await hooks.subscribeDue()
  expect(JSON.parse(net.asked.at(-1)!.body)).toEqual({
    url: 'http://localhost:4400/webhooks/talker',
    secret: words.sandbox,
  })
  expect(net.count('/subscribe')).toBe(2)
  await hooks.subscribeDue()
  expect(net.count('/subscribe')).toBe(2)
  clock.set(start + 4 * 86_400_000)
  await hooks.subscribeDue()
  expect(net.count('/subscribe')).toBe(3)
  // A live network could not reach an address of this machine.
  await t.db.updateTable('channels').set({ realm: 'live' }).where('id', '=', channel).execute()
  await hooks.subscribeSoon(t.db, channel)
  await hooks.subscribeDue()
  expect(net.count('/subscribe')).toBe(3)
})

test('a person who stands behind several accounts takes all of them back, and only by "revoked"', async () => {
  net.says['/account'] = { status: 401, body: { error: 'dead' } }
  await t.db.updateTable('channels').set({ person_id: 'person-1' }).where('id', '=', channel).execute()
  await send(event({ account: 'person-1', does: 'comment', ref: 'x' }))
  await send(event({ account: 'person-1', does: 'revoked' }))
  await hooks.handleDue()
  expect(await outcomes()).toEqual(['no-channel', 'revoked'])
  expect((await house.channels.get(ws, channel)).state).toBe('reconnect')
})

test('a request for deletion is answered with a code; what we have of the person goes once the network agrees', async () => {
  await t.db
    .updateTable('channels')
    .set({ person_id: 'person-2', avatar_url: 'https://talker.example/me.png', facts: '{"age":7}' })
    .where('id', '=', channel)
    .execute()
  const number = { channel_id: channel, at: new Date(start), metrics: '{"followers":3}', raw: '{"name":"me"}' }
  await t.db.insertInto('snapshots').values(number).execute()
  const asks = (at: number) => request({ person: 'person-2', at })
  expect(await problem(hooks.forget('talker', { ...asks(start), headers: {} }))).toBe('webhook-refused')
  expect(await problem(hooks.forget('nobody', asks(start)))).toBe('not-found')

  // The account still works for us: nothing is deleted on anybody's word.
  net.says['/account'] = { body: { facts: {}, used: 0, resetsAt: null } }
  const first = await hooks.forget('talker', asks(start))
  expect(first).toMatch(/^[0-9a-f]{24}$/)
  expect(await hooks.deletion('talker', first)).toBe('asked')
  for (let i = 0; i < 5; i++) {
    await hooks.handleDue()
    clock.set(clock.now() + 3_600_000)
  }
  expect(await hooks.deletion('talker', first)).toBe('open')
  expect(
    await t.db.selectFrom('channel_tokens').select('channel_id').where('channel_id', '=', channel).execute(),
  ).toHaveLength(1)

  net.says['/account'] = { status: 401, body: { error: 'dead' } }
  const code = await hooks.forget('talker', asks(clock.now()))
  expect([code === first, await hooks.forget('talker', asks(clock.now()))]).toEqual([false, code])
  await hooks.handleDue()
  expect(await hooks.deletion('talker', code)).toBe('done')
  expect(await hooks.deletion('talker', 'f'.repeat(24))).toBeNull()
  const kept = await t.db.selectFrom('channels').selectAll().where('id', '=', channel).executeTakeFirstOrThrow()
  expect(kept).toMatchObject({
    ...{ state: 'reconnect', person_id: null, avatar_url: null, profile_url: null, facts: {} },
    ...{ name: '\u2014', handle: '\u2014', external_id: `a${account}` },
  })
  expect(await t.db.selectFrom('snapshots').select('id').where('channel_id', '=', channel).execute()).toEqual([])
  expect(
    await t.db.selectFrom('channel_tokens').select('channel_id').where('channel_id', '=', channel).execute(),
  ).toEqual([])

  // Whoever connects the account again is not stopped by what is known of the token of before.
  const again = await house.channel({
    ...{ ws, platform: 'talker', grant: { access: 'gold-access' }, externalId: `a${account}` },
  })
  expect([again, (await house.keeper.grant(again)).generation]).toEqual([channel, 2])
  expect(await house.keeper.markReconnect(again, 'Old news.', 1)).toBe(false)
  expect((await house.channels.get(ws, again)).state).toBe('ok')
})
