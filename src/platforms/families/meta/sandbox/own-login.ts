/**
 * The login Instagram and Threads have of their own: consent, a code, a token of an hour, its trade for one of 60 days, its
 * renewal. Words and numbers are each network's.
 */
import { json } from '#kit/sandbox/answer.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxAccount, SandboxRequest, SandboxResponse, World } from '#kit/sandbox/imitation.ts'
import { ignoreParameters, missing } from '#kit/sandbox/notices.ts'
import { isHome } from '#kit/sandbox/this-machine.ts'
import { badParam, graphRefuse } from './envelope.ts'

/** `long`: lives 60 days. Times in epoch ms. */
export type OwnToken = {
  account: string
  scopes: string[]
  long: boolean
  issuedAt: number
  expiresAt: number
  dead: boolean
}
export type OwnCode = { account: string; redirectUri: string; scopes: string[]; madeAt: number; used: boolean }
type OwnWorld = World<{ codes: Record<string, OwnCode>; tokens: Record<string, OwnToken> }>

export type OwnLogin<W> = {
  network: string
  /** CSS colour of the Allow button. */
  accent: string
  /** What the token begins with. */
  prefix: string
  /** `ig`, `th`: names the grant types. */
  grants: string
  numbers: {
    codeMs: number
    shortSecs: number
    longSecs: number
    refreshableAfterMs: number
    scopes: Record<string, string>
  }
  /** What an authorize URL with another client id is told. */
  unknownClient: string
  /** A scope without which nothing is granted. */
  needs?: string
  app: (world: W) => { id: string; secret: string; name: string }
  accounts: (world: W) => SandboxAccount[]
  /** The row of a token that is alive; refuses others. */
  live: (world: W, req: SandboxRequest) => OwnToken
  /** The parameters of the exchange; null when they are not sent as this network takes them. */
  form: (req: SandboxRequest) => URLSearchParams | null
  /** The answer to the exchange, as text: it holds ids too big for JavaScript. */
  granted: (world: W, code: OwnCode, token: string) => string
}

/** The token endpoint has an envelope of its own. */
const loginError = (message: string): SandboxResponse =>
  json(400, { error_type: 'OAuthException', code: 400, error_message: message })

/** Separated by commas or by spaces: both are documented. */
const scopesOf = (q: URLSearchParams): string[] => (q.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)

/** Parameters this call does not have are passed over, as Graph does; clients send their `client_id` everywhere. */
export const onlyQuery = (req: SandboxRequest, names: readonly string[]): void =>
  ignoreParameters(req, req.query.keys(), names)

/** The row of a token that is alive; refuses others with `status`, which is the network's own. */
export const liveOwn = (world: OwnWorld, token: string | null | undefined, status: number): OwnToken => {
  const rows = world.state.tokens
  const row = token && Object.hasOwn(rows, token) ? rows[token]! : undefined
  if (!row) return graphRefuse(status, 190, 'Invalid OAuth access token - Cannot parse access token')
  if (row.dead)
    graphRefuse(status, 190, 'Error validating access token: The user has not authorized application.', {
      subcode: 458,
    })
  if (row.expiresAt <= world.now())
    graphRefuse(status, 190, 'Error validating access token: Session has expired.', { subcode: 463 })
  return row
}

const known = ['client_id', 'client_secret', 'grant_type', 'redirect_uri', 'code']

export const ownLogin = <W extends OwnWorld>(o: OwnLogin<W>) => {
  const n = o.numbers

  const problem = (world: W, q: URLSearchParams): string | null => {
    const redirect = q.get('redirect_uri') ?? ''
    if (q.get('client_id') !== o.app(world).id) return o.unknownClient
    if ((q.get('response_type') ?? 'code') !== 'code') return 'response_type must be code'
    if (!URL.canParse(redirect)) return 'Invalid redirect_uri'
    const { protocol, hostname } = new URL(redirect)
    if (protocol !== 'https:' && !isHome(hostname))
      return 'redirect_uri must be https (the sandbox takes http on loopback)'
    const scopes = scopesOf(q)
    const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
    if (scopes.length === 0 || unknown !== undefined) return `Invalid scope: ${unknown ?? 'none'}`
    return o.needs === undefined || scopes.includes(o.needs) ? null : `${o.needs} is always needed`
  }

  const wrongPage = (why: string): SandboxResponse =>
    refusedPage({
      title: `Invalid request · ${o.network} (sandbox)`,
      body: `<main><h1>Invalid Request</h1><p>Request parameters are invalid.</p><p><small>Sandbox: ${esc(why)}</small></p></main>`,
    })

  const authorize =
    (world: W) =>
    (req: SandboxRequest): SandboxResponse => {
      const q = req.query
      const wrong = problem(world, q)
      if (wrong) return wrongPage(wrong)
      ignoreAsked(req)
      if (!q.has('response_type')) missing(req, 'response_type')
      const scopes = scopesOf(q)
      const accounts = o.accounts(world)
      const decision = req.method === 'GET' ? null : consentDecision(req, accounts)
      if (!decision)
        return consentPage({
          network: o.network,
          app: o.app(world).name,
          accounts,
          accent: o.accent,
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
      const { codes } = world.state
      const code = `AQ${world.id(80)}`
      codes[code] = { account: decision.account.id, redirectUri, scopes, madeAt: world.now(), used: false }
      for (const [key, c] of Object.entries(codes)) if (c.madeAt < world.now() - n.codeMs) delete codes[key]
      world.changed()
      const back = backToApp(redirectUri, { code, state })
      return { ...back, headers: { ...back.headers, location: `${back.headers!.location}#_` } }
    }

  /** Writes a token of an account down and gives it. */
  const mint = (world: W, row: { account: string; scopes: string[]; long: boolean }): string => {
    const token = `${o.prefix}${world.id(140)}`
    const now = world.now()
    const expiresAt = now + (row.long ? n.longSecs : n.shortSecs) * 1000
    world.state.tokens[token] = { ...row, issuedAt: now, expiresAt, dead: false }
    world.changed()
    return token
  }

  const exchange =
    (world: W) =>
    (req: SandboxRequest): SandboxResponse => {
      const form = o.form(req)
      if (!form) return loginError('The request must be a form')
      ignoreParameters(req, form.keys(), known)
      const app = o.app(world)
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
      const token = mint(world, { account: code.account, scopes: code.scopes, long: false })
      return { status: 200, headers: { 'content-type': 'application/json' }, text: o.granted(world, code, token) }
    }

  /** A new one of 60 days for the one in hand. */
  const longer = (world: W, row: OwnToken): SandboxResponse =>
    json(200, {
      access_token: mint(world, { account: row.account, scopes: row.scopes, long: true }),
      token_type: 'bearer',
      expires_in: n.longSecs,
    })

  const upgrade =
    (world: W) =>
    (req: SandboxRequest): SandboxResponse => {
      onlyQuery(req, ['grant_type', 'client_secret', 'access_token'])
      if (req.query.get('grant_type') !== `${o.grants}_exchange_token`) badParam('Invalid grant_type')
      if (req.query.get('client_secret') !== o.app(world).secret) graphRefuse(400, 1, 'Error validating client secret.')
      const row = o.live(world, req)
      if (row.long) badParam('The access token is long-lived already')
      return longer(world, row)
    }

  const refresh =
    (world: W) =>
    (req: SandboxRequest): SandboxResponse => {
      onlyQuery(req, ['grant_type', 'access_token'])
      if (req.query.get('grant_type') !== `${o.grants}_refresh_token`) badParam('Invalid grant_type')
      const row = o.live(world, req)
      if (!row.long) badParam('Only long-lived access tokens can be refreshed')
      // The condition is documented, its answer is not.
      if (world.now() - row.issuedAt < n.refreshableAfterMs)
        badParam('The access token must be at least 24 hours old to be refreshed')
      return longer(world, row)
    }

  return { authorize, mint, exchange, upgrade, refresh }
}
