import { expect, test } from 'vitest'
import { usage } from './usage.ts'

const reset = String(Date.UTC(2026, 10, 30, 12) / 1000)
const resetsAt = '2026-11-30T12:00:00.000Z'
const rate = { 'x-rate-limit-limit': '100', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset }
const day = {
  'x-user-limit-24hour-limit': '2400',
  'x-user-limit-24hour-remaining': '2399',
  'x-user-limit-24hour-reset': reset,
}

test('the headers of an endpoint are its own: a read that is spent stops no post', () => {
  const of = (headers: Record<string, string>, taken: string[]) => usage!({ status: 200, headers }, 0, taken)
  expect(of(rate, [])).toEqual([])
  expect(of({ ...rate, ...day }, ['credits', 'posts-15m'])).toEqual([
    { bucket: 'posts-24h-user', label: 'Posts of this account in 24 hours', used: 1, cap: 2400, resetsAt },
    { bucket: 'posts-15m', label: 'Posts in 15 minutes', used: 100, cap: 100, resetsAt },
  ])
  expect(of(rate, ['deletes-15m']).map((q) => q.bucket)).toEqual(['deletes-15m'])
})
