import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { topics } from '#infra/db/database.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { lostAnswer, unreadable } from './rules.ts'
import { type Hand, worker } from './testing/crew.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { toy } from './testing/toy.ts'
import { toyImitation } from './testing/toy-imitation.ts'
import type { WorkerOrder } from './testing/worker.ts'
import { readToken } from './token-store.ts'

const keyText = `k1:${Buffer.alloc(32, 7).toString('base64')}`
const keys = keyRingFrom(keyText)
const turning = { id: 'toy-turning', rotates: true }
const steady = { id: 'toy-steady', rotates: false }

let database: TestDatabase
let sandbox: TestSandbox
let house: ChannelsHouse
let ws: string
let hands: Hand[] = []

beforeAll(async () => {
  database = await testDatabase()
  sandbox = await startSandbox([toyImitation(turning), toyImitation(steady)], { clock: systemClock })
  house = channelsHouse({
    database,
    clock: systemClock,
    keys,
    platforms: [toy(turning), toy(steady)],
    sandboxUrl: sandbox.url,
  })
})
beforeEach(async () => {
  sandbox.desk.reset()
  // Their tokens are dead with the reset; a refresh job would trip over them.
  await database.db.deleteFrom('channels').execute()
  ws = (await house.workspace()).ws
})
afterEach(async () => {
  await Promise.all(hands.map((h) => h.kill()))
  hands = []
})
afterAll(async () => {
  await sandbox.close()
  await database.drop()
})

/** An address where nobody listens: a connection is refused, which proves that nothing was sent. */
const deadUrl = async () => {
  const gone = await startSandbox([])
  await gone.close()
  return gone.url
}
/** Connections of this database that hold an advisory lock. */
const holders =
  "select $pid from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid() and database = (select oid from pg_database where datname = current_database())"
const inMs = (ms: number) => new Date(systemClock.now() + ms)
/** A pair the network knows, as a grant that ends in `leftMs`. */
const issued = (platform: string, leftMs = 2 * 3_600_000): Grant => {
  const { tokens } = sandbox.desk.tokens(platform)
  return {
    access: String(tokens.access),
    refresh: String(tokens.refresh),
    expiresAt: inMs(leftMs).toISOString(),
    scopes: ['post'],
  }
}
/** Does the network take this access token? The network's own word. */
const works = async (platform: string, access: string) =>
  (await sandbox.call(`https://${platform}.example/me`, { headers: { authorization: `Bearer ${access}` } })).status ===
  200
const calls = (platform: string) => sandbox.desk.requests({ platform, route: 'token' }).length
const stateOf = (id: string) =>
  database.db.selectFrom('channels').select(['state', 'state_reason']).where('id', '=', id).executeTakeFirstOrThrow()
const failure = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  if (!(error instanceof PlatformFailure)) throw new Error(`expected a PlatformFailure, got ${String(error)}`)
  return error.failure
}
const start = (order: Pick<WorkerOrder, 'channelId' | 'do' | 'stall'> & { toy: typeof turning }): Hand => {
  const { toy: options, ...rest } = order
  const hand = worker({
    databaseUrl: database.url,
    keys: keyText,
    sandboxUrl: sandbox.url,
    platform: { toy: options },
    ...rest,
  })
  hands.push(hand)
  return hand
}

describe('one refresh at a time', () => {
  it('two processes renewing one channel make one call at the network and get the same token', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'slow', ms: 500 })
    const order = { channelId, do: 'renew', generation: 1, toy: turning } as const
    const two = [start(order), start(order)]
    await Promise.all(two.map((w) => w.until('ready')))
    for (const w of two) w.go()
    const ends = await Promise.all(two.map((w) => w.until('end')))
    expect(calls(turning.id)).toBe(1)
    expect(ends.map((e) => e.generation)).toEqual([2, 2])
    expect(ends[0]!.access).toBe(ends[1]!.access)
    expect(await works(turning.id, ends[0]!.access!)).toBe(true)
  })

  it('two processes running the refresh job never take the same channel', async () => {
    const ids = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        house.channel({
          ws,
          platform: turning.id,
          externalId: `many-${n}`,
          grant: issued(turning.id),
          refreshAt: inMs(-1000),
        }),
      ),
    )
    const two = ids.slice(0, 2).map((channelId) => start({ channelId, do: 'refreshDue', toy: turning }))
    await Promise.all(two.map((w) => w.until('ready')))
    for (const w of two) w.go()
    const ends = await Promise.all(two.map((w) => w.until('end')))
    expect(ends.reduce((n, e) => n + (e.count ?? 0), 0)).toBe(4)
    expect(calls(turning.id)).toBe(4)
    for (const id of ids) expect(await works(turning.id, (await house.keeper.grant(id)).grant.access)).toBe(true)
  })

  it('callers of one process share one flight, and one who holds a newer token makes none', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => house.keeper.renew(channelId, 1)))
    expect(new Set(all.map((h) => h.grant.access)).size).toBe(1)
    expect((await house.keeper.renew(channelId, 1)).generation).toBe(2)
    expect(calls(turning.id)).toBe(1)
  })

  it('waiters do not ask again when the first one asked in vain', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'answer-before', status: 503, times: 5 })
    const other = channelsHouse({
      database,
      clock: systemClock,
      keys,
      platforms: [toy(turning)],
      sandboxUrl: sandbox.url,
    })
    // Both have read the same token and wait for their turn before the first may ask.
    const turn = await database.pool.connect()
    const name = `clarion/token/${channelId}`
    await turn.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    const both = Promise.all([failure(house.keeper.renew(channelId, 1)), failure(other.keeper.renew(channelId, 1))])
    const waiting = async () =>
      (
        await turn.query<{ n: number }>(
          `select count(*)::int as n from pg_locks l join pg_database d on d.oid = l.database
           where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`,
        )
      ).rows[0]?.n
    await expect.poll(waiting).toBe(2)
    await turn.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
    turn.release()
    const kinds = await both
    expect(kinds.map((f) => f.kind).sort()).toEqual(['too-fast', 'try-later'])
    expect(calls(turning.id)).toBe(1)
  })

  it('the lock connection may die in the middle of the call: the token is stored all the same', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'slow', ms: 400 })
    const renewing = house.keeper.renew(channelId)
    let cut = 0
    while (cut === 0) {
      const r = await database.pool.query(holders.replace('$pid', 'pg_terminate_backend(pid)'))
      cut = r.rowCount ?? 0
    }
    const held = await renewing
    expect(held.generation).toBe(2)
    expect(await works(turning.id, held.grant.access)).toBe(true)
    expect((await house.keeper.grant(channelId)).grant.access).toBe(held.grant.access)
  })

  it('a worker that was taken for dead gives the token the other one got, and ends nothing', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    let overtaken: string | undefined
    const slow: typeof fetch = async (input, init) => {
      // Frozen right before the call leaves; meanwhile its lock goes and somebody else renews.
      await database.pool.query(holders.replace('$pid', 'pg_terminate_backend(pid)'))
      overtaken = (await house.keeper.renew(channelId)).grant.access
      return fetch(input, init)
    }
    const frozen = channelsHouse({
      database,
      clock: systemClock,
      keys,
      platforms: [toy(turning)],
      sandboxUrl: sandbox.url,
      fetch: slow,
    })
    expect((await frozen.keeper.renew(channelId)).grant.access).toBe(overtaken)
    expect((await stateOf(channelId)).state).toBe('ok')
    expect(await works(turning.id, overtaken!)).toBe(true)
  })
})

describe('tokens that are never refreshed', () => {
  const fixed = (verify?: () => Promise<void>) => {
    const platform = { ...toy(steady), verify }
    platform.connect = { ...platform.connect, refresh: undefined }
    return channelsHouse({ database, clock: systemClock, keys, platforms: [platform], sandboxUrl: sandbox.url })
  }

  it('end in reconnect when the network refuses them, and a look that succeeds heals the channel', async () => {
    let answer: 'fine' | 'over' | 'kicked' = 'over'
    const kinds = { over: 'reconnect', kicked: 'not-permitted' } as const
    const place = fixed(async () => {
      if (answer !== 'fine')
        throw new PlatformFailure({ kind: kinds[answer], code: 'toy.look', message: `It is ${answer}.` })
    })
    const channelId = await place.channel({ ws, platform: steady.id, grant: { access: 'x' } })
    expect((await failure(place.keeper.renew(channelId))).kind).toBe('reconnect')
    expect((await stateOf(channelId)).state).toBe('reconnect')
    for (const [now, state] of [
      ['kicked', 'blocked'],
      ['over', 'reconnect'],
    ] as const) {
      answer = now
      expect((await failure(place.keeper.check(channelId))).message).toBe(`It is ${now}.`)
      expect(await stateOf(channelId)).toEqual({ state, state_reason: `It is ${now}.` })
    }
    answer = 'fine'
    await place.keeper.check(channelId)
    expect(await stateOf(channelId)).toEqual({ state: 'ok', state_reason: null })
    expect((await place.keeper.grant(channelId)).generation).toBe(1)
  })

  it('are not given out after their end', async () => {
    const channelId = await fixed().channel({ ws, platform: steady.id, grant: issued(steady.id, -1) })
    expect((await failure(fixed().keeper.grant(channelId))).kind).toBe('reconnect')
  })
})

describe('kill -9', () => {
  const killedAt = async (options: typeof turning, stall: NonNullable<WorkerOrder['stall']>) => {
    const grant = issued(options.id)
    const channelId = await house.channel({ ws, platform: options.id, grant })
    const hand = start({ channelId, do: 'renew', stall, toy: options })
    await hand.until('ready')
    hand.go()
    await hand.until(stall)
    await hand.kill()
    return { channelId, grant }
  }

  for (const options of [turning, steady]) {
    it(`before the call left (${options.id}): the old token still renews`, async () => {
      const { channelId } = await killedAt(options, 'before-call')
      expect((await readToken(database.db, channelId))?.refreshBegunAt).toBeInstanceOf(Date)
      expect(calls(options.id)).toBe(0)
      const held = await house.keeper.renew(channelId)
      expect(held.generation).toBe(2)
      expect(await works(options.id, held.grant.access)).toBe(true)
      expect((await readToken(database.db, channelId))?.refreshBegunAt).toBeNull()
      expect((await stateOf(channelId)).state).toBe('ok')
    })

    it(`after the token was stored (${options.id}): the next process uses it without a call`, async () => {
      const { channelId } = await killedAt(options, 'stored')
      const held = await house.keeper.grant(channelId)
      expect(held.generation).toBe(2)
      expect(await works(options.id, held.grant.access)).toBe(true)
      expect(calls(options.id)).toBe(1)
    })
  }

  it('after a rotating network answered and before the answer was stored: one more try, then reconnect, said aloud', async () => {
    const events: string[] = []
    const stop = await database.listen(topics.live, (payload) => events.push(payload))
    const { channelId, grant } = await killedAt(turning, 'answered')
    // The truth at the network: the token we hold is dead, and nobody has the new one.
    expect(await works(turning.id, grant.access)).toBe(false)
    const told = await failure(house.keeper.grant(channelId))
    expect(told).toMatchObject({ kind: 'reconnect', message: lostAnswer })
    expect(await stateOf(channelId)).toEqual({ state: 'reconnect', state_reason: lostAnswer })
    expect(calls(turning.id)).toBe(2)
    // Known to be over: nobody asks the network again.
    expect((await failure(house.keeper.renew(channelId))).kind).toBe('reconnect')
    expect((await house.keeper.refreshDue(10)).count).toBe(0)
    expect(calls(turning.id)).toBe(2)
    await expect.poll(() => events.some((e) => e.includes(channelId) && e.includes('reconnect'))).toBe(true)
    await stop()
  })

  it('after a network that does not rotate answered and before the answer was stored: it simply renews', async () => {
    const { channelId } = await killedAt(steady, 'answered')
    const held = await house.keeper.renew(channelId)
    expect(await works(steady.id, held.grant.access)).toBe(true)
    expect((await stateOf(channelId)).state).toBe('ok')
  })

  it('while the network has acted and its answer hangs: the same as a lost answer', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'hang-after' })
    const hand = start({ channelId, do: 'refreshDue', toy: turning })
    await database.db
      .updateTable('channel_tokens')
      .set({ refresh_at: inMs(-1) })
      .where('channel_id', '=', channelId)
      .execute()
    await hand.until('ready')
    hand.go()
    await expect
      .poll(() => sandbox.desk.requests({ platform: turning.id, route: 'token' }).some((r) => r.acted))
      .toBe(true)
    await hand.kill()
    expect((await failure(house.keeper.grant(channelId))).message).toBe(lostAnswer)
    expect((await stateOf(channelId)).state).toBe('reconnect')
  })
})

describe('"revoked" is not "could not ask"', () => {
  it('an unreachable network leaves the channel ok and the old token in use', async () => {
    const away = channelsHouse({
      database,
      clock: systemClock,
      keys,
      platforms: [toy(turning)],
      sandboxUrl: await deadUrl(),
    })
    const channelId = await away.channel({ ws, platform: turning.id, grant: issued(turning.id, 60_000) })
    await database.db
      .insertInto('platform_credentials')
      .values({
        platform: turning.id,
        realm: 'sandbox',
        sealed: keys.seal(`platform_credentials/${turning.id}/sandbox/sealed`, {
          clientId: 'toy-client',
          clientSecret: 'toy-secret',
        }),
        updated_at: new Date(),
      })
      .onConflict((c) => c.doNothing())
      .execute()
    await database.db
      .updateTable('channel_tokens')
      .set({ updated_at: inMs(-3_600_000) })
      .where('channel_id', '=', channelId)
      .execute()
    const held = await away.keeper.grant(channelId)
    expect(held.generation).toBe(1)
    const row = await readToken(database.db, channelId)
    expect(row).toMatchObject({ state: 'ok', tries: 1, refreshBegunAt: null })
    expect(row!.refreshAt!.getTime()).toBeGreaterThan(systemClock.now())
    await database.db.deleteFrom('platform_credentials').execute()
  })

  it('over and unreachable: publishing waits without using up a try, the channel says why, and it heals by itself', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id, -1000) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'answer-before', status: 503 })
    expect((await failure(house.keeper.grant(channelId))).kind).toBe('try-later')
    expect((await failure(house.keeper.grant(channelId))).kind).toBe('too-fast')
    expect(await stateOf(channelId)).toMatchObject({
      state: 'ok',
      state_reason: 'The toy network is closed for a moment.',
    })
    await database.db
      .updateTable('channel_tokens')
      .set({ refresh_at: inMs(-1) })
      .where('channel_id', '=', channelId)
      .execute()
    expect((await house.keeper.refreshDue(10)).count).toBe(1)
    expect(await stateOf(channelId)).toEqual({ state: 'ok', state_reason: null })
    expect(await works(turning.id, (await house.keeper.grant(channelId)).grant.access)).toBe(true)
  })

  it('an answer lost on a rotating network is told as try-later, keeps the mark, and ends in reconnect', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'drop-after' })
    expect((await failure(house.keeper.renew(channelId))).kind).toBe('try-later')
    expect((await readToken(database.db, channelId))?.refreshBegunAt).toBeInstanceOf(Date)
    expect((await failure(house.keeper.renew(channelId))).message).toBe(lostAnswer)
  })

  it('a connection dropped before the network acted heals with the next try', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.setFault({ platform: turning.id, route: 'token', do: 'drop-before' })
    expect((await failure(house.keeper.renew(channelId))).kind).toBe('try-later')
    expect(await works(turning.id, (await house.keeper.renew(channelId)).grant.access)).toBe(true)
  })

  it('a revoked token is reconnect at once, and a suspended account is blocked', async () => {
    const revoked = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    sandbox.desk.revoke(turning.id)
    expect((await failure(house.keeper.renew(revoked))).kind).toBe('reconnect')
    expect((await stateOf(revoked)).state_reason).toBe('The toy network no longer takes the token.')
    const suspended = await house.channel({ ws, platform: steady.id, grant: issued(steady.id) })
    sandbox.desk.setFault({ platform: steady.id, route: 'token', do: 'answer-before', status: 403 })
    expect((await failure(house.keeper.renew(suspended))).kind).toBe('refused-account')
    expect((await stateOf(suspended)).state).toBe('blocked')
    await house.keeper.check(suspended)
    expect((await stateOf(suspended)).state).toBe('ok')
  })
})

describe('a verdict about an old token', () => {
  it('ends nothing once there is a newer one', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    const { generation } = await house.keeper.grant(channelId)
    await house.keeper.renew(channelId)
    expect(await house.keeper.markReconnect(channelId, 'old news', generation)).toBe(false)
    expect((await stateOf(channelId)).state).toBe('ok')
    expect(await house.keeper.markReconnect(channelId, 'over', generation + 1)).toBe(true)
    expect((await stateOf(channelId)).state).toBe('reconnect')
  })
})

describe('sealed tokens', () => {
  it('a changed token, and one moved from another channel, end in reconnect without a call', async () => {
    const a = await house.channel({ ws, platform: turning.id, externalId: 'a', grant: issued(turning.id) })
    const b = await house.channel({ ws, platform: turning.id, externalId: 'b', grant: issued(turning.id) })
    const { sealed } = (await readToken(database.db, a))!
    const flipped = sealed.slice(0, -4) + (sealed.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    await database.db.updateTable('channel_tokens').set({ sealed }).where('channel_id', '=', b).execute()
    await database.db.updateTable('channel_tokens').set({ sealed: flipped }).where('channel_id', '=', a).execute()
    for (const id of [a, b]) {
      expect(await failure(house.keeper.grant(id))).toMatchObject({ kind: 'reconnect', message: unreadable })
      expect((await stateOf(id)).state).toBe('reconnect')
    }
    expect(calls(turning.id)).toBe(0)
  })

  it('a missing key is the operator’s matter: publishing waits, the channel is not ended', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    const wrong = keyRingFrom(`k2:${Buffer.alloc(32, 9).toString('base64')}`)
    const other = channelsHouse({
      database,
      clock: systemClock,
      keys: wrong,
      platforms: [toy(turning)],
      sandboxUrl: sandbox.url,
    })
    expect((await failure(other.keeper.grant(channelId))).code).toBe('channel.key-missing')
    expect((await stateOf(channelId)).state).toBe('ok')
    expect((await house.keeper.grant(channelId)).generation).toBe(1)
  })

  it('generations of a channel never repeat, also over its removal', async () => {
    const account = { ws, platform: turning.id, externalId: 'comes-again' }
    const channelId = await house.channel({ ...account, grant: issued(turning.id) })
    const seen = [(await house.keeper.grant(channelId)).generation, (await house.keeper.renew(channelId)).generation]
    await house.channels.remove(ws, channelId)
    expect(await house.channel({ ...account, grant: issued(turning.id) })).toBe(channelId)
    seen.push((await house.keeper.grant(channelId)).generation, (await house.keeper.renew(channelId)).generation)
    expect(seen).toEqual([1, 2, 3, 4])
    // An attempt that still holds the token of before the removal has nothing to say about this one.
    for (const old of [1, 2]) expect(await house.keeper.markReconnect(channelId, 'Old news.', old)).toBe(false)
    expect((await stateOf(channelId)).state).toBe('ok')
  })

  it('a sandbox whose app credentials were forgotten is asked again', async () => {
    const channelId = await house.channel({ ws, platform: turning.id, grant: issued(turning.id) })
    await house.keeper.grant(channelId)
    await database.db.deleteFrom('platform_credentials').execute()
    expect((await house.keeper.grant(channelId)).credentials.clientSecret).toBe('toy-secret')
  })

  it('no secret is in an error, however the network echoes it', async () => {
    const grant = issued(turning.id)
    const channelId = await house.channel({ ws, platform: turning.id, grant })
    const echo: typeof fetch = async () =>
      new Response(JSON.stringify({ error: `bad ${grant.refresh} toy-secret` }), { status: 500 })
    const other = channelsHouse({
      database,
      clock: systemClock,
      keys,
      platforms: [toy(turning)],
      sandboxUrl: sandbox.url,
      fetch: echo,
    })
    const told = JSON.stringify(await failure(other.keeper.renew(channelId)))
    expect(told).not.toContain(grant.refresh)
    expect(told).not.toContain('toy-secret')
  })
})
