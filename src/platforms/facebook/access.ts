/** How the Page calls: with its token, with the app's secret as proof. */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Access } from './api.ts'

export const accessOf = (t: Pick<ChannelContext, 'http' | 'grant' | 'credentials'>): Access => ({
  http: t.http,
  access: t.grant.access,
  secret: t.credentials.clientSecret,
})

/** `/reel/123/` -> `https://www.facebook.com/reel/123/`; null stays null. */
export const absolute = (url: string | null | undefined): string | null =>
  url ? (url.startsWith('/') ? `https://www.facebook.com${url}` : url) : null
