import { expect, test } from 'vitest'
import { readTrustProxy, trusts } from './trust-proxy.ts'

test.each([
  [undefined, false],
  ['0', false],
  ['off', false],
  ['1', 1],
  ['true', 1],
  ['2', 2],
  ['127.0.0.1', '127.0.0.1'],
  [' 10.0.0.0/8 , ::1,uniquelocal', '10.0.0.0/8,::1,uniquelocal'],
  ['2400:cb00::/32', '2400:cb00::/32'],
])('%s is %s', (text, want) => {
  expect(readTrustProxy(text)).toBe(want)
})

// 0.0.0.0/0 would believe everybody.
test.each(['-1', '11', '1.5', 'nginx', '10.0.0.0/33', '10.0.0/8', '::1/129', '0.0.0.0/0', '127.0.0.1,', '1,2'])(
  '%s says nothing sensible',
  (text) => {
    expect(readTrustProxy(text)).toBeNull()
  },
)

test('a number of hops believes a peer that is near, and nobody who is not', () => {
  const one = trusts(1) as (address: string, hop: number) => boolean
  for (const near of ['127.0.0.1', '::1', '::ffff:172.18.0.2', '10.1.2.3', 'fd00::7', 'fe80::1%eth0'])
    expect([near, one(near, 0)]).toEqual([near, true])
  for (const far of ['203.0.113.7', '::ffff:203.0.113.7', '2a00::1', '172.32.0.1'])
    expect([far, one(far, 0)]).toEqual([far, false])
  expect(one('127.0.0.1', 1)).toBe(false)
  const two = trusts(2) as (address: string, hop: number) => boolean
  expect([two('203.0.113.7', 1), two('203.0.113.7', 2)]).toEqual([true, false])
})
