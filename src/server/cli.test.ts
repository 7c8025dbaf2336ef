/** The command line, run for real: on another PostgreSQL, beside a Clarion that runs, and on its own database. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { openKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { verifyPassword } from '#planner/people/password.ts'
import { createPeople } from '#planner/people/service.ts'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))
let dir: string
let over: () => void
let database: TestDatabase
let children: ChildProcess[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-cli-'))
  database = await testDatabase()
  over = diesWithUs({ pgdata: join(dir, 'postgres', 'pgdata'), folder: dir })
})
afterEach(async () => {
  for (const c of children) {
    if (c.exitCode !== null || c.signalCode !== null) continue
    c.kill('SIGKILL')
    await once(c, 'exit')
  }
  children = []
  await database.drop()
  await rm(dir, { recursive: true, force: true })
  over()
})

const launch = (script: string, args: string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [file(script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', CLARION_LOG: 'warn', ...env },
  })
  children.push(child)
  const it = { child, said: '' }
  for (const s of [child.stdout, child.stderr]) s.on('data', (d: Buffer) => (it.said += d.toString()))
  return it
}
const cli = async (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; said: string }> => {
  const it = launch('./cli.ts', args, env)
  await once(it.child, 'close')
  return { code: it.child.exitCode, said: it.said }
}

test('help, no command and a wrong command', async () => {
  expect(await cli(['help'])).toMatchObject({ code: 0, said: expect.stringContaining('keys rotate') })
  expect(await cli([])).toMatchObject({ code: 2, said: expect.stringContaining('Which command?') })
  expect(await cli(['keys', 'burn'])).toMatchObject({
    code: 2,
    said: expect.stringContaining('There is no command "keys burn".'),
  })
})

test('a folder without a Clarion is refused, and nothing is made there', async () => {
  const away = join(dir, 'mistyped')
  const r = await cli(['keys', 'rotate', '--data', away])
  expect(r.code).toBe(1)
  expect(r.said).toContain(`There is no database in ${away}.`)
  expect(r.said).toContain('What to do:')
  const other = await cli(['keys', 'rotate', '--data', away], { DATABASE_URL: database.url })
  expect(other).toMatchObject({ code: 1, said: expect.stringContaining('There is no keys.json') })
  await expect(readFile(join(away, 'keys.json'))).rejects.toThrow('ENOENT')
})

test('on another PostgreSQL: status, rotate, and no secret is shown', async () => {
  const keys = await openKeyRing({ dir })
  await database.db
    .insertInto('platform_credentials')
    .values({
      platform: 'net',
      realm: 'live',
      sealed: keys.seal('platform_credentials/net/live/sealed', { clientSecret: 'very-secret' }),
      updated_at: new Date('2026-11-22T09:00:00Z'),
    })
    .execute()
  const env = { DATABASE_URL: database.url }
  const before = await cli(['keys', 'status', '--data', dir], env)
  expect(before).toMatchObject({
    code: 0,
    said: expect.stringMatching(new RegExp(`platform_credentials +1 +${keys.kids()[0]}`)),
  })

  const rotated = await cli(['keys', 'rotate', '--data', dir], env)
  expect(rotated).toMatchObject({ code: 0, said: expect.stringContaining('Done: everything is sealed with') })
  const after = await openKeyRing({ dir })
  expect(after.kids()).not.toEqual(keys.kids())
  expect(after.kids()).toHaveLength(1)
  const row = await database.db.selectFrom('platform_credentials').selectAll().executeTakeFirstOrThrow()
  expect(after.open('platform_credentials/net/live/sealed', row.sealed)).toEqual({ clientSecret: 'very-secret' })
  const { keys: secret } = JSON.parse(await readFile(join(dir, 'keys.json'), 'utf8')) as {
    keys: Record<string, string>
  }
  for (const word of ['very-secret', ...Object.values(secret)]) expect(before.said + rotated.said).not.toContain(word)
})

test('a password is reset, shown once, and sessions end', { timeout: 60_000 }, async () => {
  await openKeyRing({ dir })
  const people = createPeople({ database, clock: systemClock })
  const { userId } = await people.setup({
    name: 'Ada',
    email: 'ada@example.test',
    password: 'forgotten long ago',
    workspaceName: 'First',
    timeZone: 'UTC',
    locale: 'en',
  })
  const env = { DATABASE_URL: database.url }
  const hashOf = async () =>
    (await database.pool.query('select password from auth_accounts')).rows[0].password as string
  const before = await hashOf()
  const nobody = await cli(['users', 'reset-password', 'eve@example.test', '--data', dir], env)
  expect(nobody).toMatchObject({
    code: 1,
    said: expect.stringContaining('Nobody here has the address eve@example.test'),
  })
  expect(await cli(['users', 'reset-password', '--data', dir], env)).toMatchObject({ code: 2 })
  expect(await hashOf()).toBe(before)
  const done = await cli(['users', 'reset-password', 'Ada@Example.test', '--data', dir], env)
  const password = /: ([a-z2-9]{4}(?:-[a-z2-9]{4}){3})$/m.exec(done.said)?.[1]
  expect([done.code, await verifyPassword(await hashOf(), password ?? '')]).toEqual([0, true])
  expect((await people.me(userId)).mustChangePassword).toBe(true)
})

type Told = { worst: string; checks: { check: string; is: string; says: string; fix?: string }[] }
const rowsOf = (said: string) => {
  const told = JSON.parse(said) as Told
  return { worst: told.worst, of: Object.fromEntries(told.checks.map((c) => [c.check, c])) }
}

test('the doctor: a whole installation, a missing key, a database nobody reaches; nothing is changed', {
  timeout: 120_000,
}, async () => {
  const env = { DATABASE_URL: database.url }
  await openKeyRing({ dir })
  const well = await cli(['doctor', '--json', '--data', dir], env)
  const first = rowsOf(well.said)
  expect(well.code).toBe(0)
  expect(Object.fromEntries(Object.entries(first.of).map(([check, c]) => [check, c.is]))).toMatchObject({
    node: 'ok',
    data: 'ok',
    keys: 'ok',
    database: 'ok',
    schema: 'ok',
    clock: 'ok',
    secrets: 'ok',
    storage: 'ok',
    address: 'note',
    publishing: 'ok',
    unconfirmed: 'ok',
    channels: 'ok',
  })
  const ring = await openKeyRing({ dir })
  const aad = 'platform_credentials/net/live/sealed'
  await database.db
    .insertInto('platform_credentials')
    .values({ platform: 'net', realm: 'live', sealed: ring.seal(aad, { clientSecret: 's' }), updated_at: new Date(0) })
    .execute()
  await rm(join(dir, 'keys.json'))
  const lost = await cli(['doctor', '--data', dir], env)
  expect(lost).toMatchObject({ code: 1, said: expect.stringMatching(/broken +keys .*\n +What to do: /) })
  expect(lost.said).toMatch(/broken +secrets /)
  // It looks, it does not repair: a new key would hide what is lost.
  await expect(readFile(join(dir, 'keys.json'))).rejects.toThrow('ENOENT')
  const away = await cli(['doctor', '--json', '--data', dir], {
    DATABASE_URL: 'postgres://somebody:hidden-word@127.0.0.1:9/clarion',
  })
  expect([away.code, rowsOf(away.said).of.database?.is]).toEqual([1, 'broken'])
  expect(away.said).not.toContain('hidden-word')
  const mistyped = join(dir, 'mistyped')
  expect(rowsOf((await cli(['doctor', '--json', '--data', mistyped])).said).of.data?.is).toBe('broken')
  await expect(stat(mistyped)).rejects.toThrow('ENOENT')
  const none = rowsOf((await cli(['doctor', '--json', '--data', dir])).said)
  expect(none.of.database).toMatchObject({ is: 'warning', says: expect.stringContaining('No Clarion runs') })
})

test('beside a Clarion that runs on the same database it is refused, lock or no lock', {
  timeout: 300_000,
}, async () => {
  const env = { DATABASE_URL: database.url }
  // A worker of a shared database takes no lock on the folder.
  const worker = launch('./main.ts', ['--data', dir, '--port', '0', '--role', 'worker'], env)
  while (!worker.said.includes('is ready')) {
    if (worker.child.exitCode !== null) throw new Error(worker.said)
    await once(worker.child.stdout!, 'data')
  }
  const kids = (await openKeyRing({ dir })).kids()
  const r = await cli(['keys', 'rotate', '--data', dir], env)
  expect(r).toMatchObject({ code: 1, said: expect.stringContaining('Clarion still runs on this database') })
  expect((await openKeyRing({ dir })).kids()).toEqual(kids)
  // The doctor works beside it.
  const examined = await cli(['doctor', '--json', '--data', dir], env)
  expect([examined.code, rowsOf(examined.said).of.publishing]).toMatchObject([0, { is: 'ok', says: 'nothing is late' }])
})
