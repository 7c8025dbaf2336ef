/**
 * Facebook Login, as the networks behind it share it (fact sheets facebook.md §2, instagram.md §2.2): the dialog without
 * PKCE, a short-lived user token, its trade for one of 60 days, and what was really granted. Page tokens derived from the
 * long-lived token do not expire by time.
 */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import { oauth2, type TokenContext } from '#kit/client/oauth2.ts'
import type { ChannelOffer, Connector } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type GraphAccess, graphDelete, graphId, graphSuccess, graphUrl, graphVersion } from './graph.ts'

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() })
/** Where Meta does not say it: 60 days (s). */
const longLivedSeconds = 5_184_000

export type TokenFacts = {
  valid: boolean
  scopes: string[]
  userId: string | null
  /** Epoch ms; null = never. */
  expiresAt: number | null
  /** End of the 90 days of data access (epoch ms); matters where a scope is not exempt. */
  dataAccessExpiresAt: number | null
}

const debugged = z.object({
  data: z.object({
    is_valid: z.boolean().default(false),
    scopes: z.array(z.string()).default([]),
    user_id: graphId.optional(),
    expires_at: z.number().optional(),
    data_access_expires_at: z.number().optional(),
  }),
})

/** What Meta knows about a token, asked with the app's own token. Credentials: `clientId`, `clientSecret`. */
export const debugToken = async (t: Pick<TokenContext, 'http' | 'credentials'>, token: string): Promise<TokenFacts> => {
  const { clientId = '', clientSecret = '' } = t.credentials
  const { data } = (
    await t.http({
      method: 'GET',
      url: graphUrl('debug_token'),
      query: { input_token: token },
      headers: { authorization: `Bearer ${clientId}|${clientSecret}` },
      expect: debugged,
    })
  ).body
  const ms = (seconds: number | undefined) => (seconds ? seconds * 1000 : null)
  return {
    valid: data.is_valid,
    scopes: data.scopes,
    userId: data.user_id ?? null,
    expiresAt: ms(data.expires_at),
    dataAccessExpiresAt: ms(data.data_access_expires_at),
  }
}

/**
 * A user token for one that lives about 60 days. Works on long-lived ones too while they are valid, which is how they are
 * renewed. Keeps the grant's `extra` and scopes.
 */
export const exchangeLongLived = async (t: TokenContext, name: string, grant: Grant): Promise<Grant> => {
  const { clientId = '', clientSecret = '' } = t.credentials
  const { body } = await t.http({
    method: 'POST',
    url: graphUrl('oauth/access_token'),
    form: {
      grant_type: 'fb_exchange_token',
      client_id: clientId,
      client_secret: clientSecret,
      fb_exchange_token: grant.access,
    },
  })
  const answer = readTokens('meta', name, tokenAnswer, body)
  return {
    ...grant,
    access: answer.access_token,
    expiresAt: new Date(t.now() + (answer.expires_in ?? longLivedSeconds) * 1000).toISOString(),
  }
}

/** Takes the app's permissions back: kills every token of this person, Page tokens included. */
export const revokePermissions = async (c: GraphAccess): Promise<void> => {
  await graphDelete(c, 'me/permissions', { expect: graphSuccess })
}

export type MetaLogin = {
  /** Platform id, for failure codes. */
  platform: string
  name: string
  /** All of these must be granted; declined ones are named to the person. */
  scopes: readonly string[]
  /** Asked for; without them the channel can do less. */
  optionalScopes?: readonly string[]
  /** `rerequest` asks again for what was declined before (default); `reauthorize` also renews data access. */
  authType?: 'rerequest' | 'reauthorize'
  /** Channels of this consent. `grant.extra.userId` is set; `grant.scopes` is what was really granted. */
  identify: (t: TokenContext, grant: Grant) => Promise<ChannelOffer[]>
  /** Default: `revokePermissions` with `grant.extra.userToken`, else with the grant's own token. */
  revoke?: Connector['revoke']
  /** Default: none, for Page tokens do not expire. */
  refresh?: (t: TokenContext, grant: Grant) => Promise<Grant>
}

/**
 * The connector. Credentials: `clientId` (app id), `clientSecret`, and `configId` where the app uses Facebook Login for
 * Business (the configuration then replaces the scopes). Raises `<platform>.scope-missing` with the declined scopes.
 */
export const metaLogin = (o: MetaLogin): Connector => {
  const base = oauth2({
    platform: o.platform,
    name: o.name,
    authorizeUrl: `https://www.facebook.com/${graphVersion}/dialog/oauth`,
    tokenUrl: graphUrl('oauth/access_token'),
    scopes: o.scopes,
    optionalScopes: o.optionalScopes,
    scopeSeparator: ',',
    pkce: 'none',
    clientAuth: 'body',
    extraAuthorize: { auth_type: o.authType ?? 'rerequest' },
    refresh: o.refresh ?? 'none',
    rotates: false,
    upgrade: async (t, grant) => {
      const long = await exchangeLongLived(t, o.name, grant)
      const facts = await debugToken(t, long.access)
      const missing = o.scopes.filter((s) => !facts.scopes.includes(s))
      if (missing.length > 0)
        throw new PlatformFailure({
          kind: 'not-permitted',
          code: `${o.platform}.scope-missing`,
          message: `${o.name} did not grant ${missing.join(', ')}. Connect again and leave every permission ticked.`,
        })
      return { ...long, scopes: facts.scopes, extra: { ...long.extra, userId: facts.userId ?? '' } }
    },
    identify: o.identify,
  })
  return {
    ...base,
    begin: async (t, form) => {
      const begun = await base.begin(t, form)
      const { configId } = t.credentials
      return begun.kind === 'redirect' && configId
        ? { ...begun, url: `${begun.url}&config_id=${encodeURIComponent(configId)}` }
        : begun
    },
    revoke:
      o.revoke ??
      (async (t, grant) =>
        revokePermissions({
          http: t.http,
          access: grant.extra?.userToken ?? grant.access,
          secret: t.credentials.clientSecret,
        })),
  }
}
