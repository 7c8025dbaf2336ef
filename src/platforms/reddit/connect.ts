/**
 * OAuth 2 code flow with `duration=permanent`, HTTP Basic, scopes joined by spaces, no PKCE (fact sheet §2). The refresh
 * token does not rotate: it is good until revoked, and comes back with each answer. Every call names its caller.
 */
import { oauth2, type TokenContext } from '#kit/client/oauth2.ts'
import type { ConnectContext, Connector } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, naming } from './access.ts'
import { factsOf } from './account.ts'
import { whoAmI } from './places.ts'

const scopes = ['identity', 'submit', 'edit', 'read', 'history', 'flair', 'mysubreddits'] as const

const flow = oauth2({
  platform: 'reddit',
  name: 'Reddit',
  authorizeUrl: 'https://www.reddit.com/api/v1/authorize',
  tokenUrl: 'https://www.reddit.com/api/v1/access_token',
  scopes,
  scopeSeparator: ' ',
  pkce: 'none',
  clientAuth: 'basic',
  // `temporary` would give no refresh token.
  extraAuthorize: { duration: 'permanent' },
  refresh: 'standard',
  rotates: false,
  // 86,400 of late; the answer says it.
  accessLifetime: 3600,
  identify: async (t, grant) => {
    const user = await whoAmI(accessOf({ ...t, grant }))
    return [
      {
        externalId: user.id,
        kind: 'profile',
        name: user.name,
        handle: user.name,
        avatarUrl: user.snoovatar_img || user.icon_img || null,
        profileUrl: `https://www.reddit.com/user/${user.name}/`,
        facts: factsOf(user),
      },
    ]
  },
})

const named = <T extends TokenContext>(t: T): T => ({ ...t, http: naming(t.http, t.credentials) })

type Reading = { kind: FailureKind; word: string; say: string }
/** The token endpoint means other things by its refusals than the API does; by the word the table gave them. */
const reading = async <T>(work: Promise<T>, when: Record<string, Reading>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    const { failure } = error
    const word = failure.code.replace('reddit.', '')
    const rule = when[failure.status === 400 && word === 'unrecognised' ? 'bare-400' : word]
    if (!rule) throw error
    throw new PlatformFailure({ ...failure, kind: rule.kind, code: `reddit.${rule.word}`, message: rule.say })
  }
}

const app: Reading = {
  kind: 'not-permitted',
  word: 'app-refused',
  say: 'Reddit does not accept the app: check the client id and secret in Settings -> Platforms.',
}
const over: Reading = {
  kind: 'reconnect',
  word: 'token-refused',
  say: 'Reddit does not accept the saved sign-in any more. Connect the account again.',
}
const late: Reading = {
  kind: 'not-permitted',
  word: 'code-refused',
  say: 'Reddit’s answer was used already or came too late. Start connecting again.',
}

export const connect: Connector = {
  rotates: false,
  begin: (t, form) => flow.begin(t, form),
  finish: (t: ConnectContext, answer, keep) =>
    reading(flow.finish(named(t), answer, keep), { unauthorized: app, 'token-refused': late, 'bare-400': late }),
  // A dead refresh token is a bare 400 as often as `invalid_grant`.
  refresh: (t, grant) => reading(flow.refresh!(named(t), grant), { unauthorized: app, 'bare-400': over }),
  /** Kills the access tokens with it. 204 also for tokens Reddit does not know. */
  revoke: async (t, grant: Grant) => {
    const { clientId = '', clientSecret = '' } = t.credentials
    await named(t).http({
      method: 'POST',
      url: 'https://www.reddit.com/api/v1/revoke_token',
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
      },
      form: {
        token: grant.refresh ?? grant.access,
        token_type_hint: grant.refresh ? 'refresh_token' : 'access_token',
      },
    })
  },
}
