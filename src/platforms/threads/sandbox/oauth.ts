/** Threads' own login (§2): consent, a code, a token of an hour, its trade for one of 60 days, its renewal, and who it belongs to. */
import { json } from '#kit/sandbox/answer.ts'
import { formBody, multipartBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage } from '#kit/sandbox/consent.ts'
import { esc, page } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { tokenOf } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkVersion, liveToken } from './door.ts'
import { login as n } from './numbers.ts'
import { sandboxAccount, type ThWorld } from './state.ts'

/** The token endpoint has an envelope of its own. */
const loginError = (message: string): SandboxResponse =>
  json(400, { error_type: 'OAuthException', code: 400, error_message: message })

const scopesOf = (q: URLSearchParams): string[] => (q.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)

const problem = (world: ThWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('client_id') !== world.state.meta.app.id) return 'client_id is not a Threads app ID'
  if (q.get('response_type') !== 'code') return 'response_type must be code'
  if (!URL.canParse(redirect)) return 'Invalid redirect_uri'
  const { protocol, hostname } = new URL(redirect)
  if (protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
    return 'redirect_uri must be https (the sandbox takes http on loopback)'
  const scopes = scopesOf(q)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `Invalid scope: ${unknown ?? 'none'}`
  return scopes.includes('threads_basic') ? null : 'threads_basic is always needed'
}

const wrongPage = (why: string): SandboxResponse => ({
  status: 400,
  html: page({
    title: 'Invalid request · Threads (sandbox)',
    css: ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}',
    body: `<main><h1>Invalid Request</h1><p>Request parameters are invalid.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
  }),
})

export const authorize =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = problem(world, q)
    if (wrong) return wrongPage(wrong)
    const scopes = scopesOf(q)
    const accounts = world.state.accounts.map(sandboxAccount)
    const decision = req.method === 'GET' ? null : consentDecision(req, accounts)
    if (!decision)
      return consentPage({
        network: 'Threads',
        app: world.state.meta.app.name,
        accounts,
        accent: '#1c1c1e',
        scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
      })
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
    world.state.codes[code] = { account: decision.account.id, redirectUri, scopes, madeAt: world.now(), used: false }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - n.codeMs) delete world.state.codes[key]
    world.changed()
    const back = backToApp(redirectUri, { code, state })
    return { ...back, headers: { ...back.headers, location: `${back.headers!.location}#_` } }
  }

/** A token of an account; `long` lives 60 days. */
export const mint = (world: ThWorld, o: { account: string; scopes: string[]; long: boolean }): string => {
  const token = `THQ${world.id(140)}`
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

/** Meta's own collection sends the parameters in the query, the documents in a form: both are taken. */
const parameters = (req: SandboxRequest): URLSearchParams => {
  const all = new URLSearchParams(req.query)
  for (const p of multipartBody(req) ?? []) all.append(p.name, p.bytes.toString())
  for (const [k, v] of formBody(req) ?? []) all.append(k, v)
  return all
}

export const exchange =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = parameters(req)
    const extra = [...form.keys()].find((k) => !known.includes(k))
    if (extra) return loginError(`Unexpected parameter: ${extra}`)
    const { app } = world.state.meta
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
    const access_token = mint(world, { account: code.account, scopes: code.scopes, long: false })
    // As seen live: the id is a number, too big for JavaScript.
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      text: `{"access_token":${JSON.stringify(access_token)},"user_id":${code.account}}`,
    }
  }

const only = (req: SandboxRequest, names: readonly string[]) => {
  const extra = [...req.query.keys()].find((k) => !names.includes(k))
  if (extra) badParam(`Unknown parameter: ${extra}`)
}
const lived = (access_token: string) => json(200, { access_token, token_type: 'bearer', expires_in: n.longSecs })

/** `GET /oauth/access_token?grant_type=client_credentials`: a token of the app. */
export const appToken =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    only(req, ['grant_type', 'client_id', 'client_secret'])
    const { app } = world.state.meta
    if (req.query.get('grant_type') !== 'client_credentials') badParam('Invalid grant_type')
    if (req.query.get('client_id') !== app.id || req.query.get('client_secret') !== app.secret)
      graphRefuse(400, 1, 'Error validating client secret.')
    const access_token = `TH|${app.id}|${world.id(27)}`
    world.state.appTokens.push(access_token)
    world.changed()
    return json(200, { access_token, token_type: 'bearer' })
  }

export const upgrade =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    only(req, ['grant_type', 'client_secret', 'access_token'])
    if (req.query.get('grant_type') !== 'th_exchange_token') badParam('Invalid grant_type')
    if (req.query.get('client_secret') !== world.state.meta.app.secret)
      graphRefuse(400, 1, 'Error validating client secret.')
    const row = liveToken(world, tokenOf(req))
    if (row.long) badParam('The access token is long-lived already')
    return lived(mint(world, { account: row.account, scopes: row.scopes, long: true }))
  }

export const refresh =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    only(req, ['grant_type', 'access_token'])
    if (req.query.get('grant_type') !== 'th_refresh_token') badParam('Invalid grant_type')
    const row = liveToken(world, tokenOf(req))
    if (!row.long) badParam('Only long-lived access tokens can be refreshed')
    // The condition is documented, its answer is not.
    if (world.now() - row.issuedAt < n.refreshableAfterMs)
      badParam('The access token must be at least 24 hours old to be refreshed')
    return lived(mint(world, { account: row.account, scopes: row.scopes, long: true }))
  }

export const debugToken =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    checkVersion(req)
    only(req, ['input_token', 'access_token'])
    const by = tokenOf(req)
    if (!by || !world.state.appTokens.includes(by)) liveToken(world, by)
    const given = req.query.get('input_token') ?? badParam('The parameter input_token is required')
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given]! : undefined
    if (!row) return json(200, { data: { is_valid: false, scopes: [] } })
    const seconds = (ms: number) => Math.floor(ms / 1000)
    return json(200, {
      data: {
        type: 'USER',
        application: world.state.meta.app.name,
        data_access_expires_at: seconds(row.issuedAt + 90 * 86_400_000),
        expires_at: seconds(row.expiresAt),
        is_valid: !row.dead && row.expiresAt > world.now(),
        issued_at: seconds(row.issuedAt),
        scopes: row.scopes,
        user_id: row.account,
      },
    })
  }
