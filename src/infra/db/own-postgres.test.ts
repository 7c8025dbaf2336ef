/** Real servers, really killed. One folder goes through its whole life, in order; each test leaves it stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { CannotStart } from '../cannot-start.ts'
import { type OwnPostgres, type OwnPostgresOptions, socketFolder, startOwnPostgres } from './own-postgres.ts'
import { findPostgres } from './postgres-binaries.ts'
import { endAll, processesIn, readPidFile, until } from './postmaster.ts'
import { blockedAt, serverUser } from './server-user.ts'

let home: string
let dir: string
let running: OwnPostgres | undefined
const children: ChildProcess[] = []

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'clarion-own-pg-'))
  await chmod(home, 0o711)
  dir = join(home, 'postgres')
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  for (const c of children.splice(0)) c.kill('SIGKILL')
  expect(await processesIn(join(dir, 'pgdata'))).toEqual([])
})
afterAll(async () => {
  await endAll(join(dir, 'pgdata'))
  await rm(home, { recursive: true, force: true })
})

const start = async (o: Partial<OwnPostgresOptions> = {}) => {
  running = await startOwnPostgres({ dir, noSync: true, ...o })
  return running
}
const ask = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

/** Another Node process that starts the server and is killed with -9 once it runs: an orphan is left. */
const orphan = async () => {
  const module = new URL('./own-postgres.ts', import.meta.url).href
  const code = `import { startOwnPostgres } from ${JSON.stringify(module)}
    const s = await startOwnPostgres({ dir: ${JSON.stringify(dir)} }); console.log(s.pid()); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  child.kill('SIGKILL')
  await once(child, 'exit')
  return Number(said.toString())
}

test('a first start that was cut off is begun anew: the half made folder goes', async () => {
  await mkdir(join(dir, 'init-1', 'base'), { recursive: true })
  await writeFile(join(dir, 'init-1', 'PG_VERSION'), '18\n')
  const server = await start()
  expect(server.how).toBe('initialised')
  expect((await readdir(dir)).sort()).toEqual(['pgdata', 'run', 'server.log'])
})

test('it listens on no network, syncs, counts sums of its pages, and speaks UTC and UTF-8', async () => {
  const server = await start()
  expect(server.how).toBe('started')
  const of = (name: string) => ask(server.url, `show ${name}`).then(([v]) => v)
  expect(await of('listen_addresses')).toBe('')
  expect(await of('fsync')).toBe('on')
  expect(await of('synchronous_commit')).toBe('on')
  expect(await of('data_checksums')).toBe('on')
  expect(await of('TimeZone')).toBe('UTC')
  expect(await of('server_encoding')).toBe('UTF8')
  expect(await ask(server.url, "select lower('ŻÓŁĆ')")).toEqual(['żółć'])
  expect(await ask(server.url, 'create table kept as select 1 as n')).toEqual([])
})

test('a warm start keeps what was written', async () => {
  const server = await start()
  expect(await ask(server.url, 'select n from kept')).toEqual([1])
})

test('an orphan that answers is adopted, and can be stopped', async () => {
  const pid = await orphan()
  const server = await start()
  expect([server.how, server.pid()]).toEqual(['adopted', pid])
  expect(await ask(server.url, 'select n from kept')).toEqual([1])
})

test('an orphan that does not answer is ended and replaced', async () => {
  const pid = await orphan()
  // Its socket is gone, as after a clean-up of the temp folder.
  await rm(socketFolder(dir), { recursive: true, force: true })
  const server = await start()
  expect(server.how).toBe('started')
  expect(server.pid()).not.toBe(pid)
  expect(await ask(server.url, 'select n from kept')).toEqual([1])
})

test('a postmaster.pid whose number belongs to another program by now does not stop the start', async () => {
  await start()
  const text = await readFile(join(dir, 'pgdata', 'postmaster.pid'), 'utf8')
  await running!.stop()
  const user = await serverUser()
  const other = spawn('sleep', ['60'], { cwd: '/', ...(user && { uid: user.uid, gid: user.gid }) })
  children.push(other)
  const path = join(dir, 'pgdata', 'postmaster.pid')
  await writeFile(path, text.replace(/^\d+/, String(other.pid)), { mode: 0o600 })
  if (user) await chown(path, user.uid, user.gid)
  expect((await readPidFile(join(dir, 'pgdata')))?.pid).toBe(other.pid)
  const server = await start()
  expect(server.how).toBe('started')
  expect(await ask(server.url, 'select n from kept')).toEqual([1])
  expect(other.exitCode ?? other.signalCode).toBeNull()
})

test('kill -9 of the server: it comes back by itself with everything that was committed', async () => {
  const crashes: string[] = []
  const server = await start({ onCrash: (e) => crashes.push(e.message) })
  await ask(server.url, 'insert into kept values (2)')
  const before = server.pid()
  process.kill(before, 'SIGKILL')
  const back = await until(
    async () =>
      server.pid() !== before && (await ask(server.url, 'select n from kept order by n').catch(() => [])).length === 2,
    15_000,
  )
  expect(back).toBe(true)
  expect(crashes).toHaveLength(1)
})

test('a folder too deep for a socket gets a short one, closed to others', async () => {
  const deep = join(home, 'd'.repeat(100), 'postgres')
  const socket = socketFolder(deep)
  expect(socket).toMatch(/\/clarion-[0-9a-f]{16}$/)
  expect(socketFolder(deep)).toBe(socket)
  await mkdir(join(home, 'd'.repeat(100)), { mode: 0o711 })
  await rename(dir, deep)
  try {
    const server = await start({ dir: deep })
    expect(await ask(server.url, 'select count(*)::int from kept')).toEqual([2])
    await server.stop()
    expect(await processesIn(join(deep, 'pgdata'))).toEqual([])
  } finally {
    await rename(deep, dir)
  }
})

test('files of somebody else are not deleted', async () => {
  const foreign = join(home, 'foreign')
  await mkdir(join(foreign, 'pgdata'), { recursive: true, mode: 0o711 })
  await writeFile(join(foreign, 'pgdata', 'thesis.txt'), 'years of work')
  const error = await startOwnPostgres({ dir: foreign }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(CannotStart)
  expect(await readFile(join(foreign, 'pgdata', 'thesis.txt'), 'utf8')).toBe('years of work')
})

test('a setting the server refuses becomes a sentence', async () => {
  await expect(start({ settings: { max_connections: 'many' } })).rejects.toThrow(/did not start: .*max_connections/)
})

test('a folder made by another version is refused, not touched', async () => {
  const path = join(dir, 'pgdata', 'PG_VERSION')
  const was = await readFile(path, 'utf8')
  await writeFile(path, '9\n')
  try {
    await expect(start()).rejects.toThrow('was made by PostgreSQL 9')
  } finally {
    await writeFile(path, was)
  }
})

test('the machine is asked when npm has no PostgreSQL for it, and a missing one is said plainly', async () => {
  await expect(findPostgres({ major: 98 })).rejects.toThrow(/no PostgreSQL 98/)
})

test('a closed folder on the way is found, the outermost first', async () => {
  const closed = join(home, 'closed')
  await mkdir(join(closed, 'inner'), { recursive: true, mode: 0o700 })
  await chmod(closed, 0o700)
  const stranger = { uid: 54_321, gid: 54_321, name: 'stranger' }
  expect(await blockedAt(join(closed, 'inner', 'x'), stranger)).toBe(closed)
  expect(await blockedAt(home, stranger)).toBeUndefined()
})
