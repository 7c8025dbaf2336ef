/** What LinkedIn says about the account now, and pages to mention. Read-only. */
import type { AccountNow, ChannelContext, Option } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { followers } from './analytics.ts'
import { introspect, organization, organizationsNamed } from './api.ts'
import { appOf } from './connect.ts'
import { accessOf } from './rest.ts'
import { mention } from './text.ts'

const tokenNow = async (t: ChannelContext) => {
  const now = await introspect(t.http, { access: t.grant.access, ...appOf(t.credentials, t.grant.extra?.way) })
  if (now.active) return now
  throw new PlatformFailure({
    kind: 'reconnect',
    code: 'linkedin.token-refused',
    message: 'LinkedIn does not accept the sign-in any more. Connect the account again.',
  })
}

/** Most apps get no refresh token, so that asking is the only way to notice a revoked one before a post is due. */
export const verify = async (t: ChannelContext): Promise<void> => void (await tokenNow(t))

/** Scopes and end of the sign-in; followers of a page. LinkedIn tells no quota (only the portal shows it). */
export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const token = await tokenNow(t)
  const page = t.channel.kind === 'organization'
  return {
    facts: {
      ...(token.scope ? { scopes: token.scope.split(/[ ,]+/).filter(Boolean) } : {}),
      ...(token.expires_at ? { tokenEndsAt: new Date(token.expires_at * 1000).toISOString() } : {}),
      ...(page ? { followers: await followers(accessOf(t), t.channel.externalId) } : {}),
    },
  }
}

const shortName = (word: string): string =>
  (/linkedin\.com\/(?:company|school|showcase)\/([^/?#]+)/i.exec(word)?.[1] ?? word).trim().replace(/^@/, '')

/**
 * Pages to mention, by the short name in their address (`acme`, or the address itself); the value is what goes into the
 * text. Without a name: the channel's own page.
 */
export const organizations = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const c = accessOf(t)
  const word = shortName(params.name ?? '')
  const own = /^urn:li:organization:(\d+)$/.exec(t.channel.externalId)?.[1]
  const list = word ? await organizationsNamed(c, word) : own ? [await organization(c, own)] : []
  return list.flatMap((o) => {
    const id = o.id ?? (word ? undefined : own)
    const urn = `urn:li:organization:${id}`
    return id ? [{ value: mention(o.localizedName, urn), label: o.localizedName, hint: o.vanityName }] : []
  })
}
