/** Tokens read in one go for calls that start together: the keeper's rules hold for each as if it were asked alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { steerableClock, systemClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import { toy } from './testing/toy.ts'
import { toyImitation } from './testing/toy-imitation.ts'

const turning = { id: 'toy-turning', rotates: true }
const keys = memoryKeyRing()

let database: TestDatabase
let sandbox: TestSandbox
let house: ChannelsHouse
let ws: string

beforeAll(async () => {
  database = await testDatabase()
  sandbox = await startSandbox([toyImitation(turning)], { clock: systemClock })
  house = channelsHouse({ database, clock: systemClock, keys, platforms: [toy(turning)], sandboxUrl: sandbox.url })
})
beforeEach(async () => {
  sandbox.desk.reset()
  await database.db.deleteFrom('channels').execute()
  ws = (await house.workspace()).ws
})
afterAll(async () => {
  await sandbox.close()
  await database.drop()
})

const inMs = (ms: number) => new Date(systemClock.now() + ms)
const issued = (leftMs = 2 * 3_600_000) => {
  const { tokens } = sandbox.desk.tokens(turning.id)
  const expiresAt = inMs(leftMs).toISOString()
  return { access: String(tokens.access), refresh: String(tokens.refresh), expiresAt, scopes: ['post'] }
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it was given out')),
    (e: unknown) => {
      expect(e).toBeInstanceOf(PlatformFailure)
      return (e as PlatformFailure).failure
    },
  )

describe('tokens read together for calls that start together', () => {
  const clock = steerableClock()
  const many = (channels: string[]) => {
    const { keeper } = channelsHouse({
      database,
      clock,
      keys,
      platforms: [toy(turning)],
      sandboxUrl: sandbox.url,
    })
    return keeper.grants(channels)
  }
  const channel = (n: number, leftMs?: number) =>
    house.channel({ ws, platform: turning.id, externalId: `many-${n}`, grant: issued(leftMs) })

  it('are those of each channel, and each is used once: what was renewed since is seen by the next', async () => {
    const ids = [await channel(1), await channel(2)]
    const grant = many(ids)
    const [one, two] = await Promise.all(ids.map(grant))
    expect(one!.grant.access).toBe((await house.keeper.grant(ids[0]!)).grant.access)
    expect(two!.grant.access).toBe((await house.keeper.grant(ids[1]!)).grant.access)
    await house.keeper.renew(ids[0]!, 1)
    expect((await grant(ids[0]!)).generation).toBe(2)
  })

  it('are used within a second; later the token of then is read', async () => {
    const id = await channel(1)
    const [soon, late] = [many([id]), many([id])]
    await soon(id)
    await house.keeper.renew(id, 1)
    clock.advance(1_001)
    expect((await late(id)).generation).toBe(2)
  })

  it('that are over are renewed like any, by one call', async () => {
    const id = await channel(1, -1_000)
    const held = await Promise.all([many([id])(id), many([id])(id)])
    expect(held.map((h) => h.generation)).toEqual([2, 2])
    expect(sandbox.desk.requests({ platform: turning.id, route: 'token' })).toHaveLength(1)
  })

  it('of a channel that is gone or waits for its person are not given out', async () => {
    const [gone, ended] = [await channel(1), await channel(2)]
    await database.db
      .updateTable('channels')
      .set({ removed_at: inMs(0) })
      .where('id', '=', gone)
      .execute()
    await house.keeper.markReconnect(ended, 'Over.')
    const grant = many([gone, ended])
    expect((await failure(grant(gone))).kind).toBe('reconnect')
    expect((await failure(grant(ended))).message).toBe('Over.')
  })

  it('that could not be read together are read one by one', async () => {
    const id = await channel(1)
    const grant = many([id, 'no uuid, so that the statement fails'])
    expect((await grant(id)).generation).toBe(1)
  })
})
