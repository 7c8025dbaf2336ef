/** The keeper and the connect flows against the imitations of real networks, through their own clients. */
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { createSandboxRobot } from '#server/sandbox-robot.ts'
import { connectSandbox } from './connect-all.ts'
import { lostAnswer } from './rules.ts'
import { type Hand, worker } from './testing/crew.ts'
import { type ChannelsHouse, channelsHouse } from './testing/house.ts'
import type { WorkerOrder } from './testing/worker.ts'
import { readToken, sealGrant, tokenAad } from './token-store.ts'

const keyText = `k1:${Buffer.alloc(32, 3).toString('base64')}`
let database: TestDatabase
let sandbox: TestSandbox
let house: ChannelsHouse
let me: { ws: string; userId: string }
let hands: Hand[] = []

beforeAll(async () => {
  database = await testDatabase()
  sandbox = await startSandbox(imitations, { clock: systemClock })
  house = channelsHouse({
    database,
    clock: systemClock,
    keys: keyRingFrom(keyText),
    platforms,
    sandboxUrl: sandbox.url,
  })
})
beforeEach(async () => {
  sandbox.desk.reset()
  me = await house.workspace()
})
afterEach(async () => {
  await Promise.all(hands.map((h) => h.kill()))
  hands = []
  expect(sandbox.trouble).toEqual([])
})
afterAll(async () => {
  await sandbox.close()
  await database.drop()
})

/** Those with an imitation; the first test says that this is all of them. */
const played = new Map(
  platforms.filter((p) => imitations.some((i) => i.platform === p.spec.id)).map((p) => [p.spec.id, p]),
)
const connected = async () => {
  const robot = createSandboxRobot({ sandboxUrl: sandbox.url, browserSandboxUrl: sandbox.url })
  return connectSandbox({ clock: systemClock, platforms: played, connect: house.connect, robot }, me)
}
const channelOn = async (platform: string) => (await connected()).find((c) => c.platform === platform)!.id
const start = (platform: string, channelId: string, o: Pick<WorkerOrder, 'stall' | 'generation'> = {}): Hand => {
  const module = fileURLToPath(new URL(`../../platforms/${platform}/index.ts`, import.meta.url))
  const hand = worker({
    databaseUrl: database.url,
    keys: keyText,
    sandboxUrl: sandbox.url,
    platform: { module },
    channelId,
    do: 'renew',
    ...o,
  })
  hands.push(hand)
  return hand
}
/** The network's own requests that mean "refresh", since the channel was connected. */
const counted = (platform: string, path: RegExp) =>
  sandbox.desk.requests({ platform }).filter((r) => path.test(r.path)).length

it('every network connects through its real flow, and again without a second channel', async () => {
  const first = await connected()
  // A consent that offers a profile and an organisation gives one of each.
  expect([...new Set(first.map((c) => c.platform))].sort()).toEqual(platforms.map((p) => p.spec.id).sort())
  expect((await connected()).map((c) => c.id)).toEqual(first.map((c) => c.id))
})

it.each(['facebook', 'instagram'])(
  '%s: who stands behind a channel of before is found at the next look',
  async (id) => {
    const { db } = database
    const people = async () =>
      db
        .selectFrom('channels')
        .select(['id', 'person_id', 'external_id'])
        .where('workspace_id', '=', me.ws)
        .where('platform', '=', id)
        .orderBy('id')
        .execute()
    await connected()
    const told = await people()
    expect(told.length).toBeGreaterThan(0)
    for (const c of told) expect(c.person_id).toMatch(/^\d+$/)
    await db.updateTable('channels').set({ person_id: null }).where('workspace_id', '=', me.ws).execute()
    const keys = keyRingFrom(keyText)
    for (const c of told) {
      // As grants were before: without the person's id.
      const { sealed } = (await readToken(db, c.id))!
      const grant = keys.open<Grant>(tokenAad(c.id), sealed)
      const { userId: _, ...extra } = grant.extra ?? {}
      await db
        .updateTable('channel_tokens')
        .set({ sealed: sealGrant(keys, c.id, { ...grant, extra }) })
        .where('channel_id', '=', c.id)
        .execute()
      await house.accounts.view(me.ws, c.id)
    }
    expect(await people()).toEqual(told)
  },
)

it('a cap with no room for the largest call is refused where it is entered', async () => {
  const set = (unitsPerDay: string) =>
    house.credentials.set(me.ws, 'youtube', { clientId: 'a', clientSecret: 'b', unitsPerDay })
  await expect(set('399')).rejects.toMatchObject({
    code: 'validation',
    extra: { errors: [{ path: 'values.unitsPerDay', message: expect.stringContaining('write 400 or more') }] },
  })
  await set('400')
})

it('LinkedIn: the day of an app that is used up stops all its channels, and no further call leaves', async () => {
  const linkedin = played.get('linkedin')!
  const [one, two] = (await connected()).filter((c) => c.platform === 'linkedin').map((c) => c.id)
  sandbox.desk.setKnobs('linkedin', { appDaily: 1, duplicateGuard: 0 })
  const app = { clientId: 'of-both' }
  const post = async (channelId: string, as = app) => {
    const { grant } = await house.keeper.grant(channelId)
    const { external_id } = await database.db
      .selectFrom('channels')
      .select('external_id')
      .where('id', '=', channelId)
      .executeTakeFirstOrThrow()
    const http = house.http({ platform: linkedin, realm: 'sandbox', channelId, app: as, secrets: [] })
    const asked = http({
      method: 'POST',
      url: 'https://api.linkedin.com/rest/posts',
      headers: {
        authorization: `Bearer ${grant.access}`,
        'linkedin-version': '202609',
        'x-restli-protocol-version': '2.0.0',
      },
      json: {
        author: external_id,
        commentary: 'Hello',
        visibility: 'PUBLIC',
        distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
        lifecycleState: 'PUBLISHED',
        isReshareDisabledByAuthor: false,
      },
    })
    return asked.then(
      (r) => r.status,
      (e: PlatformFailure) => [e.failure.code, e.failure.kind, e.failure.until?.slice(0, 10)],
    )
  }
  const creates = () => counted('linkedin', /rest\/posts$/)
  const before = creates()
  expect(await post(one!)).toBe(201)
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  expect(await post(one!)).toEqual(['linkedin.app-quota', 'too-fast', tomorrow])
  expect(await post(two!)).toEqual(['linkedin.budget-spent', 'too-fast', tomorrow])
  expect(creates() - before).toBe(2)
  // Another app has a day of its own.
  expect(await post(two!, { clientId: 'of-another' })).toEqual(['linkedin.app-quota', 'too-fast', tomorrow])
  expect(creates() - before).toBe(3)
})

const refreshing = [
  { id: 'x-com', path: /oauth2\/token$/, rotates: true },
  { id: 'bluesky', path: /refreshSession$/, rotates: false },
]
describe.each(refreshing)('$id', ({ id, path, rotates }) => {
  it('two processes make one refresh call', async () => {
    const channelId = await channelOn(id)
    const before = counted(id, path)
    const two = [start(id, channelId, { generation: 1 }), start(id, channelId, { generation: 1 })]
    await Promise.all(two.map((w) => w.until('ready')))
    for (const w of two) w.go()
    const ends = await Promise.all(two.map((w) => w.until('end')))
    expect(counted(id, path) - before).toBe(1)
    expect(ends.map((e) => e.generation)).toEqual([2, 2])
  })

  it.each(['before-call', 'answered', 'stored'] as const)(
    'kill -9 at "%s" ends in a working token, or says reconnect',
    async (stall) => {
      const channelId = await channelOn(id)
      const hand = start(id, channelId, { stall })
      await hand.until('ready')
      hand.go()
      await hand.until(stall)
      await hand.kill()
      const lost = rotates && stall === 'answered'
      const renewed = house.keeper.renew(channelId, 1)
      if (lost) await expect(renewed).rejects.toBeInstanceOf(PlatformFailure)
      else expect((await renewed).generation).toBe(2)
      expect(await house.channels.get(me.ws, channelId)).toMatchObject(
        lost ? { state: 'reconnect', stateReason: lostAnswer } : { state: 'ok', stateReason: null },
      )
      // The network's own word on the token we now hold: only a living one renews once more.
      if (!lost) expect((await house.keeper.renew(channelId)).generation).toBe(3)
      // And a person's new consent always heals it.
      expect(await channelOn(id)).toBe(channelId)
      expect(await readToken(database.db, channelId)).toMatchObject({ state: 'ok', refreshBegunAt: null })
      await house.keeper.renew(channelId)
    },
  )

  it('revoked at the network is reconnect, with a sentence', async () => {
    const channelId = await channelOn(id)
    sandbox.desk.revoke(id)
    const channel = await house.channels.check(me.ws, channelId)
    expect(channel.state).toBe('reconnect')
    expect(channel.stateReason).toMatch(/\w.*\./)
  })
})
