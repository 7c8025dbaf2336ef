/**
 * Google's sign-in as the imitations play it (fact sheet youtube.md §2): consent page with an account picker, codes that
 * work once, access tokens of an hour, refresh tokens that stay the same, revocation of the whole grant, userinfo.
 */
import { json } from '#kit/sandbox/answer.ts'
import { basicAuth, formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxAccount, SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { olderName } from '#kit/sandbox/notices.ts'
import { pkceMatches } from '#kit/sandbox/pkce.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { issueToken, lookToken, revokeTokens } from '#kit/sandbox/tokens.ts'
import { accessTokenOf, unauthenticated } from './answers.ts'
import type { GoogleWorld } from './state.ts'

/** Lifetimes: an hour for access, half a year without use for refresh, ten minutes for a code. */
const accessSecs = 3599
const refreshMs = 182 * 86_400_000
const codeMs = 600_000

export type GoogleConsent = {
  /** As the consent page says it: `YouTube`. */
  network: string
  /** Known scopes, each with the sentence a person reads. */
  scopes: Readonly<Record<string, string>>
  /** Whom the person may choose: accounts and brand accounts. */
  accounts: () => readonly SandboxAccount[]
  /** The person behind an account, for userinfo. */
  person: (account: string) => { sub: string; name: string; email: string; picture?: string } | undefined
}

const identityScopes: Readonly<Record<string, string>> = {
  openid: 'Know who you are on Google',
  email: 'See your primary Google Account email address',
  profile: 'See your personal info',
  'https://www.googleapis.com/auth/userinfo.email': 'See your primary Google Account email address',
  'https://www.googleapis.com/auth/userinfo.profile': 'See your personal info',
}

const oauthError = (status: number, error: string, error_description: string) =>
  json(status, { error, error_description })

/** Google shows a page of its own and never redirects when the request itself is wrong. */
const wrongPage = (error: string, why: string): SandboxResponse =>
  refusedPage({
    title: 'Access blocked: Authorization Error (sandbox)',
    body: `<main><h1>Access blocked: Authorization Error</h1><p>Error 400: ${esc(error)}</p><p>${esc(why)}</p></main>`,
  })

/** The words of the authorize URL that Google knows. */
const authorizeProblem = (world: GoogleWorld, q: URLSearchParams, known: Readonly<Record<string, string>>) => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('client_id') !== world.state.google.app.clientId)
    return ['invalid_client', 'The OAuth client was not found.']
  if (q.get('response_type') !== 'code') return ['invalid_request', 'Required parameter is missing: response_type']
  if (!URL.canParse(redirect)) return ['redirect_uri_mismatch', 'redirect_uri is not a URL']
  if (!httpsOrHome(new URL(redirect)))
    return ['invalid_request', 'redirect_uri must be https, or http on this computer']
  const scopes = (q.get('scope') ?? '').split(' ').filter(Boolean)
  if (scopes.length === 0) return ['invalid_request', 'Missing required parameter: scope']
  const unknown = scopes.filter((s) => !Object.hasOwn(known, s))
  if (unknown.length > 0)
    return ['invalid_scope', `Some requested scopes were invalid. {invalid=[${unknown.join(', ')}]}`]
  if (!['online', 'offline', null].includes(q.get('access_type')))
    return ['invalid_request', 'Invalid parameter value for access_type']
  if (q.get('code_challenge') && !['S256', 'plain'].includes(q.get('code_challenge_method') ?? 'plain'))
    return ['invalid_request', 'Invalid code_challenge_method']
  return null
}

/** Besides what every authorization server knows. */
const extras = [
  ...['access_type', 'prompt', 'login_hint', 'include_granted_scopes', 'enable_granular_consent', 'nonce', 'hd'],
  ...['code_challenge', 'code_challenge_method'],
]

const authorize =
  (world: GoogleWorld, o: GoogleConsent) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const known = { ...identityScopes, ...o.scopes }
    const wrong = authorizeProblem(world, q, known)
    if (wrong) return wrongPage(wrong[0]!, wrong[1]!)
    ignoreAsked(req, ...extras)
    const scopes = q.get('scope')!.split(' ').filter(Boolean)
    const accounts = o.accounts()
    const look = {
      network: o.network,
      app: 'Clarion',
      accounts,
      accent: '#0b57d0',
      scopes: scopes.map((id) => ({ id, says: known[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const back = { state: q.get('state') }
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow) return backToApp(redirectUri, { ...back, error: 'access_denied' })
    const code = `4/0A${world.id(60)}`
    const { codes } = world.state.google
    codes[code] = {
      account: decision.account.id,
      redirectUri,
      scopes,
      challenge: q.get('code_challenge'),
      method: q.get('code_challenge_method') ?? 'plain',
      offline: q.get('access_type') === 'offline' && (q.get('prompt') ?? '').split(' ').includes('consent'),
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(codes)) if (c.madeAt < world.now() - 3_600_000) delete codes[key]
    world.changed()
    return backToApp(redirectUri, { ...back, code, scope: scopes.join(' ') })
  }

/** Tokens for an account. `offline: false` gives no refresh token; `refresh` keeps an existing one in its family. */
export const mintGoogle = (
  world: GoogleWorld,
  o: { account: string; scopes: readonly string[]; offline: boolean; family?: string },
) => {
  const now = world.now()
  const { app, tokens } = world.state.google
  const row = { account: o.account, client: app.clientId, scopes: [...o.scopes], family: o.family ?? world.id(24) }
  const access = issueToken(
    tokens,
    `ya29.${world.id(80)}`,
    { ...row, kind: 'access', expiresAt: now + accessSecs * 1000 },
    now,
  )
  const refresh = o.offline
    ? issueToken(tokens, `1//0${world.id(60)}`, { ...row, kind: 'refresh', expiresAt: now + refreshMs }, now)
    : undefined
  world.changed()
  return {
    access_token: access,
    expires_in: accessSecs,
    ...(refresh ? { refresh_token: refresh } : {}),
    scope: o.scopes.join(' '),
    token_type: 'Bearer',
  }
}

const allowedForm: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'client_id', 'client_secret'],
  refresh_token: ['grant_type', 'refresh_token', 'client_id', 'client_secret', 'scope'],
}

const token =
  (world: GoogleWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return oauthError(400, 'invalid_request', 'Bad Request')
    const grant = form.get('grant_type') ?? ''
    const allowed = Object.hasOwn(allowedForm, grant) ? allowedForm[grant]! : null
    if (!allowed) return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grant}`)
    const extra = [...form.keys()].find((k) => !allowed.includes(k))
    if (extra !== undefined)
      return oauthError(400, 'invalid_request', `Parameter not allowed for this message type: ${extra}`)
    const { app } = world.state.google
    // In the body or as HTTP Basic: Google's discovery document names both.
    const basic = basicAuth(req)
    if ((form.get('client_id') ?? basic?.user) !== app.clientId)
      return oauthError(401, 'invalid_client', 'The OAuth client was not found.')
    if ((form.get('client_secret') ?? basic?.password) !== app.clientSecret)
      return oauthError(401, 'invalid_client', 'Unauthorized')
    return grant === 'refresh_token' ? refresh(world, form) : exchange(world, form)
  }

const exchange = (world: GoogleWorld, form: URLSearchParams): SandboxResponse => {
  const given = form.get('code') ?? ''
  const { codes } = world.state.google
  const code = Object.hasOwn(codes, given) ? codes[given]! : null
  if (!code || code.used || world.now() - code.madeAt > codeMs)
    return oauthError(400, 'invalid_grant', 'Malformed auth code.')
  if (form.get('redirect_uri') !== code.redirectUri) return oauthError(400, 'redirect_uri_mismatch', 'Bad Request')
  if (code.challenge !== null && !pkceMatches(form.get('code_verifier'), code.challenge, code.method))
    return oauthError(400, 'invalid_grant', 'Invalid code verifier.')
  code.used = true
  return json(200, mintGoogle(world, { account: code.account, scopes: code.scopes, offline: code.offline }))
}

const refresh = (world: GoogleWorld, form: URLSearchParams): SandboxResponse => {
  const looked = lookToken(world.state.google.tokens, form.get('refresh_token') ?? '', 'refresh', world.now())
  if (looked.problem !== null) return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.')
  const { account, scopes, family } = looked.row
  // Used: it lives another half year.
  looked.row.expiresAt = world.now() + refreshMs
  return json(200, mintGoogle(world, { account, scopes, offline: false, family }))
}

const revoke =
  (world: GoogleWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const given = formBody(req)?.get('token') ?? req.query.get('token')
    if (!given) return oauthError(400, 'invalid_request', 'Missing parameter: token')
    const { tokens } = world.state.google
    const row = Object.hasOwn(tokens, given) ? tokens[given] : undefined
    if (row?.state !== 'live') return oauthError(400, 'invalid_token', 'Token expired or revoked')
    revokeTokens(tokens, (t) => t.account === row.account)
    world.changed()
    return json(200, {})
  }

const may = (scopes: readonly string[]) => {
  const has = (...words: string[]) => words.some((w) => scopes.includes(w))
  return {
    profile: has('profile', 'https://www.googleapis.com/auth/userinfo.profile'),
    email: has('email', 'https://www.googleapis.com/auth/userinfo.email'),
  }
}

/** Version 3 says `sub` and `email_verified`, the older ones `id` and `verified_email`. */
const userinfo =
  (world: GoogleWorld, o: GoogleConsent, names: { id: string; verified: string }) =>
  (req: SandboxRequest): SandboxResponse => {
    const looked = lookToken(world.state.google.tokens, accessTokenOf(req), 'access', world.now())
    const person = looked.problem === null ? o.person(looked.row.account) : undefined
    if (looked.problem !== null || !person) return unauthenticated()
    const { profile, email } = may(looked.row.scopes)
    return json(200, {
      [names.id]: person.sub,
      ...(profile ? { name: person.name, ...(person.picture ? { picture: person.picture } : {}) } : {}),
      ...(email ? { email: person.email, [names.verified]: true } : {}),
    })
  }

/** What an access token is good for. Version 3 tells numbers as text. */
const tokeninfo =
  (world: GoogleWorld, o: GoogleConsent, version: 2 | 3) =>
  (req: SandboxRequest): SandboxResponse => {
    const given = formBody(req)?.get('access_token') ?? accessTokenOf(req)
    const looked = lookToken(world.state.google.tokens, given, 'access', world.now())
    const person = looked.problem === null ? o.person(looked.row.account) : undefined
    if (looked.problem !== null || !person) return oauthError(400, 'invalid_token', 'Invalid Value')
    const { scopes, client, expiresAt, family } = looked.row
    const seconds = Math.max(0, Math.floor(((expiresAt ?? 0) - world.now()) / 1000))
    const { tokens } = world.state.google
    const offline = Object.values(tokens).some((t) => t.kind === 'refresh' && t.family === family)
    const access_type = offline ? 'offline' : 'online'
    const email = may(scopes).email
    if (version === 2)
      return json(200, {
        issued_to: client,
        audience: client,
        user_id: person.sub,
        scope: scopes.join(' '),
        expires_in: seconds,
        ...(email ? { email: person.email, verified_email: true } : {}),
        access_type,
      })
    return json(200, {
      azp: client,
      aud: client,
      sub: person.sub,
      scope: scopes.join(' '),
      exp: String(Math.floor((expiresAt ?? 0) / 1000)),
      expires_in: String(seconds),
      ...(email ? { email: person.email, email_verified: 'true' } : {}),
      access_type,
    })
  }

/** Hosts of these routes. YouTube's API shares the last one. */
export const googleOAuthHosts = [
  'accounts.google.com',
  'oauth2.googleapis.com',
  'openidconnect.googleapis.com',
  'www.googleapis.com',
] as const

/** An address of before, which still answers. */
const older =
  (handle: (req: SandboxRequest) => SandboxResponse, now: string) =>
  (req: SandboxRequest): SandboxResponse => {
    olderName(req, `${req.host}${req.path}`, now)
    return handle(req)
  }

const now = { id: 'sub', verified: 'email_verified' }
const before = { id: 'id', verified: 'verified_email' }

export const googleOAuthRoutes = (world: GoogleWorld, o: GoogleConsent): SandboxRoute[] => [
  route('authorize', 'GET|POST accounts.google.com/o/oauth2/v2/auth', authorize(world, o)),
  route('token', 'POST oauth2.googleapis.com/token', token(world), { writes: true }),
  route('revoke', 'POST oauth2.googleapis.com/revoke', revoke(world), { writes: true }),
  route('userinfo', 'GET|POST openidconnect.googleapis.com/v1/userinfo', userinfo(world, o, now)),
  route('userinfo', 'GET|POST www.googleapis.com/oauth2/v3/userinfo', userinfo(world, o, now)),
  ...['oauth2/v2/userinfo', 'oauth2/v1/userinfo', 'userinfo/v2/me'].map((path) =>
    route('userinfo', `GET|POST www.googleapis.com/${path}`, userinfo(world, o, before)),
  ),
  route('tokeninfo', 'GET|POST oauth2.googleapis.com/tokeninfo', tokeninfo(world, o, 3)),
  route('tokeninfo', 'GET|POST www.googleapis.com/oauth2/v3/tokeninfo', tokeninfo(world, o, 3)),
  ...['v1', 'v2'].map((v) =>
    route('tokeninfo', `GET|POST www.googleapis.com/oauth2/${v}/tokeninfo`, tokeninfo(world, o, 2)),
  ),
  route(
    'authorize',
    'GET|POST accounts.google.com/o/oauth2/auth',
    older(authorize(world, o), 'accounts.google.com/o/oauth2/v2/auth'),
  ),
  ...['accounts.google.com/o/oauth2/token', 'www.googleapis.com/oauth2/v4/token'].map((where) =>
    route('token', `POST ${where}`, older(token(world), 'oauth2.googleapis.com/token'), { writes: true }),
  ),
  route(
    'revoke',
    'GET|POST accounts.google.com/o/oauth2/revoke',
    older(revoke(world), 'oauth2.googleapis.com/revoke'),
    { writes: true },
  ),
]

/**
 * Several imitations answer for Google's sign-in hosts: is this request for the one whose world this is? By the app, the
 * code or the token it carries.
 */
export const meantForGoogle = (world: GoogleWorld, req: SandboxRequest): boolean => {
  const { app, tokens, codes } = world.state.google
  const form = formBody(req)
  const given = (name: string) => form?.get(name) ?? req.query.get(name) ?? undefined
  const held = [given('token'), given('refresh_token'), given('access_token'), accessTokenOf(req)]
  const code = given('code')
  return (
    given('client_id') === app.clientId ||
    (code !== undefined && Object.hasOwn(codes, code)) ||
    held.some((t) => t !== undefined && Object.hasOwn(tokens, t))
  )
}
