import { expect, it } from 'vitest'
import { rangeOf, shift } from './range.ts'

it('a month shows whole weeks, a week its seven days', () => {
  expect(rangeOf('month', '2026-11-30')).toEqual({ from: '2026-10-26', to: '2026-12-07' })
  expect(rangeOf('week', '2026-11-30')).toEqual({ from: '2026-11-30', to: '2026-12-07' })
  expect(shift('month', '2026-11-30', 1)).toBe('2026-12-01')
})

it('the list shows the month, and on its last days the two weeks to come', () => {
  expect(rangeOf('agenda', '2026-11-01')).toEqual({ from: '2026-11-01', to: '2026-12-01' })
  expect(rangeOf('agenda', '2026-11-30')).toEqual({ from: '2026-11-01', to: '2026-12-14' })
  expect(rangeOf('agenda', '2026-12-31')).toEqual({ from: '2026-12-01', to: '2027-01-14' })
})
