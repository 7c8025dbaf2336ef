import fc from 'fast-check'
import { expect, test } from 'vitest'
import { etagOf, isWanted, versionOf, wantedOf } from './etag.ts'

test('a version survives its tag', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999 }), (n) => versionOf(etagOf(n)) === n))
})

test('with and without the digest of its body', () => {
  expect([etagOf(7, 'Jx-_3'), versionOf('"v7.Jx-_3"')]).toEqual(['"v7.Jx-_3"', 7])
})

test.each([
  '*',
  '"v7."',
  '"v7.a b"',
  `"v7.${'x'.repeat(65)}"`,
  'v7',
  '"7"',
  'W/"v7"',
  '"v7", "v8"',
  '"v-1"',
  '"v1234567890"',
  '',
])('%s names no version', (tag) => {
  expect(versionOf(tag)).toBeNull()
})

test.each([
  ['*', 'any'],
  [' * ', 'any'],
  ['"v7"', [7]],
  ['"v7.Jx3", "v8"', [7, 8]],
  ['"v7","other"', [7]],
  ['W/"v7", "v9"', [9]],
  ['"a, b", "v2"', [2]],
  ['"other"', null],
  ['W/"v7"', null],
  ['v7', null],
  ['"v7", v8', null],
  ['*, "v7"', null],
  ['"v7', null],
  ['', null],
])('If-Match %s wants %j', (header, wanted) => {
  expect(wantedOf(header)).toEqual(wanted)
})

test('one of a list is enough, any is any, and none asked for is no condition', () => {
  expect([isWanted([7, 8], 8), isWanted([7, 8], 9), isWanted('any', 3), isWanted(null, 3)]).toEqual([
    ...[true, false, true, true],
  ])
})
