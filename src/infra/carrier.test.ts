import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Carried, createCarry, type Look } from './carrier.ts'
import { manualClock } from './clock.ts'
import { notify } from './db/database.ts'
import { type TestDatabase, testDatabase } from './testing/db.ts'

let t: TestDatabase
let clock: ReturnType<typeof manualClock>
const errors: string[] = []
const running: { stop: () => Promise<void> }[] = []
beforeEach(async () => {
  t = await testDatabase({ empty: true })
  clock = manualClock()
  errors.length = 0
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((c) => c.stop()))
  await t.drop()
})

const hour = 3_600_000
const carry = async (look: Look, o: Partial<Carried> = {}) => {
  const log = { error: (_: object, message: string) => void errors.push(message) }
  const c = createCarry({ database: t, clock, log })(look, { name: 'toy', ...o })
  running.push(c)
  await c.start()
  return c
}
/** Lets what was woken run until it sleeps again. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((r) => setImmediate(r))
}
const pass = async (ms: number) => {
  await clock.advance(ms)
  await settle()
}

describe('a carrier', () => {
  it('looks at the start, and again when the look said: six hours are six hours', async () => {
    let looks = 0
    await carry(async () => {
      looks++
      return new Date(clock.now() + 6 * hour)
    })
    await settle()
    expect(looks).toBe(1)
    for (const ms of [30_000, hour, 4 * hour]) await pass(ms)
    expect(looks).toBe(1)
    await pass(hour)
    expect(looks).toBe(2)
  })

  it('is woken by its own topics only', async () => {
    const looks = { a: 0, b: 0 }
    const count = (name: keyof typeof looks) => async () => {
      looks[name]++
      return null
    }
    await carry(count('a'), { topics: ['topic_a'] })
    await carry(count('b'), { topics: ['topic_b'] })
    await settle()
    await pass(2_000)
    const heard: string[] = []
    await t.listen('topic_a', (x) => heard.push(x))
    await notify(t.db, 'topic_a', 'x')
    await expect.poll(() => heard).toEqual(['x'])
    await settle()
    expect(looks).toEqual({ a: 2, b: 1 })
  })

  it('is not put to sleep by a clock that is set back', async () => {
    let looks = 0
    const c = await carry(
      async () => {
        looks++
        return null
      },
      { gapMs: () => 0 },
    )
    await settle()
    clock.set(clock.now() - hour)
    c.wake()
    await settle()
    expect(looks).toBe(2)
  })

  it('makes one look of a burst, and forgets no wake that comes while it looks', async () => {
    let looks = 0
    const c = await carry(
      async () => {
        if (++looks === 2) c.wake()
        return null
      },
      { gapMs: () => 1_000 },
    )
    await settle()
    for (let i = 0; i < 10; i++) c.wake()
    await settle()
    expect(looks).toBe(1)
    await pass(1_000)
    expect(looks).toBe(2)
    await pass(1_000)
    expect(looks).toBe(3)
    await pass(10 * hour)
    expect(looks).toBe(3)
  })

  it('says when it looks only because a place is free', async () => {
    const why: (boolean | undefined)[] = []
    const c = await carry(
      async (_, freed) => {
        why.push(freed)
        return new Date(clock.now() + hour)
      },
      { gapMs: () => 0 },
    )
    await settle()
    for (const nudge of [c.free, c.wake, c.free]) {
      nudge()
      await settle()
    }
    // Both at once, in either order: it is no mere place.
    c.free()
    c.wake()
    await settle()
    await pass(hour)
    c.free()
    await settle()
    expect(why).toEqual([false, true, false, true, false, false, true])
  })

  it('looks at least as often as it was told to', async () => {
    let looks = 0
    await carry(
      async () => {
        looks++
        return null
      },
      { atMostMs: 30_000 },
    )
    await settle()
    await pass(30_000)
    expect(looks).toBe(2)
  })

  it('goes on after a look that broke, ever more rarely, and says so', async () => {
    let looks = 0
    await carry(async () => {
      if (++looks < 4) throw new Error('no database')
      return null
    })
    await settle()
    for (const ms of [1_000, 2_000, 3_999]) await pass(ms)
    expect([looks, errors.length]).toEqual([3, 3])
    await pass(1)
    expect([looks, errors.length]).toEqual([4, 3])
  })

  it('stops after the look under way, and not before', async () => {
    let free: () => void = () => {}
    const c = await carry(async () => {
      await new Promise<void>((r) => (free = r))
      return null
    })
    await settle()
    let stopped = false
    const stop = c.stop().then(() => (stopped = true))
    await settle()
    expect(stopped).toBe(false)
    free()
    await stop
  })
})
