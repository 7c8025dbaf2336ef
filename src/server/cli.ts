/**
 * Clarion's tools for whoever runs it, on the same settings as the server (`infra/config.ts`):
 *
 *   npm run clarion -- keys status | keys rotate | users reset-password <e-mail> | storage move <from> <to> |
 *     storage verify | backup [file] | restore <file> | doctor [--json] | help   [--data <folder>]
 *
 * They take the data folder's lock, so nothing runs beside them; backup, doctor and those of storage work beside a Clarion that runs. Exit codes: 0 done, 1 could not or left something to do,
 * 2 not a command.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { CannotStart } from '#infra/cannot-start.ts'
import { systemClock } from '#infra/clock.ts'
import { type Config, readConfig } from '#infra/config.ts'
import { type Database, type Db, openDatabase } from '#infra/db/database.ts'
import { runningUrl } from '#infra/db/own-postgres.ts'
import { createLog } from '#infra/log.ts'
import { type KeyRing, openKeyRing } from '#infra/secrets.ts'
import { createPasswords } from '#planner/people/passwords.ts'
import { backUp, restore } from './backup-commands.ts'
import { bootDatabase } from './boot/database.ts'
import { openDataFolder } from './boot/folder.ts'
import { asText, examine } from './doctor/examine.ts'
import { keyStatus, rotateKeys } from './keys.ts'
import { moveStorage, verifyStorage } from './storage-commands.ts'

const help = `Usage: npm run clarion -- <command> [--data <folder>]

  keys status   which key seals how many stored secrets
  keys rotate   makes a new key, seals every stored secret with it, and forgets the old one
  users reset-password <e-mail>
                gives a person a new first password and ends their sessions
  storage move disk s3 | storage move s3 disk
                takes every file to the other storage, while Clarion runs
  storage verify
                reads every file and compares it with what was uploaded, while Clarion runs
  backup [file]
                writes a sealed, verified copy of everything, while Clarion runs
  restore <file>
                brings a backup into an empty Clarion; what was due since is held for you
  doctor [--json]
                looks at everything this Clarion stands on and says what to mend; it runs
                beside Clarion. Exit code 1 when something is broken
  help          this

Stop Clarion first, except for backup, doctor and those of storage. The commands use the settings of the server: CLARION_DATA_DIR,
DATABASE_URL, CLARION_KEYS, CLARION_STORAGE, S3_*. A rotation or a move that was cut short loses nothing: run it again.`

const say = (line: string): void => console.log(line)

type Opened = { db: Db; pool: Database['pool']; keys: KeyRing; config: Config }
type Command = (house: Opened, operands: readonly string[]) => Promise<number>

/** Connections of Clarions that run on this database. */
const company = async (db: Db) => {
  const { rows } = await sql<{ pid: number; address: string | null }>`
    select pid, host(client_addr) as address from pg_stat_activity
    where datname = current_database() and application_name = 'clarion-listen'`.execute(db)
  return rows
}

/** Another process on this database knows only the keys it started with: what it seals next, the new ring may not open. */
const refuseCompany = async (db: Db, config: Config): Promise<void> => {
  const rows = await company(db)
  if (rows.length === 0) return
  const from = [...new Set(rows.map((r) => r.address ?? 'this machine'))].join(', ')
  throw new CannotStart(
    `Clarion still runs on this database (${rows.length} connections from ${from}).`,
    `Stop every Clarion process ${config.databaseUrl ? 'of this DATABASE_URL' : 'of this folder'}, then run the command again.`,
  )
}

const status = async ({ db, keys }: Opened): Promise<number> => {
  const s = await keyStatus(db, keys)
  say(`Current key: ${s.current}${s.fixed ? ' (the first of CLARION_KEYS)' : ''}`)
  say(`Older keys that still open: ${s.old.join(', ') || 'none'}`)
  if (s.sealed.length === 0) say('Nothing is sealed yet.')
  const known = new Set([s.current, ...s.old])
  for (const { place, kid, count } of s.sealed)
    say(
      `${place.padEnd(22)} ${String(count).padStart(6)}  ${kid}${known.has(kid) ? '' : '  this key is missing: restore it'}`,
    )
  return s.sealed.some((x) => !known.has(x.kid)) ? 1 : 0
}

const rotate = async ({ db, keys }: Opened): Promise<number> => {
  const r = await rotateKeys(db, keys, say)
  for (const b of r.broken) say(`${b.place}: ${b.message}`)
  if (r.broken.length > 0)
    say(
      'What to do: restore the missing key, or connect those channels (enter those credentials) again and run this once more.',
    )
  if (r.kept.length > 0) say(`Kept ${r.kept.join(', ')}: not everything could be sealed again.`)
  if (r.how === 'fixed' && r.forgotten.length > 0)
    say(
      `Nothing needs ${r.forgotten.join(', ')} any more. The last key of CLARION_KEYS also signs sessions and links: without it people sign in again.`,
    )
  if (r.how === 'fixed' && r.resealed === 0 && r.forgotten.length === 0 && r.broken.length === 0)
    say('To change the key, put a new one first in CLARION_KEYS and run this again.')
  if (r.broken.length === 0 && r.kept.length === 0)
    say(
      `Done: everything is sealed with ${r.current}. Back up ${r.how === 'fixed' ? 'CLARION_KEYS' : 'keys.json'} now.`,
    )
  return r.broken.length > 0 || r.kept.length > 0 ? 1 : 0
}

const resetPassword: Command = async ({ db }, [email = '']) => {
  const password = await createPasswords({ database: { db }, clock: systemClock }).resetPasswordOf(email)
  if (password === null) {
    say(`Nobody here has the address ${email}.`)
    return 1
  }
  say(`First password of ${email}: ${password}`)
  say('It is shown this once. All their sessions have ended; they choose their own password at the next sign-in.')
  return 0
}

const onStorage = async ({ db, config }: Opened) => ({ db, config, running: (await company(db)).length > 0, say })

/** With how many words behind the command's own. `beside`: it works while Clarion runs. `makes`: it may begin a new Clarion. */
const commands: Record<string, { run: Command; operands: number; orNone?: true; beside?: true; makes?: true }> = {
  backup: { run: async (o, [file]) => backUp({ ...o, say }, file), operands: 1, orNone: true, beside: true },
  restore: { run: async (o, [file = '']) => restore({ ...o, say }, file), operands: 1, makes: true },
  'storage move': { run: async (o, operands) => moveStorage(await onStorage(o), operands), operands: 2, beside: true },
  'storage verify': { run: async (o) => verifyStorage(await onStorage(o)), operands: 0, beside: true },
  'keys status': { run: status, operands: 0 },
  'keys rotate': { run: rotate, operands: 0 },
  'users reset-password': { run: resetPassword, operands: 1 },
}

/** These commands work on what is there: a mistyped folder must not become a new, empty Clarion. */
const findData = (config: Config): void => {
  const miss = (what: string, fix: string) => {
    throw new CannotStart(`There is no ${what} in ${config.dataDir}.`, fix)
  }
  if (!config.databaseUrl && !existsSync(join(config.dataDir, 'postgres')))
    miss('database', 'Name the data folder of your Clarion with --data, or set DATABASE_URL as the server has it.')
  if (!config.keys && !existsSync(join(config.dataDir, 'keys.json')))
    miss('keys.json', 'Name the data folder of your Clarion with --data, or set CLARION_KEYS as the server has it.')
}

/** The database of a Clarion that runs on this folder or server; null when none does. */
const findRunning = async (config: Config): Promise<Database | null> => {
  const database = openDatabase(config.databaseUrl ?? runningUrl(join(config.dataDir, 'postgres')), { poolSize: 2 })
  const there = await company(database.db).catch(() => [])
  if (there.length > 0) return database
  await database.close()
  return null
}

/** It looks at an installation that may be broken in any way, so it opens for itself what can be opened. */
const doctor = async (flags: readonly string[]): Promise<number> => {
  const config: Config = {
    ...readConfig(
      undefined,
      flags.filter((f) => f !== '--json'),
    ),
    role: 'all',
  }
  const ran = await findRunning(config)
  const server = ran ?? (config.databaseUrl ? openDatabase(config.databaseUrl, { poolSize: 2 }) : null)
  const answers =
    ran !== null || (await server?.db.executeQuery(sql`select 1`.compile(server.db)).then(Boolean, () => false))
  try {
    const found = await examine({
      config,
      database: answers ? server : null,
      running: ran !== null,
      now: systemClock.now,
    })
    if (flags.includes('--json')) say(JSON.stringify(found))
    else for (const line of asText(found)) say(line)
    return found.worst === 'broken' ? 1 : 0
  } finally {
    await server?.close()
  }
}

/** Opens lock, keys and database for one command, and closes them whatever happens. */
const run = async (
  { run: command, beside, makes }: (typeof commands)[string],
  operands: readonly string[],
  flags: readonly string[],
): Promise<number> => {
  const config: Config = { ...readConfig(undefined, flags), role: 'all' }
  if (!makes) findData(config)
  const running = beside ? await findRunning(config) : null
  if (running)
    try {
      const keys = await openKeyRing({ dir: config.dataDir, env: config.keys })
      return await command({ db: running.db, pool: running.pool, keys, config }, operands)
    } finally {
      await running.close()
    }
  const log = createLog({ ...config, logLevel: 'silent' })
  const lock = await openDataFolder(config)
  try {
    const booted = await bootDatabase(config, log, () => undefined)
    try {
      await refuseCompany(booted.database.db, config)
      const keys = await openKeyRing({ dir: config.dataDir, env: config.keys })
      return await command({ db: booted.database.db, pool: booted.database.pool, keys, config }, operands)
    } finally {
      await booted.close()
    }
  } finally {
    await lock.release()
  }
}

const main = async (args: readonly string[]): Promise<number> => {
  const at = args.findIndex((a) => a.startsWith('-'))
  const all = at < 0 ? args : args.slice(0, at)
  const words = all.join(' ')
  const flags = at < 0 ? [] : args.slice(at)
  if (words === 'help' || flags.includes('--help') || flags.includes('-h')) {
    say(help)
    return 0
  }
  if (words === 'doctor') return doctor(flags)
  const length = [2, 1].find((n) => commands[all.slice(0, n).join(' ')]) ?? 2
  const command = commands[all.slice(0, length).join(' ')]
  const operands = all.slice(length)
  if (!command || (operands.length !== command.operands && !(command.orNone && operands.length === 0))) {
    console.error(words ? `There is no command "${words}".\n` : 'Which command?\n')
    console.error(help)
    return 2
  }
  return await run(command, operands, flags)
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof CannotStart)) throw error
  console.error(`Clarion cannot do that: ${error.message}\nWhat to do: ${error.fix}`)
  return 1
})
