import { expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { createTaking } from './taking.ts'

/** Claims that end when they are told to. */
const claims = (clock = manualClock()) => {
  const asked: { ids: readonly string[]; end: (taken: readonly string[]) => void }[] = []
  let may = true
  const take = createTaking({
    clock,
    may: () => may,
    claim: (ids) =>
      new Promise((resolve) => {
        const end = (taken: readonly string[]) => resolve(new Map(taken.map((id) => [id, Promise.resolve()])))
        asked.push({ ids, end })
      }),
  })
  return { asked, take, clock, rest: () => (may = false) }
}
const ids = (c: ReturnType<typeof claims>) => c.asked.map((a) => a.ids)

test('what is asked in one moment is one claim, and so is what is asked while it is under way', async () => {
  const c = claims()
  const first = [c.take('a'), c.take('b')]
  await expect.poll(() => ids(c)).toEqual([['a', 'b']])
  const second = [c.take('c'), c.take('d'), c.take('c')]
  await new Promise((r) => setTimeout(r, 20))
  expect(ids(c)).toEqual([['a', 'b']])
  c.asked[0]!.end(['a'])
  expect(await Promise.all(first)).toEqual(['done', 'nothing'])
  await expect
    .poll(() => ids(c))
    .toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  c.asked[1]!.end(['c', 'd'])
  expect(await Promise.all(second)).toEqual(['done', 'done', 'done'])
})

test('a claim that waits for somebody’s lock keeps nobody else waiting', async () => {
  const c = claims()
  const stuck = c.take('a')
  await expect.poll(() => ids(c)).toEqual([['a']])
  const other = c.take('b')
  await c.clock.advance(100)
  // It rests as long as that one took, 50 ms at most.
  await expect
    .poll(async () => {
      await c.clock.advance(50)
      return ids(c)
    })
    .toEqual([['a'], ['b']])
  c.asked[1]!.end(['b'])
  expect(await other).toBe('done')
  c.asked[0]!.end([])
  expect(await stuck).toBe('nothing')
})

test('a process that takes nothing says so, and claims nothing', async () => {
  const c = claims()
  c.rest()
  expect(await c.take('a')).toBe('not-now')
  expect(c.asked).toEqual([])
})
