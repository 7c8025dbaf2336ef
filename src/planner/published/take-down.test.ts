/** Take-down and edit go one way to the network: the same token care, the same refusals, the same answers to a person. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Platform } from '#kit/client/platform.ts'
import { type ChannelsHouse, channelsHouse } from '../channels/testing/house.ts'
import { talker, talkerNetwork } from '../channels/testing/talker.ts'
import { createPosts, type Posts } from '../posts/service.ts'
import { input } from '../posts/testing.ts'
import { createEdit, type Edit } from './edit.ts'
import { createTakeDown, type TakeDown } from './take-down.ts'

const clock = manualClock(Date.UTC(2026, 10, 22, 12))
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let house: ChannelsHouse
let posts: Posts
let takeDown: TakeDown
let edit: Edit
let ws: { id: string; timeZone: string }
let channel: string
let id: string

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())

const open = async (platform: Platform = talker()) => {
  net = talkerNetwork()
  house = channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms: [platform],
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })
  const d = { db: t.db, clock, platforms: house.platforms, call: house.call }
  posts = createPosts(d)
  takeDown = createTakeDown(d)
  edit = createEdit(d)
  const made = await house.workspace()
  ws = { id: made.ws, timeZone: 'UTC' }
  channel = await house.channel({ ws: ws.id, platform: 'talker', grant: { access: 'gold-access', refresh: 'r' } })
  const thread = { content: { segments: ['one', 'two'].map((text) => ({ text, mediaIds: [] })) } }
  const post = await posts.create(ws, made.userId, { ...input('', [channel]), ...thread })
  id = post.publications[0]!.id
  const now = new Date(clock.now())
  const step = (key: string, position: number, ref: string) => ({
    publication_id: id,
    key,
    position,
    state: 'done' as const,
    checkpoint: JSON.stringify({ id: ref, url: null }),
    first_begun_at: now,
    begun_at: now,
  })
  await t.db
    .insertInto('steps')
    .values([step('upload:0', 0, 'm'), step('create:0', 1, 'a'), step('create:1', 2, 'b')])
    .execute()
  await t.db.updateTable('publications').set({ state: 'published', begun: true }).where('id', '=', id).execute()
  net.says['/posts/a'] = {}
  net.says['/posts/b'] = {}
}
beforeEach(() => open())

const events = async () => (await posts.publicationDetail(ws, id)).journal.map((j) => j.event)
const refused = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? [e.code, e.message] : Promise.reject(e)),
  )
const asked = () => net.asked.map((a) => a.path)

test('takes every part of a thread down, the last first, and remembers it', async () => {
  await takeDown(ws.id, id)
  expect(asked()).toEqual(['/posts/b', '/posts/a'])
  expect(await events()).toEqual(['removing', 'removed'])
  expect(await posts.publication(ws, id)).toMatchObject({ state: 'published', reason: 'removed' })
  await takeDown(ws.id, id)
  expect(asked()).toHaveLength(2)
})

test('is for published posts of this workspace, whose id the network told', async () => {
  const other = await house.workspace()
  expect((await refused(takeDown(other.ws, id)))?.[0]).toBe('not-found')
  await t.db
    .updateTable('steps')
    .set({ checkpoint: JSON.stringify({ id: null, url: null }) })
    .where('publication_id', '=', id)
    .where('key', '=', 'create:1')
    .execute()
  expect((await refused(takeDown(ws.id, id)))?.[0]).toBe('conflict')
  await t.db.updateTable('publications').set({ state: 'unconfirmed' }).where('id', '=', id).execute()
  expect((await refused(takeDown(ws.id, id)))?.[0]).toBe('conflict')
  expect(asked()).toEqual([])
})

test('a network without take-downs says why', async () => {
  const { remove: _remove, ...rest } = talker()
  await open({ ...rest, spec: { ...rest.spec, why: { remove: 'What is said is said.' } } })
  expect(await refused(takeDown(ws.id, id))).toEqual(['conflict', 'What is said is said.'])
  expect(await events()).toEqual([])
})

describe.each([
  ['take-down', () => takeDown(ws.id, id), ['removing', 'remove-failed'], ['removing', 'removed']],
  ['edit', () => edit(ws.id, id, 'uno'), ['editing', 'edit-failed'], ['editing', 'edited']],
] as const)('%s', (_, run, failed, did) => {
  const dead = { status: 401, body: { error: 'dead' } }
  const channelState = async () => (await house.channels.get(ws.id, channel)).state
  const renewing = (): Platform => {
    const plain = talker()
    return { ...plain, connect: { ...plain.connect, refresh: async () => ({ access: 'new', refresh: 'r2' }) } }
  }
  /** The network refuses the token the first `n` times, whatever it is about. */
  const refuse = (n: number) => {
    const says = () => (net.asked.length <= n ? dead : {})
    net.says['/posts/a'] = says
    net.says['/posts/b'] = says
  }

  test('a token that died is renewed once, and the call made again', async () => {
    await open(renewing())
    refuse(1)
    await run()
    expect(await events()).toEqual(did)
    expect(await channelState()).toBe('ok')
  })

  test('a second refusal is believed: the channel has to be connected again', async () => {
    await open(renewing())
    refuse(2)
    expect((await refused(run()))?.[0]).toBe('network-failed')
    expect(await events()).toEqual(failed)
    expect([asked().length, await channelState()]).toEqual([2, 'reconnect'])
  })

  test('where nothing can be renewed, the first refusal is believed', async () => {
    refuse(1)
    expect((await refused(run()))?.[0]).toBe('network-failed')
    expect([asked().length, await channelState()]).toEqual([1, 'reconnect'])
  })

  test('a network that is down is told as such and may be asked again', async () => {
    const down = { status: 503, body: { error: 'down' } }
    net.says['/posts/a'] = down
    net.says['/posts/b'] = down
    expect(await refused(run())).toEqual(['network-failed', expect.stringContaining('Talker is down.')])
    expect(await channelState()).toBe('ok')
    net.says['/posts/a'] = {}
    net.says['/posts/b'] = {}
    await run()
    expect(await events()).toEqual([...failed, ...did])
  })
})
