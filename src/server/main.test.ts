/** The whole process, started and killed for real, on its own database and on another PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { endAll, processesIn } from '#infra/db/postmaster.ts'
import { testDatabase } from '#infra/testing/db.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
let dir: string
let over: () => void
const children: ChildProcess[] = []
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-main-'))
  await chmod(dir, 0o711)
  over = diesWithUs({ pgdata: join(dir, 'postgres', 'pgdata'), folder: dir })
})
afterEach(async () => {
  for (const c of children.splice(0)) {
    c.kill('SIGKILL')
    if (c.exitCode === null && c.signalCode === null) await once(c, 'exit')
  }
})
afterAll(async () => {
  await endAll(join(dir, 'postgres', 'pgdata'))
  await rm(dir, { recursive: true, force: true })
  over()
})

/** Starts Clarion on a free port; `said` is all it wrote so far. */
const launch = (env: Record<string, string> = {}, ...args: string[]) => {
  const child = spawn(process.execPath, [main, '--data', dir, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the tests' own environment: only what a bare shell has.
    env: { PATH: '/usr/bin:/bin', CLARION_LOG: 'warn', ...env },
  })
  children.push(child)
  const it = {
    child,
    said: '',
    says: async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const found = pattern.exec(it.said)
        if (found) return found
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} and said:\n${it.said}`)
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), once(child, 'exit')])
      }
    },
    ready: async () => (await it.says(/is ready: (\S+)/))[1]!,
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.exitCode
    },
  }
  for (const s of [child.stdout, child.stderr]) s.on('data', (d: Buffer) => (it.said += d.toString()))
  return it
}

/** What a process that nobody has asked anything of does without. Each costs 10 to 40 MB, or reads what strangers wrote. */
const rare = [
  '@scalar/fastify-api-reference',
  'marked',
  'better-auth',
  'sharp',
  'mediabunny',
  'bullmq',
  'ioredis',
  '@aws-sdk',
]

/** For NODE_OPTIONS: says on stderr which modules with these parts in their address are loaded. */
const telling = (parts: readonly string[]) =>
  `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    load: (url, context, next) => {
      for (const part of ${JSON.stringify(parts)}) if (url.includes(part)) console.error('loaded ' + part)
      return next(url, context)
    },
  })`)}`

test('first start, a second process, kill -9 and again, SIGTERM', async () => {
  const first = launch()
  const url = await first.ready()
  expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  expect(first.said).toContain('First run: open')
  expect(first.said).not.toContain('setup token')

  const second = launch()
  expect(await second.ended()).toBe(1)
  expect(second.said).toContain(`Another Clarion (process ${first.child.pid}) already runs on the data folder ${dir}`)
  expect(second.said).toContain('What to do:')

  first.child.kill('SIGKILL')
  await first.ended()
  expect((await processesIn(join(dir, 'postgres', 'pgdata'))).length).toBeGreaterThan(0)
  const third = launch({
    CLARION_HOST: '0.0.0.0',
    CLARION_BODY_MS: '1000',
    NODE_OPTIONS: telling(rare.map((name) => `/node_modules/${name}/`)),
  })
  const { port } = new URL(await third.ready())
  // A body that dribbles ends wherever it leads: a door, the sandbox, nowhere, an upload nobody may make.
  for (const path of ['/api/v1/setup', '/sandbox/_desk/faults', '/nowhere', '/api/v1/workspaces/x/media']) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined).resume()
    const drops = setInterval(() => socket.write('x'), 100)
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{`,
    )
    await once(socket, 'close')
    clearInterval(drops)
  }
  expect(third.said).toContain('(adopted)')
  await vi.waitFor(() => expect(third.said).toMatch(/enter the setup token {2}\S{24}/), { timeout: 120_000 })

  expect(third.said).not.toContain('loaded ')
  expect((await fetch(`http://127.0.0.1:${port}/docs/`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${port}/docs/api/`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${port}/docs/no-such-page`)).status).toBe(404)
  await fetch(`http://127.0.0.1:${port}/api/auth/get-session`, { headers: { cookie: 'a=b' } })
  await third.says(/loaded .*marked/)
  await third.says(/loaded .*@scalar/)
  await third.says(/loaded .*better-auth/)

  third.child.kill('SIGTERM')
  // What a terminal and npm do: the same wish, twice within a moment.
  third.child.kill('SIGTERM')
  expect(await third.ended()).toBe(0)
  expect(await processesIn(join(dir, 'postgres', 'pgdata'))).toEqual([])
  expect(await readdir(dir)).not.toContain('lock')
})

test('on another PostgreSQL it runs no database of its own; a newer schema is refused, not damaged', {
  timeout: 300_000,
}, async () => {
  const db = await testDatabase()
  try {
    // Behind a proxy everybody looks local: the first run asks for the token although the listener is loopback.
    const one = launch({ DATABASE_URL: db.url, CLARION_URL: 'https://clarion.example' }, '--role', 'api')
    const live = { CLARION_SANDBOX: 'off', NODE_OPTIONS: telling(['/sandbox/index.ts', '/src/sandbox/']) }
    const two = launch({ DATABASE_URL: db.url, ...live }, '--role', 'worker')
    await Promise.all([one.ready(), two.ready()])
    expect(two.said).not.toContain('loaded ')
    await one.says(/enter the setup token {2}\S{24}/)
    expect(await processesIn(join(dir, 'postgres', 'pgdata'))).toEqual([])
    one.child.kill('SIGTERM')
    two.child.kill('SIGINT')
    expect(await Promise.all([one.ended(), two.ended()])).toEqual([0, 0])

    // A process that only shows says so when nobody publishes, and goes on showing.
    const shows = launch({ DATABASE_URL: db.url }, '--role', 'api')
    const url = await shows.ready()
    const ready = async () => {
      const reply = await fetch(`${url}/health/ready`)
      return [reply.status, ((await reply.json()) as { checks: { worker: string } }).checks.worker]
    }
    // The worker above may have ended before its first look.
    await db.pool.query(
      "insert into workers (name, looked_at) values ('w', now()) on conflict (name) do update set looked_at = excluded.looked_at",
    )
    await db.pool.query('update workers set looked_at = now()')
    expect(await ready()).toEqual([200, 'ok'])
    await db.pool.query(`update workers set looked_at = '2026-01-02T03:04:05Z'`)
    const since = '2026-01-02T03:04:05.000Z'
    expect(await ready()).toEqual([200, `nothing publishes at the moment: no worker has looked since ${since}`])
    shows.child.kill('SIGTERM')
    expect(await shows.ended()).toBe(0)

    await db.pool.query("insert into schema_migrations (version, name, sha256) values (9999, '9999_future.sql', 'x')")
    const late = launch({ DATABASE_URL: db.url })
    expect(await late.ended()).toBe(1)
    expect(late.said).toContain('The database is newer than this version of Clarion: it has 9999_future.sql')
    expect((await db.pool.query('select count(*)::int as n from schema_migrations')).rows[0].n).toBeGreaterThan(1)
  } finally {
    await db.drop()
  }
})

test('what a person got wrong is said in a sentence, with the fix, and exit code 1', async () => {
  const busy = createServer()
  await new Promise<void>((r) => busy.listen(0, '127.0.0.1', r))
  const { port } = busy.address() as { port: number }
  const cases: [Record<string, string>, string[], string][] = [
    [{}, ['--prot', '1'], "Unknown option '--prot'"],
    [{ CLARION_SANDBOX: 'perhaps' }, [], 'CLARION_SANDBOX is "perhaps"'],
    [{ DATABASE_URL: 'postgres://me:s3cret@127.0.0.1:1/x' }, ['--role', 'api'], 'The database does not let us in'],
    [{ CLARION_KEYS: 'short' }, [], 'Key number 1 in CLARION_KEYS'],
    [{ CLARION_PORT: String(port) }, ['--port', String(port)], `Port ${port} on 127.0.0.1 is in use`],
  ]
  for (const [env, args, sentence] of cases) {
    const it = launch(env, ...args)
    expect(await it.ended(), sentence).toBe(1)
    expect(it.said).toContain(sentence)
    expect(it.said).toContain('What to do:')
    expect(it.said).not.toMatch(/s3cret|\n {4}at /)
  }
  busy.close()
})
