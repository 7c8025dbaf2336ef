import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { channelsHouse } from '../channels/testing/house.ts'
import { talker, talkerNetwork } from '../channels/testing/talker.ts'
import { createPosts, type Posts } from '../posts/service.ts'
import { input } from '../posts/testing.ts'
import { createEdit, type Edit } from './edit.ts'

const clock = manualClock(Date.UTC(2026, 10, 22, 12))
let t: TestDatabase
let net: ReturnType<typeof talkerNetwork>
let posts: Posts
let edit: Edit
let ws: { id: string; timeZone: string }
let id: string

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  net = talkerNetwork()
  const platforms = [talker()]
  const house = channelsHouse({
    database: t,
    clock,
    keys: memoryKeyRing(),
    platforms,
    sandboxUrl: 'http://sandbox.test',
    fetch: net.fetch,
  })
  posts = createPosts({ db: t.db, clock, platforms: house.platforms })
  edit = createEdit({ db: t.db, clock, platforms: house.platforms, call: house.call })
  const made = await house.workspace()
  ws = { id: made.ws, timeZone: 'UTC' }
  const channel = await house.channel({ ws: ws.id, platform: 'talker', grant: { access: 'gold-access' } })
  const thread = { content: { segments: ['one', 'two'].map((text) => ({ text, mediaIds: [] })) } }
  const post = await posts.create(ws, made.userId, { ...input('', [channel]), ...thread })
  id = post.publications[0]!.id
  const now = new Date(clock.now())
  const step = (key: string, position: number, ref: string | null) => ({
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
    .values([step('create:0', 0, 'root'), step('create:1', 1, 'reply')])
    .execute()
  await t.db.updateTable('publications').set({ state: 'published', begun: true }).where('id', '=', id).execute()
  net.says['/posts/root'] = {}
})

const events = async () => (await posts.publicationDetail(ws, id)).journal.map((j) => j.event)
const refused = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? [e.code, e.message] : Promise.reject(e)),
  )

test('changes the first post of a thread on the network and remembers the new words', async () => {
  await edit(ws.id, id, 'uno')
  expect(net.asked).toEqual([{ path: '/posts/root', body: '{"text":"uno"}' }])
  expect((await posts.publication(ws, id)).content?.segments.map((s) => s.text)).toEqual(['uno', 'two'])
  const detail = await posts.publicationDetail(ws, id)
  expect(detail.journal.map((j) => j.event)).toEqual(['editing', 'edited'])
  expect(detail.journal.at(-1)?.data).toEqual({ before: 'one' })
})

test('words the network would refuse never leave', async () => {
  expect((await refused(edit(ws.id, id, 'x'.repeat(21))))?.[0]).toBe('preflight')
  expect([net.asked, await events()]).toEqual([[], []])
})

test('a refusal is told and journalled, and the words stay as they were', async () => {
  net.says['/posts/root'] = { status: 503, body: { error: 'down' } }
  expect(await refused(edit(ws.id, id, 'uno'))).toEqual(['network-failed', 'Talker is down.'])
  net.says['/posts/root'] = () => {
    throw new Error('socket hang up')
  }
  expect((await refused(edit(ws.id, id, 'uno')))?.[1]).toMatch(/It may have changed all the same/)
  expect(await events()).toEqual(['editing', 'edit-failed', 'editing', 'edit-failed'])
  expect((await posts.publication(ws, id)).content).toBeNull()
})

test('only what is published, still there, and named by the network can be changed', async () => {
  const set = (values: object) => t.db.updateTable('publications').set(values).where('id', '=', id).execute()
  expect((await refused(edit('00000000-0000-7000-8000-000000000000', id, 'uno')))?.[0]).toBe('not-found')
  await set({ removed_at: new Date(clock.now()) })
  expect((await refused(edit(ws.id, id, 'uno')))?.[0]).toBe('conflict')
  await set({ removed_at: null, state: 'unconfirmed' })
  expect((await refused(edit(ws.id, id, 'uno')))?.[0]).toBe('conflict')
  await set({ state: 'published' })
  await t.db
    .updateTable('steps')
    .set({ checkpoint: JSON.stringify({ id: null, url: null }) })
    .where('publication_id', '=', id)
    .where('key', '=', 'create:0')
    .execute()
  expect((await refused(edit(ws.id, id, 'uno')))?.[0]).toBe('conflict')
  expect(net.asked).toEqual([])
})

test('a network without edits says why', async () => {
  const { edit: _edit, ...rest } = talker()
  const fixed = { ...rest, spec: { ...rest.spec, why: { edit: 'Talker posts are carved in stone.' } } }
  const bare = createEdit({
    db: t.db,
    clock,
    platforms: new Map([['talker', fixed]]),
    call: () => Promise.reject(new Error('asked')),
  })
  expect(await refused(bare(ws.id, id, 'uno'))).toEqual(['conflict', 'Talker posts are carved in stone.'])
})
