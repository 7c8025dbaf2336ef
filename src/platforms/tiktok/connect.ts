/**
 * OAuth v2 as TikTok does it (fact sheet §2): `client_key`, scopes joined by commas, PKCE with a hex challenge, and only
 * for Desktop apps. A refresh may bring a new refresh token, which must then be kept; the old one is not said to die.
 */
import { type OAuth2, oauth2 } from '#kit/client/oauth2.ts'
import type { ConnectContext, Connector } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { identity } from './account.ts'

type WayId = 'direct' | 'inbox'

/** What each way cannot do without, and what it is better with. */
const wanted: Record<WayId, { scopes: string[]; optional: string[] }> = {
  direct: {
    scopes: ['user.info.basic', 'video.publish'],
    optional: ['video.upload', 'video.list', 'user.info.profile', 'user.info.stats'],
  },
  inbox: {
    scopes: ['user.info.basic', 'video.upload'],
    optional: ['video.list', 'user.info.profile', 'user.info.stats'],
  },
}

/** TikTok refuses to ask for a scope the app does not have, so an app may name the ones it has. */
const has = (credentials: Record<string, string>, scope: string) => {
  const named = (credentials.scopes ?? '').split(/[\s,]+/).filter(Boolean)
  return named.length === 0 || named.includes(scope)
}

/** A loopback redirect belongs to a Desktop app, which must send PKCE; an https one to a Web app, which need not. */
const pkceOf = (t: Pick<ConnectContext, 'credentials' | 'redirectUri'>): OAuth2['pkce'] => {
  const word = (t.credentials.pkce ?? '').trim().toLowerCase()
  if (word === 'hex') return 'S256-hex'
  if (word === 'base64url') return 'S256'
  if (word === 'none') return 'none'
  return new URL(t.redirectUri).protocol === 'http:' ? 'S256-hex' : 'none'
}

const oauth = (way: WayId, credentials: Record<string, string>, pkce: OAuth2['pkce']): Connector =>
  oauth2({
    platform: 'tiktok',
    name: 'TikTok',
    authorizeUrl: 'https://www.tiktok.com/v2/auth/authorize/',
    tokenUrl: 'https://open.tiktokapis.com/v2/oauth/token/',
    revokeUrl: 'https://open.tiktokapis.com/v2/oauth/revoke/',
    revokeToken: 'access',
    scopes: wanted[way].scopes,
    optionalScopes: wanted[way].optional.filter((s) => has(credentials, s)),
    scopeSeparator: ',',
    pkce,
    clientAuth: 'body',
    clientIdName: 'client_key',
    refresh: 'standard',
    rotates: false,
    accessLifetime: 86_400,
    refreshLifetime: 31_536_000,
    identify: async (t, grant) => [
      await identity({ http: t.http, access: grant.access }, grant.scopes ?? [], t.credentials),
    ],
  })

const wayOf = (word: unknown): WayId => (word === 'inbox' ? 'inbox' : 'direct')
const any = oauth('direct', {}, 'none')

export const connect: Connector = {
  rotates: false,
  begin: async (t, form) => {
    const way = wayOf(form.way)
    const begun = await oauth(way, t.credentials, pkceOf(t)).begin(t, form)
    return { ...begun, keep: { ...(begun.keep as { [key: string]: Json }), way } }
  },
  finish: async (t, answer, keep) => {
    const way = wayOf((keep as { way?: Json } | null)?.way)
    const end = await oauth(way, t.credentials, 'none').finish(t, answer, keep)
    return 'pending' in end ? end : { ...end, grant: { ...end.grant, extra: { ...end.grant.extra, way } } }
  },
  refresh: any.refresh,
  revoke: any.revoke,
}
