/**
 * Google's OAuth 2 as data (fact sheets youtube.md §2 and google-business.md §2). Offline access with a consent screen
 * each time, for Google gives a refresh token only then; refreshing gives no new refresh token; `invalid_grant` means
 * that somebody has to connect again.
 */
import { type OAuth2, oauth2 } from '#kit/client/oauth2.ts'
import type { Connector } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'

export type GoogleOAuth = Pick<OAuth2, 'platform' | 'name' | 'scopes' | 'optionalScopes' | 'identify'>

const revokeUrl = 'https://oauth2.googleapis.com/revoke'

/**
 * The connector of a platform behind a Google account. Credentials are named `clientId` and `clientSecret`. People may
 * untick scopes on Google's page: `optionalScopes` may be missing, a missing one of `scopes` is refused by name.
 * Raises, besides what the kit's `oauth2` raises, `not-permitted` `<platform>.no-offline-access` when no refresh token came.
 */
export const googleOAuth = (o: GoogleOAuth): Connector => {
  const base = oauth2({
    ...o,
    authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    scopeSeparator: ' ',
    pkce: 'S256',
    clientAuth: 'body',
    extraAuthorize: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
    refresh: 'standard',
    rotates: false,
    accessLifetime: 3599,
    identify: async (t, grant) => {
      if (!grant.refresh)
        throw new PlatformFailure({
          kind: 'not-permitted',
          code: `${o.platform}.no-offline-access`,
          message: `Google gave Clarion no way to publish while you are away. Remove Clarion at myaccount.google.com/permissions and connect again.`,
        })
      return o.identify(t, grant)
    },
  })
  return {
    ...base,
    // Google takes the token alone, and calls one that is dead already an error.
    revoke: async (t, grant) => {
      await t.http({ method: 'POST', url: revokeUrl, form: { token: grant.refresh ?? grant.access }, accept: [400] })
    },
  }
}
