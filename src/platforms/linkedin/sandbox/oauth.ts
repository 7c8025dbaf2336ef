/** OAuth 2.0 as LinkedIn does it (fact sheet §2): no PKCE, credentials in the body, scopes by product, refresh for approved apps only. */
import { json } from '#kit/sandbox/answer.ts'
import { formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { issueToken, lookToken, revokeTokens, type TokenRow } from '#kit/sandbox/tokens.ts'
import { oauth as n, products } from './numbers.ts'
import { type App, accountOf, type LinkedInWorld } from './state.ts'

const oauthError = (status: number, error: string, error_description: string) =>
  json(status, { error, error_description })

export const scopesOf = (app: App): string[] => app.products.flatMap((p) => products[p])

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'Bummer, something went wrong / LinkedIn (sandbox)',
    body: `<main><h1>Bummer, something went wrong.</h1><p>Go back and try again.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  })

/** What is wrong with an authorize URL, or null. LinkedIn shows a page for these, it does not redirect. */
const authorizeProblem = (app: App | undefined, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (!app) return 'The passed in client_id is invalid'
  if (q.get('response_type') !== 'code') return 'response_type must be code'
  if (!URL.canParse(redirect) || new URL(redirect).hash) return 'The redirect_uri does not match the registered value'
  if (!httpsOrHome(new URL(redirect))) return 'redirect_uri must be https'
  const state = q.get('state') ?? ''
  if (state === '' || state.length > n.stateMax) return 'state is missing or too long'
  return null
}

const authorize =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const app = world.state.apps.find((a) => a.clientId === q.get('client_id'))
    const wrong = authorizeProblem(app, q)
    if (!app || wrong) return wrongPage(wrong ?? '')
    ignoreAsked(req)
    const redirectUri = q.get('redirect_uri')!
    const back = (query: Record<string, string>) => backToApp(redirectUri, { ...query, state: q.get('state') })
    // Space-separated: a comma makes one unknown scope of two.
    const scopes = (q.get('scope') ?? '').split(' ').filter(Boolean)
    const allowed = scopesOf(app)
    const foreign = scopes.find((s) => !allowed.includes(s))
    if (scopes.length === 0 || foreign !== undefined)
      return back({
        error: 'unauthorized_scope_error',
        error_description: `Scope "${foreign ?? ''}" is not authorized for your application`,
      })
    const accounts = world.state.members.map(accountOf)
    const look = {
      network: 'LinkedIn',
      app: 'Clarion',
      accounts,
      accent: '#0a66c2',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    if (!decision.allow)
      return back({ error: 'user_cancelled_authorize', error_description: 'The user cancelled the authorization' })
    const code = world.id(110)
    world.state.codes[code] = {
      member: decision.account.id,
      client: app.clientId,
      redirectUri,
      scopes,
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - 2 * n.codeMs) delete world.state.codes[key]
    world.changed()
    return back({ code })
  }

const clientOf = (world: LinkedInWorld, form: URLSearchParams): App | undefined =>
  world.state.apps.find((a) => a.clientId === form.get('client_id') && a.clientSecret === form.get('client_secret'))
const noClient = () => oauthError(401, 'invalid_client', 'Client authentication failed')

const scopeKey = (scopes: readonly string[]) => [...scopes].sort().join()

/** A fresh token for a member; apps that were approved for it get a refresh token too. */
export const mint = (
  world: LinkedInWorld,
  o: { app: App; member: string; scopes: string[]; refresh?: { token: string; row: TokenRow } },
) => {
  const now = world.now()
  const row = {
    account: o.member,
    client: o.app.clientId,
    scopes: o.scopes,
    family: o.refresh?.row.family ?? world.id(24),
  }
  const access_token = issueToken(
    world.state.tokens,
    `AQ${world.id(348)}`,
    { ...row, kind: 'access', expiresAt: now + n.accessSecs * 1000 },
    now,
  )
  const ends = o.refresh?.row.expiresAt ?? now + n.refreshSecs * 1000
  const refresh = o.app.refreshTokens
    ? {
        refresh_token:
          o.refresh?.token ??
          issueToken(world.state.tokens, `AQ${world.id(350)}`, { ...row, kind: 'refresh', expiresAt: ends }, now),
        // The clock of the first day goes on.
        refresh_token_expires_in: Math.floor((ends - now) / 1000),
      }
    : {}
  world.changed()
  return {
    access_token,
    expires_in: n.accessSecs,
    ...refresh,
    scope: o.scopes.join(','),
    token_type: 'Bearer',
    ...(o.scopes.includes('openid') ? { id_token: `eyJ0eXAiOiJKV1QifQ.${world.id(40)}.${world.id(40)}` } : {}),
  }
}

const allowedForm: Record<string, readonly string[]> = {
  authorization_code: ['grant_type', 'code', 'redirect_uri', 'client_id', 'client_secret'],
  refresh_token: ['grant_type', 'refresh_token', 'client_id', 'client_secret'],
}

const token =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return oauthError(400, 'invalid_request', 'Content-Type must be application/x-www-form-urlencoded')
    const grant = form.get('grant_type') ?? ''
    const allowed = Object.hasOwn(allowedForm, grant) ? allowedForm[grant]! : null
    if (!allowed) return oauthError(400, 'unsupported_grant_type', 'grant_type is not supported')
    ignoreParameters(req, form.keys(), allowed)
    const app = clientOf(world, form)
    if (!app) return noClient()
    return grant === 'refresh_token' ? refresh(world, app, form) : exchange(world, app, form)
  }

const exchange = (world: LinkedInWorld, app: App, form: URLSearchParams): SandboxResponse => {
  const given = form.get('code') ?? ''
  const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
  if (!code || code.used || code.client !== app.clientId || world.now() - code.madeAt > n.codeMs)
    return oauthError(400, 'invalid_request', 'Unable to retrieve access token: authorization code not found')
  if (form.get('redirect_uri') !== code.redirectUri)
    return oauthError(400, 'invalid_redirect_uri', 'Unable to retrieve access token: redirect_uri does not match')
  code.used = true
  // Another set of scopes makes the member's earlier tokens of this app worthless.
  revokeTokens(
    world.state.tokens,
    (t) => t.account === code.member && t.client === app.clientId && scopeKey(t.scopes) !== scopeKey(code.scopes),
  )
  return json(200, mint(world, { app, member: code.member, scopes: code.scopes }))
}

const refresh = (world: LinkedInWorld, app: App, form: URLSearchParams): SandboxResponse => {
  const given = form.get('refresh_token') ?? ''
  const looked = lookToken(world.state.tokens, given, 'refresh', world.now())
  if (looked.problem !== null || looked.row.client !== app.clientId || !app.refreshTokens)
    return oauthError(400, 'invalid_grant', 'The provided refresh token is invalid, expired or revoked')
  const { row } = looked
  return json(200, mint(world, { app, member: row.account, scopes: row.scopes, refresh: { token: given, row } }))
}

const introspect =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return oauthError(400, 'invalid_request', 'Content-Type must be application/x-www-form-urlencoded')
    const app = clientOf(world, form)
    if (!app) return noClient()
    const looked = lookToken(world.state.tokens, form.get('token') ?? '', 'access', world.now())
    if (!looked.row || looked.row.client !== app.clientId) return json(200, { active: false })
    const { row } = looked
    return json(200, {
      active: looked.problem === null,
      client_id: app.clientId,
      status: looked.problem === null ? 'active' : looked.problem,
      scope: row.scopes.join(','),
      auth_type: '3L',
      ...(row.expiresAt === null ? {} : { expires_at: Math.floor(row.expiresAt / 1000) }),
    })
  }

const revoke =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    const given = form?.get('token')
    if (!form || !given) return oauthError(400, 'invalid_request', 'token is missing')
    const app = clientOf(world, form)
    if (!app) return noClient()
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given] : undefined
    if (row?.client === app.clientId) revokeTokens(world.state.tokens, (t) => t.family === row.family)
    world.changed()
    return json(200, {})
  }

export const oauthRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('authorize', 'GET|POST www.linkedin.com/oauth/v2/authorization', authorize(world)),
  route('token', 'POST www.linkedin.com/oauth/v2/accessToken', token(world), { writes: true }),
  route('introspect', 'POST www.linkedin.com/oauth/v2/introspectToken', introspect(world)),
  route('revoke', 'POST www.linkedin.com/oauth/v2/revoke', revoke(world), { writes: true }),
]
