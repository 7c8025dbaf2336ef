import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { notify, topics } from '#infra/db/database.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { claim } from '../publishing/due.ts'
import { createPosts } from './service.ts'
import { lockPublications, transact } from './store.ts'
import { input, seeder, toyNetworks } from './testing.ts'

const clock = manualClock()
let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())

const scheduled = async () => {
  const seed = seeder(t.db, clock)
  const ws = await seed.workspace()
  const posts = createPosts({ db: t.db, clock, platforms: toyNetworks().platforms })
  const channels = [await seed.channel(ws.id), await seed.channel(ws.id)]
  const p = await posts.create(ws, await seed.user(), input('x', channels))
  return { posts, ws, channels, post: await posts.schedule(ws, p.id, { now: true }, null) }
}

test('a transaction that lost a deadlock is run again, and both sides get through', async () => {
  const { post } = await scheduled()
  const [first, second] = post.publications.map((p) => p.id) as [string, string]
  let runs = 0
  let holding = 0
  let bothHold: () => void = () => undefined
  const both = new Promise<void>((resolve) => {
    bothHold = resolve
  })
  const touch = (ids: string[]) =>
    transact(t.db, async (trx) => {
      runs++
      for (const id of ids) {
        await trx
          .updateTable('publications')
          .set((e) => ({ tries: e('tries', '+', 1) }))
          .where('id', '=', id)
          .execute()
        // Each holds its first row before either wants its second: that is the deadlock.
        if (++holding === 2) bothHold()
        await both
      }
    })
  await Promise.all([touch([first, second]), touch([second, first])])
  const rows = await lockPublications(t.db, post.id)
  // Both ran, and at least one of them again; on a slow machine they may meet more than once.
  expect(runs).toBeGreaterThanOrEqual(3)
  expect(rows.map((r) => r.tries)).toEqual([2, 2])
})

test('anything else that breaks a transaction is not tried again', async () => {
  let runs = 0
  const run = transact(t.db, async (trx) => {
    runs++
    await notify(trx, topics.due, '')
    throw new Error('mine')
  })
  await expect(run).rejects.toThrow('mine')
  expect(runs).toBe(1)
})

test('edits and claims at the same moment: what is claimed is what was stored, and nobody is stuck', async () => {
  const take = (worker: string) => {
    const now = new Date(clock.now())
    return claim(t.db, { free: { plain: 10 }, now, leaseUntil: new Date(now.getTime() + 30_000), worker }).then(
      (c) => c.claims,
    )
  }
  for (let i = 0; i < 12; i++) {
    const { posts, ws, channels, post } = await scheduled()
    const [edit, claims] = await Promise.all([
      posts.replace(ws, post.id, input('edited', channels), post.version).then(
        () => true,
        (e: { code?: string }) => (e.code === 'conflict' ? false : Promise.reject(e)),
      ),
      take(`w${i}`),
    ])
    const now = await posts.get(ws, post.id)
    // The edit came first, or was refused because the engine had begun: never a third thing.
    expect(now.content.segments[0]!.text).toBe(edit ? 'edited' : 'x')
    const claimed = claims.filter((c) => c.postId === post.id)
    const later = claimed.length === 2 ? [] : (await take(`w${i}-again`)).filter((c) => c.postId === post.id)
    expect(claimed.length + later.length).toBe(2)
  }
})
