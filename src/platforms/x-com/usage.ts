/** X's rate headers (fact sheet §7): the account's posts in 24 hours, seen on every create. */
import type { Platform } from '#kit/client/platform.ts'

export const usage: Platform['usage'] = ({ headers }) =>
  (['user', 'app'] as const).flatMap((who) => {
    const read = (what: string) => Number(headers[`x-${who}-limit-24hour-${what}`] ?? Number.NaN)
    const [cap, remaining, reset] = [read('limit'), read('remaining'), read('reset')]
    if (!(cap > 0) || Number.isNaN(remaining)) return []
    return [
      {
        bucket: `posts-24h-${who}`,
        label: who === 'user' ? 'Posts of this account in 24 hours' : 'Posts of the app in 24 hours',
        used: Math.min(cap, Math.max(0, cap - remaining)),
        cap,
        resetsAt: reset > 0 ? new Date(reset * 1000).toISOString() : null,
      },
    ]
  })
