/** What X says of the account now: its subscription decides how long texts and videos may be (fact sheet §2). */
import type { AccountNow, ChannelContext } from '#kit/client/platform.ts'
import { me } from './api.ts'

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const user = await me({ http: t.http, access: t.grant.access })
  return {
    facts: {
      subscriptionType: user.subscription_type ?? 'None',
      verified: user.verified ?? false,
      verifiedType: user.verified_type ?? 'none',
    },
  }
}
