/** Who may come to the imitation networks, and through which address. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type TestApp, type TestAppOptions, testApp } from './testing.ts'
import { isHere, isPrivate } from './this-machine.ts'

let t: TestApp
let seen: string[]
let browsers: unknown[]
afterEach(() => t.close())

const open = async (app: TestAppOptions['app'] = {}) => {
  seen = []
  browsers = []
  t = await testApp({
    app: {
      sandbox: {
        word: 'sesame',
        handle: (req: IncomingMessage, res: ServerResponse) => {
          seen.push(`${req.method} ${req.url}`)
          browsers.push(req.headers['x-sandbox-browser'])
          res.end('the imitation')
        },
      },
      ...app,
    },
  })
}
const reset = '/sandbox/_desk/reset'
const ask = (
  o: { url?: string; method?: 'GET' | 'POST'; headers?: Record<string, string>; remoteAddress?: string } = {},
) => t.app.inject({ method: 'POST', url: reset, ...o })

test('on a Clarion for this machine only, whoever is on it may use the desk', async () => {
  await open()
  expect((await ask()).statusCode).toBe(200)
  expect((await ask({ headers: { host: '127.0.0.1:4400' } })).statusCode).toBe(200)
  expect(seen).toEqual([`POST ${reset}`, `POST ${reset}`])
})

test('somebody from elsewhere, through a proxy, or under a name made to point here, may not', async () => {
  await open()
  const strangers: { remoteAddress?: string; headers?: Record<string, string> }[] = [
    { remoteAddress: '203.0.113.9' },
    { headers: { 'x-forwarded-for': '203.0.113.9' } },
    { headers: { forwarded: 'for=203.0.113.9' } },
    { headers: { host: 'rebound.example:4400' } },
  ]
  for (const who of strangers)
    for (const o of [{ method: 'POST' as const }, { method: 'GET' as const, url: '/sandbox/' }]) {
      const r = await ask({ ...who, ...o })
      expect([r.statusCode, r.json().code], JSON.stringify({ ...who, ...o })).toEqual([401, 'unauthenticated'])
    }
  expect(seen).toEqual([])
})

test('on a public Clarion a local address opens nothing, since a proxy gives it to everybody; a session does', async () => {
  await open({ publicUrl: 'https://clarion.example' })
  const host = 'clarion.example'
  expect((await ask()).statusCode).toBe(401)
  expect((await ask({ headers: { host } })).statusCode).toBe(401)
  expect((await ask({ url: '/sandbox/net.example/upload', headers: { host } })).statusCode).toBe(401)
  expect(seen).toEqual([])
})

test('people who are signed in may come in from anywhere', async () => {
  await open()
  const r = await ask({ remoteAddress: '203.0.113.9', headers: { cookie: t.owner.cookie } })
  expect(r.statusCode).toBe(200)
  expect(
    (await ask({ remoteAddress: '203.0.113.9', headers: { cookie: 'clarion.session_token=x.y' } })).statusCode,
  ).toBe(401)
})

test('a session opens nothing for whoever was let go, or has not chosen a password yet', async () => {
  await open({ publicUrl: 'https://clarion.example' })
  const from = (cookie: string) => ask({ remoteAddress: '203.0.113.9', headers: { host: 'clarion.example', cookie } })
  const person = await t.person('viewer')
  expect((await from(person.cookie)).statusCode).toBe(200)
  const actor = { userId: t.owner.userId, role: 'owner' } as const
  await t.people.changeMember(actor, t.ws, person.userId, null)
  expect((await from(person.cookie)).statusCode).toBe(401)
  await t.people.addMember(actor, t.ws, { email: person.email, role: 'viewer' })
  expect((await from(person.cookie)).statusCode).toBe(200)
  await t.database.db
    .updateTable('auth_users')
    .set({ must_change_password: true })
    .where('id', '=', person.userId)
    .execute()
  expect((await from(person.cookie)).statusCode).toBe(401)
})

test('a page of another site can send nothing, signed in or not', async () => {
  await open()
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example', cookie: t.owner.cookie },
  ]
  for (const headers of foreign) {
    const r = await ask({ headers })
    expect([r.statusCode, r.json().code]).toEqual([403, 'forbidden'])
  }
  expect(seen).toEqual([])
  expect((await ask({ headers: { origin: 'http://localhost', host: 'localhost' } })).statusCode).toBe(200)
})

test('Clarion itself comes through its own address, and a guessed one opens nothing', async () => {
  await open({ publicUrl: 'https://clarion.example' })
  expect((await ask({ url: '/sandbox/~sesame/net.example/post?x=1' })).statusCode).toBe(200)
  expect(seen).toEqual(['POST /sandbox/net.example/post?x=1'])
  for (const url of ['/sandbox/~sesam/net.example/post', '/sandbox/~/x', '/sandbox/~null/x', '/sandbox/~sesame'])
    expect((await ask({ url })).statusCode, url).toBe(401)
})

test('strangers who knock too often are slowed down', async () => {
  await open({ limits: { api: 600, signIn: 10, refused: 5 } })
  const codes: number[] = []
  for (let i = 0; i < 8; i++) codes.push((await ask({ remoteAddress: '203.0.113.9' })).statusCode)
  expect(codes).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
})

test('the first run without a token is for this machine: not for a page under another name', async () => {
  seen = []
  t = await testApp({ setUp: false })
  const setUp = (headers: Record<string, string>) =>
    t.app.inject({
      method: 'POST',
      url: '/api/v1/setup',
      headers,
      payload: {
        name: 'Eve',
        email: 'eve@example.test',
        password: 'correct horse battery',
        workspaceName: 'Mine',
        timeZone: 'UTC',
        locale: 'en',
      },
    })
  for (const headers of [{ host: 'rebound.example' }, { 'x-forwarded-for': '203.0.113.9' }] as Record<
    string,
    string
  >[]) {
    const r = await setUp(headers)
    expect([r.statusCode, r.json().code]).toEqual([403, 'forbidden'])
  }
  expect(await t.people.setupNeeded()).toBe(true)
  expect((await setUp({})).statusCode).toBe(201)
})

test('what counts as here, and as private', async () => {
  await open()
  const req = (remoteAddress: string, host: string | undefined, localAddress = '127.0.0.1', headers = {}) =>
    ({ socket: { remoteAddress, localAddress }, headers: { host, ...headers } }) as unknown as IncomingMessage
  expect(isHere(req('127.0.0.1', 'localhost:4400'))).toBe(true)
  expect(isHere(req('::1', '[::1]:4400', '::1'))).toBe(true)
  expect(isHere(req('::ffff:127.0.0.1', '127.0.0.1'))).toBe(true)
  expect(isHere(req('192.168.1.5', '192.168.1.5:4400', '192.168.1.5'))).toBe(true)
  expect(isHere(req('192.168.1.6', '192.168.1.5:4400', '192.168.1.5'))).toBe(false)
  expect(isHere(req('192.168.1.6', 'localhost', '192.168.1.5'))).toBe(false)
  expect(isHere(req('127.0.0.1', undefined))).toBe(false)
  expect(isHere(req('127.0.0.1', 'localhost.evil.example'))).toBe(false)
  expect(isHere(req('127.0.0.1', '127.0.0.1.evil.example'))).toBe(false)
  expect(isHere(req('127.0.0.1', 'localhost', '127.0.0.1', { 'x-real-ip': '203.0.113.9' }))).toBe(false)
  expect(isPrivate({ publicUrl: 'http://localhost:4400', trustProxy: false })).toBe(true)
  expect(isPrivate({ publicUrl: 'http://[::1]:4400', trustProxy: false })).toBe(true)
  expect(isPrivate({ publicUrl: 'http://localhost:4400', trustProxy: 1 })).toBe(false)
  expect(isPrivate({ publicUrl: 'https://clarion.example', trustProxy: false })).toBe(false)
})

test('a page of another site makes nobody read or write, by a form, a picture or a script', async () => {
  await open()
  const cross = { 'sec-fetch-site': 'cross-site' }
  for (const headers of [
    { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { ...cross, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { origin: 'http://localhost:3000' },
  ] as Record<string, string>[]) {
    const r = await ask({ method: 'GET', url: '/sandbox/api.telegram.org/bot1:x/sendMessage?text=x', headers })
    expect([r.statusCode, r.json().code], JSON.stringify(headers)).toEqual([403, 'forbidden'])
  }
  expect(seen).toEqual([])
})

test('another app may send its user to a consent page, and the host hears that a browser asks', async () => {
  await open()
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const r = await ask({ method: 'GET', url: '/sandbox/x.com/i/oauth2/authorize', headers })
  expect(r.statusCode).toBe(200)
  expect(browsers).toEqual(['1'])
  // Nobody but the door says so, or unsays it.
  await ask({ method: 'GET', url: '/sandbox/', headers: { 'x-sandbox-browser': '1' } })
  expect(browsers).toEqual(['1', undefined])
  // Clients of networks, and curl, send none of these headers.
  expect((await ask({ url: '/sandbox/_desk/bluesky/tokens' })).statusCode).toBe(200)
})

test('an address that calls without end is told to wait', async () => {
  await open({ limits: { sandbox: 5 } })
  const codes = []
  for (let n = 0; n < 8; n++) codes.push((await ask()).statusCode)
  expect(codes).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  // Clarion itself is not counted.
  expect((await ask({ url: '/sandbox/~sesame/_desk/reset' })).statusCode).toBe(200)
})
