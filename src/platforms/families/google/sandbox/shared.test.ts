import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineImitation } from '#kit/sandbox/imitation.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { googleFault } from './answers.ts'
import { googleOAuthHosts, googleOAuthRoutes, meantForGoogle, mintGoogle } from './oauth.ts'
import { type GoogleState, seedGoogle } from './state.ts'

/** A service with one person and nothing but the sign-in. */
const service = (name: string) =>
  defineImitation<{ google: GoogleState }>({
    platform: name,
    name,
    hosts: googleOAuthHosts,
    seed: (secret) => ({ google: seedGoogle(name, secret) }),
    routes: (world) =>
      googleOAuthRoutes(world, {
        network: name,
        scopes: {},
        accounts: () => [{ id: `${name}-1`, handle: `${name}@gmail.example`, name: `Person of ${name}` }],
        person: (account) => ({ sub: account, name: `Person of ${name}`, email: `${name}@gmail.example` }),
      }),
    answers: meantForGoogle,
    posts: () => [],
    accounts: () => [],
    tokens: (world) => ({
      credentials: { ...world.state.google.app },
      tokens: mintGoogle(world, { account: `${name}-1`, scopes: ['openid', 'profile'], offline: true }),
    }),
    revoke: () => undefined,
    faultAnswer: (_world, status) => googleFault(status, 'rpc'),
    render: () => '',
  })

const names = ['first', 'second'] as const
let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox(names.map(service))
})
afterAll(() => box.close())

test.each(names)('of two services on the same hosts, %s answers its own app, codes and tokens', async (name) => {
  const { credentials, tokens } = box.desk.tokens(name) as {
    credentials: { clientId: string; clientSecret: string }
    tokens: { access_token: string; refresh_token: string }
  }
  const { clientId: client_id, clientSecret: client_secret } = credentials
  const redirect_uri = 'http://127.0.0.1:4999/back'
  const query = new URLSearchParams({ client_id, redirect_uri, response_type: 'code', scope: 'openid profile' })
  const authorize = `https://accounts.google.com/o/oauth2/v2/auth?${query}`
  expect(await (await box.call(authorize)).text()).toContain(`Person of ${name}`)

  const allowed = await box.call(authorize, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
  const code = new URL(allowed.headers.get('location')!).searchParams.get('code')!
  const ask = (url: string, fields: Record<string, string>) =>
    box.call(url, { method: 'POST', body: new URLSearchParams(fields) })
  const app = { client_id, client_secret }
  const token = 'https://oauth2.googleapis.com/token'
  expect((await ask(token, { ...app, grant_type: 'authorization_code', code, redirect_uri })).status).toBe(200)
  const { refresh_token } = tokens
  expect((await ask(token, { ...app, grant_type: 'refresh_token', refresh_token })).status).toBe(200)

  const me = await box.call('https://openidconnect.googleapis.com/v1/userinfo', {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  expect(await me.json()).toMatchObject({ sub: `${name}-1`, name: `Person of ${name}` })
  const { access_token } = tokens
  const read = async (address: string) => (await (await box.call(address)).json()) as Record<string, unknown>
  expect(await read(`https://www.googleapis.com/oauth2/v2/userinfo?access_token=${access_token}`)).toEqual({
    id: `${name}-1`,
    name: `Person of ${name}`,
  })
  const info = { aud: client_id, sub: `${name}-1`, scope: 'openid profile', expires_in: '3599' }
  expect(await read(`https://oauth2.googleapis.com/tokeninfo?access_token=${access_token}`)).toMatchObject(info)
  expect(await read('https://oauth2.googleapis.com/tokeninfo?access_token=x')).toMatchObject({ error: 'invalid_token' })
  expect(box.desk.notices({ platform: name })).toEqual([])
  const old = { ...app, grant_type: 'refresh_token', refresh_token }
  expect((await ask('https://www.googleapis.com/oauth2/v4/token', old)).status).toBe(200)
  expect(box.desk.notices({ platform: name })).toMatchObject([{ kind: 'older-name' }])
  expect((await ask('https://oauth2.googleapis.com/revoke', { token: refresh_token })).status).toBe(200)
})
