/** What Threads says of the profile now: its name, and what is left of posts, replies and deletions (fact sheet threads.md §7). */
import type { AccountNow, ChannelContext, Quota } from '#kit/client/platform.ts'
import { accessOf, me, type PublishingLimit, publishingLimit } from './api.ts'

type Config = PublishingLimit['config']

/** A rolling window: it frees one by one, and Threads does not say when. */
const quota = (bucket: string, what: string, used: number | undefined, config: Config): Quota[] =>
  config && used !== undefined
    ? [
        {
          bucket,
          label: `${what} by apps in ${Math.round(config.quota_duration / 3600)} hours`,
          used: Math.min(config.quota_total, used),
          cap: config.quota_total,
          resetsAt: null,
        },
      ]
    : []

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const c = accessOf(t)
  const user = await me(c)
  const { mayReply, mayDelete } = t.channel.facts
  const limit = await publishingLimit(c, { replies: mayReply !== false, deletes: mayDelete !== false })
  return {
    facts: { username: user.username, verified: user.is_verified ?? false },
    quotas: [
      ...quota('posts', 'Posts', limit.quota_usage, limit.config),
      ...quota('replies', 'Replies', limit.reply_quota_usage, limit.reply_config),
      ...quota('deletes', 'Deletions', limit.delete_quota_usage, limit.delete_config),
    ],
  }
}
