/** Passwords: changed by their person, reset by an owner, and worth one thing only while somebody else chose them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestApp, testApp, type Who } from './testing.ts'

let t: TestApp
beforeAll(async () => {
  t = await testApp()
})
afterAll(() => t.close())

const signIn = async (email: string, password: string) => {
  const r = await t.send({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ email, password }),
  })
  return { status: r.status, as: { cookie: String(r.headers['set-cookie']).split(';')[0]! } }
}
const change = (as: Who, currentPassword: string, newPassword: string) =>
  t.call('passwordChange', { as, body: { currentPassword, newPassword } })
const code = async (as: Who) => (await t.call('workspaceGet', { as })).problem?.code ?? 200
const cookieOf = (headers: Record<string, unknown>) => ({
  cookie: [headers['set-cookie']].flat().join().split(';')[0]!,
})

test('a change ends the other sessions, keeps this one, and the old password is over', async () => {
  const p = await t.person('viewer')
  const elsewhere = (await signIn(p.email, t.owner.password)).as
  const changed = await change(p, t.owner.password, 'a new long one')
  expect(changed.body).toEqual({ ok: true })
  expect(await code(elsewhere)).toBe('unauthenticated')
  expect(await code(cookieOf(changed.headers))).toBe(200)
  expect((await signIn(p.email, t.owner.password)).status).toBe(401)
  expect((await signIn(p.email, 'a new long one')).status).toBe(200)
})

test('a change needs the present password, another one, and a session', async () => {
  const p = await t.person('viewer')
  const errors = async (from: string, to: string) => (await change(p, from, to)).problem?.errors?.map((e) => e.path)
  expect(await errors('not the password', 'a new long one')).toEqual(['currentPassword'])
  expect(await errors(t.owner.password, t.owner.password)).toEqual(['newPassword'])
  expect(await errors(t.owner.password, 'short')).toEqual(['newPassword'])
  expect((await change(null, t.owner.password, 'a new long one')).status).toBe(401)
  expect((await change(await t.key(['admin']), t.owner.password, 'a new long one')).problem?.code).toBe('forbidden')
  expect(await code(p)).toBe(200)
  // The library's own door is shut: it would not end the other sessions.
  const door = { method: 'POST', url: '/api/auth/change-password', headers: { 'content-type': 'application/json' } }
  expect((await t.send({ ...door, as: p, payload: '{}' })).status).toBe(404)
})

test('who was invited with a password chooses another before anything else', async () => {
  const email = 'invited@example.test'
  const invited = await t.call('memberAdd', { body: { email, role: 'admin', password: 'given by the owner' } })
  expect(invited.status).toBe(201)
  const { as } = await signIn(email, 'given by the owner')
  expect((await t.call('me', { as })).body).toMatchObject({ mustChangePassword: true })
  expect(await code(as)).toBe('password-change-required')
  expect((await t.call('keyCreate', { as, body: { name: 'k', scopes: ['read'] } })).problem?.code).toBe(
    'password-change-required',
  )
  const events = await t.send({ method: 'GET', url: `/api/v1/workspaces/${t.ws}/events`, as })
  expect(events.problem?.code).toBe('password-change-required')
  const mine = cookieOf((await change(as, 'given by the owner', 'my very own words')).headers)
  expect((await t.call('me', { as: mine })).body).toMatchObject({ mustChangePassword: false })
  expect(await code(mine)).toBe(200)
})

test('an owner resets: sessions end, and the person chooses their own at sign-in', async () => {
  const p = await t.person('editor')
  const reset = (as: Who, userId = p.userId) =>
    t.call('memberPassword', { as, params: { userId }, body: { password: 'for the first time' } })
  for (const role of ['admin', 'editor', 'viewer'] as const)
    expect((await reset(await t.person(role))).problem?.code).toBe('forbidden')
  expect((await reset(await t.key(['read', 'write', 'publish', 'admin']))).problem?.code).toBe('forbidden')
  expect((await reset(t.owner, t.owner.userId)).problem?.code).toBe('forbidden')
  expect((await reset(t.owner, 'nobody')).problem?.code).toBe('not-found')
  expect((await reset(t.owner)).body).toEqual({ ok: true })
  expect(await code(p)).toBe('unauthenticated')
  expect((await signIn(p.email, t.owner.password)).status).toBe(401)
  expect(await code((await signIn(p.email, 'for the first time')).as)).toBe('password-change-required')
})

test('a reset opens no workspace its owner does not own', async () => {
  const other = await t.stranger()
  const { email } = (await t.people.me(other.userId)).user
  await t.call('memberAdd', { body: { email, role: 'viewer' } })
  const r = await t.call('memberPassword', {
    params: { userId: other.userId },
    body: { password: 'for the first time' },
  })
  expect(r.problem?.code).toBe('forbidden')
  expect((await signIn(email, t.owner.password)).status).toBe(200)
})

test('what rests of a body with a password is no help for guessing it', async () => {
  const { createHash } = await import('node:crypto')
  const body = { email: 'kept@example.test', role: 'viewer', password: 'given by the owner' }
  await t.call('memberAdd', { body, idempotencyKey: 'with-password' })
  const row = await t.database.db
    .selectFrom('idempotency_keys')
    .select('body_hash')
    .where('key', '=', 'with-password')
    .executeTakeFirstOrThrow()
  const stored = { params: { ws: t.ws }, query: {}, body, ifMatch: null, file: null }
  expect(row.body_hash.equals(createHash('sha256').update(JSON.stringify(stored)).digest())).toBe(false)
})
