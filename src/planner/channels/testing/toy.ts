/** The server face of a made-up network with OAuth 2, for tests of the keeper and the connect flows. Its network is toy-imitation.ts. */
import { z } from 'zod'
import { oauth2 } from '#kit/client/oauth2.ts'
import { definePlatform, type Platform } from '#kit/client/platform.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import { countBy } from '#kit/facts/text.ts'

export type ToyOptions = {
  /** `toy` rotates its refresh tokens; any other id is up to `rotates`. */
  id: string
  rotates: boolean
  /** One consent gives every account of the network instead of the one that allowed. */
  many?: boolean
  /** Accounts carry tokens of their own. */
  ownTokens?: boolean
}

const accounts = z.object({ data: z.array(z.object({ id: z.string(), name: z.string(), token: z.string() })) })

export const toy = (o: ToyOptions): Platform => {
  const host = `https://${o.id}.example`
  return definePlatform({
    spec: {
      id: o.id,
      name: `Toy ${o.id}`,
      hosts: [`${o.id}.example`],
      connect: 'redirect',
      credentials: [
        { name: 'clientId', label: 'Client ID' },
        { name: 'clientSecret', label: 'Client secret', secret: true },
      ],
      channelKinds: ['profile'],
      text: { max: 100, unit: 'graphemes' },
      thread: { max: 1 },
      media: { max: 0, mix: 'alone' },
      settings: { version: 1, schema: z.strictObject({}) },
      pace: { concurrency: 1, backlogGapMs: 0 },
      can: { firstComment: false, remove: false, edit: false, insights: false, webhook: false, readBack: true },
      verified: '2026-11-22',
    },
    text: { count: countBy.graphemes, split: (text) => [text] },
    failures: {
      platform: o.id,
      read: ({ body }) => {
        const b = z.object({ error: z.string() }).safeParse(body)
        return b.success ? { code: b.data.error, text: b.data.error } : {}
      },
      rules: [
        {
          code: ['invalid_grant', 'invalid_token'],
          kind: 'reconnect',
          word: 'token-over',
          say: 'The toy network no longer takes the token.',
        },
        {
          code: 'suspended',
          kind: 'refused-account',
          word: 'suspended',
          say: 'The toy network suspended the account.',
        },
        {
          status: 503,
          code: 'closed',
          kind: 'try-later',
          word: 'closed',
          say: 'The toy network is closed for a moment.',
        },
      ],
    },
    connect: oauth2({
      platform: o.id,
      name: `Toy ${o.id}`,
      authorizeUrl: `${host}/authorize`,
      tokenUrl: `${host}/token`,
      revokeUrl: `${host}/revoke`,
      scopes: ['post'],
      scopeSeparator: ' ',
      pkce: 'S256',
      clientAuth: 'body',
      refresh: 'standard',
      rotates: o.rotates,
      identify: async (t, grant) => {
        const { body } = await t.http({
          method: 'GET',
          url: `${host}/me`,
          headers: { authorization: `Bearer ${grant.access}` },
          expect: accounts,
        })
        return body.data.map((a) => ({
          externalId: a.id,
          kind: 'profile',
          name: a.name,
          handle: a.name.toLowerCase(),
          avatarUrl: null,
          profileUrl: null,
          facts: {},
          ...(o.ownTokens ? { grant: { access: a.token } } : {}),
        }))
      },
    }),
    publish: steps(step('create', { again: 'keyed' }, async () => done({ id: null, url: null }))),
  })
}
