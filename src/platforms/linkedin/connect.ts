/**
 * OAuth 2 in two ways (fact sheet §1, §2). LinkedIn gives pages only to apps with the Community Management API, and
 * refuses the whole consent when an app asks for a scope it has no product for; so the person chooses what to connect.
 * One consent of the first way offers every page and the person. Only approved apps get refresh tokens; the others
 * connect again every 60 days.
 */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import { oauth2, scopeSet, type TokenAnswer, type TokenContext } from '#kit/client/oauth2.ts'
import type { ChannelOffer, Connector } from '#kit/client/platform.ts'
import type { Grant, Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { me, meBasic, organization, organizationLogo, roles } from './api.ts'
import { accessOf } from './rest.ts'

type WayId = 'pages' | 'profile'
const wayOf = (word: string | undefined): WayId => (word === 'profile' ? 'profile' : 'pages')

/** The app of a way, under the names OAuth knows. Pages may have an app of their own. */
export const appOf = (credentials: Record<string, string>, way: string | undefined) => {
  const own = wayOf(way) === 'pages' && credentials.pagesClientId
  return {
    clientId: (own ? credentials.pagesClientId : credentials.clientId) ?? '',
    clientSecret: (own ? credentials.pagesClientSecret : credentials.clientSecret) ?? '',
  }
}
const withApp = <T extends { credentials: Record<string, string> }>(t: T, way: string | undefined): T => ({
  ...t,
  credentials: { ...t.credentials, ...appOf(t.credentials, way) },
})

const token = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: z.coerce.number().positive().optional(),
  scope: z.string().optional(),
})

/** LinkedIn's own sample says 525600: the minutes of a year, in a field of seconds. */
const minutesOfAYear = 525_600

const readToken =
  (way: WayId) =>
  (body: unknown): TokenAnswer => {
    const a = readTokens('linkedin', 'LinkedIn', token, body)
    const left = a.refresh_token_expires_in
    return {
      access: a.access_token,
      expiresIn: a.expires_in,
      refresh: a.refresh_token,
      refreshExpiresIn: left === minutesOfAYear ? minutesOfAYear * 60 : left,
      scopes: a.scope === undefined ? undefined : scopeSet(a.scope),
      extra: { way },
    }
  }

/** Roles that may publish for a page (§2). */
const mayPost = new Set(['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR', 'CONTENT_ADMIN', 'DIRECT_SPONSORED_CONTENT_POSTER'])
const maxPages = 5

const factsOf = (grant: Grant, way: WayId) => ({ way, scopes: grant.scopes ?? [] })

const people: Record<WayId, (t: TokenContext, grant: Grant) => Promise<ChannelOffer>> = {
  profile: async (t, grant) => {
    const user = await me(t.http, grant.access)
    return {
      externalId: `urn:li:person:${user.sub}`,
      kind: 'person',
      name: user.name,
      handle: user.name,
      avatarUrl: user.picture ?? null,
      profileUrl: null,
      facts: factsOf(grant, 'profile'),
    }
  },
  pages: async (t, grant) => {
    const user = await meBasic(t.http, grant.access)
    const name = `${user.localizedFirstName} ${user.localizedLastName}`.trim() || user.vanityName || user.id
    return {
      externalId: `urn:li:person:${user.id}`,
      kind: 'person',
      name,
      handle: user.vanityName ?? name,
      avatarUrl: null,
      profileUrl: user.vanityName ? `https://www.linkedin.com/in/${user.vanityName}/` : null,
      facts: factsOf(grant, 'pages'),
    }
  },
}

/** The pages this person may publish for. */
const pagesOf = async (t: TokenContext, grant: Grant): Promise<ChannelOffer[]> => {
  const c = accessOf({ ...t, grant })
  const byPage = new Map<string, string[]>()
  for (let n = 0; n < maxPages; n++) {
    const list = await roles(c, n * 100)
    for (const { role, state, organization: urn } of list)
      if (urn?.startsWith('urn:li:organization:') && mayPost.has(role) && (state ?? 'APPROVED') === 'APPROVED')
        byPage.set(urn, [...(byPage.get(urn) ?? []), role])
    if (list.length < 100) break
  }
  const offers: ChannelOffer[] = []
  for (const [urn, held] of byPage) {
    const id = urn.split(':').at(-1)!
    const page = await organization(c, id)
    offers.push({
      externalId: urn,
      kind: 'organization',
      name: page.localizedName,
      handle: page.vanityName ?? page.localizedName,
      avatarUrl: await logoOf(t, grant, id),
      profileUrl: `https://www.linkedin.com/company/${page.vanityName ?? id}/`,
      facts: { ...factsOf(grant, 'pages'), roles: held },
    })
  }
  return offers
}

/** A logo is decoration: the old API that has it may refuse, and the page is connected all the same. */
const logoOf = async (t: TokenContext, grant: Grant, id: string): Promise<string | null> => {
  try {
    return await organizationLogo(t.http, grant.access, id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind !== 'reconnect') return null
    throw error
  }
}

const common = (way: WayId) =>
  ({
    platform: 'linkedin',
    name: 'LinkedIn',
    authorizeUrl: 'https://www.linkedin.com/oauth/v2/authorization',
    tokenUrl: 'https://www.linkedin.com/oauth/v2/accessToken',
    revokeUrl: 'https://www.linkedin.com/oauth/v2/revoke',
    scopeSeparator: ' ',
    pkce: 'none',
    clientAuth: 'body',
    refresh: 'standard',
    // A refresh gives a new access token; the refresh token keeps its first 365 days.
    rotates: false,
    accessLifetime: 60 * 86_400,
    revokeToken: 'access',
    readToken: readToken(way),
  }) as const

/** What publishing on a page cannot do without: which pages, the post, and the look after a lost answer. */
const neededForPages = ['rw_organization_admin', 'r_organization_social', 'w_organization_social']

/**
 * What an app may have been granted besides (§2). LinkedIn refuses the whole consent over one scope an app does not have,
 * so only what the person names in the app's settings is asked for.
 */
const furtherForPages = [
  'r_basicprofile',
  'w_member_social',
  'w_member_social_feed',
  'w_organization_social_feed',
  'r_organization_social_feed',
  'r_member_postAnalytics',
]

/** @throws PlatformFailure for a word that is no scope Clarion can use. */
const furtherOf = (credentials: Record<string, string>): string[] => {
  const named = (credentials.pagesScopes ?? '').split(/[\s,]+/).filter(Boolean)
  const strange = named.find((s) => !furtherForPages.includes(s) && !neededForPages.includes(s))
  if (strange)
    throw new PlatformFailure({
      kind: 'not-permitted',
      code: 'linkedin.scope-unknown',
      message: `"${strange.slice(0, 60)}" is no scope Clarion can use. Settings of the LinkedIn app take: ${furtherForPages.join(', ')}.`,
    })
  return furtherForPages.filter((s) => named.includes(s))
}

/** Whether the person behind the token can be asked for, and published as. */
const mayName = (grant: Grant) => grant.scopes?.includes('r_basicprofile') ?? false

const pagesFlow = (further: readonly string[]): Connector =>
  oauth2({
    ...common('pages'),
    scopes: neededForPages,
    optionalScopes: further,
    // Subscribing to a page's events names the person who may read them.
    upgrade: async (t, grant) => {
      if (!mayName(grant)) return grant
      const { id } = await meBasic(t.http, grant.access)
      return { ...grant, extra: { ...grant.extra, person: `urn:li:person:${id}` } }
    },
    identify: async (t, grant) => [
      ...(await pagesOf(t, grant)),
      ...(mayName(grant) && grant.scopes?.includes('w_member_social') ? [await people.pages(t, grant)] : []),
    ],
  })

const flows: Record<WayId, (credentials: Record<string, string>) => Connector> = {
  pages: (credentials) => pagesFlow(furtherOf(credentials)),
  profile: () =>
    oauth2({
      ...common('profile'),
      scopes: ['openid', 'profile', 'w_member_social'],
      identify: async (t, grant) => [await people.profile(t, grant)],
    }),
}
/** Renewing and revoking ask for no scope: a slip in the settings must not end what is connected. */
const kindest = (way: WayId) => flows[way]({})

/** LinkedIn's own words about a refused consent: they name the scope. */
const said = (words: string | undefined) => (words ? ` ("${words.slice(0, 200)}")` : '')

const kept = z.object({ way: z.enum(['pages', 'profile']), inner: z.custom<Json>() })

export const connect: Connector = {
  rotates: false,
  begin: async (t, form) => {
    const way = wayOf(form.way)
    const begun = await flows[way](t.credentials).begin(withApp(t, way), form)
    return { ...begun, keep: { way, inner: begun.keep } }
  },
  finish: (t, answer, keep) => {
    const { way, inner } = kept.parse(keep)
    if (answer.error === 'unauthorized_scope_error')
      throw new PlatformFailure({
        kind: 'not-permitted',
        code: 'linkedin.product-missing',
        message:
          way === 'pages'
            ? `LinkedIn did not grant the app what was asked for${said(answer.error_description)}. Pages need the Community Management API: ask for that product at linkedin.com/developers, take scopes the app was not granted out of its settings here, or connect only your profile.`
            : 'The LinkedIn app lacks "Share on LinkedIn" or "Sign In with LinkedIn using OpenID Connect". Add both products at linkedin.com/developers.',
      })
    return kindest(way).finish(withApp(t, way), answer, inner)
  },
  refresh: (t, grant) => kindest(wayOf(grant.extra?.way)).refresh!(withApp(t, grant.extra?.way), grant),
  revoke: (t, grant) => kindest(wayOf(grant.extra?.way)).revoke!(withApp(t, grant.extra?.way), grant),
}
