/**
 * OAuth v2 as TikTok does it (fact sheet §2): `client_key`, comma scopes, hex PKCE for Desktop redirects, a flat error
 * envelope. A refresh hands out a new refresh token; that the old one dies is said nowhere, so it lives on.
 */
import { createHash } from 'node:crypto'
import { json } from '#kit/sandbox/answer.ts'
import { formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage, ignoreAsked, refusedPage } from '#kit/sandbox/consent.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { issueToken, lookToken } from '#kit/sandbox/tokens.ts'
import { oauth as n } from './numbers.ts'
import { accountOf, type TikTokWorld } from './state.ts'
import { endAuthorization } from './tasks.ts'

const flat = (world: TikTokWorld, status: number, error: string, error_description: string) =>
  json(status, { error, error_description, log_id: `2026${world.id(29, '0123456789ABCDEF')}` })

const isLoopback = (url: URL) => ['localhost', '127.0.0.1'].includes(url.hostname)

const scopesOf = (q: URLSearchParams) => (q.get('scope') ?? '').split(/[,\s]+/).filter(Boolean)

/** What is wrong with an authorize URL, or null. TikTok shows a page, it does not redirect. */
const authorizeProblem = (world: TikTokWorld, q: URLSearchParams): string | null => {
  const redirect = q.get('redirect_uri') ?? ''
  if (q.get('client_key') !== world.state.app.clientKey) return 'client_key'
  if (q.get('response_type') !== 'code') return 'response_type'
  if (!URL.canParse(redirect) || redirect.length > n.redirectMax) return 'redirect_uri'
  const url = new URL(redirect)
  if (url.search || url.hash) return 'redirect_uri: no query and no fragment'
  // Web: https. Desktop: loopback with a port, and then PKCE is required.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url) && url.port)) return 'redirect_uri'
  const scopes = scopesOf(q)
  const unknown = scopes.find((s) => !Object.hasOwn(n.scopes, s))
  if (scopes.length === 0 || unknown !== undefined) return `scope ${unknown ?? ''}`
  const challenge = q.get('code_challenge')
  if (url.protocol === 'http:' && !challenge) return 'code_challenge'
  // 64 lower-case hex characters: the base64url of RFC 7636 does not pass.
  if (challenge && !/^[0-9a-f]{64}$/.test(challenge)) return 'code_challenge'
  if (challenge && q.get('code_challenge_method') !== 'S256') return 'code_challenge_method'
  return null
}

const wrongPage = (why: string): SandboxResponse =>
  refusedPage({
    title: 'Something went wrong / TikTok (sandbox)',
    body: `<main><h1>Something went wrong</h1><p>We couldn’t log in with TikTok. This may be due to specific app settings.</p><p><small>Sandbox: check ${esc(why)} (10007)</small></p></main>`,
  })

const authorize =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const q = req.query
    const wrong = authorizeProblem(world, q)
    if (wrong) return wrongPage(wrong)
    ignoreAsked(req, 'client_key', 'code_challenge', 'code_challenge_method', 'disable_auto_auth')
    const scopes = scopesOf(q)
    const accounts = world.state.users.map(accountOf)
    const look = {
      network: 'TikTok',
      app: 'Clarion',
      accounts,
      accent: '#d81f49',
      scopes: scopes.map((id) => ({ id, says: n.scopes[id]! })),
    }
    if (req.method === 'GET') return consentPage(look)
    const decision = consentDecision(req, accounts)
    if (!decision) return consentPage(look)
    const redirectUri = q.get('redirect_uri')!
    if (!decision.allow)
      return backToApp(redirectUri, {
        error: 'access_denied',
        error_description: 'User denied the authorization',
        state: q.get('state'),
      })
    const code = world.id(64)
    world.state.codes[code] = {
      user: decision.account.id,
      redirectUri,
      scopes,
      challenge: q.get('code_challenge'),
      madeAt: world.now(),
      used: false,
    }
    for (const [key, c] of Object.entries(world.state.codes))
      if (c.madeAt < world.now() - 3_600_000) delete world.state.codes[key]
    world.changed()
    return backToApp(redirectUri, { code, scopes: scopes.join(','), state: q.get('state') })
  }

/** A fresh pair. `refreshUntil` (epoch ms): a refresh does not give a consent another year. */
export const mint = (
  world: TikTokWorld,
  o: { user: string; scopes: string[]; family: string; refreshUntil?: number },
) => {
  const now = world.now()
  const row = { account: o.user, client: world.state.app.clientKey, scopes: o.scopes, family: o.family }
  const refreshUntil = o.refreshUntil ?? now + n.refreshSecs * 1000
  const access_token = issueToken(
    world.state.tokens,
    `act.${world.id(60)}`,
    { ...row, kind: 'access', expiresAt: now + n.accessSecs * 1000 },
    now,
  )
  const refresh_token = issueToken(
    world.state.tokens,
    `rft.${world.id(60)}`,
    { ...row, kind: 'refresh', expiresAt: refreshUntil },
    now,
  )
  world.changed()
  return {
    access_token,
    expires_in: n.accessSecs,
    open_id: o.user,
    refresh_expires_in: Math.floor((refreshUntil - now) / 1000),
    refresh_token,
    scope: o.scopes.join(','),
    token_type: 'Bearer',
  }
}

const allowedForm: Record<string, readonly string[]> = {
  authorization_code: ['client_key', 'client_secret', 'code', 'grant_type', 'redirect_uri', 'code_verifier'],
  refresh_token: ['client_key', 'client_secret', 'grant_type', 'refresh_token'],
}

const clientProblem = (world: TikTokWorld, form: URLSearchParams): SandboxResponse | null =>
  form.get('client_key') === world.state.app.clientKey && form.get('client_secret') === world.state.app.clientSecret
    ? null
    : flat(world, 401, 'invalid_client', 'Client key or secret is incorrect.')

const token =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    if (!form) return flat(world, 400, 'invalid_request', 'Only `application/x-www-form-urlencoded` is supported.')
    const grant = form.get('grant_type') ?? ''
    const allowed = Object.hasOwn(allowedForm, grant) ? allowedForm[grant]! : null
    if (!allowed) return flat(world, 400, 'unsupported_grant_type', 'The grant type is not supported.')
    ignoreParameters(req, form.keys(), allowed)
    return clientProblem(world, form) ?? (grant === 'refresh_token' ? refresh(world, form) : exchange(world, form))
  }

const exchange = (world: TikTokWorld, form: URLSearchParams): SandboxResponse => {
  const given = form.get('code') ?? ''
  const code = Object.hasOwn(world.state.codes, given) ? world.state.codes[given]! : null
  if (!code || code.used || world.now() - code.madeAt > n.codeMs)
    return flat(world, 400, 'invalid_grant', 'Authorization code is expired or invalid.')
  if (form.get('redirect_uri') !== code.redirectUri)
    return flat(world, 400, 'invalid_request', 'Redirect_uri is not matched with the uri when requesting code.')
  const verifier = form.get('code_verifier') ?? ''
  const hex = createHash('sha256').update(verifier).digest('hex')
  if (code.challenge && (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) || hex !== code.challenge))
    return flat(world, 400, 'invalid_request', 'Code verifier or code challenge is invalid.')
  code.used = true
  return json(200, mint(world, { user: code.user, scopes: code.scopes, family: given.slice(0, 24) }))
}

const refresh = (world: TikTokWorld, form: URLSearchParams): SandboxResponse => {
  const looked = lookToken(world.state.tokens, form.get('refresh_token') ?? '', 'refresh', world.now())
  if (looked.problem !== null) return flat(world, 400, 'invalid_grant', 'Refresh token is invalid or expired.')
  const { account, scopes, family, expiresAt } = looked.row
  return json(200, mint(world, { user: account, scopes, family, refreshUntil: expiresAt ?? undefined }))
}

/** Takes the access token; the whole consent ends, and TikTok answers with nothing. */
const revoke =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    const given = form?.get('token')
    if (!form || !given) return flat(world, 400, 'invalid_request', 'The request parameters are malformed.')
    const refused = clientProblem(world, form)
    if (refused) return refused
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given] : undefined
    if (row?.kind !== 'access') return flat(world, 400, 'invalid_request', 'The token is invalid.')
    endAuthorization(world, row.account, 5)
    return { status: 200, text: '' }
  }

export const oauthRoutes = (world: TikTokWorld): SandboxRoute[] => [
  route('authorize', 'GET|POST www.tiktok.com/v2/auth/authorize/', authorize(world)),
  route('authorize', 'GET|POST www.tiktok.com/v2/auth/authorize', authorize(world)),
  route('token', 'POST open.tiktokapis.com/v2/oauth/token/', token(world), { writes: true }),
  route('revoke', 'POST open.tiktokapis.com/v2/oauth/revoke/', revoke(world), { writes: true }),
]
