/**
 * Clarion's own PostgreSQL: real binaries, one folder, a unix socket and no TCP port.
 *
 *   <dir>/pgdata       the cluster           <dir>/run          the socket (or a short folder below the temp dir)
 *   <dir>/server.log   what the server says   <dir>/init-*       a first start that was cut off; removed
 *
 * Nobody but the owner may enter the socket's folder, so the kernel guards it and no password is needed.
 * States of the folder at start, each tried in own-postgres.test.ts: nothing | half initialised | stopped well |
 * crashed, stale postmaster.pid | still running without us (an orphan: adopted when it answers, else ended).
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { CannotStart } from '../cannot-start.ts'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts'
import { alive, endAll, processesIn, readPidFile, until } from './postmaster.ts'
import { assertReachable, type ServerUser, serverUser } from './server-user.ts'

const ROLE = 'clarion'

export type OwnPostgresOptions = {
  /** Its folder, made when missing. */
  dir: string
  binaries?: PostgresBinaries
  /** Extra server settings. */
  settings?: Record<string, string>
  /** Progress for people: "making the database", ... */
  say?: (line: string) => void
  /** Called when the server ends although nobody stopped it; it is started again by itself (at most 5 times a minute). */
  onCrash?: (error: Error) => void
  /** `initdb --no-sync`, for tests. */
  noSync?: boolean
}

export type OwnPostgres = {
  /** postgres:// URL of the database `clarion`. */
  url: string
  /** The URL of another database on this server. */
  urlOf: (database: string) => string
  pid: () => number
  /** `initialised`: first start; `adopted`: it still ran from before; `started`: the usual. */
  how: 'initialised' | 'started' | 'adopted'
  version: number
  /** Fast shutdown: checkpoint, then end. Resolves when no process of it is left. */
  stop: () => Promise<void>
}

/** A socket's path may hold 107 bytes; a folder deeper than that gets a short one below the temp dir, named by its hash. */
export const socketFolder = (dir: string, temp: string = tmpdir()): string => {
  const near = join(dir, 'run')
  const longest = Buffer.byteLength(join(near, '.s.PGSQL.5432.lock'))
  return longest <= 107 ? near : join(temp, `clarion-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`)
}

const urlAt = (socketDir: string, database: string) =>
  `postgres://${ROLE}@/${database}?host=${encodeURIComponent(socketDir)}&port=5432`

/** Where the server of `dir` answers while it runs. */
export const runningUrl = (dir: string): string => urlAt(socketFolder(dir), ROLE)

const ownFolder = async (path: string, user: ServerUser | undefined): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const s = await lstat(path)
  const owners = [process.getuid?.(), user?.uid]
  // A folder below the temp dir could have been put there by somebody else to listen in.
  if (!s.isDirectory() || (process.getuid && !owners.includes(s.uid)))
    throw new CannotStart(
      `${path} belongs to somebody else.`,
      `Remove it, or set TMPDIR or CLARION_DATA_DIR to another folder.`,
    )
  if (user) await chown(path, user.uid, user.gid)
  await chmod(path, 0o700)
}

/** Nothing of our environment reaches the server: no secrets, no PG* surprises. */
const environment = (path: string | undefined) => ({ PATH: path ?? '/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' })

const initialise = async (
  o: OwnPostgresOptions,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  pgdata: string,
) => {
  const fresh = join(o.dir, `init-${process.pid}`)
  // From 17 on the server brings its own Unicode rules, so that sorting never depends on the machine's C library.
  const locale =
    binaries.major >= 17
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8']
  const args = [
    '-D',
    fresh,
    '-U',
    ROLE,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--data-checksums',
    ...locale,
    ...(o.noSync ? ['--no-sync'] : []),
  ]
  const child = spawn(join(binaries.bin, 'initdb'), args, {
    cwd: o.dir,
    env: environment(process.platform === 'win32' ? undefined : '/usr/sbin:/usr/bin:/sbin:/bin'),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user && { uid: user.uid, gid: user.gid }),
  })
  let said = ''
  for (const s of [child.stdout, child.stderr]) s.on('data', (d: Buffer) => (said += d.toString()))
  const [code] = (await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([e]) => Promise.reject(e as Error)),
  ])) as [number]
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true })
    const line = said.split('\n').find((l) => /error|fatal/i.test(l)) ?? said.trim().split('\n').at(-1) ?? ''
    const noName = /could not look up effective user/.test(said)
    throw new CannotStart(
      `The database could not be made in ${o.dir}: ${line.trim()}`,
      noName
        ? 'PostgreSQL needs the user to have a name: add this uid to /etc/passwd, or set DATABASE_URL.'
        : 'Check free space and rights on that folder, then start again.',
    )
  }
  await rename(fresh, pgdata)
}

const ask = async <T>(url: string, run: (c: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'clarion-boot',
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await run(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * Starts (or adopts) the server and gives it a database `clarion`.
 * @throws CannotStart with what to do, when it cannot run here.
 */
export const startOwnPostgres = async (o: OwnPostgresOptions): Promise<OwnPostgres> => {
  const user = await serverUser()
  const binaries = o.binaries ?? (await findPostgres({ path: '/usr/local/bin:/usr/bin' }))
  const pgdata = join(o.dir, 'pgdata')
  const logFile = join(o.dir, 'server.log')
  const socketDir = socketFolder(o.dir)
  const urlOf = (database: string) => urlAt(socketDir, database)
  const answers = () =>
    ask(
      urlOf('postgres'),
      async (c) =>
        (
          await c.query<{ data_directory: string; server_version_num: string }>(
            `select current_setting('data_directory') as data_directory, current_setting('server_version_num') as server_version_num`,
          )
        ).rows[0]!,
    )

  await mkdir(o.dir, { recursive: true, mode: 0o700 })
  await ownFolder(o.dir, user)
  await ownFolder(socketDir, user)
  if (user) {
    await assertReachable(o.dir, 'its data folder', user)
    await assertReachable(binaries.bin, 'the database programs', user)
  }
  for (const name of await readdir(o.dir))
    if (name.startsWith('init-')) await rm(join(o.dir, name), { recursive: true, force: true })

  const madeBy = (await readFile(join(pgdata, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const first = madeBy === ''
  if (first) {
    // Without PG_VERSION there is no cluster in it; anything else there is not ours to delete.
    const there = await readdir(pgdata).catch(() => [] as string[])
    if (there.length > 0)
      throw new CannotStart(
        `${pgdata} holds files but no database.`,
        'Move it away, or choose another folder with --data.',
      )
    o.say?.('making the database (first start only)')
    await initialise(o, binaries, user, pgdata)
  } else if (Number(madeBy) !== binaries.major) {
    const same = await findPostgres({ major: Number(madeBy), path: '/usr/local/bin:/usr/bin' }).catch(() => undefined)
    if (!same)
      throw new CannotStart(
        `The database in ${pgdata} was made by PostgreSQL ${madeBy}, and only PostgreSQL ${binaries.major} is here.`,
        `Install PostgreSQL ${madeBy} beside it, or dump the database with the old version and load it into a new folder.`,
      )
    return startOwnPostgres({ ...o, binaries: same })
  }

  let child: ReturnType<typeof spawn> | undefined
  let pid = 0
  let stopping = false

  const launch = async (): Promise<void> => {
    if ((await stat(logFile).catch(() => undefined))?.size ?? 0 > 16_000_000) await rm(logFile, { force: true })
    const log = await open(logFile, 'a', 0o600)
    const from = (await log.stat()).size
    const settings: Record<string, string> = {
      listen_addresses: '',
      // A list setting: quoted, so that a comma or a space in the path stays in it.
      unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
      max_connections: '60',
      wal_level: 'minimal',
      max_wal_senders: '0',
      timezone: 'UTC',
      log_timezone: 'UTC',
      jit: 'off',
      cluster_name: ROLE,
      ...o.settings,
    }
    const args = ['-D', pgdata, '-p', '5432', ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])]
    // A session of its own: Ctrl-C in the terminal must reach us, not the database under our feet.
    const c = spawn(join(binaries.bin, 'postgres'), args, {
      cwd: o.dir,
      env: environment(undefined),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(user && { uid: user.uid, gid: user.gid }),
    })
    let over: string | undefined
    c.once('error', (e) => (over = e.message))
    c.once('exit', (code, sig) => (over = `it ended with ${sig ?? code}`))
    await log.close()
    child = c
    pid = c.pid ?? 0
    let ready = false
    // Recovery after a crash may take a while: as long as it lives, wait.
    await until(async () => {
      if (over !== undefined) return true
      ready = await answers().then(
        () => true,
        () => false,
      )
      return ready
    }, 300_000)
    if (!ready) {
      const said = (await readFile(logFile, 'utf8').catch(() => '')).slice(from)
      const line =
        said.split('\n').find((l) => /FATAL|PANIC|ERROR|error while loading/.test(l)) ?? over ?? 'it does not answer'
      throw new CannotStart(
        `The database did not start: ${line.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '')}`,
        `See ${logFile}, then start again.`,
      )
    }
    c.unref()
  }

  // An orphan: the node process before us was killed and its database lives on.
  let how: OwnPostgres['how'] = first ? 'initialised' : 'started'
  const left = await readPidFile(pgdata)
  const running = await processesIn(pgdata)
  if (left && running.includes(left.pid)) {
    const it = await answers().catch(() => undefined)
    if (it && Math.floor(Number(it.server_version_num) / 10_000) === binaries.major) {
      how = 'adopted'
      pid = left.pid
    } else {
      o.say?.('ending a database process left from before')
      await endAll(pgdata)
    }
  } else if (running.length > 0) await endAll(pgdata)
  // Its pid may belong to another program by now, and PostgreSQL would refuse to start; nobody lives in the folder, so it is stale.
  if (how !== 'adopted') {
    if (left) await rm(join(pgdata, 'postmaster.pid'), { force: true })
    o.say?.('starting the database')
    await launch()
  }

  const crashes: number[] = []
  let restarting: Promise<void> | undefined
  const supervise = async (): Promise<void> => {
    while (!stopping) {
      const c = child
      if (c && c.exitCode === null && c.signalCode === null) await once(c, 'exit')
      else if (!c) while (!stopping && alive(pid)) await pause(1_000, undefined, { ref: false })
      if (stopping) return
      o.onCrash?.(new Error(`the database process ${pid} ended by itself; see ${logFile}`))
      const now = performance.now()
      crashes.push(now)
      if (crashes.filter((t) => now - t < 60_000).length > 5) return
      await pause(200)
      if (stopping) return
      await endAll(pgdata)
      await rm(join(pgdata, 'postmaster.pid'), { force: true })
      restarting = launch().catch((e: Error) => o.onCrash?.(e))
      await restarting
    }
  }
  void supervise()

  await ask(urlOf('postgres'), async (c) => {
    const { rowCount } = await c.query(`select 1 from pg_database where datname = '${ROLE}'`)
    if (!rowCount) await c.query(`create database ${ROLE}`)
  })

  return {
    url: urlOf(ROLE),
    urlOf,
    pid: () => pid,
    how,
    version: binaries.major,
    stop: async () => {
      stopping = true
      await endAll(pgdata)
      // It may have crashed and been on its way back just now.
      await restarting
      await endAll(pgdata)
      if (socketDir !== join(o.dir, 'run')) await rm(socketDir, { recursive: true, force: true })
    },
  }
}
