/** OAuth 2.0 with PKCE as X does it (fact sheet x-com.md §2): codes live 30 s, refresh tokens rotate and the old one dies at once. */
import { json } from '#kit/sandbox/answer.ts'
import { basicAuth, formBody, jsonBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { pkceMatches } from '#kit/sandbox/pkce.ts'
import { route } from '#kit/sandbox/route.ts'
import { issueToken, lookToken, revokeTokens } from '#kit/sandbox/tokens.ts'
import { oauth as n } from './numbers.ts'
import { accountOf, type XWorld } from './state.ts'

const oauthError = (status: number, error: string, error_description: string) =>
  json(status, { error, error_description })
const invalidRequest = (what: string) => oauthError(400, 'invalid_request', what)

/** What is wrong with an authorize URL, or null. X shows a page, it does not redirect. */
const authorizeProblem = (world: XWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('response_type') !== 'code') return 'response_type must be code'
  if (q.get('client_id') !== world.state.app.clientId) return 'client_id is not known'
  if (!URL.canParse(redirect) || !/^https?:$/.test(new URL(redirect).protocol))
    return 'redirect_uri is not a web address'
  if (new URL(redirect).hostname === 'localhost') return 'redirect_uri: X refuses localhost; use http://127.0.0.1'
  if (
    new URL(redirect).protocol === 'http:' &&
    new URL(redirect).hostname !== '127.0.0.1' &&
    new URL(redirect).hostname !== '[::1]'
  )
    return 'redirect_uri must be https'
  const state = q.get('state') ?? ''
  if (state === '' || state.length > n.stateMax) return `state must have 1 to ${n.stateMax} characters`
  const scopes = (q.get('scope') ?? '').split(' ').filter(Boolean)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `scope is missing or unknown: ${unknown ?? ''}`
  if (!q.get('code_challenge')) return 'code_challenge is required'
  if (!['S256', 'plain'].includes(q.get('code_challenge_method') ?? ''))
    return 'code_challenge_method must be S256 or plain'
  return null
}

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'Something went wrong / X (sandbox)',
    body: `<main><h1>Something went wrong</h1><p>You weren’t able to give access to the App. Go back and try logging in again.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  })

const authorize =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = authorizeProblem(world, q)
    if (wrong) return wrongPage(wrong)
    ignoreAsked(req, 'code_challenge', 'code_challenge_method')
    const scopes = q.get('scope')!.split(' ').filter(Boolean)
    const accounts = world.state.users.map(accountOf)
    const look = {
      network: 'X',
      app: 'Clarion',
      accounts,
      accent: '#0a7cd0',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow) return backToApp(redirectUri, { error: 'access_denied', state: q.get('state') })
    const code = world.id(91)
    world.state.codes[code] = {
      user: decision.account.id,
      redirectUri,
      scopes,
      challenge: q.get('code_challenge')!,
      method: q.get('code_challenge_method')!,
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - 3_600_000) delete world.state.codes[key]
    world.changed()
    return backToApp(redirectUri, { state: q.get('state'), code })
  }

/** Confidential client: Basic header, or nothing goes. */
const clientProblem = (world: XWorld, req: SandboxRequest): SandboxResponse | null => {
  const basic = basicAuth(req)
  const { clientId, clientSecret } = world.state.app
  return basic && basic.user === clientId && basic.password === clientSecret
    ? null
    : oauthError(401, 'unauthorized_client', 'Missing valid authorization header')
}

/** A fresh pair for a user; without `offline.access` there is no refresh token. */
export const mint = (world: XWorld, o: { user: string; scopes: string[]; family: string }) => {
  const now = world.now()
  const client = world.state.app.clientId
  const row = { account: o.user, client, scopes: o.scopes, family: o.family }
  const access_token = issueToken(
    world.state.tokens,
    world.id(91),
    { ...row, kind: 'access', expiresAt: now + n.accessSecs * 1000 },
    now,
  )
  const refresh = o.scopes.includes('offline.access')
    ? {
        refresh_token: issueToken(
          world.state.tokens,
          world.id(91),
          { ...row, kind: 'refresh', expiresAt: now + n.refreshMs },
          now,
        ),
      }
    : {}
  world.changed()
  return { token_type: 'bearer', expires_in: n.accessSecs, access_token, scope: o.scopes.join(' '), ...refresh }
}

const allowedForm: Record<string, readonly string[]> = {
  authorization_code: ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'client_id', 'client_secret'],
  refresh_token: ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'scope'],
}

/** The documents say a form; twitter-api-v2 (1.29) sends JSON, and X takes it. */
const fields = (req: SandboxRequest): URLSearchParams | null => {
  const json = jsonBody(req)
  return json ? new URLSearchParams(Object.entries(json).map(([k, v]) => [k, String(v)])) : formBody(req)
}

const token =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = fields(req)
    if (!form) return invalidRequest('Content-Type must be application/x-www-form-urlencoded.')
    const refused = clientProblem(world, req)
    if (refused) return refused
    const grant = form.get('grant_type') ?? ''
    const allowed = Object.hasOwn(allowedForm, grant) ? allowedForm[grant]! : null
    if (!allowed) return oauthError(400, 'unsupported_grant_type', 'Value passed for the grant type was invalid.')
    // RFC 6749 §3.2: what an authorization server does not know it ignores.
    ignoreParameters(req, form.keys(), allowed)
    return grant === 'refresh_token' ? refresh(world, form) : exchange(world, form)
  }

const exchange = (world: XWorld, form: URLSearchParams): SandboxResponse => {
  const given = form.get('code') ?? ''
  const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
  if (!code || code.used || world.now() - code.madeAt > n.codeMs)
    return invalidRequest('Value passed for the authorization code was invalid.')
  if (form.get('redirect_uri') !== code.redirectUri)
    return invalidRequest('Value passed for the redirect uri did not match the uri of the authorization code.')
  if (!pkceMatches(form.get('code_verifier'), code.challenge, code.method))
    return invalidRequest('Value passed for the code verifier did not match the code challenge.')
  code.used = true
  return json(200, mint(world, { user: code.user, scopes: code.scopes, family: given.slice(0, 24) }))
}

const refresh = (world: XWorld, form: URLSearchParams): SandboxResponse => {
  const looked = lookToken(world.state.tokens, form.get('refresh_token') ?? '', 'refresh', world.now())
  if (looked.problem !== null) return invalidRequest('Value passed for the token was invalid.')
  looked.row.state = 'used'
  looked.row.usedAt = world.now()
  return json(200, mint(world, { user: looked.row.account, scopes: looked.row.scopes, family: looked.row.family }))
}

const revoke =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = fields(req)
    const given = form?.get('token')
    if (!form || !given) return invalidRequest('Missing required parameter [token].')
    const refused = clientProblem(world, req)
    if (refused) return refused
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given] : undefined
    if (row) revokeTokens(world.state.tokens, (t) => t.family === row.family)
    world.changed()
    return json(200, { revoked: true })
  }

export const oauthRoutes = (world: XWorld): SandboxRoute[] => [
  route('authorize', 'GET|POST x.com/i/oauth2/authorize', authorize(world)),
  route('authorize', 'GET|POST twitter.com/i/oauth2/authorize', authorize(world)),
  route('token', 'POST api.x.com/2/oauth2/token', token(world), { writes: true }),
  route('revoke', 'POST api.x.com/2/oauth2/revoke', revoke(world), { writes: true }),
]
