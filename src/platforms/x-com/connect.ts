/** OAuth 2 with PKCE as a confidential client (fact sheet §2). Refresh rotates: a lost answer means connecting again. */
import { oauth2 } from '#kit/client/oauth2.ts'
import { me } from './api.ts'

export const connect = oauth2({
  platform: 'x-com',
  name: 'X',
  authorizeUrl: 'https://x.com/i/oauth2/authorize',
  tokenUrl: 'https://api.x.com/2/oauth2/token',
  revokeUrl: 'https://api.x.com/2/oauth2/revoke',
  scopes: ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access'],
  scopeSeparator: ' ',
  pkce: 'S256',
  clientAuth: 'basic',
  refresh: 'standard',
  rotates: true,
  accessLifetime: 7200,
  // Reported, not documented: about six months.
  refreshLifetime: 180 * 24 * 3600,
  identify: async (t, grant) => {
    const user = await me({ http: t.http, access: grant.access })
    return [
      {
        externalId: user.id,
        kind: 'profile',
        name: user.name,
        handle: user.username,
        avatarUrl: user.profile_image_url?.replace('_normal.', '_400x400.') ?? null,
        profileUrl: `https://x.com/${user.username}`,
        facts: {
          subscriptionType: user.subscription_type ?? 'None',
          verified: user.verified ?? false,
          verifiedType: user.verified_type ?? 'none',
        },
      },
    ]
  },
})
