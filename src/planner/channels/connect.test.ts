/** Long on purpose: every way a connection attempt can go, against one toy network. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Problem, type ProblemCode } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { topics } from '#infra/db/database.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { codeConnector, formConnector } from '#kit/client/connectors.ts'
import type { Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { createSandboxRobot, type SandboxRobot } from '#server/sandbox-robot.ts'
import { flowLifeMs } from './connect.ts'
import { connectSandbox } from './connect-all.ts'
import { takeState } from './flow-store.ts'
import { sweepFlows } from './jobs.ts'
import { resealChannels } from './reseal.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { toy } from './testing/toy.ts'
import { toyImitation } from './testing/toy-imitation.ts'
import { readToken } from './token-store.ts'

const single = { id: 'toy-single', rotates: true }
const pages = { id: 'toy-pages', rotates: false, many: true, ownTokens: true }
const shared = { id: 'toy-shared', rotates: true, many: true }
/** A form and a code network, with the kit's own connectors and no network behind them. */
const account = (id: string) => ({
  externalId: id,
  kind: 'profile',
  name: id,
  handle: id,
  avatarUrl: null,
  profileUrl: null,
  facts: {},
})
let whileAsked = async () => {}
const formed: Platform = {
  ...toy({ id: 'toy-form', rotates: false }),
  connect: formConnector({
    logIn: async (_t, form) => {
      await whileAsked()
      if (form.password !== 'right')
        throw new PlatformFailure({
          kind: 'not-permitted',
          code: 'toy-form.login',
          message: 'The name or password is wrong.',
        })
      return { grant: { access: 'x' }, offers: [account(form.name!)] }
    },
  }),
}
formed.spec = {
  ...formed.spec,
  connect: 'form',
  connectForm: [
    { name: 'name', label: 'Name' },
    { name: 'password', label: 'Password', secret: true },
  ],
}
const seenCodes = new Set<string>()
const coded: Platform = {
  ...toy({ id: 'toy-code', rotates: false }),
  connect: codeConnector({
    show: async () => ({ instructions: 'Post it.' }),
    readCode: async (_t, code) =>
      seenCodes.has(code) ? { grant: { access: 'x' }, offers: [account('chat')] } : { pending: 'not seen yet' },
  }),
}

const clock = manualClock()
const keys = memoryKeyRing()
let database: TestDatabase
let sandbox: TestSandbox
let house: ChannelsHouse
let robot: SandboxRobot
let me: { ws: string; userId: string }

beforeAll(async () => {
  database = await testDatabase()
  sandbox = await startSandbox(
    [
      toyImitation(single),
      toyImitation(pages),
      toyImitation(shared),
      toyImitation({ id: 'toy-form', rotates: false }),
      toyImitation({ id: 'toy-code', rotates: false }),
    ],
    { clock },
  )
  house = channelsHouse({
    database,
    clock,
    keys,
    platforms: [toy(single), toy(pages), toy(shared), formed, coded],
    sandboxUrl: sandbox.url,
  })
  robot = createSandboxRobot({ sandboxUrl: sandbox.url, browserSandboxUrl: sandbox.url })
})
beforeEach(async () => {
  me = await house.workspace()
})
afterAll(async () => {
  await sandbox.close()
  await database.drop()
})

const begin = (
  platform = single.id,
  o: { channelId?: string; ws?: string; userId?: string; form?: Record<string, string> } = {},
) => house.connect.begin({ ...me, platform, realm: 'sandbox', form: {}, ...o })
const through = async (platform = single.id, o: { channelId?: string; ws?: string; userId?: string } = {}) => {
  const flow = await begin(platform, o)
  return house.connect.callback(platform, await robot.consent(flow.url!), o.userId ?? me.userId)
}
const problem = async (code: ProblemCode, promise: Promise<unknown>) => {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(Problem)
  expect((error as Problem).code).toBe(code)
  return error as Problem
}
const tokenCalls = () => sandbox.desk.requests({ platform: single.id, route: 'token' }).length

describe('the redirect flow', () => {
  it('connects a single account at once, with sealed tokens that work', async () => {
    const flow = await through()
    expect(flow).toMatchObject({ step: 'done', error: null, offers: [] })
    expect(flow.channels).toMatchObject([
      { platform: single.id, externalId: '1', name: 'Ada', state: 'ok', realm: 'sandbox' },
    ])
    const row = await readToken(database.db, flow.channels[0]!.id)
    const { grant } = await house.keeper.grant(flow.channels[0]!.id)
    expect(row!.sealed).not.toContain(grant.access)
    expect(row!.refreshAt!.getTime()).toBeLessThanOrEqual(clock.now() + 2 * 3_600_000 - 5 * 60_000)
    expect(
      (await sandbox.call('https://toy-single.example/me', { headers: { authorization: `Bearer ${grant.access}` } }))
        .status,
    ).toBe(200)
  })

  it('keeps what the network granted, and when the channel last changed', async () => {
    const flow = await through()
    const [channel] = flow.channels
    expect(channel).toMatchObject({ scopes: ['post'], updatedAt: channel!.createdAt })
    clock.set(clock.now() + 5_000)
    const paused = await house.channels.pause(me.ws, channel!.id)
    expect(paused.updatedAt).toBe(new Date(clock.now()).toISOString())
  })

  it('offers several accounts to choose from, each with its own token', async () => {
    const flow = await through(pages.id)
    expect(flow.step).toBe('choose')
    expect(flow.offers.map((o) => [o.name, o.connected])).toEqual([
      ['Ada', false],
      ['Bo', false],
    ])
    await problem('validation', house.connect.choose(me.ws, flow.id, ['2', 'stranger']))
    const chosen = await house.connect.choose(me.ws, flow.id, ['1', '2'])
    expect(chosen.step).toBe('done')
    const tokens = await Promise.all(
      chosen.channels.map(async (c) => [c.externalId, (await house.keeper.grant(c.id)).grant.access]),
    )
    expect(tokens).toEqual([
      ['1', 'page-1'],
      ['2', 'page-2'],
    ])
    await problem('conflict', house.connect.choose(me.ws, flow.id, ['1']))
  })

  it('refuses to spread one rotating sign-in over two channels: they would end each other', async () => {
    const flow = await through(shared.id)
    await problem('conflict', house.connect.choose(me.ws, flow.id, ['1', '2']))
    expect((await house.connect.choose(me.ws, flow.id, ['2'])).step).toBe('done')
  })

  it('a denied consent fails with a sentence, and connects nothing', async () => {
    const flow = await begin()
    const posted = await fetch(flow.url!, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'decision=deny',
    })
    const query = Object.fromEntries(new URL(posted.headers.get('location')!).searchParams)
    const after = await house.connect.callback(single.id, query, me.userId)
    expect(after).toMatchObject({
      step: 'failed',
      error: 'You did not allow Clarion on Toy toy-single. Nothing was connected.',
      channels: [],
    })
    expect(await house.channels.list(me.ws)).toEqual([])
  })

  it('a state works once: replayed at once or later, it trades no second code', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    const before = tokenCalls()
    const results = await Promise.allSettled([
      house.connect.callback(single.id, query, me.userId),
      house.connect.callback(single.id, query, me.userId),
    ])
    expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected'])
    await problem('connect-failed', house.connect.callback(single.id, query, me.userId))
    expect(tokenCalls() - before).toBe(1)
    expect(await house.channels.list(me.ws)).toHaveLength(1)
  })

  it('a wrong, missing or foreign state is refused before any call', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    const before = tokenCalls()
    await problem(
      'connect-failed',
      house.connect.callback(single.id, { ...query, state: `${query.state}x` }, me.userId),
    )
    await problem('connect-failed', house.connect.callback(single.id, { code: query.code! }, me.userId))
    await problem('connect-failed', house.connect.callback(pages.id, query, me.userId))
    const other = await house.workspace()
    await problem('forbidden', house.connect.callback(single.id, query, other.userId))
    await problem('forbidden', house.connect.callback(single.id, query, null))
    expect(tokenCalls()).toBe(before)
    expect((await house.connect.callback(single.id, query, me.userId)).step).toBe('done')
  })

  it('states are unguessable: 256 bits, never repeated', async () => {
    const states = await Promise.all(
      [1, 2, 3].map(async () => new URL((await begin()).url!).searchParams.get('state')!),
    )
    expect(new Set(states).size).toBe(3)
    for (const s of states) expect(Buffer.from(s, 'base64url')).toHaveLength(32)
  })

  it('an expired flow is over, and swept a day later', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    await clock.advance(flowLifeMs)
    await problem('connect-expired', house.connect.callback(single.id, query, me.userId))
    expect(await house.connect.poll(me.ws, flow.id)).toMatchObject({
      step: 'failed',
      error: 'This connection attempt is over. Start connecting again.',
    })
    await clock.advance(24 * 3_600_000 + 1)
    expect(await sweepFlows(database.db, new Date(clock.now()))).toBeGreaterThan(0)
    await problem('not-found', house.connect.poll(me.ws, flow.id))
  })

  it('a network that fails the trade fails the flow, and the answer stays spent', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    sandbox.desk.setFault({ platform: single.id, route: 'token', do: 'drop-before' })
    expect((await house.connect.callback(single.id, query, me.userId)).step).toBe('failed')
    await problem('connect-failed', house.connect.callback(single.id, query, me.userId))
  })

  it('a trade cut short by a crash is over two minutes later, not open for ever', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    await takeState(database.db, flow.id, query.state!, new Date(clock.now() + 120_000))
    expect((await house.connect.poll(me.ws, flow.id)).step).toBe('redirect')
    await clock.advance(120_000)
    expect((await house.connect.poll(me.ws, flow.id)).step).toBe('failed')
  })

  it('a person who lost the role meanwhile connects nothing', async () => {
    const flow = await begin()
    const query = await robot.consent(flow.url!)
    await database.db.updateTable('members').set({ role: 'editor' }).where('user_id', '=', me.userId).execute()
    await problem('forbidden', house.connect.callback(single.id, query, me.userId))
  })

  it('another workspace’s flow is not found, whatever is asked of it', async () => {
    const flow = await through(pages.id)
    const other = await house.workspace()
    await problem('not-found', house.connect.poll(other.ws, flow.id))
    await problem('not-found', house.connect.answer(other.ws, flow.id, {}))
    await problem('not-found', house.connect.choose(other.ws, flow.id, ['1']))
  })

  it('nothing secret is in what the browser is shown', async () => {
    const flow = await through(pages.id)
    const row = await database.db
      .selectFrom('connect_flows')
      .selectAll()
      .where('id', '=', flow.id)
      .executeTakeFirstOrThrow()
    // Tokens as a value of their own: within the state, which is random, such letters may stand by chance.
    expect(JSON.stringify([row.public, flow])).not.toMatch(/page-1|toy-secret|verifier|["=][ar]-\w{20}["&]/)
    expect(row.sealed).not.toContain('page-1')
  })

  it('unknown platforms, channels and the sandbox that is off are named', async () => {
    await problem('not-found', begin('nowhere'))
    await problem('not-found', begin(single.id, { channelId: me.ws }))
    const mine = (await through()).channels[0]!
    await problem('conflict', begin(pages.id, { channelId: mine.id }))
    await problem('credentials-missing', house.connect.begin({ ...me, platform: single.id, realm: 'live', form: {} }))
  })
})

describe('form and code flows', () => {
  it('keep no database connection while the network is asked; of two answers the first one stored stands', async () => {
    const flow = await begin('toy-form')
    const { pool } = database
    const held: number[] = []
    let second: Promise<unknown> | undefined
    whileAsked = async () => {
      whileAsked = async () => {}
      held.push(pool.totalCount - pool.idleCount)
      second = house.connect.answer(me.ws, flow.id, { name: 'second', password: 'right' })
      await second
    }
    const first = await house.connect.answer(me.ws, flow.id, { name: 'first', password: 'right' })
    expect(held).toEqual([0])
    expect(first).toEqual(await second)
    expect(first).toMatchObject({ step: 'done', channels: [{ name: 'second' }] })
    expect((await house.channels.list(me.ws)).map((c) => c.name)).toEqual(['second'])
  })

  it('a refused form stays open with the reason, and may be corrected', async () => {
    const flow = await begin('toy-form')
    expect(flow.step).toBe('form')
    expect(await house.connect.answer(me.ws, flow.id, { name: 'ada', password: 'wrong' })).toMatchObject({
      step: 'form',
      error: 'The name or password is wrong.',
    })
    expect(
      (await problem('validation', house.connect.answer(me.ws, flow.id, { name: 'ada', pass: 'x' }))).extra.errors,
    ).toHaveLength(2)
    expect(await house.connect.answer(me.ws, flow.id, { name: 'ada', password: 'right' })).toMatchObject({
      step: 'done',
      error: null,
      channels: [{ externalId: 'ada' }],
    })
    await problem('conflict', house.connect.answer(me.ws, flow.id, { name: 'ada', password: 'right' }))
    const late = await begin('toy-form')
    await clock.advance(flowLifeMs)
    await problem('connect-expired', house.connect.answer(me.ws, late.id, { name: 'ada', password: 'right' }))
  })

  it('a form sent along is answered in one call', async () => {
    expect(await begin('toy-form', { form: { name: 'bo', password: 'right' } })).toMatchObject({
      step: 'done',
      channels: [{ externalId: 'bo' }],
    })
  })

  it('a code flow is looked at on every poll until the code is seen', async () => {
    const flow = await begin('toy-code')
    expect(flow).toMatchObject({ step: 'code', instructions: 'Post it.' })
    expect((await house.connect.poll(me.ws, flow.id)).step).toBe('code')
    seenCodes.add(flow.code!)
    expect(await house.connect.poll(me.ws, flow.id)).toMatchObject({ step: 'done', channels: [{ externalId: 'chat' }] })
    expect(await house.channels.list(me.ws)).toHaveLength(1)
  })
})

describe('connecting again', () => {
  it('clears reconnect, keeps everything scheduled, and wakes what was held', async () => {
    const channelId = (await through()).channels[0]!.id
    const past = new Date(clock.now() - 60_000)
    const future = new Date(clock.now() + 3_600_000)
    const held = await house.publication({ ws: me.ws, channelId, state: 'held', reason: 'reconnect', dueAt: past })
    const waiting = await house.publication({ ws: me.ws, channelId, state: 'scheduled', dueAt: future })
    await house.keeper.markReconnect(channelId, 'over')
    expect(await house.channels.get(me.ws, channelId)).toMatchObject({
      state: 'reconnect',
      stateReason: 'over',
      scheduled: 2,
    })
    const due: string[] = []
    const connected: string[] = []
    const stops = [
      await database.listen(topics.due, (p) => due.push(p)),
      await database.listen(topics.connected, (p) => connected.push(p)),
    ]
    const flow = await through(single.id, { channelId })
    expect(flow.channels.map((c) => c.id)).toEqual([channelId])
    expect(await house.channels.get(me.ws, channelId)).toMatchObject({ state: 'ok', stateReason: null, scheduled: 2 })
    const rows = await database.db
      .selectFrom('publications')
      .select(['id', 'state', 'reason', 'next_at', 'due_at'])
      .where('channel_id', '=', channelId)
      .execute()
    expect(rows.find((r) => r.id === held)).toMatchObject({
      state: 'scheduled',
      reason: null,
      next_at: new Date(clock.now()),
      due_at: past,
    })
    expect(rows.find((r) => r.id === waiting)).toMatchObject({ state: 'scheduled', next_at: future })
    expect((await house.keeper.grant(channelId)).generation).toBe(2)
    await expect.poll(() => due.length).toBeGreaterThan(0)
    await expect.poll(() => connected.length).toBeGreaterThan(0)
    await Promise.all(stops.map((stop) => stop()))
  })

  it('with another account is refused by name, and changes nothing', async () => {
    const channelId = (await through()).channels[0]!.id
    await database.db
      .updateTable('channels')
      .set({ external_id: '9', handle: 'zoe' })
      .where('id', '=', channelId)
      .execute()
    const flow = await through(single.id, { channelId })
    expect(flow).toMatchObject({
      step: 'failed',
      error: expect.stringContaining('You signed in as ada, but this channel is zoe.'),
    })
    expect((await house.keeper.grant(channelId)).generation).toBe(1)
  })

  it('two workspaces may connect one account; each has its own tokens', async () => {
    const other = await house.workspace()
    const a = (await through()).channels[0]!
    const b = (await through(single.id, other)).channels[0]!
    expect(a.externalId).toBe(b.externalId)
    expect(a.id).not.toBe(b.id)
    await problem('not-found', house.channels.get(me.ws, b.id))
    await house.channels.remove(me.ws, a.id)
    expect((await house.channels.get(other.ws, b.id)).state).toBe('ok')
    await house.keeper.renew(b.id)
  })

  it('a person’s new tokens win over a refresh in flight', async () => {
    const channelId = (await through()).channels[0]!.id
    sandbox.desk.setFault({ platform: single.id, route: 'token', do: 'slow', ms: 1000 })
    const renewing = house.keeper.renew(channelId)
    await expect.poll(() => sandbox.desk.requests({ platform: single.id, route: 'token' }).at(-1)?.fault).toBe('slow')
    await through(single.id, { channelId })
    const connected = await house.keeper.grant(channelId)
    await clock.advance(1000)
    await renewing
    expect((await house.keeper.grant(channelId)).grant.access).toBe(connected.grant.access)
    expect((await house.channels.check(me.ws, channelId)).state).toBe('ok')
  })
})

describe('channels', () => {
  it('removing holds what was scheduled, deletes the tokens, and revokes them at the network', async () => {
    // A network may revoke the whole account: with the account connected elsewhere its tokens are left alone.
    await database.db.deleteFrom('publications').execute()
    await database.db.deleteFrom('connect_flows').execute()
    await database.db.deleteFrom('channels').execute()
    const channelId = (await through()).channels[0]!.id
    const { grant } = await house.keeper.grant(channelId)
    const publication = await house.publication({
      ws: me.ws,
      channelId,
      state: 'scheduled',
      dueAt: new Date(clock.now() + 1000),
    })
    await house.channels.remove(me.ws, channelId)
    expect(
      await database.db
        .selectFrom('publications')
        .select(['state', 'reason'])
        .where('id', '=', publication)
        .executeTakeFirst(),
    ).toEqual({ state: 'held', reason: 'channel-removed' })
    expect(await readToken(database.db, channelId)).toBeUndefined()
    expect(
      (await sandbox.call('https://toy-single.example/me', { headers: { authorization: `Bearer ${grant.access}` } }))
        .status,
    ).toBe(401)
    await problem('not-found', house.channels.get(me.ws, channelId))
    await expect(house.keeper.grant(channelId)).rejects.toThrow('removed')
    // Connecting the account again brings the channel and what waited for it back.
    expect((await through()).channels[0]!.id).toBe(channelId)
    expect(
      await database.db.selectFrom('publications').select('state').where('id', '=', publication).executeTakeFirst(),
    ).toEqual({ state: 'scheduled' })
  })

  it('pause and resume show, and a channel of another workspace is not found', async () => {
    const channelId = (await through()).channels[0]!.id
    expect((await house.channels.pause(me.ws, channelId)).pausedAt).not.toBeNull()
    expect((await house.channels.resume(me.ws, channelId)).pausedAt).toBeNull()
    const other = await house.workspace()
    for (const f of [
      house.channels.get,
      house.channels.pause,
      house.channels.resume,
      house.channels.check,
      house.channels.remove,
    ])
      await problem('not-found', f(other.ws, channelId))
  })

  it('check tells a revoked channel, and heals one that was wrongly given up', async () => {
    const channelId = (await through()).channels[0]!.id
    await house.keeper.markReconnect(channelId, 'by mistake')
    expect(await house.channels.check(me.ws, channelId)).toMatchObject({ state: 'ok', stateReason: null })
    sandbox.desk.revoke(single.id)
    expect(await house.channels.check(me.ws, channelId)).toMatchObject({
      state: 'reconnect',
      stateReason: 'The toy network no longer takes the token.',
    })
  })
})

describe('keys', () => {
  it('after a rotation everything is sealed again, opens with the new key alone, and still works', async () => {
    const channelId = (await through()).channels[0]!.id
    const flow = await through(pages.id)
    await house.credentials.set(me.ws, single.id, { clientId: 'a', clientSecret: 'b' })
    await keys.rotate()
    expect(await resealChannels(database.db, keys)).toBeGreaterThanOrEqual(3)
    expect(await resealChannels(database.db, keys)).toBe(0)
    await keys.forgetOld()
    expect((await house.keeper.renew(channelId)).generation).toBe(2)
    expect((await house.connect.choose(me.ws, flow.id, ['1'])).step).toBe('done')
    expect((await house.credentials.get(me.ws, single.id, 'live')).clientId).toBe('a')
  })
})

describe('app credentials', () => {
  it('are sealed, checked against the spec, and complete only when nothing is missing', async () => {
    const { credentials } = house
    expect(await credentials.complete(me.ws, pages.id)).toBe(false)
    await problem('validation', credentials.set(me.ws, pages.id, { clientId: 'x' }))
    await problem('validation', credentials.set(me.ws, pages.id, { clientId: 'x', clientSecret: 'y', apiKey: 'z' }))
    await problem('not-found', credentials.set(me.ws, 'nowhere', {}))
    await credentials.set(me.ws, pages.id, { clientId: 'x', clientSecret: 'very-secret' })
    expect(await credentials.complete(me.ws, pages.id)).toBe(true)
    expect(await credentials.get(me.ws, pages.id, 'live')).toEqual({ clientId: 'x', clientSecret: 'very-secret' })
    await credentials.set(me.ws, pages.id, { clientId: 'x2' })
    expect(await credentials.get(me.ws, pages.id, 'live')).toEqual({ clientId: 'x2', clientSecret: 'very-secret' })
    const rows = await database.db.selectFrom('platform_credentials').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain('very-secret')
    // Another workspace has none of them, and one of its own changes nothing here.
    const other = (await house.workspace()).ws
    expect(await credentials.complete(other, pages.id)).toBe(false)
    await problem('credentials-missing', credentials.get(other, pages.id, 'live'))
    await credentials.set(other, pages.id, { clientId: 'theirs', clientSecret: 'their-secret' })
    expect(await credentials.get(me.ws, pages.id, 'live')).toMatchObject({ clientId: 'x2' })
    expect(await credentials.get(other, pages.id, 'live')).toEqual({ clientId: 'theirs', clientSecret: 'their-secret' })
    expect((await credentials.all(pages.id, 'live')).map((c) => c.clientId).sort()).toEqual(['theirs', 'x2'])
    // The sandbox has its own.
    expect(await credentials.get(me.ws, pages.id, 'sandbox')).toEqual({
      clientId: 'toy-client',
      clientSecret: 'toy-secret',
    })
  })
})

it('connect-all goes through the real flows, and again without harm', async () => {
  const platforms = new Map([single, pages].map((o) => [o.id, house.platforms.get(o.id)!]))
  const deps = { clock, platforms, connect: house.connect, robot }
  const first = await connectSandbox(deps, me)
  expect(first.map((c) => c.platform)).toEqual([single.id, pages.id])
  expect((await connectSandbox(deps, me)).map((c) => c.id)).toEqual(first.map((c) => c.id))
  await problem('sandbox-off', connectSandbox({ ...deps, robot: null }, me))
  sandbox.desk.setFault({ platform: single.id, route: 'token', do: 'answer-before', status: 503 })
  expect((await problem('connect-failed', connectSandbox(deps, me))).message).toContain('Toy toy-single')
})
