/**
 * Every setting, in one place; the only reader of the environment. Flags win over variables.
 * What each is, and what holds without it, stands in `settings.ts`: the README's table comes from there. Besides those,
 * CLARION_CLOCK_ORIGIN (epoch ms) and CLARION_CLOCK_RATE start a clock that runs faster than the wall, for tests and
 * benchmarks, and CLARION_TEST_PG is the major version of the machine's PostgreSQL that tests are to run on.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CannotStart } from './cannot-start.ts'
import type { Patience } from './db/database.ts'
import { readStorage, type StorageSettings } from './s3-settings.ts'
import { readTrustProxy, type TrustProxy } from './trust-proxy.ts'

export const roles = ['all', 'api', 'worker'] as const
export type Role = (typeof roles)[number]
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
export type Env = Readonly<Record<string, string | undefined>>

export type Config = {
  /** Absolute path. */
  dataDir: string
  host: string
  port: number
  /** Is the listener reachable from this machine only? */
  loopback: boolean
  /** Public base URL without a slash at the end; undefined until the port is known (`publicUrl`). */
  url: string | undefined
  databaseUrl: string | undefined
  poolSize: number
  /** Are database statements that come again prepared? */
  prepared: boolean
  /** May hold a password; a secret. */
  redisUrl: string | undefined
  /** How long this process waits for the database. */
  patience: Patience
  role: Role
  sandbox: boolean
  sandboxUrl: string | undefined
  /** CLARION_KEYS as given; a secret. */
  keys: string | undefined
  allowPrivateHosts: readonly string[]
  trustProxy: TrustProxy
  /** Opens /metrics to `Authorization: Bearer <token>` from elsewhere; a secret. */
  metricsToken: string | undefined
  logLevel: LogLevel
  logFormat: 'json' | 'text'
  drainMs: number
  /** Days the history of publications that are over is kept; 0 = for ever. */
  historyDays: number
  /** Most bytes of an uploaded or imported video. */
  videoBytes: number
  /** ms a request may take to arrive; uploads of files are judged by their pace. */
  bodyMs: number
  /** What backups are sealed with: a passphrase (a secret), or a file. */
  backup: { passphrase: string | undefined; keyFile: string | undefined }
  /** Where files are kept; holds a secret. */
  storage: StorageSettings
  clock: { origin: number; rate: number } | undefined
  /** PATH: where tools that may be installed (ffmpeg) are looked for. */
  toolPath: string
  /** App credentials of a platform from the environment: those of `fields` that are set. Empty when none is. */
  credentials: (platform: string, fields: readonly string[]) => Record<string, string>
}

/** `clientId` of platform `x-com` -> CLARION_X_COM_CLIENT_ID. */
export const credentialVariable = (platform: string, field: string): string =>
  `CLARION_${platform.replaceAll('-', '_')}_${field.replaceAll('-', '_').replace(/([a-z0-9])([A-Z])/g, '$1_$2')}`.toUpperCase()

const bad = (name: string, value: string, want: string) =>
  new CannotStart(`${name} is "${value}", which is not ${want}.`, `Set ${name} to ${want}, or leave it out.`)

const reader = (env: Env) => {
  const raw = (name: string) => {
    const v = env[name]?.trim()
    return v === '' ? undefined : v
  }
  return {
    text: raw,
    int: (name: string, min: number, max: number, flag?: string) => {
      const v = flag ?? raw(name)
      if (v === undefined) return undefined
      const n = Number(v)
      if (!Number.isInteger(n) || n < min || n > max) throw bad(name, v, `a whole number from ${min} to ${max}`)
      return n
    },
    number: (name: string) => {
      const v = raw(name)
      if (v === undefined) return undefined
      const n = Number(v)
      if (!Number.isFinite(n) || n <= 0) throw bad(name, v, 'a number above 0')
      return n
    },
    flag: (name: string, otherwise: boolean) => {
      const v = raw(name)?.toLowerCase()
      if (v === undefined) return otherwise
      if (['1', 'true', 'on', 'yes'].includes(v)) return true
      if (['0', 'false', 'off', 'no'].includes(v)) return false
      throw bad(name, v, '1 or 0')
    },
    oneOf: <T extends string>(name: string, all: readonly T[], otherwise: T, flag?: string): T => {
      const v = flag ?? raw(name)
      if (v === undefined) return otherwise
      const found = all.find((x) => x === v)
      if (!found) throw bad(name, v, `one of ${all.join(', ')}`)
      return found
    },
    url: (name: string, schemes: readonly string[]) => {
      const v = raw(name)
      if (v === undefined) return undefined
      // A socket URL (postgres://user@/db?host=/path) has no host; give it one to parse.
      const url = URL.canParse(v.replace('@/', '@localhost/')) ? new URL(v.replace('@/', '@localhost/')) : undefined
      // The value may hold a password: it is not repeated in the message.
      if (!url || !schemes.includes(url.protocol))
        throw new CannotStart(`${name} is not a ${schemes.join(' or ')} URL.`, `Correct ${name}, or leave it out.`)
      return v.replace(/\/+$/, '')
    },
  }
}

/** A person waits for a page, the work in the background does not. */
const patienceOf = (r: ReturnType<typeof reader>, role: Role): Patience => ({
  statementMs: r.int('CLARION_DB_STATEMENT_MS', 0, 3_600_000) ?? (role === 'api' ? 15_000 : 60_000),
  lockMs: r.int('CLARION_DB_LOCK_MS', 0, 3_600_000) ?? 10_000,
  idleMs: 60_000,
  connectionMs: r.int('CLARION_DB_WAIT_MS', 0, 3_600_000) ?? 10_000,
})

/** Several servers in one address, or a scheme that means them. A password may hold a comma. */
const several = (url: string): boolean =>
  /^[a-z+-]*(sentinel|cluster)/i.test(url) ||
  /^rediss?:\/\/[^/]*/i.exec(url)?.[0].split('@').at(-1)?.includes(',') === true
/** Clarion talks to one Redis: neither Sentinel nor a cluster is followed (docs/scaling.md). */
const redisUrl = (r: ReturnType<typeof reader>): string | undefined => {
  if (several(r.text('REDIS_URL') ?? ''))
    throw new CannotStart(
      'REDIS_URL names Sentinels or a cluster, which Clarion does not follow: it uses one server.',
      'Set REDIS_URL to the server that takes writes (redis:// or rediss://), or to a name that follows it.',
    )
  const url = r.url('REDIS_URL', ['redis:', 'rediss:'])
  if (url && !/^(\/\d{1,5})?$/.test(new URL(url).pathname))
    throw new CannotStart(
      'What follows the host in REDIS_URL is not the number of a database.',
      'End REDIS_URL with the host, or with a number as in redis://host:6379/2.',
    )
  return url
}

const trusted = (value: string | undefined): TrustProxy => {
  const read = readTrustProxy(value)
  if (read === null)
    throw bad(
      'CLARION_TRUST_PROXY',
      value!,
      'a number of hops from 0 to 10, or a comma list of addresses and CIDR ranges',
    )
  return read
}

const flagsOf = (argv: readonly string[]) => {
  try {
    const options = {
      role: { type: 'string' },
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
    } as const
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new CannotStart(
      (error as Error).message.split('. ')[0]!,
      'Known flags: --data <folder> --port <n> --host <address> --role all|api|worker',
    )
  }
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** Reads all settings. @throws CannotStart naming the variable and the fix. */
export const readConfig = (
  env: Env = process.env,
  argv: readonly string[] = process.argv.slice(2),
  terminal: boolean = process.stdout.isTTY ?? false,
): Config => {
  const flags = flagsOf(argv)
  const r = reader(env)
  const host = flags.host ?? r.text('CLARION_HOST') ?? '127.0.0.1'
  const port = r.int(env.CLARION_PORT || flags.port ? 'CLARION_PORT' : 'PORT', 0, 65_535, flags.port) ?? 4400
  const origin = r.int('CLARION_CLOCK_ORIGIN', 0, Number.MAX_SAFE_INTEGER)
  const rate = r.number('CLARION_CLOCK_RATE')
  if ((origin === undefined) !== (rate === undefined))
    throw new CannotStart('Only one of CLARION_CLOCK_ORIGIN and CLARION_CLOCK_RATE is set.', 'Set both, or neither.')
  const role = r.oneOf('CLARION_ROLE', roles, 'all', flags.role)
  const historyDays = r.int('CLARION_HISTORY_DAYS', 0, 36_500) ?? 0
  // Webhooks and a person's second look come for weeks, and need what a publication left.
  if (historyDays > 0 && historyDays < 30)
    throw new CannotStart(`CLARION_HISTORY_DAYS is ${historyDays}.`, 'Set at least 30, or 0 to keep everything.')
  return {
    dataDir: resolve(flags.data ?? r.text('CLARION_DATA_DIR') ?? 'data'),
    host,
    port,
    loopback: isLoopback(host),
    url: r.url('CLARION_URL', ['http:', 'https:']),
    databaseUrl: r.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: redisUrl(r),
    poolSize: r.int('CLARION_DB_POOL', 2, 500) ?? 20,
    prepared: r.flag('CLARION_DB_PREPARED', true),
    patience: patienceOf(r, role),
    role,
    sandbox: r.flag('CLARION_SANDBOX', true),
    sandboxUrl: r.url('CLARION_SANDBOX_URL', ['http:', 'https:']),
    keys: r.text('CLARION_KEYS'),
    allowPrivateHosts: (r.text('CLARION_ALLOW_PRIVATE_HOSTS') ?? '')
      .split(',')
      .map((h) => h.trim().toLowerCase())
      .filter(Boolean),
    trustProxy: trusted(r.text('CLARION_TRUST_PROXY')),
    metricsToken: r.text('CLARION_METRICS_TOKEN'),
    logLevel: r.oneOf('CLARION_LOG', logLevels, 'info'),
    logFormat: r.oneOf('CLARION_LOG_FORMAT', ['json', 'text'] as const, terminal ? 'text' : 'json'),
    videoBytes: (r.int('CLARION_VIDEO_MB', 1, 262_144) ?? 4096) * 1024 ** 2,
    bodyMs: r.int('CLARION_BODY_MS', 1_000, 3_600_000) ?? 60_000,
    drainMs: r.int('CLARION_DRAIN_MS', 0, 600_000) ?? 20_000,
    historyDays,
    backup: { passphrase: r.text('CLARION_BACKUP_PASSPHRASE'), keyFile: r.text('CLARION_BACKUP_KEY_FILE') },
    storage: readStorage(r),
    clock: origin !== undefined && rate !== undefined ? { origin, rate } : undefined,
    toolPath: env.PATH ?? '',
    credentials: (platform, fields) =>
      Object.fromEntries(
        fields.flatMap((f) => {
          const v = r.text(credentialVariable(platform, f))
          return v === undefined ? [] : [[f, v]]
        }),
      ),
  }
}

/** The base URL of links: CLARION_URL, else where it listens (`port` as the listener got it). */
export const publicUrl = (config: Pick<Config, 'url' | 'host'>, port: number): string => {
  if (config.url) return config.url
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(config.host) ? 'localhost' : config.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Settings of the tests' own set-up. @testing */
export const testSettings = (env: Env = process.env): { postgresMajor: number | undefined } => ({
  postgresMajor: reader(env).int('CLARION_TEST_PG', 15, 99),
})
