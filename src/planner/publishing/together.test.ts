/** Group commit against a real table and a wire that breaks: every caller is told the truth about its own line. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { cutWire } from '#infra/testing/wire.ts'
import { createTogether } from './together.ts'

let home: TestDatabase
let wire: Awaited<ReturnType<typeof cutWire>>
let far: Database
beforeAll(async () => {
  home = await testDatabase({ empty: true })
  await home.pool.query('create table lines (id int primary key, k int not null unique)')
  wire = await cutWire(home.url)
  far = openDatabase(wire.url, { poolSize: 3 })
})
afterAll(async () => {
  await far.close()
  await wire.close()
  await home.drop()
})
beforeEach(async () => {
  wire.cut([])
  await home.pool.query('truncate lines')
})

type Line = { id: number; k: number; allowed: boolean }
const refused = (error: unknown) => (error as { code?: string }).code === '23505'

const group = (o: { most?: number; restMs?: number } = {}) => {
  const seen = { batches: [] as number[], atOnce: 0 }
  let busy = 0
  const together = createTogether<Line, boolean>({
    ...o,
    ofOne: refused,
    write: async (items) => {
      seen.batches.push(items.length)
      seen.atOnce = Math.max(seen.atOnce, ++busy)
      try {
        const { rows } = await sql<{ id: number }>`
          insert into lines select id, k from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as x(id int, k int, allowed boolean)
          where allowed returning id`.execute(far.db)
        return items.map((i) => rows.some((r) => r.id === i.id))
      } finally {
        busy--
      }
    },
  })
  return { together, seen }
}
const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await new Promise((r) => setImmediate(r))
}
const stands = async (id: number) => (await home.pool.query('select 1 from lines where id = $1', [id])).rowCount === 1

it('in any interleaving, with any of them refused, doubled or cut off, nobody is told what is not so', async () => {
  const line = fc.record({ k: fc.nat(12), allowed: fc.boolean(), after: fc.nat(6) })
  const cuts = fc.array(fc.constantFrom('before' as const, 'after' as const, null, null), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 24 }),
      cuts,
      fc.integer({ min: 1, max: 9 }),
      async (lines, cut, most) => {
        await home.pool.query('truncate lines')
        wire.cut(cut)
        const { together, seen } = group({ most })
        const told = await Promise.all(
          lines.map(async (l, id) => {
            await turns(l.after)
            try {
              const ok = await together({ id, k: l.k, allowed: l.allowed })
              // Told means committed: another connection sees it at once.
              if (ok) expect(await stands(id)).toBe(true)
              return ok ? 'written' : 'refused'
            } catch (error) {
              return refused(error) ? 'doubled' : 'unknown'
            }
          }),
        )
        const rows = (await home.pool.query<{ id: number; k: number }>('select id, k from lines')).rows
        for (const [id, word] of told.entries()) {
          const there = rows.some((r) => r.id === id)
          if (word === 'written') expect(there).toBe(true)
          if (word === 'refused') expect([lines[id]!.allowed, there]).toEqual([false, false])
          if (word === 'doubled') expect([there, rows.some((r) => r.k === lines[id]!.k)]).toEqual([false, true])
          if (word === 'unknown') expect(cut.filter(Boolean).length).toBeGreaterThan(0)
        }
        // One line at fault takes no other down: what could be written stands, unless a cut made it unknown.
        if (!told.includes('unknown'))
          expect(new Set(rows.map((r) => r.k))).toEqual(new Set(lines.filter((l) => l.allowed).map((l) => l.k)))
        expect(Math.max(...seen.batches)).toBeLessThanOrEqual(most)
        expect(seen.atOnce).toBeLessThanOrEqual(2)
      },
    ),
    { numRuns: 60 },
  )
})

it('a hundred that come at once are few commits, and a late one waits for nobody', async () => {
  const { together, seen } = group()
  const all = Array.from({ length: 100 }, (_, id) => ({ id, k: id, allowed: true }))
  expect(await Promise.all(all.map(together))).toEqual(all.map(() => true))
  expect(seen.batches).toEqual([64, 36])
  expect(await together({ id: 100, k: 100, allowed: true })).toBe(true)
  expect(seen.batches).toEqual([64, 36, 1])
})

it('what comes right after a write goes together, as soon as a statement is full at the latest', async () => {
  const { together, seen } = group({ restMs: 2_000, most: 4 })
  const one = (id: number) => together({ id, k: id, allowed: true })
  const first = one(0)
  await first
  const behind = [1, 2, 3].map(one)
  await turns(20)
  expect(seen.batches).toEqual([1])
  await Promise.all([...behind, one(4)])
  expect(seen.batches).toEqual([1, 4])
})

it('a write that waits for a lock has one other beside it, and no more', async () => {
  const { together, seen } = group({ restMs: 0 })
  const held = await home.pool.connect()
  try {
    await held.query('begin; lock table lines in exclusive mode')
    const waiting = [0, 1, 2].map(async (id) => {
      await expect.poll(() => seen.batches.length).toBe(Math.min(id, 2))
      return together({ id, k: id, allowed: true })
    })
    await expect.poll(() => seen.atOnce).toBe(2)
    await turns(20)
    expect(seen.batches).toEqual([1, 1])
    await held.query('commit')
    expect(await Promise.all(waiting)).toEqual([true, true, true])
    expect(seen.batches).toEqual([1, 1, 1])
  } finally {
    held.release(true)
  }
})

it('a broken connection is told to every caller of the batch, and nothing is written again', async () => {
  const { together, seen } = group()
  wire.cut(['after'])
  const all = Array.from({ length: 5 }, (_, id) => together({ id, k: id, allowed: true }).catch(() => 'unknown'))
  expect(await Promise.all(all)).toEqual(Array(5).fill('unknown'))
  expect(seen.batches).toEqual([5])
  expect((await home.pool.query('select 1 from lines')).rowCount).toBe(5)
})

it('a writer that does not tell of every line is not believed', async () => {
  const together = createTogether<number, boolean>({ write: async () => [true], ofOne: () => false })
  expect(await Promise.allSettled([together(1), together(2)])).toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ])
})
