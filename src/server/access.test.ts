/** Who may use which route: generated from the route table, so that a new route is tested the day it is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Role, roles } from '#contract/common.ts'
import { type Scope, scopes } from '#contract/people.ts'
import { Problem } from '#contract/problems.ts'
import { type Access, type RouteName, routes } from '#contract/routes.ts'
import type { Bind } from './bind.ts'
import { type TestApp, testApp, type Who } from './testing.ts'

/** What the stand-in handlers of other nouns answer: reaching one means the access check said yes. */
const reached = new Problem('sandbox-off', 'reached')

let t: TestApp
let stranger: Awaited<ReturnType<TestApp['stranger']>>
const people: Partial<Record<Role, Who>> = {}
const keys: Partial<Record<Scope, Who>> = {}

beforeAll(async () => {
  t = await testApp({
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
  for (const scope of scopes) keys[scope] = await t.key([scope])
})
afterAll(() => t.close())

const order: Role[] = ['viewer', 'editor', 'admin', 'owner']
const inWorkspace = (Object.entries(routes) as [RouteName, { access: Access; params?: unknown }][]).flatMap(
  ([name, r]) => (typeof r.access === 'object' ? [{ name, ...r.access }] : []),
)
const params = { id: '01920000-0000-7000-8000-000000000000', userId: 'nobody', platform: 'none' }
/** A call with no body stops at validation, after access: 400 and anything but 401, 403 and 404 of the workspace count as let in. */
const refusedBy = (status: number, code: string | undefined) =>
  status === 401 || code === 'forbidden' || code === 'scope-missing'

describe.each(inWorkspace)('$name', ({ name, role, scope }) => {
  test('refuses nobody, a bad key and a bad cookie with 401', async () => {
    for (const as of [null, { key: `clr_${'x'.repeat(43)}` }, { cookie: 'clarion.session_token=made.up' }]) {
      const r = await t.call(name, { params, as })
      expect([r.status, r.problem?.code]).toEqual([401, 'unauthenticated'])
    }
  })
  test(`refuses roles below ${role} and lets in the others`, async () => {
    for (const one of order) {
      const r = await t.call(name, { params, as: people[one]! })
      if (order.indexOf(one) < order.indexOf(role))
        expect([one, r.status, r.problem?.code]).toEqual([one, 403, 'forbidden'])
      else expect([one, refusedBy(r.status, r.problem?.code)]).toEqual([one, false])
    }
  })
  test(`refuses API keys without the scope ${scope}`, async () => {
    for (const one of scopes) {
      const r = await t.call(name, { params, as: keys[one]! })
      if (one !== scope) expect([one, r.status, r.problem?.code]).toEqual([one, 403, 'scope-missing'])
      else expect([one, refusedBy(r.status, r.problem?.code)]).toEqual([one, false])
    }
  })
  test('is not found in a workspace of others, and in one that does not exist', async () => {
    const nowhere = crypto.randomUUID()
    for (const ws of [stranger.ws, nowhere, 'not-an-id'])
      for (const as of [people.owner!, keys[scope]!]) {
        const r = await t.call(name, { params: { ...params, ws }, as })
        expect([r.status, r.problem?.code]).toEqual([404, 'not-found'])
      }
  })
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
  const made = await t.call('keyCreate', { as: admin, body: { name: 'k', scopes: ['read', 'admin'] } })
  const as = { key: made.body.key as unknown as string }
  expect((await t.call('memberList', { as })).status).toBe(200)
  expect((await t.call('keyList', { as })).status).toBe(200)
  expect((await t.call('credentialsSet', { params, as, body: { values: {} } })).problem?.code).toBe('forbidden')
  await t.call('memberPatch', { params: { userId: admin.userId }, body: { role: 'viewer' } })
  expect((await t.call('keyList', { as })).problem?.code).toBe('forbidden')
  await t.call('memberRemove', { params: { userId: admin.userId } })
  expect((await t.call('memberList', { as })).problem?.code).toBe('unauthenticated')
})

test('a key cannot use the addresses of a person', async () => {
  expect((await t.call('me', { as: keys.admin! })).problem?.code).toBe('forbidden')
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
