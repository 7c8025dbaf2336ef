/** Instagram's own login (§2.1): consent, a code, a token of an hour, its trade for one of 60 days, and its renewal. */
import { json } from '#kit/sandbox/answer.ts'
import { formBody, multipartBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage } from '#kit/sandbox/consent.ts'
import { esc, page } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { pickFields } from '../../families/meta/sandbox/params.ts'
import { answer, caller, ownToken } from './door.ts'
import { login as n } from './numbers.ts'
import { profileOf } from './read.ts'
import { type IgWorld, sandboxAccount } from './state.ts'

/** api.instagram.com has an envelope of its own. */
const loginError = (message: string): SandboxResponse =>
  json(400, { error_type: 'OAuthException', code: 400, error_message: message })

/** Separated by commas or by spaces: both are documented. */
const scopesOf = (q: URLSearchParams): string[] => (q.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)

const problem = (world: IgWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('client_id') !== world.state.app.id) return 'Invalid platform app: client_id is not known'
  if (q.get('response_type') !== 'code') return 'response_type must be code'
  if (!URL.canParse(redirect)) return 'Invalid redirect_uri'
  const { protocol, hostname } = new URL(redirect)
  if (protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
    return 'redirect_uri must be https (the sandbox takes http on loopback)'
  const scopes = scopesOf(q)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `Invalid scope: ${unknown ?? 'none'}`
  return null
}

const wrongPage = (why: string): SandboxResponse => ({
  status: 400,
  html: page({
    title: 'Invalid request · Instagram (sandbox)',
    css: ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}',
    body: `<main><h1>Invalid Request</h1><p>Request parameters are invalid.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  }),
})

const authorize =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = problem(world, q)
    if (wrong) return wrongPage(wrong)
    const scopes = scopesOf(q)
    const accounts = world.state.accounts.map(sandboxAccount)
    const look = {
      network: 'Instagram',
      app: 'Clarion',
      accounts,
      accent: '#b1207d',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    const decision = req.method === 'GET' ? null : consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const redirectUri = q.get('redirect_uri')!
    const state = q.get('state')
    if (!decision.allow)
      return backToApp(redirectUri, {
        error: 'access_denied',
        error_reason: 'user_denied',
        error_description: 'The user denied your request',
        state,
      })
    const code = `AQ${world.id(80)}`
    world.state.codes[code] = {
      account: decision.account.id,
      redirectUri,
      scopes,
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - n.codeMs) delete world.state.codes[key]
    world.changed()
    const back = backToApp(redirectUri, { code, state })
    return { ...back, headers: { ...back.headers, location: `${back.headers!.location}#_` } }
  }

/** A token of an account; `long` lives 60 days. */
export const mintOwn = (world: IgWorld, o: { account: string; scopes: string[]; long: boolean }): string => {
  const token = `IGAA${world.id(140)}`
  const now = world.now()
  world.state.tokens[token] = {
    ...o,
    issuedAt: now,
    expiresAt: now + (o.long ? n.longSecs : n.shortSecs) * 1000,
    dead: false,
  }
  world.changed()
  return token
}

const known = ['client_id', 'client_secret', 'grant_type', 'redirect_uri', 'code']

const exchange =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const parts = multipartBody(req)
    const form = parts ? new URLSearchParams(parts.map((p) => [p.name, p.bytes.toString()])) : formBody(req)
    if (!form) return loginError('The request must be a form')
    const extra = [...form.keys()].find((k) => !known.includes(k))
    if (extra) return loginError(`Unexpected parameter: ${extra}`)
    const { app } = world.state
    if (form.get('client_id') !== app.id) return loginError('Invalid platform app')
    if (form.get('client_secret') !== app.secret) return loginError('Error validating client secret.')
    if (form.get('grant_type') !== 'authorization_code') return loginError('Invalid grant_type')
    const given = form.get('code') ?? ''
    const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
    if (!code || code.used || world.now() - code.madeAt > n.codeMs)
      return loginError('Matching code was not found or was already used')
    if (form.get('redirect_uri') !== code.redirectUri)
      return loginError('Error validating verification code. Please make sure your redirect_uri is identical')
    code.used = true
    const access_token = mintOwn(world, { account: code.account, scopes: code.scopes, long: false })
    // As seen live: flat, and the app-scoped id as a number too big for JavaScript.
    const scoped = world.state.accounts.find((a) => a.id === code.account)!.scopedId
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      text: `{"access_token":${JSON.stringify(access_token)},"user_id":${scoped},"permissions":${JSON.stringify(code.scopes)}}`,
    }
  }

const only = (req: SandboxRequest, names: readonly string[]) => {
  const extra = [...req.query.keys()].find((k) => !names.includes(k))
  if (extra) graphRefuse(400, 100, `(#100) Unknown parameter: ${extra}`)
}
const lived = (access_token: string) => json(200, { access_token, token_type: 'bearer', expires_in: n.longSecs })

const upgrade =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    only(req, ['grant_type', 'client_secret', 'access_token'])
    if (req.query.get('grant_type') !== 'ig_exchange_token') graphRefuse(400, 100, '(#100) Invalid grant_type')
    if (req.query.get('client_secret') !== world.state.app.secret)
      graphRefuse(400, 1, 'Error validating client secret.')
    const row = ownToken(world, req.query.get('access_token'))
    if (row.long) graphRefuse(400, 100, '(#100) The access token is long-lived already')
    return lived(mintOwn(world, { account: row.account, scopes: row.scopes, long: true }))
  }

const refresh =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    only(req, ['grant_type', 'access_token'])
    if (req.query.get('grant_type') !== 'ig_refresh_token') graphRefuse(400, 100, '(#100) Invalid grant_type')
    const row = ownToken(world, req.query.get('access_token'))
    if (!row.long) graphRefuse(400, 100, '(#100) Only long-lived access tokens can be refreshed')
    // The condition is documented, its answer is not.
    if (world.now() - row.issuedAt < n.refreshableAfterMs)
      graphRefuse(400, 100, '(#100) The access token must be at least 24 hours old to be refreshed')
    return lived(mintOwn(world, { account: row.account, scopes: row.scopes, long: true }))
  }

const me =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic'])
    const a = c.accounts[0]!
    const whole = { ...profileOf(world, a), id: a.scopedId, user_id: a.id, account_type: a.type }
    return answer(c, pickFields(whole, req.query.get('fields'), ['id']))
  }

export const ownLoginRoutes = (world: IgWorld): SandboxRoute[] => [
  route('ig-authorize', 'GET|POST www.instagram.com/oauth/authorize', authorize(world)),
  route('ig-token', 'POST api.instagram.com/oauth/access_token', exchange(world), { writes: true }),
  route('ig-long', 'GET graph.instagram.com/access_token', upgrade(world)),
  route('ig-long', 'GET graph.instagram.com/:version/access_token', upgrade(world)),
  route('ig-refresh', 'GET graph.instagram.com/refresh_access_token', refresh(world), { writes: true }),
  route('ig-refresh', 'GET graph.instagram.com/:version/refresh_access_token', refresh(world), { writes: true }),
  route('ig-me', 'GET graph.instagram.com/:version/me', me(world)),
]
