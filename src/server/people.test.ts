import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultLatePolicy } from '#contract/people.ts'
import { type TestApp, testApp } from './testing.ts'

let t: TestApp
beforeAll(async () => {
  t = await testApp()
})
afterAll(() => t.close())

const first = {
  name: 'Ola',
  email: 'Ola@Example.test',
  password: 'ten letters',
  workspaceName: 'Home',
  timeZone: 'Europe/Warsaw',
}

test('the owner sees who they are and their workspace', async () => {
  const r = await t.call('me')
  expect(r.status).toBe(200)
  expect(r.body).toMatchObject({
    user: { email: t.owner.email },
    workspaces: [{ id: t.ws, role: 'owner' }],
    version: 'test',
  })
})

test('the first run makes the owner, signs them in, and is over', async () => {
  const fresh = await testApp({ setUp: false })
  try {
    expect((await fresh.call('setupState', { as: null })).body).toEqual({ needed: true, tokenRequired: false })
    const made = await fresh.call('setup', { as: null, body: first })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      user: { email: 'ola@example.test' },
      workspaces: [{ name: 'Home', role: 'owner', locale: 'en' }],
    })
    const cookies = [made.headers['set-cookie'] ?? []].flat()
    expect(cookies[0]).toMatch(/^clarion\.session_token=.+; HttpOnly; SameSite=Lax/i)
    const cookie = cookies[0]!.split(';')[0]!
    expect((await fresh.call('me', { as: { cookie } })).status).toBe(200)
    expect((await fresh.call('setup', { as: null, body: first })).problem?.code).toBe('setup-done')
    expect((await fresh.call('setupState', { as: null })).body).toEqual({ needed: false, tokenRequired: false })
  } finally {
    await fresh.close()
  }
})

test('of two first runs at once one wins', async () => {
  const fresh = await testApp({ setUp: false })
  try {
    const tries = await Promise.all(
      [1, 2, 3].map((n) => fresh.call('setup', { as: null, body: { ...first, email: `p${n}@example.test` } })),
    )
    expect(tries.map((r) => r.status).sort()).toEqual([201, 409, 409])
    expect(await fresh.database.db.selectFrom('auth_users').select('id').execute()).toHaveLength(1)
    expect(await fresh.database.db.selectFrom('workspaces').select('id').execute()).toHaveLength(1)
  } finally {
    await fresh.close()
  }
})

test('the first run asks for the setup token where one is set', async () => {
  const fresh = await testApp({ setUp: false, app: { setupToken: 'printed-in-the-terminal' } })
  try {
    expect((await fresh.call('setupState', { as: null })).body).toEqual({ needed: true, tokenRequired: true })
    for (const token of [undefined, '', 'wrong'])
      expect((await fresh.call('setup', { as: null, body: { ...first, token } })).problem?.code).toBe('setup-token')
    expect((await fresh.call('setup', { as: null, body: { ...first, token: 'printed-in-the-terminal' } })).status).toBe(
      201,
    )
  } finally {
    await fresh.close()
  }
})

test('behind https the session cookie is secure', async () => {
  const fresh = await testApp({ setUp: false, app: { publicUrl: 'https://plan.example' } })
  try {
    const made = await fresh.call('setup', { as: null, body: first })
    expect(String(made.headers['set-cookie'])).toMatch(/__Secure-clarion\.session_token=.*Secure/)
    expect(made.headers['strict-transport-security']).toBeDefined()
  } finally {
    await fresh.close()
  }
})

test('whoever was let go while the request was on its way makes no key', async () => {
  const fresh = await testApp()
  try {
    const owner = { userId: fresh.owner.userId, role: 'owner' } as const
    const gone = await fresh.person('admin')
    await fresh.people.changeMember(owner, fresh.ws, gone.userId, null)
    // The access check saw them as they were.
    const late = fresh.people.createKey({ userId: gone.userId, role: 'admin' }, fresh.ws, {
      name: 'late',
      scopes: ['read'],
      expiresAt: null,
    })
    await expect(late).rejects.toMatchObject({ code: 'forbidden' })
    expect(await fresh.people.keys(fresh.ws)).toEqual([])
  } finally {
    await fresh.close()
  }
})

test('a setup with an unknown time zone says which field', async () => {
  const fresh = await testApp({ setUp: false })
  try {
    const r = await fresh.call('setup', { as: null, body: { ...first, timeZone: 'Mars/Olympus' } })
    expect([r.status, r.problem?.errors?.[0]?.path]).toEqual([400, 'timeZone'])
  } finally {
    await fresh.close()
  }
})

test('nobody can sign up, and the other doors of the auth library are shut', async () => {
  for (const path of [
    'sign-up/email',
    'forget-password',
    'request-password-reset',
    'update-user',
    'delete-user',
    'change-email',
    'reset-password',
    'sign-in/social',
  ])
    expect(
      (
        await t.send({
          method: 'POST',
          url: `/api/auth/${path}`,
          payload: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).problem?.code,
    ).toBe('not-found')
})

test('a wrong password and an unknown address get the same answer', async () => {
  const signIn = (email: string, password: string) =>
    t.send({
      method: 'POST',
      url: '/api/auth/sign-in/email',
      payload: JSON.stringify({ email, password }),
      headers: { 'content-type': 'application/json' },
    })
  const wrong = await signIn(t.owner.email, 'not the password')
  const unknown = await signIn('nobody@example.test', 'not the password')
  expect(wrong.status).toBe(401)
  expect({ ...wrong.problem, instance: '' }).toEqual({ ...unknown.problem, instance: '' })
})

test('passwords rest as argon2id', async () => {
  const { rows } = await t.database.pool.query('select password from auth_accounts')
  for (const { password } of rows) expect(password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('sign-in is slowed down after too many tries', async () => {
  const limited = await testApp({ app: { limits: { api: 1000, signIn: 3, refused: 1000 } } })
  try {
    const codes: (string | undefined)[] = []
    let last = null
    for (let n = 0; n < 5; n++) {
      last = await limited.send({
        method: 'POST',
        url: '/api/auth/sign-in/email',
        payload: JSON.stringify({ email: limited.owner.email, password: 'wrong wrong' }),
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': `10.0.0.${n}`,
          'x-clarion-address': `10.0.0.${n}`,
        },
      })
      codes.push(last.problem?.code)
    }
    expect(codes.at(-1)).toBe('rate-limited')
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
  } finally {
    await limited.close()
  }
})

test('a workspace changes its name, zone, language and late policy', async () => {
  const r = await t.call('workspacePatch', {
    body: {
      name: 'Zespół',
      timeZone: 'America/New_York',
      locale: 'pl',
      latePolicy: { ...defaultLatePolicy, maxLateMs: 5 },
    },
  })
  expect(r.body).toMatchObject({
    name: 'Zespół',
    timeZone: 'America/New_York',
    locale: 'pl',
    latePolicy: { ...defaultLatePolicy, maxLateMs: 5 },
  })
  expect((await t.call('workspacePatch', { body: { timeZone: 'No/Where' } })).problem?.code).toBe('validation')
})

test('pausing twice keeps the first time, resuming ends it', async () => {
  const one = await t.call('workspacePause')
  const two = await t.call('workspacePause')
  expect(one.body.pausedAt).toBeTruthy()
  expect(two.body.pausedAt).toBe(one.body.pausedAt)
  expect((await t.call('workspaceResume')).body.pausedAt).toBeNull()
})

test('members: adding a known person, a new one, and the same one twice', async () => {
  const other = await t.stranger()
  const email = (await t.people.members(other.ws))[0]!.email
  // A password for somebody who has one is never dropped in silence.
  const withOne = await t.call('memberAdd', { body: { email, role: 'viewer', password: 'long enough' } })
  expect([withOne.status, withOne.problem?.errors?.[0]?.path]).toEqual([400, 'password'])
  expect((await t.call('memberAdd', { body: { email: email.toUpperCase(), role: 'viewer' } })).body).toMatchObject({
    email,
    role: 'viewer',
  })
  expect((await t.call('memberAdd', { body: { email, role: 'viewer' } })).problem?.code).toBe('exists')
  const noPassword = await t.call('memberAdd', { body: { email: 'new@example.test', role: 'editor' } })
  expect(noPassword.problem?.errors?.[0]?.path).toBe('password')
  const added = await t.call('memberAdd', {
    body: { email: 'new@example.test', role: 'editor', password: 'long enough' },
  })
  expect([added.status, added.body]).toMatchObject([201, { name: 'new', role: 'editor' }])
})

test('an admin cannot make, change or remove an owner', async () => {
  const as = await t.person('admin')
  const editor = await t.person('editor')
  expect(
    (await t.call('memberAdd', { as, body: { email: 'boss@example.test', role: 'owner', password: 'long enough' } }))
      .problem?.code,
  ).toBe('forbidden')
  expect(
    (await t.call('memberPatch', { as, params: { userId: editor.userId }, body: { role: 'owner' } })).problem?.code,
  ).toBe('forbidden')
  expect(
    (await t.call('memberPatch', { as, params: { userId: t.owner.userId }, body: { role: 'viewer' } })).problem?.code,
  ).toBe('forbidden')
  expect((await t.call('memberRemove', { as, params: { userId: t.owner.userId } })).problem?.code).toBe('forbidden')
  expect((await t.call('memberPatch', { as, params: { userId: editor.userId }, body: { role: 'admin' } })).status).toBe(
    200,
  )
})

test('two owners demoting each other at once leave one owner', async () => {
  const other = await t.person('owner')
  const both = await Promise.all([
    t.call('memberPatch', { params: { userId: other.userId }, body: { role: 'viewer' } }),
    t.call('memberPatch', { as: other, params: { userId: t.owner.userId }, body: { role: 'viewer' } }),
  ])
  const owners = (await t.people.members(t.ws)).filter((m) => m.role === 'owner')
  expect(both.map((r) => r.status).sort()).toEqual([200, 403])
  expect(owners).toHaveLength(1)
  // Put things back for the tests that follow.
  await t.people.changeMember({ userId: owners[0]!.userId, role: 'owner' }, t.ws, t.owner.userId, 'owner')
})

test('the last owner can neither leave nor be demoted', async () => {
  const fresh = await testApp()
  try {
    const params = { userId: fresh.owner.userId }
    expect((await fresh.call('memberPatch', { params, body: { role: 'admin' } })).problem?.code).toBe('conflict')
    expect((await fresh.call('memberRemove', { params })).problem?.code).toBe('conflict')
  } finally {
    await fresh.close()
  }
})

test('an API key is shown once and rests as a hash', async () => {
  const made = await t.call('keyCreate', { body: { name: 'bot', scopes: ['write', 'read', 'read'] } })
  const key = String(made.body.key)
  expect(key).toMatch(/^clr_[0-9A-Za-z]{43}$/)
  expect(made.body).toMatchObject({ scopes: ['read', 'write'], prefix: key.slice(0, 10) })
  expect((await t.call('keyList')).text).not.toContain(key)
  const { rows } = await t.database.pool.query('select row_to_json(k)::text as t from api_keys k')
  expect(rows.map((r) => r.t).join()).not.toContain(key)
  expect(
    (await t.call('keyCreate', { body: { name: 'late', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' } })).problem
      ?.code,
  ).toBe('time-past')
})

test('a database that is away gives a Problem without a stack', async () => {
  const away = await testApp()
  try {
    await away.database.db.destroy()
    const r = await away.call('me')
    expect([r.status, r.problem?.code]).toEqual([503, 'database-away'])
    expect(r.text).not.toMatch(/at .*\.ts|node_modules|destroyed/)
    expect(r.problem?.instance).toBeTruthy()
  } finally {
    await away.app.close()
  }
})
