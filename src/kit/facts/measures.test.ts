import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apart, bytesApart } from './measures.ts'

test.each([
  [3.7, 4, 3.7],
  [3.96, 4, 3.96],
  [3.9999, 4, 3.9999],
  [4.2, 4, 4.2],
  [60.0001, 60, 60.0001],
  [12.345, 4, 12],
  [4, 4, 4],
])('%s beside the limit %s is told as %s', (actual, limit, told) => expect(apart(actual, limit)).toBe(told))

test('a value is never rounded onto or across the limit it breaks', () =>
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 1e9 }), (actual, limit) => {
      expect(Math.sign(apart(actual, limit) - limit)).toBe(Math.sign(actual - limit))
    }),
  ))

test.each([
  [5_000_001, 5_000_000, ['5.000001 MB', '5 MB']],
  [5_240_000, 5_000_000, ['5.2 MB', '5 MB']],
  [9_999, 10_240, ['10 kB', '10.2 kB']],
  [999_999, 1_000_000, ['999.999 kB', '1 MB']],
  [8_300_000_000, 4_294_967_296, ['8.3 GB', '4.3 GB']],
] as const)('%s bytes beside %s', (actual, limit, told) => expect(bytesApart(actual, limit)).toEqual(told))

test('the marks of another language are its own', () =>
  expect(bytesApart(5_240_000, 5_000_000, (n) => n.toLocaleString('pl'))[0]).toBe('5,2 MB'))
