/** What the Page may do now, and whether its token still opens the door. Read-only. */
import type { AccountNow, ChannelContext } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { debugToken } from '../families/meta/login.ts'
import { accessOf } from './access.ts'
import { readPage, reelsSince } from './api-reads.ts'
import { neededScopes } from './connect.ts'

const dayMs = 86_400_000
/** Reels an app may publish on a Page in 24 hours (fact sheet §3.5). */
const reelsADay = 30

/** The token does not expire, so it is asked whether it lives and what it may. */
export const verify = async (t: ChannelContext): Promise<void> => {
  const facts = await debugToken(t, t.grant.access)
  if (!facts.valid)
    throw new PlatformFailure({
      kind: 'reconnect',
      code: 'facebook.token-dead',
      message: 'Facebook no longer takes Clarion’s access to this Page. Connect the Page again.',
    })
  const missing = neededScopes.filter((s) => !facts.scopes.includes(s))
  if (missing.length > 0)
    throw new PlatformFailure({
      kind: 'not-permitted',
      code: 'facebook.scope-missing',
      message: `Facebook no longer grants ${missing.join(', ')}. Connect the Page again with every permission ticked.`,
    })
  await readPage(accessOf(t), t.channel.externalId)
}

/** The person's id stands in grants made since it was kept; else the token tells whose consent made it (fact sheet §2). */
export const person = async (t: ChannelContext): Promise<string | null> =>
  t.grant.extra?.userId || (await debugToken(t, t.grant.access)).userId

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const c = accessOf(t)
  const page = await readPage(c, t.channel.externalId)
  const used = await reelsSince(c, t.channel.externalId, t.now() - dayMs)
  return {
    facts: { followers: page.followers_count ?? page.fan_count ?? null },
    quotas: [
      {
        bucket: 'reels-day',
        label: 'Reels in 24 hours',
        used: Math.min(used, reelsADay),
        cap: reelsADay,
        resetsAt: null,
      },
    ],
  }
}
