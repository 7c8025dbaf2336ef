/** What the network says of the account now: its name, its followers, and how many posts of apps are left (§3.4). */
import type { AccountNow, ChannelContext } from '#kit/client/platform.ts'
import { accessOf, publishingLimit, account as readAccount } from './api.ts'

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const c = accessOf(t)
  const user = await readAccount(c)
  const limit = await publishingLimit(c)
  const hours = Math.round((limit.config?.quota_duration ?? 86_400) / 3600)
  const cap = limit.config?.quota_total
  return {
    facts: { username: user.username, followers: user.followers_count ?? null, mediaCount: user.media_count ?? null },
    // A rolling window: it frees one by one, and Instagram does not say when.
    quotas: cap
      ? [
          {
            bucket: 'posts',
            label: `Posts by apps in ${hours} hours`,
            used: Math.min(cap, limit.quota_usage),
            cap,
            resetsAt: null,
          },
        ]
      : [],
  }
}
