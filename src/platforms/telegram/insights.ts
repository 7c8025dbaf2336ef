/** Members of the chat: the one number a bot may read (fact sheet §6). */
import type { ChannelContext, Reading } from '#kit/client/platform.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { memberCount } from './api.ts'

export const account = async (t: ChannelContext): Promise<Reading> => {
  const members = await memberCount({ http: t.http, token: t.credentials.botToken ?? '' }, t.channel.externalId)
  return { metrics: metricsOf({ followers: members }), raw: { members } }
}
