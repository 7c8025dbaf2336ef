/** Who may use which route: generated from the route table, so that a new route is tested the day it is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Role, roles } from '#contract/common.ts'
import { type Scope, scopes } from '#contract/people.ts'
import { Problem } from '#contract/problems.ts'
import { type Access, type Route, type RouteName, rawRoutes, routes } from '#contract/routes.ts'
import { powersOf } from '#planner/people/rules.ts'
import type { Bind } from './bind.ts'
import { type TestApp, type Told, testApp, type Who } from './testing.ts'

/** What the stand-in handlers of other nouns answer: reaching one means the access check said yes. */
const reached = new Problem('sandbox-off', 'reached')

let t: TestApp
let stranger: Awaited<ReturnType<TestApp['stranger']>>
const people: Partial<Record<Role, Who>> = {}
const keys: { scopes: Scope[]; as: Who }[] = []
/** Every set of scopes a key can have. */
const subsets = Array.from({ length: 15 }, (_, i) => scopes.filter((_s, j) => ((i + 1) >> j) & 1))

beforeAll(async () => {
  const away = () => Promise.reject(new Error('no Redis'))
  t = await testApp({
    // As where Redis is set, so that the board has its door.
    app: { redis: { carriers: { numbers: away, queues: away }, trouble: () => 'is not reachable' } },
    register: () => (bind: Bind) => {
      for (const name of Object.keys(routes) as RouteName[]) {
        try {
          bind(name, async () => {
            throw reached
          })
        } catch (error) {
          // Bound by the server itself: the real handler answers.
          if (!/bound twice/.test((error as Error).message)) throw error
        }
      }
    },
  })
  stranger = await t.stranger()
  for (const role of roles) people[role] = role === 'owner' ? { cookie: t.owner.cookie } : await t.person(role)
  for (const some of subsets) keys.push({ scopes: some, as: await t.key(some) })
})
afterAll(() => t.close())

const order: Role[] = ['viewer', 'editor', 'admin', 'owner']
type Row = Pick<Route, 'method' | 'path'> & { access: Access }
const every = Object.entries({ ...routes, ...rawRoutes } as Record<string, Row>).map(([name, r]) => ({ name, ...r }))
const inWorkspace = every.flatMap((r) => (typeof r.access === 'object' ? [{ ...r, ...r.access }] : []))
const call = ({ method, path }: Row, as: Who, ws = t.ws): Promise<Told> =>
  t.send({
    method,
    url: path.replace(/:([a-zA-Z]+)/g, (_m, p: string) => ({ ws, list: 'x', ...params })[p] ?? ''),
    as,
  })
const params = { id: '01920000-0000-7000-8000-000000000000', userId: 'nobody', platform: 'none' }
/** A call with no body stops at validation, after access: 400 and anything but 401, 403 and 404 of the workspace count as let in. */
const refusedBy = (status: number, code: string | undefined) =>
  status === 401 || code === 'forbidden' || code === 'scope-missing'

describe.each(inWorkspace)('$name', (route) => {
  const { role, scope, publish } = route
  const needed: Scope[] = publish === 'always' ? [scope, 'publish'] : [scope]
  test('refuses nobody, a bad key and a bad cookie with 401', async () => {
    for (const as of [null, { key: `clr_${'x'.repeat(43)}` }, { cookie: 'clarion.session_token=made.up' }]) {
      const r = await call(route, as)
      expect([r.status, r.problem?.code]).toEqual([401, 'unauthenticated'])
    }
  })
  test(`refuses roles below ${role} and lets in the others`, async () => {
    for (const one of order) {
      // A stream does not end by itself.
      if (route.name === 'events' && order.indexOf(one) >= order.indexOf(role)) continue
      const r = await call(route, people[one]!)
      if (order.indexOf(one) < order.indexOf(role))
        expect([one, r.status, r.problem?.code]).toEqual([one, 403, 'forbidden'])
      else expect([one, refusedBy(r.status, r.problem?.code)]).toEqual([one, false])
    }
  })
  test(`refuses API keys without ${needed.join(' and ')}, whatever else they have`, async () => {
    for (const { scopes: has, as } of keys) {
      if (route.person) {
        const r = await call(route, as)
        expect([has, r.status, r.problem?.code]).toEqual([has, 403, 'forbidden'])
        continue
      }
      const enough = needed.every((s) => has.includes(s))
      if (route.name === 'events' && enough) continue
      const r = await call(route, as)
      if (!enough) expect([has, r.status, r.problem?.code]).toEqual([has, 403, 'scope-missing'])
      else expect([has, refusedBy(r.status, r.problem?.code)]).toEqual([has, false])
    }
  })
  // One that names no workspace is of the first.
  const [owner, key] = [() => people.owner!, () => keys.at(-1)!.as]
  test.runIf(!route.path.includes(':ws'))('is not found by people and keys of other workspaces', async () => {
    const made = await t.people.createKey({ userId: stranger.userId, role: 'owner' }, stranger.ws, {
      name: 'k',
      scopes: [...scopes],
      expiresAt: null,
    })
    for (const as of [{ cookie: stranger.cookie }, { key: made.key }]) {
      const r = await call(route, as)
      expect([r.status, r.problem?.code]).toEqual([404, 'not-found'])
    }
  })
  test.runIf(route.path.includes(':ws'))(
    'is not found in a workspace of others, and in one that does not exist',
    async () => {
      const nowhere = crypto.randomUUID()
      for (const ws of [stranger.ws, nowhere, 'not-an-id'])
        for (const as of [owner(), key()]) {
          const r = await call(route, as, ws)
          expect([r.status, r.problem?.code]).toEqual([404, 'not-found'])
        }
    },
  )
})

test('an expired session is nobody', async () => {
  const { cookie, userId } = await t.person('admin')
  expect((await t.call('workspaceGet', { as: { cookie } })).status).toBe(200)
  await t.database.db
    .updateTable('auth_sessions')
    .set({ expiresAt: new Date(Date.now() - 1000) })
    .where('userId', '=', userId)
    .execute()
  expect((await t.call('workspaceGet', { as: { cookie } })).problem?.code).toBe('unauthenticated')
})

test('a session ends with sign-out', async () => {
  const { cookie } = await t.person('viewer')
  const out = await t.send({ method: 'POST', url: '/api/auth/sign-out', as: { cookie } })
  expect(out.status).toBe(200)
  expect((await t.call('me', { as: { cookie } })).problem?.code).toBe('unauthenticated')
})

test('a revoked key is nobody', async () => {
  const { key, id } = await t.key(['read'])
  expect((await t.call('workspaceGet', { as: { key } })).status).toBe(200)
  expect((await t.call('keyRevoke', { params: { id } })).status).toBe(200)
  expect((await t.call('workspaceGet', { as: { key } })).problem?.code).toBe('unauthenticated')
})

test('an expired key is nobody', async () => {
  const { key, id } = await t.key(['read'])
  await t.database.db
    .updateTable('api_keys')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .where('id', '=', id)
    .execute()
  expect((await t.call('workspaceGet', { as: { key } })).problem?.code).toBe('unauthenticated')
})

test('a key has no more power than its maker has now, and dies when they leave', async () => {
  const admin = await t.person('admin')
  const made = await t.call('keyCreate', { as: admin, body: { name: 'k', scopes: ['read', 'publish', 'admin'] } })
  const as = { key: made.body.key as unknown as string }
  expect((await t.call('memberList', { as })).status).toBe(200)
  expect((await t.call('keyList', { as })).status).toBe(200)
  expect((await t.call('credentialsSet', { params, as, body: { values: {} } })).problem?.code).toBe('forbidden')
  await t.call('memberPatch', { params: { userId: admin.userId }, body: { role: 'viewer' } })
  expect((await t.call('keyList', { as })).problem?.code).toBe('forbidden')
  await t.call('memberRemove', { params: { userId: admin.userId } })
  expect((await t.call('memberList', { as })).problem?.code).toBe('unauthenticated')
})

test('a key cannot use the addresses of a person, whatever its scopes; nobody needs to be signed in for the public ones', async () => {
  for (const r of every.filter((x) => x.access === 'user')) {
    for (const { as } of keys) expect((await call(r, as)).problem?.code).toBe('forbidden')
    expect((await call(r, null)).problem?.code).toBe('unauthenticated')
    for (const role of roles) expect(refusedBy((await call(r, people[role]!)).status, undefined)).toBe(false)
  }
  for (const r of every.filter((x) => x.access === 'public')) expect((await call(r, null)).status).not.toBe(401)
})

test('the scheme of the Authorization header is case-insensitive', async () => {
  const { key } = await t.key(['read'])
  for (const scheme of ['bearer', 'Bearer', 'BEARER'])
    expect((await t.call('memberList', { as: null, headers: { authorization: `${scheme} ${key}` } })).status).toBe(200)
  expect((await t.call('memberList', { as: null, headers: { authorization: key } })).status).toBe(401)
})

test('what a role can do in scopes is what the route table lets it do', () => {
  for (const role of roles) {
    const may = inWorkspace.filter((r) => order.indexOf(role) >= order.indexOf(r.role)).map((r) => r.scope)
    expect([role, scopes.filter((s) => may.includes(s))]).toEqual([role, powersOf[role]])
  }
})

test('a good cookie does not help a bad Authorization header', async () => {
  const r = await t.call('me', { headers: { authorization: 'Basic b3duZXI6eA==' } })
  expect(r.problem?.code).toBe('unauthenticated')
})

test('another site cannot write with the cookie of a visitor', async () => {
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ] as Record<string, string>[]) {
    expect((await t.call('workspacePause', { headers })).problem?.code).toBe('forbidden')
    expect(
      (await t.send({ method: 'POST', url: '/api/auth/sign-out', as: { cookie: t.owner.cookie }, headers })).problem
        ?.code,
    ).toBe('forbidden')
  }
  expect((await t.call('workspacePause', { headers: { origin: 'http://localhost' } })).status).toBe(200)
  expect((await t.call('workspaceResume', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
})

test('ids of another workspace are not found in mine', async () => {
  const key = await t.people.createKey({ userId: stranger.userId, role: 'owner' }, stranger.ws, {
    name: 'k',
    scopes: ['read'],
    expiresAt: null,
  })
  expect((await t.call('keyRevoke', { params: { id: key.id } })).problem?.code).toBe('not-found')
  expect(
    (await t.call('memberPatch', { params: { userId: stranger.userId }, body: { role: 'viewer' } })).problem?.code,
  ).toBe('not-found')
  expect((await t.call('memberRemove', { params: { userId: stranger.userId } })).problem?.code).toBe('not-found')
})

test('the origin counts with its scheme, and setting up asks for it too', async () => {
  const fresh = await testApp({ setUp: false })
  try {
    const setup = (headers: Record<string, string>) =>
      fresh.call('setup', {
        as: null,
        headers,
        body: {
          name: 'Eve',
          email: 'eve@example.test',
          password: 'correct horse battery',
          workspaceName: 'Hers',
          timeZone: 'UTC',
        },
      })
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      // The same name and port under another scheme: a plain page that somebody on the way may have written.
      { origin: 'https://localhost:80' },
    ]
    for (const headers of foreign)
      expect((await setup(headers)).problem?.code, JSON.stringify(headers)).toBe('forbidden')
    expect((await setup({ origin: 'http://localhost' })).status).toBe(201)
  } finally {
    await fresh.close()
  }
  const headers = { origin: 'https://localhost:80', host: 'localhost:80' }
  expect((await t.call('workspacePause', { headers })).problem?.code).toBe('forbidden')
})
