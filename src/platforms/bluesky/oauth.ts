/**
 * Connecting by OAuth (fact sheet §2c): the account's own server names its authorization server; the request is pushed
 * there (PAR) with PKCE and a key of ours, and the tokens work with that key only. Nothing is registered: the client id
 * is the address of a document of ours, or `http://localhost?...` for a Clarion on this machine.
 *
 * The refresh token rotates and a replay ends the whole session, so a lost answer means connecting again.
 */
import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from 'oauth4webapi'
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import type { Http } from '#kit/client/http.ts'
import type { ConnectBegin, ConnectContext } from '#kit/client/platform.ts'
import type { Grant, Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type DidDoc, entryway, pdsOf, resolveDid, resolveHandle } from './api.ts'
import { newKey, sendBound } from './dpop.ts'

/** Repo writes, blobs and reads through the account's server (fact sheet §2c, "simple choice"). */
export const scope = 'atproto transition:generic'
const refreshMs = 14 * 24 * 3_600_000

const fail = (word: string, message: string): never => {
  throw new PlatformFailure({ kind: 'not-permitted', code: `bluesky.${word}`, message })
}

/** Who we are to every authorization server, from the address they send the browser back to. */
export const clientId = (redirectUri: string): string => {
  const url = new URL(redirectUri)
  if (url.protocol === 'https:') return `${url.origin}/oauth/bluesky/client-metadata.json`
  const query = new URLSearchParams({ redirect_uri: redirectUri, scope })
  return `http://localhost?${query}`
}

/** The document behind the client id (a public client: no secret to lose, sessions of two weeks). */
export const clientMetadata = (publicUrl: string): Json => ({
  client_id: `${publicUrl}/oauth/bluesky/client-metadata.json`,
  client_name: 'Clarion',
  client_uri: publicUrl,
  redirect_uris: [`${publicUrl}/oauth/bluesky/callback`],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope,
  application_type: 'web',
  token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true,
})

const resource = z.object({ authorization_servers: z.array(z.url()).min(1) })
const server = z.object({
  issuer: z.string(),
  pushed_authorization_request_endpoint: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  revocation_endpoint: z.url().optional(),
})
type Server = z.output<typeof server>

const serverOf = async (http: Http, pds: string): Promise<Server> => {
  const { body } = await http({ method: 'GET', url: `${pds}/.well-known/oauth-protected-resource`, expect: resource })
  const issuer = body.authorization_servers[0]!.replace(/\/$/, '')
  const url = `${issuer}/.well-known/oauth-authorization-server`
  const found = (await http({ method: 'GET', url, expect: server })).body
  if (found.issuer.replace(/\/$/, '') !== issuer)
    fail('issuer', 'The sign-in server of this account is not who it says.')
  // The browser goes there: an address of another scheme would run in our name, one with a password would show it.
  const page = new URL(found.authorization_endpoint)
  const plain = page.protocol === 'http:' && issuer.startsWith('http:')
  if ((page.protocol !== 'https:' && !plain) || page.username || page.password)
    fail('issuer', 'The sign-in server of this account names no web page to sign in at.')
  return found
}

/** Handle to DID and back: both must name each other. */
const homeOf = async (http: Http, typed: string): Promise<{ did: string; pds: string; handle: string }> => {
  const handle = typed.trim().replace(/^@/, '').toLowerCase()
  if (!/^([a-z0-9-]+\.)+[a-z]+$/.test(handle)) return fail('form', 'Enter your handle, such as alice.bsky.social.')
  const did = await resolveHandle(http, entryway, handle)
  const doc: DidDoc = await resolveDid(http, did)
  if (!doc.alsoKnownAs?.includes(`at://${handle}`))
    return fail('handle', `The account behind ${handle} does not use that handle.`)
  return { did, pds: pdsOf(doc) ?? entryway, handle }
}

const keepShape = z.object({
  way: z.literal('oauth'),
  state: z.string(),
  verifier: z.string(),
  key: z.string(),
  did: z.string(),
  pds: z.string(),
  handle: z.string(),
  issuer: z.string(),
  token: z.string(),
  revocation: z.string().optional(),
})

export const begin = async (t: ConnectContext, typed: string): Promise<ConnectBegin> => {
  const { did, pds, handle } = await homeOf(t.http, typed)
  const as = await serverOf(t.http, pds)
  const [verifier, key] = [generateRandomCodeVerifier(), newKey()]
  const id = clientId(t.redirectUri)
  const pushed = await sendBound(
    { http: t.http, key, now: t.now },
    {
      method: 'POST',
      url: as.pushed_authorization_request_endpoint,
      form: {
        client_id: id,
        redirect_uri: t.redirectUri,
        scope,
        state: t.state,
        response_type: 'code',
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        login_hint: handle,
      },
      expect: z.object({ request_uri: z.string().startsWith('urn:') }),
    },
  )
  const url = new URL(as.authorization_endpoint)
  url.searchParams.set('client_id', id)
  url.searchParams.set('request_uri', pushed.body.request_uri)
  const keep: z.output<typeof keepShape> = {
    way: 'oauth',
    state: t.state,
    verifier,
    key,
    did,
    pds,
    handle,
    issuer: as.issuer,
    token: as.token_endpoint,
    ...(as.revocation_endpoint ? { revocation: as.revocation_endpoint } : {}),
  }
  return { kind: 'redirect', url: t.browserUrl(url.href), keep }
}

const tokenShape = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  token_type: z.string().regex(/^dpop$/i),
  scope: z.string(),
  expires_in: z.coerce.number().positive(),
  sub: z.string().startsWith('did:'),
})

type Extra = {
  key: string
  did: string
  pds: string
  issuer: string
  token: string
  client: string
  revocation?: string
}

const trade = async (t: { http: Http; now: () => number }, x: Extra, form: Record<string, string>): Promise<Grant> => {
  const reply = await sendBound(
    { http: t.http, key: x.key, now: t.now },
    { method: 'POST', url: x.token, form: { ...form, client_id: x.client } },
  )
  const a = readTokens('bluesky', 'Bluesky', tokenShape, reply.body)
  if (a.sub !== x.did) fail('other-account', 'The sign-in was for another account than the handle you entered.')
  const scopes = a.scope.split(' ')
  const missing = scope.split(' ').filter((s) => !scopes.includes(s))
  if (missing.length > 0) fail('scope-missing', `Bluesky did not grant ${missing.join(', ')}. Connect again.`)
  return {
    access: a.access_token,
    refresh: a.refresh_token,
    expiresAt: new Date(t.now() + a.expires_in * 1000).toISOString(),
    refreshExpiresAt: new Date(t.now() + refreshMs).toISOString(),
    scopes,
    extra: { way: 'oauth', ...x },
  }
}

/** The callback: the state and the issuer must be those we began with. */
export const finish = async (t: ConnectContext, answer: Record<string, string>, keep: Json) => {
  const k = keepShape.parse(keep)
  if (answer.state !== k.state || (answer.iss !== undefined && answer.iss !== k.issuer))
    fail(
      'state-mismatch',
      'This answer does not belong to the connection that was started here. Start connecting again.',
    )
  if (answer.error === 'access_denied') fail('denied', 'You did not allow Clarion on Bluesky. Nothing was connected.')
  if (!answer.code) fail('no-code', `Bluesky refused the connection (${answer.error ?? 'no code'}).`)
  const { did, pds, issuer, token, key, revocation } = k
  const extra: Extra = {
    key,
    did,
    pds,
    issuer,
    token,
    client: clientId(t.redirectUri),
    ...(revocation ? { revocation } : {}),
  }
  const grant = await trade(t, extra, {
    grant_type: 'authorization_code',
    code: answer.code!,
    redirect_uri: t.redirectUri,
    code_verifier: k.verifier,
  })
  return { grant, did, pds, handle: k.handle }
}

/** Rotates: the old pair is dead once the answer leaves the server. */
export const refresh = (t: { http: Http; now: () => number }, grant: Grant): Promise<Grant> =>
  trade(t, grant.extra as Extra, { grant_type: 'refresh_token', refresh_token: grant.refresh ?? '' })

export const revoke = async (t: { http: Http; now: () => number }, grant: Grant): Promise<void> => {
  const x = grant.extra as Extra
  if (!x.revocation || !grant.refresh) return
  const form = { token: grant.refresh, client_id: x.client }
  await sendBound({ http: t.http, key: x.key, now: t.now }, { method: 'POST', url: x.revocation, form })
}
