import { expect, test } from 'vitest'
import { connectCode } from './connectors.ts'
import type { HttpRequest } from './http.ts'
import { oauth2, pkceChallenge, scopeSet } from './oauth2.ts'
import type { ConnectContext } from './platform.ts'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

/** A network of one token endpoint; what it was asked is kept. */
const context = (body: unknown, asked: HttpRequest[] = []): ConnectContext => ({
  http: async (r) => {
    asked.push(r as HttpRequest)
    return { status: 200, headers: {}, body: body as never, text: '' }
  },
  realm: 'live',
  browserUrl: (url) => url,
  credentials: { clientId: 'id with space', clientSecret: 's:e/c' },
  redirectUri: 'https://clarion.example/oauth/toy/callback',
  state: 'st',
  now: () => Date.UTC(2026, 10, 22),
})

const data = {
  platform: 'toy',
  name: 'Toy',
  authorizeUrl: 'https://toy.example/authorize',
  tokenUrl: 'https://api.toy.example/token',
  revokeUrl: 'https://api.toy.example/revoke',
  scopes: ['read', 'write'],
  scopeSeparator: ' ',
  pkce: 'S256',
  clientAuth: 'basic',
  refresh: 'standard',
  rotates: false,
  identify: async () => [],
} as const

const through = async (o: Parameters<typeof oauth2>[0], body: unknown, asked: HttpRequest[] = []) => {
  const t = context(body, asked)
  const c = oauth2(o)
  const begun = await c.begin(t, {})
  return c.finish(t, { state: 'st', code: 'c' }, begun.keep)
}

test('PKCE: the vector of RFC 7636, and the hex of TikTok', async () => {
  expect(await pkceChallenge(verifier, 'S256')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  expect(await pkceChallenge(verifier, 'S256-hex')).toBe(
    '13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3',
  )
})

test('scopes are sets, however they are joined', () => {
  expect(scopeSet('a b,c  a')).toEqual(['a', 'b', 'c'])
  expect(scopeSet(['a,b', 'c'])).toEqual(['a', 'b', 'c'])
  expect(scopeSet(undefined)).toEqual([])
})

test('the authorize address has spaces as %20 and a challenge that belongs to the kept verifier', async () => {
  const begun = await oauth2(data).begin(context({}), {})
  if (begun.kind !== 'redirect') throw new Error('no redirect')
  expect(begun.url).toContain('scope=read%20write')
  const url = new URL(begun.url)
  expect(url.searchParams.get('client_id')).toBe('id with space')
  expect(url.searchParams.get('code_challenge')).toBe(
    await pkceChallenge((begun.keep as { verifier: string }).verifier, 'S256'),
  )
})

test('Basic: both halves are form-encoded, and the secret is not in the body', async () => {
  const asked: HttpRequest[] = []
  await through(data, { access_token: 'a', scope: 'write read' }, asked)
  expect(asked[0]!.headers!.authorization).toBe(
    `Basic ${Buffer.from('id%20with%20space:s%3Ae%2Fc').toString('base64')}`,
  )
  expect(asked[0]!.form).not.toHaveProperty('client_secret')
})

test('body: the client id under the network’s own name', async () => {
  const asked: HttpRequest[] = []
  await through({ ...data, clientAuth: 'body', clientIdName: 'client_key', pkce: 'none' }, { access_token: 'a' }, asked)
  expect(asked[0]!.form).toMatchObject({
    client_key: 'id with space',
    client_secret: 's:e/c',
    grant_type: 'authorization_code',
    code: 'c',
  })
  expect(asked[0]!.form!.code_verifier).toBeUndefined()
})

test('a missing scope is named; an optional one is not missed', async () => {
  await expect(through(data, { access_token: 'a', scope: 'read' })).rejects.toMatchObject({
    failure: { code: 'toy.scope-missing', message: expect.stringContaining('write') },
  })
  await expect(
    through({ ...data, optionalScopes: ['more'] }, { access_token: 'a', scope: 'write,read' }),
  ).resolves.toMatchObject({ grant: { scopes: ['write', 'read'] } })
})

test.each([
  ['access_denied', 'toy.denied'],
  ['user_cancelled_login', 'toy.denied'],
  ['unauthorized_scope_error', 'toy.refused'],
])('%s is %s', async (error, code) => {
  const c = oauth2(data)
  const t = context({})
  const { keep } = await c.begin(t, {})
  await expect(c.finish(t, { state: 'st', error }, keep)).rejects.toMatchObject({
    failure: { kind: 'not-permitted', code },
  })
})

test('an unreadable token answer never carries the answer itself', async () => {
  await expect(through(data, { accessToken: 'very-secret' })).rejects.toMatchObject({
    failure: { kind: 'unknown-outcome', code: 'toy.unreadable-token' },
  })
  await expect(through(data, { accessToken: 'very-secret' })).rejects.not.toMatchObject({
    failure: { raw: expect.anything() },
  })
})

test('refresh keeps an old refresh token and its clock when none is given, and what the platform stored', async () => {
  const grant = {
    access: 'old',
    refresh: 'r1',
    refreshExpiresAt: '2027-01-01T00:00:00.000Z',
    scopes: ['read', 'write'],
    extra: { page: '7' },
  }
  const c = oauth2({ ...data, refreshLifetime: 60 })
  expect(await c.refresh!(context({ access_token: 'new', expires_in: 7200 }), grant)).toEqual({
    access: 'new',
    refresh: 'r1',
    expiresAt: '2026-11-22T02:00:00.000Z',
    refreshExpiresAt: '2027-01-01T00:00:00.000Z',
    scopes: ['read', 'write'],
    extra: { page: '7' },
  })
  expect(await c.refresh!(context({ access_token: 'new', refresh_token: 'r2' }), grant)).toMatchObject({
    refresh: 'r2',
    refreshExpiresAt: '2026-11-22T00:01:00.000Z',
  })
  await expect(c.refresh!(context({}), { access: 'x' })).rejects.toMatchObject({ failure: { kind: 'reconnect' } })
  expect(oauth2({ ...data, refresh: 'none' }).refresh).toBeUndefined()
})

test('a second trade can replace the grant, and a network’s own shape can be read', async () => {
  const end = await through(
    {
      ...data,
      readToken: (b) => ({ access: (b as { data: { token: string } }).data.token }),
      upgrade: async (_t, g) => ({ ...g, access: `long-${g.access}`, extra: { kind: 'long' } }),
    },
    { data: { token: 'short' } },
  )
  expect(end).toMatchObject({ grant: { access: 'long-short', extra: { kind: 'long' }, scopes: ['read', 'write'] } })
})

test('connect codes are long, typeable and never the same', () => {
  const codes = new Set(Array.from({ length: 500 }, () => connectCode()))
  expect(codes.size).toBe(500)
  for (const code of codes) expect(code).toMatch(/^[A-HJKMNP-Z2-9]{12}$/)
})
