/** OAuth 2 as Pinterest does it (fact sheet pinterest.md §2): comma scopes, Basic, 30 and 60 days, a new refresh token each time. */
import { json } from '#kit/sandbox/answer.ts'
import { basicAuth, formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { issueToken, lookToken } from '#kit/sandbox/tokens.ts'
import { environmentOf, problem, unauthorized } from './answers.ts'
import { oauth as n } from './numbers.ts'
import { accountOf, type Environment, type PinterestWorld } from './state.ts'

const scopesOf = (q: URLSearchParams) => (q.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)

/** What is wrong with an authorize URL, or null. Pinterest shows a page, it does not redirect. */
const authorizeProblem = (world: PinterestWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('response_type') !== 'code') return 'response_type must be code'
  if (q.get('client_id') !== world.state.app.clientId) return 'client_id is not known'
  if (!URL.canParse(redirect)) return 'redirect_uri is not a web address'
  if (!httpsOrHome(new URL(redirect))) return 'redirect_uri must be https'
  const scopes = scopesOf(q)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `scope is missing or unknown: ${unknown ?? ''}`
  return null
}

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'Something went wrong / Pinterest (sandbox)',
    body: `<main><h1>Oops!</h1><p>The app that sent you here asked for something Pinterest does not know.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  })

const authorize =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = authorizeProblem(world, q)
    if (wrong) return wrongPage(wrong)
    ignoreAsked(req)
    const scopes = scopesOf(q)
    const accounts = world.state.users.map(accountOf)
    const look = {
      network: 'Pinterest',
      app: 'Clarion',
      accounts,
      accent: '#bd081c',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow) return backToApp(redirectUri, { error: 'access_denied', state: q.get('state') })
    const code = world.id(40, '0123456789abcdef')
    world.state.codes[code] = { user: decision.account.id, redirectUri, scopes, madeAt: world.now(), used: false }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - 3_600_000) delete world.state.codes[key]
    world.changed()
    return backToApp(redirectUri, { code, state: q.get('state') })
  }

/** A fresh pair. The `client` of a token row names the world it is good for. */
export const mint = (
  world: PinterestWorld,
  o: { user: string; scopes: string[]; family: string; environment: Environment; type: string },
) => {
  const now = world.now()
  const row = { account: o.user, client: o.environment, scopes: o.scopes, family: o.family }
  const issue = (kind: 'access' | 'refresh', prefix: string, seconds: number) =>
    issueToken(world.state.tokens, `${prefix}_${world.id(60)}`, { ...row, kind, expiresAt: now + seconds * 1000 }, now)
  const access_token = issue('access', 'pina', n.accessSecs)
  const refresh_token = issue('refresh', 'pinr', n.refreshSecs)
  world.changed()
  return {
    response_type: o.type,
    access_token,
    token_type: 'bearer',
    expires_in: n.accessSecs,
    refresh_token,
    refresh_token_expires_in: n.refreshSecs,
    refresh_token_expires_at: Math.floor(now / 1000) + n.refreshSecs,
    scope: o.scopes.join(' '),
  }
}

const allowedForm: Record<string, readonly string[]> = {
  authorization_code: ['grant_type', 'code', 'redirect_uri', 'continuous_refresh'],
  refresh_token: ['grant_type', 'refresh_token', 'scope', 'continuous_refresh'],
}

const token =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return problem(400, 1, 'Content-Type must be application/x-www-form-urlencoded.')
    const basic = basicAuth(req)
    const { clientId, clientSecret } = world.state.app
    if (!basic || basic.user !== clientId || basic.password !== clientSecret) return unauthorized()
    const type = form.get('grant_type') ?? ''
    const allowed = Object.hasOwn(allowedForm, type) ? allowedForm[type]! : null
    if (!allowed)
      return problem(400, 1, `Invalid request: '${type}' is not one of ['authorization_code', 'refresh_token']`)
    // Clients repeat redirect_uri and client_id in a refresh; the JSON calls are strict, this one is not.
    ignoreParameters(req, form.keys(), allowed)
    return type === 'refresh_token'
      ? refresh(world, form, environmentOf(req))
      : exchange(world, form, environmentOf(req))
  }

const exchange = (world: PinterestWorld, form: URLSearchParams, environment: Environment): SandboxResponse => {
  const given = form.get('code') ?? ''
  const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
  if (!code || code.used || world.now() - code.madeAt > n.codeMs || form.get('redirect_uri') !== code.redirectUri)
    return problem(400, 283, 'Invalid authorization code')
  code.used = true
  const { user, scopes } = code
  return json(200, mint(world, { user, scopes, family: given.slice(0, 24), environment, type: 'authorization_code' }))
}

/** The old refresh token dies with its use: the strict reading of "store the new one" (§2). */
const refresh = (world: PinterestWorld, form: URLSearchParams, environment: Environment): SandboxResponse => {
  const looked = lookToken(world.state.tokens, form.get('refresh_token') ?? '', 'refresh', world.now())
  if (looked.problem !== null || looked.row.client !== environment)
    return problem(401, 283, 'Invalid authorization code')
  looked.row.state = 'used'
  looked.row.usedAt = world.now()
  const { account: user, scopes, family } = looked.row
  return json(200, mint(world, { user, scopes, family, environment, type: 'refresh_token' }))
}

export const oauthRoutes = (world: PinterestWorld): SandboxRoute[] => [
  route('authorize', 'GET|POST www.pinterest.com/oauth/', authorize(world)),
  ...['api.pinterest.com', 'api-sandbox.pinterest.com'].map((host) =>
    route('token', `POST ${host}/v5/oauth/token`, token(world), { writes: true }),
  ),
]
