/** Rate headers (fact sheet §7): the tightest window of the call that was made, `limit;w=seconds`. */
import type { Platform } from '#kit/client/platform.ts'

export const usage: Platform['usage'] = ({ headers }) => {
  const seconds = Number(/;w=(\d+)/.exec(headers['ratelimit-policy'] ?? '')?.[1])
  const [cap, remaining] = [Number(headers['ratelimit-limit']), Number(headers['ratelimit-remaining'])]
  const reset = Number(headers['ratelimit-reset'])
  // Windows of minutes are over before a person looks; the hour and the day are the account's budget of writes.
  if (!(seconds >= 3600) || !(cap > 0) || Number.isNaN(remaining)) return []
  return [
    {
      bucket: `writes-${seconds}`,
      label: seconds >= 86_400 ? 'Write points in a day' : 'Write points in an hour',
      used: Math.min(cap, Math.max(0, cap - remaining)),
      cap,
      resetsAt: reset > 0 ? new Date(reset * 1000).toISOString() : null,
    },
  ]
}
