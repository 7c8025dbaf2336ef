/** com.atproto.server and identity (fact sheet bluesky.md §2): app-password sessions, rotation with two hours of grace, service tokens. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { issueToken, lookToken, revokeTokens } from '#kit/sandbox/tokens.ts'
import { caller, fail, input, signJwt, spend, spendAny } from './answers.ts'
import { session as n, repo, serviceAuth } from './numbers.ts'
import { type Account, type BskyWorld, emailOf, find, newAppPassword } from './state.ts'

const AUDIENCE = 'did:web:bsky.social'
const ACCESS = 'com.atproto.access'
const APP_PASS = 'com.atproto.appPass'

/** A refresh row knows the app password it came from, so that revoking that password ends the session. */
const accessJwt = (world: BskyWorld, did: string, scope: string, family: string): string => {
  const jti = world.id(24)
  const now = world.now()
  issueToken(
    world.state.tokens,
    jti,
    { kind: 'access', account: did, client: '', scopes: [scope], family, expiresAt: now + n.accessMs },
    now,
  )
  return signJwt(
    { typ: 'at+jwt' },
    { scope, sub: did, aud: AUDIENCE, jti, iat: Math.floor(now / 1000), exp: Math.floor((now + n.accessMs) / 1000) },
  )
}

const refreshJwt = (world: BskyWorld, did: string, scope: string, family: string, jti: string): string => {
  const now = world.now()
  if (!Object.hasOwn(world.state.tokens, jti))
    issueToken(
      world.state.tokens,
      jti,
      { kind: 'refresh', account: did, client: '', scopes: [scope], family, expiresAt: now + n.refreshMs },
      now,
    )
  const { expiresAt } = world.state.tokens[jti]!
  return signJwt(
    { typ: 'refresh+jwt' },
    {
      scope: 'com.atproto.refresh',
      sub: did,
      aud: AUDIENCE,
      jti,
      iat: Math.floor(now / 1000),
      exp: Math.floor(expiresAt! / 1000),
    },
  )
}

const profile = (a: Account) => ({
  did: a.did,
  handle: a.handle,
  email: emailOf(a),
  emailConfirmed: true,
  emailAuthFactor: false,
  active: a.status === null,
  ...(a.status === null ? {} : { status: a.status }),
})

/** A new session of an account; no didDoc, so that a library stays at the address it was pointed at. */
export const openSession = (world: BskyWorld, a: Account, scope: string, family: string) => {
  const refresh = refreshJwt(world, a.did, scope, family, world.id(24))
  world.changed()
  return { accessJwt: accessJwt(world, a.did, scope, family), refreshJwt: refresh, ...profile(a) }
}

/** A session as an app password opens it. */
export const appSession = (world: BskyWorld, a: Account, appPassword: string) =>
  openSession(world, a, APP_PASS, familyOf(a, appPassword))

const familyOf = (a: Account, appPassword: string) =>
  `${a.did}/${a.appPasswords.find((p) => p.password === appPassword)?.name ?? 'account'}`

const createSession =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const body = input(req, 'createSession')
    const identifier = String(body.identifier)
    const headers = spend(world, [
      { name: 'sessions', who: identifier.toLowerCase() },
      { name: 'sessionsDay', who: identifier.toLowerCase() },
    ])
    const a = find(world, identifier)
    const password = String(body.password)
    const app = a?.appPasswords.find((p) => p.password === password)
    if (!a || (password !== a.password && !app))
      return json(401, { error: 'AuthenticationRequired', message: 'Invalid identifier or password' }, headers)
    if (a.status === 'takendown' || a.status === 'suspended')
      return json(401, { error: 'AccountTakedown', message: 'Account has been taken down' }, headers)
    return json(200, app ? appSession(world, a, password) : openSession(world, a, ACCESS, `${a.did}/account`), headers)
  }

const refreshSession =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const c = caller(world, req, 'refresh')
    const now = world.now()
    if (c.row.state === 'used' && now - c.row.usedAt! > n.graceMs)
      return fail(400, 'ExpiredToken', 'Token has been revoked', headers)
    const successor = c.row.successor ?? world.id(24)
    // The successor may be over by now (session deleted, password revoked): then so is this one.
    const next = lookToken(world.state.tokens, successor, 'refresh', now)
    if (next.problem === 'revoked') return fail(400, 'ExpiredToken', 'Token has been revoked', headers)
    if (c.row.state === 'live') {
      c.row.state = 'used'
      c.row.usedAt = now
      c.row.successor = successor
    }
    world.changed()
    return json(
      200,
      {
        accessJwt: accessJwt(world, c.account.did, c.scope, c.row.family),
        refreshJwt: refreshJwt(world, c.account.did, c.scope, c.row.family, successor),
        ...profile(c.account),
      },
      headers,
    )
  }

const getSession =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    return json(200, profile(caller(world, req, 'access').account), headers)
  }

/** Ends the session; access tokens already out live on to their end, as on a real PDS. */
const deleteSession =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const c = caller(world, req, 'refresh')
    c.row.state = 'revoked'
    if (c.row.successor && world.state.tokens[c.row.successor]) world.state.tokens[c.row.successor]!.state = 'revoked'
    world.changed()
    return { status: 200, headers, text: '' }
  }

const createAppPassword =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const c = caller(world, req, 'access')
    if (c.scope !== ACCESS) return fail(400, 'InvalidToken', 'Bad token scope', headers)
    const body = input(req, 'createAppPassword')
    const name = String(body.name)
    if (c.account.appPasswords.some((p) => p.name === name))
      return fail(400, 'InvalidRequest', 'could not create app-specific password', headers)
    return json(
      200,
      {
        name,
        password: newAppPassword(world, c.account, name),
        createdAt: new Date(world.now()).toISOString(),
        privileged: false,
      },
      headers,
    )
  }

/** Ends what an account's app passwords opened and takes the passwords away: the person revoked the app. */
export const revokeAll = (world: BskyWorld, did?: string): void => {
  revokeTokens(world.state.tokens, (t) => did === undefined || t.account === did)
  // Traded tokens in their grace time die with the rest.
  for (const t of Object.values(world.state.tokens))
    if (t.state === 'used' && (did === undefined || t.account === did)) t.state = 'revoked'
  for (const a of world.state.accounts) if (did === undefined || a.did === did) a.appPasswords = []
  world.changed()
}

const getServiceAuth =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const c = caller(world, req, 'access')
    const aud = req.query.get('aud')
    if (!aud?.startsWith('did:')) return fail(400, 'InvalidRequest', 'Missing required key "aud" at $', headers)
    const now = Math.floor(world.now() / 1000)
    const exp = req.query.has('exp') ? Number(req.query.get('exp')) : now + serviceAuth.defaultSecs
    if (!Number.isInteger(exp) || exp <= now) return fail(400, 'BadExpiration', 'expiration is in past', headers)
    if (exp - now > serviceAuth.maxSecs)
      return fail(
        400,
        'BadExpiration',
        'cannot request a token with an expiration more than an hour in the future',
        headers,
      )
    return json(
      200,
      {
        token: signJwt(
          { typ: 'JWT' },
          { iat: now, iss: c.account.did, aud, exp, lxm: req.query.get('lxm'), jti: world.id(24) },
        ),
      },
      headers,
    )
  }

const describeServer = (world: BskyWorld) => (): SandboxResponse =>
  json(
    200,
    {
      did: AUDIENCE,
      availableUserDomains: ['.bsky.social'],
      inviteCodeRequired: false,
      phoneVerificationRequired: false,
      blobUploadLimit: repo.blobBytes,
      links: {},
      contact: {},
    },
    spendAny(world),
  )

const resolveHandle =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = find(world, req.query.get('handle') ?? '')
    return a ? json(200, { did: a.did }, headers) : fail(400, 'InvalidRequest', 'Unable to resolve handle', headers)
  }

/** The DID document names the PDS by its real address; the client's host map brings it back here. */
export const didDocument = (a: Account) => ({
  '@context': [
    'https://www.w3.org/ns/did/v1',
    'https://w3id.org/security/multikey/v1',
    'https://w3id.org/security/suites/secp256k1-2019/v1',
  ],
  id: a.did,
  alsoKnownAs: [`at://${a.handle}`],
  verificationMethod: [
    {
      id: `${a.did}#atproto`,
      type: 'Multikey',
      controller: a.did,
      publicKeyMultibase: 'zQ3shunBKsXixLxKtC5qeSG9E4J5RkGN57im31pcTzbNQnm5w',
    },
  ],
  service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://bsky.social' }],
})

const plc =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const a = find(world, req.params.did!)
    return a
      ? json(200, didDocument(a), { 'content-type': 'application/did+ld+json; charset=utf-8' })
      : json(404, { message: `DID not registered: ${req.params.did}` })
  }

export const sessionRoutes = (world: BskyWorld): SandboxRoute[] => [
  route('login', 'POST bsky.social/xrpc/com.atproto.server.createSession', createSession(world), { writes: true }),
  route('refresh', 'POST bsky.social/xrpc/com.atproto.server.refreshSession', refreshSession(world), { writes: true }),
  route('logout', 'POST bsky.social/xrpc/com.atproto.server.deleteSession', deleteSession(world), { writes: true }),
  route('app-password', 'POST bsky.social/xrpc/com.atproto.server.createAppPassword', createAppPassword(world), {
    writes: true,
  }),
  route('session', 'GET bsky.social/xrpc/com.atproto.server.getSession', getSession(world)),
  route('service-auth', 'GET bsky.social/xrpc/com.atproto.server.getServiceAuth', getServiceAuth(world)),
  route('describe', 'GET bsky.social/xrpc/com.atproto.server.describeServer', describeServer(world)),
  route('resolve', 'GET bsky.social/xrpc/com.atproto.identity.resolveHandle', resolveHandle(world)),
  route('resolve', 'GET public.api.bsky.app/xrpc/com.atproto.identity.resolveHandle', resolveHandle(world)),
  route('did', 'GET plc.directory/:did', plc(world)),
]
