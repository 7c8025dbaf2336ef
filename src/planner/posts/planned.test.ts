/** Budgets of the plan: what earlier publications will have used when a post is due is told when it is planned. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Budget } from '#kit/facts/spec.ts'
import { roomFrom } from './planned.ts'
import { createPosts, type Posts } from './service.ts'
import { input, seeder, toyNetworks } from './testing.ts'

const start = Date.UTC(2026, 10, 22, 20)
const hour = 3_600_000
const clock = manualClock(start)
const daily: Budget = {
  bucket: 'uploads',
  label: 'Uploads today',
  cap: 3,
  scope: 'app',
  window: { daily: 'America/Los_Angeles' },
  plans: () => 1,
}
const rolling: Budget = {
  bucket: 'points',
  label: 'Points in 24 hours',
  cap: 10,
  scope: 'channel',
  window: { rolling: 24 * hour },
  plans: ({ segments, firstComment }) => 2 * (segments + Number(firstComment)),
}
const networks = (budgets: Budget[]): ReadonlyMap<string, Platform> => {
  const plain = toyNetworks().platforms.get('plain')!
  return new Map([['plain', { ...plain, spec: { ...plain.spec, budgets } }]])
}

let t: TestDatabase
let ws: { id: string; timeZone: string }
let author: string
beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  clock.set(start)
  // The plan of an app is one over all workspaces: what an earlier test planned would count.
  await t.db.deleteFrom('publications').execute()
  const seed = seeder(t.db, clock)
  author = await seed.user()
  ws = await seed.workspace()
})
const plan = async (posts: Posts, channel: string, at: number, texts = ['hi']) => {
  const segments = texts.map((text) => ({ text, mediaIds: [] }))
  const post = await posts.create(ws, author, { ...input('', [channel]), content: { segments } })
  return posts.schedule(ws, post.id, { at: new Date(at).toISOString() }, null)
}
const told = (p: { publications: { forecast: { kind: string; level: string; params: unknown }[] }[] }) =>
  p.publications[0]!.forecast.map((f) => [f.kind, f.level, f.params])

describe('the plan', () => {
  test('the post that is one too many of its day is told at once, with when there is room; others are not', async () => {
    const posts = createPosts({ db: t.db, clock, platforms: networks([daily]) })
    const seed = seeder(t.db, clock)
    // The app's budget: its channels of the workspace share it.
    const [a, b] = [await seed.channel(ws.id), await seed.channel(ws.id)]
    const of = (await posts.list(ws, { limit: 1 })).items
    expect(of).toEqual([])
    const first = await plan(posts, a, start + hour)
    await plan(posts, b, start + 2 * hour)
    expect(told(await plan(posts, a, start + 3 * hour))).toEqual([])
    const fourth = await plan(posts, b, start + 4 * hour)
    const until = '2026-11-23T08:00:00.000Z'
    const params = { quota: 'Uploads today', bucket: 'uploads', limit: 3, used: 3, needs: 1, until }
    expect(told(fourth)).toEqual([['quota.planned', 'warning', params]])
    // The calendar has it at once, hours before the forecast.
    const listed = await posts.list(ws, { limit: 10, from: new Date(start).toISOString() })
    expect(listed.items.filter((p) => told(p).length > 0).map((p) => p.id)).toEqual([fourth.id])
    // Midnight of the network's zone is the end, not ours.
    expect(told(await plan(posts, a, Date.UTC(2026, 10, 23, 7, 59)))).toHaveLength(1)
    expect(told(await plan(posts, a, Date.UTC(2026, 10, 23, 8, 1)))).toEqual([])
    // Planned anew after another was taken off, there is room.
    await posts.unschedule(ws, first.id, null)
    expect(told(await posts.schedule(ws, fourth.id, { at: new Date(start + 4 * hour).toISOString() }, null))).toEqual(
      [],
    )
  })

  test('an app that workspaces share has one plan, and an app of one’s own another', async () => {
    const seed = seeder(t.db, clock)
    const [other, strange] = [await seed.workspace(), await seed.workspace()]
    const apps = {
      appOf: async (id: string) => ({ clientId: id === strange.id ? 'theirs' : 'ours' }),
      sharing: async (id: string) => (id === strange.id ? { only: [strange.id] } : { but: [strange.id] }),
    }
    const of = networks([daily])
    const plain = of.get('plain')!
    const credentials = [{ name: 'clientId', label: 'Client ID' }]
    const platforms = new Map([['plain', { ...plain, spec: { ...plain.spec, credentials } }]])
    const posts = createPosts({ db: t.db, clock, platforms, apps })
    const at = async (w: typeof ws, hours: number) => {
      const segments = [{ text: 'hi', mediaIds: [] }]
      const channel = await seed.channel(w.id)
      const post = await posts.create(w, author, { ...input('', [channel]), content: { segments } })
      return posts.schedule(w, post.id, { at: new Date(start + hours * hour).toISOString() }, null)
    }
    await at(ws, 1)
    await at(other, 1)
    await at(strange, 1)
    const third = await at(other, 2)
    expect(told(third)).toEqual([])
    expect(told(await at(ws, 3))[0]?.[2]).toMatchObject({ used: 3, limit: 3 })
    expect(told(await at(strange, 3))).toEqual([])
    // One that waits takes its part of the day it goes on in, not of the one it was planned for.
    await t.db
      .updateTable('publications')
      .set({ state: 'waiting', next_at: new Date(start + 13 * hour) })
      .where('id', '=', third.publications[0]!.id)
      .execute()
    await at(ws, 13)
    await at(ws, 13)
    expect(told(await at(ws, 14))[0]?.[2]).toMatchObject({ used: 3 })
    expect(told(await at(ws, 2.5))).toEqual([])
  })

  test('what is used up beyond the due time is shown at once too, with until when', async () => {
    const posts = createPosts({ db: t.db, clock, platforms: networks([daily]) })
    const channel = await seeder(t.db, clock).channel(ws.id)
    const day = { window_start: new Date(start - 12 * hour), window_end: new Date(start + 12 * hour) }
    const count = { platform: 'plain', account: 'app:sandbox:one', bucket: 'uploads', used: 3, cap: 3 }
    await t.db
      .insertInto('quotas')
      .values({ ...count, ...day })
      .execute()
    const late = await plan(posts, channel, start + 2 * hour)
    expect(told(late)).toEqual([
      ['quota.spent', 'warning', expect.objectContaining({ used: 3, until: '2026-11-23T08:00:00.000Z' })],
    ])
    expect(told(await plan(posts, channel, start + 13 * hour))).toEqual([])
    await t.db.deleteFrom('quotas').execute()
  })

  test('the forecast looks again, and what is used counts beside what is planned', async () => {
    const posts = createPosts({ db: t.db, clock, platforms: networks([rolling]) })
    const channel = await seeder(t.db, clock).channel(ws.id)
    const used = { platform: 'plain', account: `channel:${channel}`, bucket: 'points', used: 7, cap: 10 }
    await t.db
      .insertInto('quotas')
      .values({ ...used, window_start: new Date(start - hour), window_end: new Date(start - hour + 900_000) })
      .execute()
    expect(told(await plan(posts, channel, start + hour))).toEqual([])
    // A thread of two takes four, and nine are taken by then.
    const thread = await plan(posts, channel, start + 2 * hour, ['one', 'two'])
    expect(thread.publications[0]!.forecast[0]!.params).toMatchObject({ used: 9, needs: 4, limit: 10 })
    // Another channel has a budget of its own; the day after it is free again.
    const other = await seeder(t.db, clock).channel(ws.id)
    expect(told(await plan(posts, other, start + 2 * hour, ['one', 'two']))).toEqual([])
    expect(told(await plan(posts, channel, start + 30 * hour, ['one', 'two']))).toEqual([])
    await t.db.deleteFrom('quotas').execute()
    clock.set(start + 2 * hour - 9 * 60_000)
    await posts.forecastDue(10)
    expect(told(await posts.get(ws, thread.id))).toEqual([])
  })
})

test('there is room when it says so, and not before', () => {
  const unit = fc.record({ at: fc.integer({ min: 0, max: 100 }), units: fc.integer({ min: 1, max: 4 }) })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(unit, { maxLength: 20 }),
      (cap, needs, list) => {
        const budget: Budget = { ...rolling, cap, window: { rolling: 200 } }
        const earlier = [...list].sort((a, b) => a.at - b.at)
        const within = (at: number) =>
          earlier.filter((e) => e.at > at - 200).reduce((sum, e) => sum + e.units, 0) + needs <= cap
        const room = roomFrom({ cap, needs, used: 0, earlier }, 100, budget)
        if (needs > cap) expect(room).toBe(within(100) ? 100 : null)
        else {
          expect(within(room!)).toBe(true)
          for (let at = 100; at < room!; at++) expect(within(at)).toBe(false)
        }
      },
    ),
  )
})
