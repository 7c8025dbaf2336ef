import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { createChannelHttp } from '../channels/http.ts'
import { createPosts, type Posts } from './service.ts'
import { createTakeDown, type TakeDown } from './takedown.ts'
import { input, seeder, toyNetworks } from './testing.ts'

const clock = manualClock()
const { removals, platforms } = toyNetworks()
let t: TestDatabase
let posts: Posts
let takeDown: TakeDown
let ws: { id: string; timeZone: string }
let id: string
let renewals = 0

beforeAll(async () => {
  t = await testDatabase()
  posts = createPosts({ db: t.db, clock, platforms })
  const held = { grant: { access: 'token' }, credentials: {}, generation: 1 }
  const keeper = {
    grant: async () => held,
    renew: async () => {
      renewals++
      return held
    },
  }
  takeDown = createTakeDown({
    db: t.db,
    clock,
    platforms,
    keeper,
    http: createChannelHttp({ platforms, sandboxUrl: null, clock }),
  })
})
afterAll(() => t.drop())
beforeEach(async () => {
  removals.ids = []
  const seed = seeder(t.db, clock)
  ws = await seed.workspace()
  const post = await posts.create(ws, await seed.user(), input('x', [await seed.channel(ws.id)]))
  id = post.publications[0]!.id
  const now = new Date(clock.now())
  const step = (key: string, position: number, checkpoint: object) => ({
    publication_id: id,
    key,
    position,
    state: 'done' as const,
    checkpoint: JSON.stringify(checkpoint),
    first_begun_at: now,
    begun_at: now,
  })
  await t.db
    .insertInto('steps')
    .values([
      step('upload:0', 0, { id: 'm' }),
      step('create:0', 1, { id: 'a', url: null }),
      step('create:1', 2, { id: 'b', url: null }),
    ])
    .execute()
  await t.db.updateTable('publications').set({ state: 'published', begun: true }).where('id', '=', id).execute()
})

const events = async () => (await posts.publicationDetail(ws, id)).journal.map((j) => j.event)
const refused = (run: Promise<unknown>) =>
  run.then(
    () => null,
    (e: unknown) => (e instanceof Problem ? [e.code, e.message] : Promise.reject(e)),
  )

test('takes every part of a thread down, the last first, and remembers it', async () => {
  await takeDown(ws.id, id)
  expect(removals.ids).toEqual(['b', 'a'])
  expect(await events()).toEqual(['removing', 'removed'])
  expect(await posts.publication(ws, id)).toMatchObject({ state: 'published', reason: 'removed' })
  await takeDown(ws.id, id)
  expect(removals.ids).toEqual(['b', 'a'])
})

test('renews a dead token once and goes on', async () => {
  removals.failNext = 'reconnect'
  await takeDown(ws.id, id)
  expect([renewals, removals.ids]).toEqual([1, ['b', 'a']])
})

test('says so when the network refuses, and can be tried again', async () => {
  removals.failNext = 'try-later'
  expect(await refused(takeDown(ws.id, id))).toEqual([
    'conflict',
    'The network says no. It may still be there; try again.',
  ])
  expect(await events()).toEqual(['removing', 'remove-failed'])
  await takeDown(ws.id, id)
  expect((await posts.publication(ws, id)).reason).toBe('removed')
})

test('is for published posts of this workspace, whose id the network told', async () => {
  const other = await seeder(t.db, clock).workspace()
  expect((await refused(takeDown(other.id, id)))?.[0]).toBe('not-found')
  await t.db
    .updateTable('steps')
    .set({ checkpoint: JSON.stringify({ id: null, url: null }) })
    .where('publication_id', '=', id)
    .where('key', '=', 'create:1')
    .execute()
  expect((await refused(takeDown(ws.id, id)))?.[0]).toBe('conflict')
  await t.db.updateTable('publications').set({ state: 'unconfirmed' }).where('id', '=', id).execute()
  expect((await refused(takeDown(ws.id, id)))?.[0]).toBe('conflict')
  expect(removals.ids).toEqual([])
})
