/**
 * OAuth 2 with the app id and secret in HTTP Basic and scopes joined by commas (fact sheet §2). An access token lives 30
 * days, a refresh token 60; each refresh gives a new one of both, and the new refresh token must be kept.
 *
 * Apps with Trial access publish only to Pinterest's sandbox host, whose tokens come from its own token endpoint. The
 * operator says so in the credential `access`; the grant remembers which host it belongs to, so that a later change of
 * tier breaks no channel: it stays where it is until somebody connects it again.
 */
import { oauth2, type TokenContext } from '#kit/client/oauth2.ts'
import type { ConnectContext, Connector } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { factsOf } from './account.ts'
import { accessOf, type Environment, userAccount } from './api.ts'

const day = 24 * 3600

const connector = (environment: Environment, tokenUrl: string): Connector =>
  oauth2({
    platform: 'pinterest',
    name: 'Pinterest',
    authorizeUrl: 'https://www.pinterest.com/oauth/',
    tokenUrl,
    scopes: ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read'],
    scopeSeparator: ',',
    pkce: 'none',
    clientAuth: 'basic',
    // Without it, apps made before 2025-09-25 get a token that cannot be renewed for ever.
    extraExchange: { continuous_refresh: 'true' },
    refresh: 'standard',
    rotates: true,
    accessLifetime: 30 * day,
    refreshLifetime: 60 * day,
    upgrade: async (_t, grant) => ({ ...grant, extra: { ...grant.extra, environment } }),
    identify: async (t, grant) => {
      const user = await userAccount(accessOf({ http: t.http, grant }))
      return [
        {
          externalId: user.id,
          kind: 'profile',
          name: user.business_name?.trim() || user.username,
          handle: user.username,
          avatarUrl: user.profile_image ?? null,
          profileUrl: `https://www.pinterest.com/${user.username}/`,
          facts: factsOf(user, environment),
        },
      ]
    },
  })

const connectors: Record<Environment, Connector> = {
  production: connector('production', 'https://api.pinterest.com/v5/oauth/token'),
  sandbox: connector('sandbox', 'https://api-sandbox.pinterest.com/v5/oauth/token'),
}

const chosen = (t: Pick<ConnectContext, 'credentials'>): Connector =>
  connectors[t.credentials.access?.trim().toLowerCase() === 'trial' ? 'sandbox' : 'production']
const ofGrant = (grant: Grant): Connector =>
  connectors[grant.extra?.environment === 'sandbox' ? 'sandbox' : 'production']

export const connect: Connector = {
  rotates: true,
  begin: (t, form) => chosen(t).begin(t, form),
  finish: async (t, answer, keep) => {
    try {
      return await chosen(t).finish(t, answer, keep)
    } catch (error) {
      // Nothing is connected yet, so a 401 here speaks of the app, not of a sign-in that is over.
      if (error instanceof PlatformFailure && error.failure.code === 'pinterest.unauthorized')
        throw new PlatformFailure({
          ...error.failure,
          kind: 'not-permitted',
          code: 'pinterest.app-refused',
          message: 'Pinterest does not accept the app: check the app id and secret in Settings -> Platforms.',
        })
      throw error
    }
  },
  refresh: (t: TokenContext, grant) => ofGrant(grant).refresh!(t, grant),
}
