import fc from 'fast-check'
import { expect, test } from 'vitest'
import { etagOf, versionOf } from './etag.ts'

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
