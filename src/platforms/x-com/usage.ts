/**
 * X's rate headers (fact sheet §7): the account's and the app's posts in 24 hours, seen on every create, and on every answer
 * what the endpoint called still takes in its 15 minutes.
 */
import type { Platform, Quota } from '#kit/client/platform.ts'

type Headers = Record<string, string>
const told = (headers: Headers, prefix: string, bucket: string, label: string): Quota[] => {
  const read = (what: string) => Number(headers[`${prefix}-${what}`] ?? Number.NaN)
  const [cap, remaining, reset] = [read('limit'), read('remaining'), read('reset')]
  if (!(cap > 0) || Number.isNaN(remaining)) return []
  const used = Math.min(cap, Math.max(0, cap - remaining))
  return [{ bucket, label, used, cap, resetsAt: reset > 0 ? new Date(reset * 1000).toISOString() : null }]
}

const endpoints = [
  ['posts-15m', 'Posts in 15 minutes'],
  ['deletes-15m', 'Deletions in 15 minutes'],
] as const

export const usage: Platform['usage'] = ({ headers }, _now, taken = []) => [
  ...told(headers, 'x-user-limit-24hour', 'posts-24h-user', 'Posts of this account in 24 hours'),
  ...told(headers, 'x-app-limit-24hour', 'posts-24h-app', 'Posts of the app in 24 hours'),
  ...endpoints.flatMap(([bucket, label]) =>
    taken.includes(bucket) ? told(headers, 'x-rate-limit', bucket, label) : [],
  ),
]
