/** OAuth 2 as Reddit does it (fact sheet reddit.md §2): Basic, `duration`, a refresh token for ever, revoke that always says 204. */
import { json } from '#kit/sandbox/answer.ts'
import { basicAuth, formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { issueToken, lookToken, revokeTokens } from '#kit/sandbox/tokens.ts'
import { checkAgent } from './answers.ts'
import { oauth as n } from './numbers.ts'
import { accountOf, type RedditWorld } from './state.ts'

const scopesOf = (q: URLSearchParams) => (q.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)

/** What is wrong with an authorize URL, or null. Reddit shows a page, it does not redirect. */
const authorizeProblem = (world: RedditWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('response_type') !== 'code') return 'invalid response type'
  if (q.get('client_id') !== world.state.app.clientId) return 'you sent an invalid client_id parameter'
  if (!URL.canParse(redirect)) return 'invalid redirect_uri parameter'
  if (!httpsOrHome(new URL(redirect))) return 'invalid redirect_uri parameter'
  if (!q.get('state')) return 'state is missing'
  if (!['permanent', 'temporary'].includes(q.get('duration') ?? 'temporary')) return 'invalid duration'
  const scopes = scopesOf(q)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `invalid scope requested: ${unknown ?? ''}`
  return null
}

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'bad request (reddit.com, sandbox)',
    body: `<main><h1>bad request (reddit.com)</h1><p>${esc(why)}</p><p><small>Sandbox: an imitation of Reddit.</small></p></main>`,
  })

const authorize =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = authorizeProblem(world, q)
    if (wrong) return wrongPage(wrong)
    ignoreAsked(req, 'duration')
    const scopes = scopesOf(q)
    const accounts = world.state.users.map(accountOf)
    const look = {
      network: 'Reddit',
      app: 'Clarion',
      accounts,
      accent: '#d93a00',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    const decision = req.method === 'GET' ? null : consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow) return backToApp(redirectUri, { state: q.get('state'), error: 'access_denied' })
    const code = world.id(27)
    const { state } = world
    state.codes[code] = {
      user: decision.account.id,
      redirectUri,
      scopes,
      permanent: q.get('duration') === 'permanent',
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(state.codes)) if (c.madeAt < world.now() - 3_600_000) delete state.codes[key]
    world.changed()
    return backToApp(redirectUri, { state: q.get('state'), code })
  }

/** Access tokens are JWTs of 700 letters and more. A `refresh` given is kept; null asks for none. */
export const mint = (
  world: RedditWorld,
  o: { user: string; scopes: string[]; refresh?: string | null; family: string },
) => {
  const now = world.now()
  const { tokens, app } = world.state
  const row = { account: o.user, client: app.clientId, scopes: o.scopes, family: o.family }
  const access_token = issueToken(
    tokens,
    `eyJ${world.id(40)}.${world.id(600)}.${world.id(86)}`,
    { ...row, kind: 'access', expiresAt: now + n.accessSecs * 1000 },
    now,
  )
  const refresh_token =
    o.refresh === undefined
      ? issueToken(tokens, `${o.user}-${world.id(40)}`, { ...row, kind: 'refresh', expiresAt: null }, now)
      : o.refresh
  world.changed()
  return {
    access_token,
    token_type: 'bearer',
    expires_in: n.accessSecs,
    ...(refresh_token ? { refresh_token } : {}),
    scope: o.scopes.join(' '),
  }
}

/** Basic auth of the app, or the answer that refuses it. */
const appProblem = (world: RedditWorld, req: SandboxRequest): SandboxResponse | null => {
  const basic = basicAuth(req)
  const { clientId, clientSecret } = world.state.app
  return basic?.user === clientId && basic.password === clientSecret
    ? null
    : json(401, { message: 'Unauthorized', error: 401 }, { 'www-authenticate': 'Basic realm="reddit"' })
}

const badRequest = () => json(400, { message: 'Bad Request', error: 400 })
/** Reddit says this with 200 as often as with 400 (§2). */
const invalidGrant = () => json(200, { error: 'invalid_grant' })

const token =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    checkAgent(req)
    const refused = appProblem(world, req)
    if (refused) return refused
    const form = formBody(req)
    if (!form) return badRequest()
    ignoreParameters(req, form.keys(), ['grant_type', 'code', 'redirect_uri', 'refresh_token'])
    if (form.get('grant_type') === 'refresh_token') return refresh(world, form.get('refresh_token') ?? '')
    if (form.get('grant_type') !== 'authorization_code') return json(200, { error: 'unsupported_grant_type' })
    const given = form.get('code') ?? ''
    const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
    if (!code || code.used || world.now() - code.madeAt > n.codeMs || form.get('redirect_uri') !== code.redirectUri)
      return invalidGrant()
    code.used = true
    const { user, scopes, permanent } = code
    return json(200, mint(world, { user, scopes, family: given, ...(permanent ? {} : { refresh: null }) }))
  }

/** It does not rotate: the same refresh token comes back, and is good until revoked. */
const refresh = (world: RedditWorld, given: string): SandboxResponse => {
  const looked = lookToken(world.state.tokens, given, 'refresh', world.now())
  if (looked.problem !== null) return looked.row ? invalidGrant() : badRequest()
  const { account: user, scopes, family } = looked.row
  return json(200, mint(world, { user, scopes, refresh: given, family }))
}

const revoke =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    checkAgent(req)
    const refused = appProblem(world, req)
    if (refused) return refused
    const form = formBody(req)
    const hint = form?.get('token_type_hint')
    if (!form?.get('token') || (hint && !['refresh_token', 'access_token'].includes(hint))) return badRequest()
    const given = form.get('token')!
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given] : undefined
    if (row?.kind === 'refresh') revokeTokens(world.state.tokens, (t) => t.family === row.family)
    else if (row) row.state = 'revoked'
    world.changed()
    return { status: 204, text: '' }
  }

export const oauthRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('authorize', 'GET|POST www.reddit.com/api/v1/authorize', authorize(world)),
  route('token', 'POST www.reddit.com/api/v1/access_token', token(world), { writes: true }),
  route('revoke', 'POST www.reddit.com/api/v1/revoke_token', revoke(world), { writes: true }),
]
