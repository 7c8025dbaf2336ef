/**
 * Facebook Login, then a choice of Pages: each is an offer with a Page token of its own, which has no end (fact sheet §2).
 * The person's own long-lived token stays in `extra.userToken`, to take the permissions back on disconnect.
 */
import type { ChannelOffer } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metaLogin } from '../families/meta/login.ts'
import { type ManagedPage, managedPages, mayPublish } from '../families/meta/pages.ts'

/** Publishing, reading back and deleting. */
export const neededScopes = ['pages_show_list', 'pages_read_engagement', 'pages_manage_posts']
/** First comments, comment counts, webhooks, insights, Pages of a business. */
export const optionalScopes = [
  'pages_manage_engagement',
  'pages_read_user_content',
  'pages_manage_metadata',
  'read_insights',
  'business_management',
]

const offerOf = (p: ManagedPage & { token: string }, consent: Grant): ChannelOffer => ({
  externalId: p.id,
  ...(consent.extra?.userId ? { person: consent.extra.userId } : {}),
  kind: 'page',
  name: p.name,
  handle: p.username ?? p.id,
  avatarUrl: p.avatarUrl,
  profileUrl: `https://www.facebook.com/${p.username ?? p.id}`,
  facts: {
    category: p.category ?? null,
    tasks: p.tasks,
    followers: p.followers_count ?? p.fan_count ?? null,
  },
  grant: {
    access: p.token,
    scopes: consent.scopes,
    extra: {
      userToken: consent.access,
      userId: consent.extra?.userId ?? '',
      ...(consent.expiresAt ? { userTokenExpiresAt: consent.expiresAt } : {}),
    },
  },
})

export const connect = metaLogin({
  platform: 'facebook',
  name: 'Facebook',
  scopes: neededScopes,
  optionalScopes,
  identify: async (t, grant) => {
    const pages = await managedPages(
      { http: t.http, access: grant.access, secret: t.credentials.clientSecret },
      { businesses: grant.scopes?.includes('business_management') },
    )
    const offers = pages.flatMap((p) => (p.token && mayPublish(p) ? [offerOf({ ...p, token: p.token }, grant)] : []))
    if (offers.length === 0)
      throw new PlatformFailure({
        kind: 'not-permitted',
        code: 'facebook.no-pages',
        message:
          pages.length > 0
            ? 'You have no role that may publish on the Pages you chose. Ask for content access, then connect again.'
            : 'Facebook showed no Page. Choose at least one in the dialog; only Pages can be published to.',
      })
    return offers
  },
})
