import fc from 'fast-check'
import { expect, test } from 'vitest'
import { roomAt, type Slice, sliceOf } from './rolling.ts'

test('whoever takes only when there is room never has more than the cap in any stretch of the window', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 5_000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.record({ wait: fc.integer({ min: 0, max: 2_000 }), units: fc.integer({ min: 1, max: 8 }) }), {
        maxLength: 60,
      }),
      (ms, cap, asks) => {
        const slices: Slice[] = []
        const taken: { at: number; units: number }[] = []
        let now = 1_000_000
        for (const ask of asks) {
          now += ask.wait
          const units = Math.min(ask.units, cap)
          const held = slices.filter((s) => s.end > now - ms)
          const at = roomAt(held, ms, cap, units, now)
          if (at > now) {
            // What it promised holds.
            expect(
              roomAt(
                slices.filter((s) => s.end > at - ms),
                ms,
                cap,
                units,
                at,
              ),
            ).toBe(at)
            continue
          }
          const { start, end } = sliceOf(ms, now)
          const slice = slices.find((s) => s.start === start)
          if (slice) slice.used += units
          else slices.push({ start, end, used: units })
          taken.push({ at: now, units })
        }
        for (const t of taken) {
          const within = taken.filter((x) => x.at > t.at - ms && x.at <= t.at)
          expect(within.reduce((sum, x) => sum + x.units, 0)).toBeLessThanOrEqual(cap)
        }
      },
    ),
  )
})
