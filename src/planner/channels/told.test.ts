/** The network's word against a network that counts: whatever overlaps, is lost, comes back or ends. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTold, type Take } from './told.ts'

/** A network with a window of fixed ends; answers tell what is left, as X, Reddit and Bluesky do. */
const network = (cap: number, windowMs: number) => {
  let used = 0
  let end = windowMs
  const roll = (now: number) => {
    while (now >= end) {
      end += windowMs
      used = 0
    }
  }
  return {
    /** A call arrives: counted, or refused when nothing is left. */
    arrive: (units: number, now: number) => {
      roll(now)
      const refused = used + units > cap
      if (!refused) used += units
      return { refused, heard: { left: cap - used, cap, until: end } }
    },
    left: (now: number) => {
      roll(now)
      return cap - used
    },
  }
}

type Event =
  | { do: 'call'; units: number }
  /** The n-th open call arrives; or the answer of the n-th that has arrived comes; or it is lost on its way back; or it never left. */
  | { do: 'arrive' | 'answer' | 'lose' | 'never-left'; n: number }
  | { do: 'pass'; ms: number }

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const), units: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('arrive', 'answer', 'lose', 'never-left'),
      n: fc.nat(7),
    }) as fc.Arbitrary<Event>,
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
)

describe('the word of a network', () => {
  test('over any sequence of calls, answers, losses, refunds and window ends no window is exceeded, and no unit is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.array(event, { maxLength: 80 }), (cap, events) => {
        const net = network(cap, 1000)
        const told = createTold()
        const open: { take: Take; units: number; heard?: ReturnType<typeof net.arrive>['heard'] }[] = []
        let now = 0
        /** Calls of before the first word of a window, or over its end, nobody can have judged. */
        let informed = false
        const call = (units: number) => {
          const got = told.take('k', units, now)
          if ('until' in got) return null
          open.push({ take: got.take, units })
          return got.word
        }
        const finish = (i: number, how: 'answer' | 'lose' | 'never-left') => {
          const [c] = open.splice(i, 1)
          if (!c) return
          told.end('k', c.take, how === 'never-left')
          if (how === 'answer' && c.heard) told.hear('k', c.heard, c.take)
        }
        for (const e of events) {
          if (e.do === 'call') {
            const word = call(e.units)
            if (word === false) informed = false
          } else if (e.do === 'pass') {
            now += e.ms
            // Windows end on the network's clock and ours together; what overlaps the end belongs to nobody's count.
            informed = false
          } else if (e.do === 'arrive') {
            const c = open.filter((o) => !o.heard)[e.n]
            if (!c) continue
            const { refused, heard } = net.arrive(c.units, now)
            if (informed) expect(refused).toBe(false)
            c.heard = heard
          } else {
            const able = open.filter((o) => (e.do === 'never-left' ? !o.heard : o.heard))
            const c = able[e.n]
            if (!c) continue
            finish(open.indexOf(c), e.do)
            if (e.do === 'answer' && open.length === 0) informed = true
          }
        }
        // Everything comes to rest, and one more answer is heard: ours is the network's number again.
        while (open.length > 0) finish(0, open[0]!.heard ? 'answer' : 'never-left')
        now += 2000
        const first = told.take('k', 1, now)
        if ('until' in first) throw new Error('a window that has ended still refuses')
        const { heard } = net.arrive(1, now)
        told.end('k', first.take, false)
        told.hear('k', heard, first.take)
        const left = net.left(now)
        for (let n = 0; n < left; n++) {
          const got = told.take('k', 1, now)
          if ('until' in got) throw new Error(`unit ${n + 1} of ${left} was lost`)
          expect(net.arrive(1, now).refused).toBe(false)
          told.end('k', got.take, false)
        }
        expect(told.take('k', 1, now)).toEqual({ until: heard.until, cap })
      }),
      { numRuns: 500 },
    )
  })

  test('an answer that overtook a later one is old news', () => {
    const told = createTold()
    const [a, b] = [told.take('k', 1, 0), told.take('k', 1, 0)] as { take: Take }[]
    told.end('k', b!.take, false)
    told.hear('k', { left: 4, cap: 10, until: 100 }, b!.take)
    told.end('k', a!.take, false)
    told.hear('k', { left: 9, cap: 10, until: 100 }, a!.take)
    for (let n = 0; n < 3; n++) expect(told.take('k', 1, 1)).toMatchObject({ word: true })
    expect(told.take('k', 1, 1)).toEqual({ until: 100, cap: 10 })
  })

  test('what never left is there again at once; what was lost is not, until the network says so', () => {
    const told = createTold()
    told.hear('k', { left: 1, cap: 10, until: 100 }, null)
    const take = () => told.take('k', 1, 1)
    const first = take()
    expect(take()).toEqual({ until: 100, cap: 10 })
    told.end('k', (first as { take: Take }).take, true)
    const second = take()
    expect(second).toMatchObject({ word: true })
    told.end('k', (second as { take: Take }).take, false)
    expect(take()).toEqual({ until: 100, cap: 10 })
    // The end of the window frees it without a word.
    expect(told.take('k', 1, 100)).toMatchObject({ word: false })
  })

  test('asking for nothing waits while nothing is left, and a word without an end ends the last one', () => {
    const told = createTold()
    told.hear('k', { left: 0, cap: 100, until: 50 }, null)
    expect(told.take('k', 0, 1)).toEqual({ until: 50, cap: 100 })
    told.hear('k', { left: 20, cap: 100, until: null }, null)
    expect(told.take('k', 0, 1)).toMatchObject({ word: false })
  })
})
