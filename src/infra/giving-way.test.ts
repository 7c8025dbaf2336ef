import { beforeEach, expect, it } from 'vitest'
import { manualClock } from './clock.ts'
import { createGivingWay } from './giving-way.ts'

const second = 1_000
let clock: ReturnType<typeof manualClock>
let busy: boolean
/** What is to be done, one piece after another; `during` runs after each piece. */
let open: number
let during: () => void
beforeEach(() => {
  clock = manualClock()
  busy = false
  open = 0
  during = () => {}
})
const job = (givesWay = true) =>
  createGivingWay({ clock, busy: () => busy })({
    name: 'toy',
    givesWay,
    look: async (goOn) => {
      while (open > 0 && goOn?.() !== false) {
        open--
        during()
      }
      return open > 0 ? new Date(clock.now()) : null
    },
  })
const ms = (at: Date | null) => at && at.getTime() - clock.now()

it('does its work while nothing is due, and is put off for a moment while something is', async () => {
  const { look } = job()
  open = 3
  expect([ms(await look()), open]).toEqual([null, 0])
  open = 3
  busy = true
  expect([ms(await look()), open]).toEqual([2 * second, 3])
  busy = false
  expect([ms(await look()), open]).toEqual([null, 0])
})

it('ends between two pieces when something becomes due meanwhile', async () => {
  const { look } = job()
  open = 5
  during = () => (busy = true)
  expect([ms(await look()), open]).toEqual([0, 4])
  expect([ms(await look()), open]).toEqual([2 * second, 4])
})

it('gives way for three minutes at most, goes on until it has caught up, and gives way anew', async () => {
  const { look } = job()
  open = 3
  busy = true
  await look()
  await clock.advance(179 * second)
  // A moment in which nothing is due does not begin the time anew: pieces alone would never catch up.
  busy = false
  during = () => (busy = true)
  await look()
  expect([busy, open]).toEqual([true, 2])
  await look()
  expect(open).toBe(2)
  await clock.advance(second)
  expect([ms(await look()), open]).toEqual([null, 0])
  open = 1
  expect([ms(await look()), open]).toEqual([2 * second, 1])
})

it('a clock that is set back makes minutes no hours', async () => {
  const { look } = job()
  open = 1
  busy = true
  await look()
  clock.set(clock.now() - 3_600 * second)
  await look()
  expect(open).toBe(0)
})

it('work that is needed in time gives way to nothing', async () => {
  open = 2
  busy = true
  await job(false).look()
  expect(open).toBe(0)
})
