import { expect, test } from 'vitest'
import { isNearlyFull } from './rules.ts'

const gb = 1e9
test.each([
  [{ free: 2 * gb, total: 40 * gb }, true],
  [{ free: 8 * gb, total: 40 * gb }, false],
  [{ free: 4.9 * gb, total: 1000 * gb }, true],
  [{ free: 15 * gb, total: 1000 * gb }, true],
  [{ free: 25 * gb, total: 1000 * gb }, false],
  // A small disk that is mostly empty.
  [{ free: 3 * gb, total: 4 * gb }, false],
  [{ free: 0.1 * gb, total: 4 * gb }, true],
])('%o is nearly full: %s', (room, full) => {
  expect(isNearlyFull(room)).toBe(full)
})
