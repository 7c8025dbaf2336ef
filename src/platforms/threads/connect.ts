/**
 * Threads' own OAuth (fact sheet threads.md §2): a code, a token of an hour, its trade for one of 60 days, renewed while it
 * lives. Granted scopes are in no token answer, so they are asked from `debug_token`.
 */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import { oauth2, type TokenContext } from '#kit/client/oauth2.ts'
import type { ChannelOffer, Connector } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { grantedScopes, host, me, readerOf } from './api.ts'

const platform = 'threads'
const name = 'Threads'
/** A younger token cannot be renewed (and need not be). */
const renewableAfterMs = 24 * 3_600_000

export const required = ['threads_basic', 'threads_content_publish'] as const
export const optional = [
  'threads_manage_replies',
  'threads_read_replies',
  'threads_manage_insights',
  'threads_delete',
] as const

const longLived = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() })

/** The two trades take the token as a parameter only. */
const trade = async (t: TokenContext, path: string, query: Record<string, string>, old: Grant): Promise<Grant> => {
  const { body } = await t.http({ method: 'GET', url: `https://${host}/${path}`, query })
  const a = readTokens(platform, name, longLived, body)
  return {
    ...old,
    access: a.access_token,
    expiresAt: new Date(t.now() + a.expires_in * 1000).toISOString(),
    extra: { ...old.extra, renewedAt: new Date(t.now()).toISOString() },
  }
}

const upgrade = async (t: TokenContext, grant: Grant): Promise<Grant> => {
  const long = await trade(
    t,
    'access_token',
    {
      grant_type: 'th_exchange_token',
      client_secret: t.credentials.clientSecret ?? '',
      access_token: grant.access,
    },
    grant,
  )
  const scopes = (await grantedScopes(readerOf(t.http, long.access))) ?? grant.scopes ?? []
  const missing = required.filter((s) => !scopes.includes(s))
  if (missing.length > 0)
    throw new PlatformFailure({
      kind: 'not-permitted',
      code: `${platform}.scope-missing`,
      message: `${name} did not grant ${missing.join(', ')}. Connect again and leave every permission ticked.`,
    })
  return { ...long, scopes }
}

const identify = async (t: TokenContext, grant: Grant): Promise<ChannelOffer[]> => {
  const user = await me(readerOf(t.http, grant.access))
  const may = (scope: (typeof optional)[number]) => grant.scopes?.includes(scope) ?? true
  return [
    {
      externalId: user.id,
      kind: 'profile',
      name: user.name || user.username,
      handle: user.username,
      avatarUrl: user.threads_profile_picture_url ?? null,
      profileUrl: `https://www.threads.com/@${user.username}`,
      facts: {
        verified: user.is_verified ?? false,
        mayReply: may('threads_manage_replies'),
        mayDelete: may('threads_delete'),
        mayReadNumbers: may('threads_manage_insights'),
      },
    },
  ]
}

const inner = oauth2({
  platform,
  name,
  authorizeUrl: 'https://threads.net/oauth/authorize',
  tokenUrl: `https://${host}/oauth/access_token`,
  scopes: required,
  optionalScopes: optional,
  scopeSeparator: ',',
  pkce: 'none',
  clientAuth: 'body',
  rotates: false,
  accessLifetime: 3600,
  upgrade,
  refresh: async (t, grant) => {
    const age = t.now() - Date.parse(grant.extra?.renewedAt ?? '')
    if (age < renewableAfterMs) {
      // Too young to be renewed; a look tells whether it is still taken.
      await me(readerOf(t.http, grant.access))
      return grant
    }
    return trade(t, 'refresh_access_token', { grant_type: 'th_refresh_token', access_token: grant.access }, grant)
  },
  identify,
})

/** Threads has no call that takes access back: the person removes the app in the account's settings. */
export const connect: Connector = {
  ...inner,
  // Threads ends the address with `#_`, which some browsers hand on.
  finish: (t, answer, keep) =>
    inner.finish(t, answer.code === undefined ? answer : { ...answer, code: answer.code.replace(/#_$/, '') }, keep),
}
