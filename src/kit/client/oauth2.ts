/**
 * OAuth 2 as data: a platform fills in a table and gets a `Connector`. What differs between networks is named here once
 * (PKCE encoding, where the client secret goes, how scopes are joined, whether refresh rotates, second exchanges).
 *
 * The calls go through `t.http`, not through oauth4webapi's own fetch: only `t.http` maps the sandbox realm, redacts,
 * times out and classifies by the platform's table, and several networks bend the RFC (no `token_type`, comma scopes,
 * `client_key`) so far that a strict parser refuses them. From oauth4webapi come the pieces easy to get wrong: PKCE.
 */
import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { readTokens } from './connectors.ts'
import type { HttpRequest } from './http.ts'
import type { ChannelOffer, Connector } from './platform.ts'
import type { Grant } from './steps.ts'

/** What `refresh`, `revoke` and second exchanges may touch. */
export type TokenContext = Parameters<NonNullable<Connector['refresh']>>[0]

/** A token answer in our own words. Lifetimes in seconds, as networks give them. */
export type TokenAnswer = {
  access: string
  refresh?: string
  expiresIn?: number
  refreshExpiresIn?: number
  /** Absent: the network does not say; what was asked for is taken as granted. */
  scopes?: string[]
  extra?: Record<string, string>
}

export type OAuth2 = {
  /** Platform id, for failure codes. */
  platform: string
  /** The network's name as people know it. */
  name: string
  authorizeUrl: string
  tokenUrl: string
  revokeUrl?: string
  /** All of these must be granted. */
  scopes: readonly string[]
  /** Asked for, but their absence only narrows what the channel can do. */
  optionalScopes?: readonly string[]
  scopeSeparator: ' ' | ','
  /** `S256-hex`: TikTok's lower-case hex SHA-256 instead of base64url. */
  pkce: 'S256' | 'S256-hex' | 'none'
  /** Where the client proves itself: `Authorization: Basic` or fields of the body. */
  clientAuth: 'basic' | 'body'
  /** TikTok calls it `client_key`. Default `client_id`. */
  clientIdName?: string
  /** Members added to the authorize URL (`access_type=offline`) and to the two token calls. */
  extraAuthorize?: Record<string, string>
  extraExchange?: Record<string, string>
  extraRefresh?: Record<string, string>
  /** Reads an answer that is not in the RFC's shape; may throw `PlatformFailure`. */
  readToken?: (body: unknown) => TokenAnswer
  /** A second trade right after the first (Meta: short-lived for long-lived). */
  upgrade?: (t: TokenContext, grant: Grant) => Promise<Grant>
  /** `standard`: grant_type=refresh_token. `none`: not refreshable. Or the network's own way (Meta: GET with the access token). */
  refresh: 'standard' | 'none' | ((t: TokenContext, grant: Grant) => Promise<Grant>)
  /** Does a refresh kill the old refresh token at once? Then a lost answer means `reconnect`. */
  rotates: boolean
  /** Lifetimes (seconds) where the network does not say them. */
  accessLifetime?: number
  refreshLifetime?: number
  /** Revoke takes which token? Default `refresh` where there is one, for it kills the family. */
  revokeToken?: 'access' | 'refresh'
  /** Who gave consent: one offer per account, page, board owner. */
  identify: (t: TokenContext, grant: Grant) => Promise<ChannelOffer[]>
}

const keepShape = z.object({ state: z.string(), verifier: z.string().optional() })

/** Scopes come joined by spaces or commas, or as a list, in any order: compare them as sets only. */
export const scopeSet = (scopes: string | readonly string[] | undefined): string[] =>
  scopes === undefined
    ? []
    : [...new Set((typeof scopes === 'string' ? [scopes] : scopes).flatMap((s) => s.split(/[\s,]+/)).filter(Boolean))]

/** RFC 7636 challenge, or TikTok's hex variant of it (fact sheet tiktok.md §2). */
export const pkceChallenge = async (verifier: string, kind: 'S256' | 'S256-hex'): Promise<string> => {
  const challenge = await calculatePKCECodeChallenge(verifier)
  return kind === 'S256' ? challenge : Buffer.from(challenge, 'base64url').toString('hex')
}

const rfcToken = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
  refresh_token_expires_in: z.coerce.number().positive().optional(),
  refresh_expires_in: z.coerce.number().positive().optional(),
  scope: z.union([z.string(), z.array(z.string())]).optional(),
})

/** The RFC 6749 answer with the lifetimes and scope spellings seen in the wild. */
const readRfcToken = (platform: string, name: string, body: unknown): TokenAnswer => {
  const a = readTokens(platform, name, rfcToken, body)
  return {
    access: a.access_token,
    refresh: a.refresh_token,
    expiresIn: a.expires_in,
    refreshExpiresIn: a.refresh_token_expires_in ?? a.refresh_expires_in,
    scopes: a.scope === undefined ? undefined : scopeSet(a.scope),
  }
}

const iso = (now: number, seconds: number | undefined) =>
  seconds === undefined ? undefined : new Date(now + seconds * 1000).toISOString()

/**
 * Makes the connector of a redirect platform. Credentials are named `clientId` and `clientSecret`.
 * Raises `PlatformFailure`: `not-permitted` when consent was denied, the state does not match or a scope is missing;
 * whatever the platform's failure table says of the token endpoint's refusals.
 */
export const oauth2 = (o: OAuth2): Connector => {
  const fail = (word: string, message: string): never => {
    throw new PlatformFailure({ kind: 'not-permitted', code: `${o.platform}.${word}`, message })
  }
  const idName = o.clientIdName ?? 'client_id'

  /** One call with the client's proof of itself in the right place. */
  const call = async (t: TokenContext, url: string, form: Record<string, string | undefined>): Promise<unknown> => {
    const { clientId = '', clientSecret = '' } = t.credentials
    const request: HttpRequest = { method: 'POST', url, form }
    // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    if (o.clientAuth === 'basic' && clientSecret)
      request.headers = {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
      }
    else request.form = { ...form, [idName]: clientId, client_secret: clientSecret || undefined }
    return (await t.http(request)).body
  }

  const toGrant = (t: TokenContext, body: unknown, old?: Grant): Grant => {
    const a = o.readToken ? o.readToken(body) : readRfcToken(o.platform, o.name, body)
    const now = t.now()
    const refresh = a.refresh ?? old?.refresh
    const refreshIn = a.refreshExpiresIn ?? (a.refresh ? o.refreshLifetime : undefined)
    return {
      access: a.access,
      ...(refresh ? { refresh } : {}),
      expiresAt: iso(now, a.expiresIn ?? o.accessLifetime),
      // A refresh token that was not renewed keeps its old clock.
      refreshExpiresAt: iso(now, refreshIn) ?? old?.refreshExpiresAt,
      scopes: a.scopes ?? old?.scopes ?? [...o.scopes],
      ...(old?.extra || a.extra ? { extra: { ...old?.extra, ...a.extra } } : {}),
    }
  }

  const refresh =
    o.refresh === 'none'
      ? undefined
      : async (t: TokenContext, grant: Grant): Promise<Grant> => {
          if (typeof o.refresh === 'function') return o.refresh(t, grant)
          if (!grant.refresh)
            throw new PlatformFailure({
              kind: 'reconnect',
              code: `${o.platform}.no-refresh-token`,
              message: `${o.name} gave no way to renew the access. Connect the account again.`,
            })
          return toGrant(
            t,
            await call(t, o.tokenUrl, { grant_type: 'refresh_token', refresh_token: grant.refresh, ...o.extraRefresh }),
            grant,
          )
        }

  return {
    rotates: o.rotates,
    begin: async (t) => {
      if (!t.credentials.clientId)
        fail('credentials-missing', `${o.name} needs an app: enter its client id and secret in Settings -> Platforms.`)
      const verifier = o.pkce === 'none' ? undefined : generateRandomCodeVerifier()
      const url = new URL(o.authorizeUrl)
      const parameters = {
        response_type: 'code',
        [idName]: t.credentials.clientId!,
        redirect_uri: t.redirectUri,
        scope: [...o.scopes, ...(o.optionalScopes ?? [])].join(o.scopeSeparator),
        state: t.state,
        ...(verifier && o.pkce !== 'none'
          ? { code_challenge: await pkceChallenge(verifier, o.pkce), code_challenge_method: 'S256' }
          : {}),
        ...o.extraAuthorize,
      }
      // Some consent pages (X) take `%20` only, never `+`, between scopes.
      url.search = Object.entries(parameters)
        .map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`)
        .join('&')
      return { kind: 'redirect', url: t.browserUrl(url.href), keep: { state: t.state, verifier } }
    },
    finish: async (t, answer, keep) => {
      const kept = keepShape.parse(keep)
      if (answer.state !== kept.state)
        fail(
          'state-mismatch',
          'This answer does not belong to the connection that was started here. Start connecting again.',
        )
      if (answer.error) denied(answer)
      const code = answer.code
      if (!code)
        throw new PlatformFailure({
          kind: 'not-permitted',
          code: `${o.platform}.no-code`,
          message: `${o.name} sent the browser back without a code. Start connecting again.`,
        })
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: t.redirectUri,
        code_verifier: kept.verifier,
        ...o.extraExchange,
      }
      let grant = toGrant(t, await call(t, o.tokenUrl, form))
      const missing = o.scopes.filter((s) => !grant.scopes?.includes(s))
      if (missing.length > 0)
        fail(
          'scope-missing',
          `${o.name} did not grant ${missing.join(', ')}. Connect again and leave every permission ticked.`,
        )
      if (o.upgrade) grant = await o.upgrade(t, grant)
      return { grant, offers: await o.identify(t, grant) }
    },
    refresh,
    revoke: o.revokeUrl
      ? async (t, grant) => {
          const token = o.revokeToken === 'access' ? grant.access : (grant.refresh ?? grant.access)
          await call(t, o.revokeUrl!, { token })
        }
      : undefined,
  }

  function denied(answer: Record<string, string>): never {
    const why = answer.error ?? ''
    // access_denied is the RFC's; LinkedIn says user_cancelled_login, user_cancelled_authorize.
    if (/^access_denied$|cancel/.test(why))
      return fail('denied', `You did not allow Clarion on ${o.name}. Nothing was connected.`)
    return fail(
      'refused',
      `${o.name} refused the connection (${[why, answer.error_description].filter(Boolean).join(': ').slice(0, 200)}).`,
    )
  }
}
