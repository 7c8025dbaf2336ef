/**
 * OAuth of an atproto server (fact sheet bluesky.md §2c): pushed requests, PKCE, tokens bound to a key, rotation where a
 * replay ends the whole session. Clients are loopback ones (`http://localhost?...`) or an https document it fetches.
 */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked } from '#kit/sandbox/consent.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { pkceMatches } from '#kit/sandbox/pkce.ts'
import { route } from '#kit/sandbox/route.ts'
import { issueToken, revokeTokens } from '#kit/sandbox/tokens.ts'
import { bodyUpTo } from '#kit/sandbox/uploads.ts'
import { signJwt } from './answers.ts'
import { checkProof, nonceNow } from './dpop.ts'
import { clientDocumentBytes, oauth as n } from './numbers.ts'
import { accountOf, type BskyWorld, type Pushed } from './state.ts'

const ISSUER = 'https://bsky.social'
const SCOPES: Record<string, string> = {
  atproto: 'Know who you are',
  'transition:generic': 'Post, reply, upload and delete for you',
  'transition:email': 'See your email address',
  'transition:chat.bsky': 'Read and send direct messages',
}

const oauthError = (world: BskyWorld, status: number, error: string, error_description: string) =>
  json(status, { error, error_description }, { 'dpop-nonce': nonceNow(world), 'cache-control': 'no-store' })

const refuse = (world: BskyWorld, status: number, error: string, why: string): never => {
  throw new Refused(oauthError(world, status, error, why))
}

const proven = (world: BskyWorld, req: SandboxRequest): string => {
  const proof = checkProof(world, req)
  if ('jkt' in proof) return proof.jkt
  return refuse(world, 400, proof.problem === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof', proof.why)
}

const loopback = /^(127\.0\.0\.1|\[::1\])$/

const document = (bytes: Buffer | null): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(bytes?.toString('utf8') ?? '')
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Does this client exist, and may it use this address and these scopes? */
const checkClient = async (
  world: BskyWorld,
  id: string,
  redirectUri: string,
  scope: string,
): Promise<string | null> => {
  if (!URL.canParse(id) || !URL.canParse(redirectUri)) return 'client_id and redirect_uri must be addresses'
  const url = new URL(id)
  const asked = scope.split(' ')
  if (url.protocol === 'http:' && url.hostname === 'localhost') {
    if (url.pathname !== '/' || url.port) return 'a loopback client id is http://localhost with a query'
    if (!loopback.test(new URL(redirectUri).hostname)) return 'a loopback client must use a loopback address'
    const known = url.searchParams.getAll('redirect_uri')
    const portless = (x: string) => {
      const u = new URL(x)
      u.port = ''
      return u.href
    }
    if (known.length > 0 && !known.some((k) => portless(k) === portless(redirectUri))) return 'unknown redirect_uri'
    const allowed = (url.searchParams.get('scope') ?? 'atproto').split(' ')
    return asked.every((s) => allowed.includes(s)) ? null : 'scope is not one the client declared'
  }
  const res = await world.fetch(id, { redirect: 'error' }).catch(() => null)
  const doc = res?.ok ? document(await bodyUpTo(res, clientDocumentBytes)) : null
  if (!doc || doc.client_id !== id) return 'the client metadata document could not be fetched'
  if (doc.dpop_bound_access_tokens !== true) return 'dpop_bound_access_tokens must be true'
  if (!Array.isArray(doc.redirect_uris) || !doc.redirect_uris.includes(redirectUri)) return 'unknown redirect_uri'
  const allowed = String(doc.scope ?? '').split(' ')
  return asked.every((s) => allowed.includes(s)) ? null : 'scope is not one the client declared'
}

const pushedParameters = [
  ...['client_id', 'redirect_uri', 'scope', 'state', 'response_type', 'response_mode', 'login_hint', 'prompt', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'display', 'client_assertion', 'client_assertion_type', 'dpop_jkt'],
]
const tokenParameters = [
  ...['client_id', 'grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token'],
  ...['client_assertion', 'client_assertion_type'],
]

const par =
  (world: BskyWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const form = formBody(req)
    if (!form) return refuse(world, 400, 'invalid_request', 'the body must be a form')
    ignoreParameters(req, form.keys(), pushedParameters)
    const jkt = proven(world, req)
    const get = (name: string) => form.get(name) ?? ''
    if (get('response_type') !== 'code') return refuse(world, 400, 'invalid_request', 'response_type must be code')
    if (get('code_challenge_method') !== 'S256' || !get('code_challenge'))
      return refuse(world, 400, 'invalid_request', 'PKCE with S256 is required')
    if (Object.values(world.state.pushed).some((p) => p.challenge === get('code_challenge')))
      return refuse(world, 400, 'invalid_request', 'code challenge already used')
    const scopes = get('scope').split(' ').filter(Boolean)
    if (!scopes.includes('atproto')) return refuse(world, 400, 'invalid_scope', 'the atproto scope is required')
    const unknown = scopes.find((s) => !Object.hasOwn(SCOPES, s))
    if (unknown) return refuse(world, 400, 'invalid_scope', `unknown scope ${unknown}`)
    const wrong = await checkClient(world, get('client_id'), get('redirect_uri'), get('scope'))
    if (wrong) return refuse(world, 400, 'invalid_client_metadata', wrong)
    const uri = `urn:ietf:params:oauth:request_uri:req-${world.id(32)}`
    world.state.pushed[uri] = {
      client: get('client_id'),
      redirectUri: get('redirect_uri'),
      scopes,
      state: get('state'),
      challenge: get('code_challenge'),
      jkt,
      madeAt: world.now(),
      account: null,
      code: null,
    }
    world.changed()
    return json(201, { request_uri: uri, expires_in: n.parSecs }, { 'dpop-nonce': nonceNow(world) })
  }

const authorize =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const uri = req.query.get('request_uri') ?? ''
    const p = Object.hasOwn(world.state.pushed, uri) ? world.state.pushed[uri]! : null
    if (!p || p.client !== req.query.get('client_id') || world.now() - p.madeAt > n.parSecs * 1000 || p.code !== null)
      return json(400, { error: 'invalid_request', error_description: 'This request has expired or is unknown.' })
    ignoreAsked(req, 'request_uri')
    const accounts = world.state.accounts.map(accountOf)
    const look = {
      network: 'Bluesky',
      app: 'Clarion',
      accounts,
      accent: '#0a7aff',
      scopes: p.scopes.map((id) => ({ id, says: SCOPES[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const base = { iss: ISSUER, state: p.state }
    if (!decision.allow) {
      delete world.state.pushed[uri]
      return backToApp(p.redirectUri, { ...base, error: 'access_denied', error_description: 'The user denied it' })
    }
    p.account = decision.account.id
    p.code = `cod-${world.id(40)}`
    world.changed()
    return backToApp(p.redirectUri, { ...base, code: p.code })
  }

/** A fresh pair; both remember the key they are bound to. */
const mint = (world: BskyWorld, o: { did: string; client: string; scopes: string[]; jkt: string; family: string }) => {
  const now = world.now()
  const row = { account: o.did, client: o.client, scopes: ['oauth', ...o.scopes], family: o.family }
  const jti = world.id(24)
  issueToken(world.state.tokens, jti, { ...row, kind: 'access', expiresAt: now + n.accessMs }, now)
  const refresh_token = `ref-${world.id(48)}`
  issueToken(world.state.tokens, refresh_token, { ...row, kind: 'refresh', expiresAt: now + n.refreshMs }, now)
  world.state.keys[jti] = o.jkt
  world.state.keys[refresh_token] = o.jkt
  world.changed()
  const exp = Math.floor((now + n.accessMs) / 1000)
  const access_token = signJwt(
    { typ: 'at+jwt' },
    { sub: o.did, iss: ISSUER, aud: 'did:web:bsky.social', scope: o.scopes.join(' '), jti, exp, cnf: { jkt: o.jkt } },
  )
  return {
    access_token,
    token_type: 'DPoP',
    refresh_token,
    scope: o.scopes.join(' '),
    expires_in: n.accessMs / 1000,
    sub: o.did,
  }
}

const token =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return refuse(world, 400, 'invalid_request', 'the body must be a form')
    ignoreParameters(req, form.keys(), tokenParameters)
    const jkt = proven(world, req)
    const headers = { 'dpop-nonce': nonceNow(world), 'cache-control': 'no-store' }
    if (form.get('grant_type') === 'authorization_code') {
      const found = Object.entries(world.state.pushed).find(([, p]) => p.code !== null && p.code === form.get('code'))
      const p: Pushed | undefined = found?.[1]
      if (!found || !p || world.now() - p.madeAt > n.codeMs) return refuse(world, 400, 'invalid_grant', 'Invalid code')
      p.code = null
      if (p.jkt !== jkt) return refuse(world, 400, 'invalid_dpop_proof', 'DPoP proof does not match the request')
      if (p.client !== form.get('client_id') || p.redirectUri !== form.get('redirect_uri'))
        return refuse(world, 400, 'invalid_grant', 'client_id or redirect_uri mismatch')
      if (!pkceMatches(form.get('code_verifier'), p.challenge, 'S256'))
        return refuse(world, 400, 'invalid_grant', 'Invalid code_verifier')
      world.changed()
      const pair = mint(world, { did: p.account!, client: p.client, scopes: p.scopes, jkt, family: world.id(20) })
      return json(200, pair, headers)
    }
    if (form.get('grant_type') !== 'refresh_token')
      return refuse(world, 400, 'unsupported_grant_type', 'grant_type is not supported')
    const given = form.get('refresh_token') ?? ''
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given]! : null
    if (row?.kind !== 'refresh') return refuse(world, 400, 'invalid_grant', 'Invalid refresh token')
    if (row.state !== 'live') {
      // A replay ends the whole session [2c].
      revokeTokens(world.state.tokens, (t) => t.family === row.family)
      world.changed()
      return refuse(world, 400, 'invalid_grant', row.state === 'used' ? 'Refresh token replayed' : 'Session revoked')
    }
    if (row.expiresAt !== null && row.expiresAt <= world.now())
      return refuse(world, 400, 'invalid_grant', 'Session expired')
    if (world.state.keys[given] !== jkt)
      return refuse(world, 400, 'invalid_dpop_proof', 'DPoP proof does not match the session')
    if (row.client !== form.get('client_id')) return refuse(world, 400, 'invalid_grant', 'client_id mismatch')
    // The old access token dies at once as well.
    revokeTokens(world.state.tokens, (t) => t.family === row.family && t.kind === 'access')
    row.state = 'used'
    row.usedAt = world.now()
    const o = { did: row.account, client: row.client, scopes: row.scopes.slice(1), jkt, family: row.family }
    return json(200, mint(world, o), headers)
  }

const revoke =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const given = formBody(req)?.get('token') ?? ''
    proven(world, req)
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given] : undefined
    if (row) revokeTokens(world.state.tokens, (t) => t.family === row.family)
    world.changed()
    return json(200, {}, { 'dpop-nonce': nonceNow(world) })
  }

const resourceMetadata = (): SandboxResponse =>
  json(200, {
    resource: ISSUER,
    authorization_servers: [ISSUER],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  })

const serverMetadata = (): SandboxResponse =>
  json(200, {
    issuer: ISSUER,
    scopes_supported: Object.keys(SCOPES),
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    authorization_endpoint: `${ISSUER}/oauth/authorize`,
    token_endpoint: `${ISSUER}/oauth/token`,
    revocation_endpoint: `${ISSUER}/oauth/revoke`,
    pushed_authorization_request_endpoint: `${ISSUER}/oauth/par`,
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  })

export const oauthRoutes = (world: BskyWorld): SandboxRoute[] => [
  route('resource-metadata', 'GET bsky.social/.well-known/oauth-protected-resource', resourceMetadata),
  route('server-metadata', 'GET bsky.social/.well-known/oauth-authorization-server', serverMetadata),
  route('par', 'POST bsky.social/oauth/par', par(world), { writes: true }),
  route('authorize', 'GET|POST bsky.social/oauth/authorize', authorize(world)),
  route('token', 'POST bsky.social/oauth/token', token(world), { writes: true }),
  route('revoke', 'POST bsky.social/oauth/revoke', revoke(world), { writes: true }),
]
