/**
 * Two ways to connect (fact sheet §1, §2), chosen by the person. `instagram-login`: Instagram's own login, its own app id, a
 * token of 60 days that is renewed while it lives. `facebook-login`: Facebook Login, one offer per Page with a linked account,
 * each with its Page token, which does not expire by time; but the 90 days of data access do.
 */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import { oauth2, scopeSet, type TokenAnswer, type TokenContext } from '#kit/client/oauth2.ts'
import type { ChannelContext, ChannelOffer, ConnectContext, Connector } from '#kit/client/platform.ts'
import type { Grant, Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { graphId } from '../families/meta/graph.ts'
import { debugToken, metaLogin, revokePermissions } from '../families/meta/login.ts'
import { managedPages } from '../families/meta/pages.ts'
import { instagramHost, me, type WayId, wayOf } from './api.ts'

const platform = 'instagram'
const name = 'Instagram'
const hour = 3_600_000
/** A token younger than this cannot be renewed (and need not be). */
const renewableAfterMs = 24 * hour

type App = { clientId: string; clientSecret: string }
const appOf = (way: WayId, credentials: Record<string, string>): App =>
  way === 'facebook-login'
    ? { clientId: credentials.metaAppId ?? '', clientSecret: credentials.metaAppSecret ?? '' }
    : { clientId: credentials.instagramAppId ?? '', clientSecret: credentials.instagramAppSecret ?? '' }
/** The context with the credentials of one way under the names OAuth knows. */
const as = <T extends { credentials: Record<string, string> }>(way: WayId, t: T): T => ({
  ...t,
  credentials: { ...appOf(way, t.credentials) },
})

const short = z.object({
  access_token: z.string().min(1),
  user_id: graphId.optional(),
  permissions: z.union([z.string(), z.array(z.string())]).optional(),
})
/** Documented as `{ data: [{...}] }`, seen flat. */
const exchanged = z.union([z.object({ data: z.array(short).min(1) }).transform((x) => x.data[0]!), short])

/** The answer of api.instagram.com: a token of an hour and what was granted. */
export const shortToken = (body: unknown): TokenAnswer => {
  const a = readTokens(platform, name, exchanged, body)
  return { access: a.access_token, ...(a.permissions === undefined ? {} : { scopes: scopeSet(a.permissions) }) }
}
const longLived = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
  permissions: z.union([z.string(), z.array(z.string())]).optional(),
})

/** A trade on graph.instagram.com: these calls take the token as a parameter only. */
const trade = async (t: TokenContext, path: string, query: Record<string, string>, old: Grant): Promise<Grant> => {
  const { body } = await t.http({ method: 'GET', url: `https://${instagramHost}/${path}`, query })
  const a = readTokens(platform, name, longLived, body)
  return {
    ...old,
    access: a.access_token,
    expiresAt: new Date(t.now() + a.expires_in * 1000).toISOString(),
    ...(a.permissions ? { scopes: scopeSet(a.permissions) } : {}),
    extra: { ...old.extra, way: 'instagram-login', renewedAt: new Date(t.now()).toISOString() },
  }
}

const own = oauth2({
  platform,
  name,
  authorizeUrl: 'https://www.instagram.com/oauth/authorize',
  tokenUrl: 'https://api.instagram.com/oauth/access_token',
  scopes: ['instagram_business_basic', 'instagram_business_content_publish'],
  optionalScopes: ['instagram_business_manage_comments', 'instagram_business_manage_insights'],
  scopeSeparator: ',',
  pkce: 'none',
  clientAuth: 'body',
  rotates: false,
  accessLifetime: 3600,
  readToken: shortToken,
  upgrade: (t, grant) =>
    trade(
      t,
      'access_token',
      {
        grant_type: 'ig_exchange_token',
        client_secret: t.credentials.clientSecret ?? '',
        access_token: grant.access,
      },
      grant,
    ),
  refresh: async (t, grant) => {
    const age = t.now() - Date.parse(grant.extra?.renewedAt ?? '')
    if (age < renewableAfterMs) {
      // Too young to be renewed; a look tells whether it is still taken.
      await me({ http: t.http, access: grant.access, host: instagramHost })
      return grant
    }
    return trade(t, 'refresh_access_token', { grant_type: 'ig_refresh_token', access_token: grant.access }, grant)
  },
  identify: async (t, grant) => {
    const user = await me({ http: t.http, access: grant.access, host: instagramHost })
    const externalId = user.user_id ?? user.id
    if (!externalId)
      throw new PlatformFailure({
        kind: 'unknown-outcome',
        code: `${platform}.no-account`,
        message: 'Instagram did not say which account this is. Start connecting again.',
      })
    const facts = { accountType: user.account_type ?? null, ...mayDo(grant) }
    return [offer({ way: 'instagram-login', externalId, person: user.id, user, facts })]
  },
})

type Known = { username?: string; name?: string; profile_picture_url?: string; followers_count?: number }

const offer = (o: {
  way: WayId
  externalId: string
  person?: string
  user: Known
  facts?: Record<string, Json>
  grant?: Grant
}): ChannelOffer => {
  const handle = o.user.username ?? o.externalId
  return {
    externalId: o.externalId,
    ...(o.person ? { person: o.person } : {}),
    kind: 'profile',
    name: o.user.name || handle,
    handle,
    avatarUrl: o.user.profile_picture_url ?? null,
    profileUrl: o.user.username ? `https://www.instagram.com/${o.user.username}/` : null,
    facts: { way: o.way, followers: o.user.followers_count ?? null, ...o.facts },
    ...(o.grant ? { grant: o.grant } : {}),
  }
}

/** What the optional scopes allow, for the rules that run before publishing. */
const mayDo = (grant: Grant): Record<string, Json> => ({
  mayComment: grant.scopes?.some((s) => /_manage_comments$/.test(s)) ?? true,
  mayReadNumbers: grant.scopes?.some((s) => /_manage_insights$/.test(s)) ?? true,
})

const iso = (ms: number | null) => (ms === null ? undefined : new Date(ms).toISOString())

/** `instagram_*` scopes are not exempt from the 90 days of data access, so those are the life of this grant. */
const dataAccess = async (t: TokenContext, token: string) => {
  const facts = await debugToken(t, token)
  if (!facts.valid || (facts.dataAccessExpiresAt !== null && facts.dataAccessExpiresAt <= t.now()))
    throw new PlatformFailure({
      kind: 'reconnect',
      code: `${platform}.data-access-over`,
      message: 'Facebook wants you to confirm every 90 days that Clarion may use this account. Connect it again.',
    })
  return iso(facts.dataAccessExpiresAt)
}

const throughFacebook = metaLogin({
  platform,
  name,
  scopes: ['instagram_basic', 'instagram_content_publish', 'pages_show_list', 'pages_read_engagement'],
  optionalScopes: [
    'instagram_manage_comments',
    'instagram_manage_insights',
    'instagram_manage_contents',
    'pages_manage_metadata',
    'business_management',
  ],
  // `instagram_*` scopes need the 90 days of data access renewed, which only this does.
  authType: 'reauthorize',
  identify: async (t, grant) => {
    const access = { http: t.http, access: grant.access, secret: t.credentials.clientSecret }
    const businesses = grant.scopes?.includes('business_management') ?? false
    const pages = await managedPages(access, { linked: true, businesses })
    const expiresAt = await dataAccess(t, grant.access)
    const offers = pages.flatMap((page) => {
      const linked = page.instagram_business_account
      if (!linked || !page.token) return []
      const ownGrant: Grant = {
        access: page.token,
        // The consent's token: what a disconnect takes back, and what tells that two channels share a consent.
        refresh: grant.access,
        refreshExpiresAt: grant.expiresAt,
        ...(expiresAt ? { expiresAt } : {}),
        scopes: grant.scopes,
        extra: { way: 'facebook-login', pageId: page.id },
      }
      const facts = { pageId: page.id, pageName: page.name, ...mayDo(grant) }
      const person = grant.extra?.userId
      return [offer({ way: 'facebook-login', externalId: linked.id, person, user: linked, facts, grant: ownGrant })]
    })
    if (offers.length === 0)
      throw new PlatformFailure({
        kind: 'not-permitted',
        code: `${platform}.no-linked-account`,
        message:
          'None of your Facebook Pages has an Instagram professional account linked to it. Link one in the Instagram app, or connect with Instagram instead.',
      })
    return offers
  },
  // A Page token cannot be renewed and need not be; what ends is the data access, and only Facebook knows when.
  refresh: async (t, grant) => {
    const expiresAt = await dataAccess(t, grant.access)
    return { ...grant, ...(expiresAt ? { expiresAt } : {}) }
  },
  revoke: (t, grant) =>
    revokePermissions({ http: t.http, access: grant.refresh ?? grant.access, secret: t.credentials.clientSecret }),
})

const ways: Record<WayId, Connector> = { 'instagram-login': own, 'facebook-login': throughFacebook }
const kept = z.object({ way: z.enum(['instagram-login', 'facebook-login']), inner: z.unknown() })

export const connect: Connector = {
  rotates: false,
  begin: async (t: ConnectContext, form) => {
    const way: WayId = form.way === 'facebook-login' ? 'facebook-login' : 'instagram-login'
    const begun = await ways[way].begin(as(way, t), form)
    return { ...begun, keep: { way, inner: begun.keep } }
  },
  finish: (t, answer, keep) => {
    const { way, inner } = kept.parse(keep)
    // Instagram ends the address with `#_`, which some browsers hand on.
    const code = answer.code?.replace(/#_$/, '')
    return ways[way].finish(as(way, t), { ...answer, ...(code === undefined ? {} : { code }) }, inner as Json)
  },
  refresh: (t, grant) => ways[wayOf(grant)].refresh!(as(wayOf(grant), t), grant),
  // Instagram Login has no call for it: the person removes the app in Instagram's settings.
  revoke: async (t, grant) => {
    if (wayOf(grant) === 'facebook-login') await throughFacebook.revoke!(as('facebook-login', t), grant)
  },
}

/** Instagram Login: an id of the app's own beside the account's. Facebook Login: the person who consented (§2). */
export const person = async (t: ChannelContext): Promise<string | null> =>
  wayOf(t.grant) === 'facebook-login'
    ? (await debugToken(as('facebook-login', t), t.grant.access)).userId
    : ((await me({ http: t.http, access: t.grant.access, host: instagramHost })).id ?? null)
