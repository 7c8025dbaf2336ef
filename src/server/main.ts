/**
 * Clarion's process: reads settings, locks the data folder, listens at once, opens the database, puts the house together,
 * and takes it apart again in the opposite order when told to stop.
 *
 *   node src/server/main.ts [--data <folder>] [--port <n>] [--host <address>] [--role all|api|worker]
 *
 * SIGTERM or SIGINT stops it: nothing new is claimed, work in flight is finished (at most CLARION_DRAIN_MS). A second signal
 * ends it at once; nothing is lost by that, since every step is written down before it is taken.
 * Exit codes: 0 stopped as asked, 1 could not start or broke, 130 ended at once.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CannotStart } from '#infra/cannot-start.ts'
import { scaledClock, systemClock } from '#infra/clock.ts'
import { type Config, publicUrl, readConfig } from '#infra/config.ts'
import { createLog, type Log } from '#infra/log.ts'
import { openKeyRing } from '#infra/secrets.ts'
import type { Compose } from './boot/composed.ts'
import { bootDatabase } from './boot/database.ts'
import { openDataFolder } from './boot/folder.ts'
import { stage } from './boot/starting.ts'
import { patient, serverPatience } from './patience.ts'
import { isPrivate } from './this-machine.ts'

const begun = performance.now()
/** A terminal sends Ctrl-C to us and to npm above us, which passes it on: within this many ms it is one wish. */
const SAME_WISH_MS = 400
/** What the doors may take to close after the work has ended (ms). */
const CLOSE_MS = 3_000

const listen = (server: Server, config: Config): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what: Record<string, [string, string]> = {
        EADDRINUSE: [
          `Port ${config.port} on ${config.host} is in use.`,
          `Stop what uses it, or choose another: --port ${config.port + 1}`,
        ],
        EACCES: [`Port ${config.port} needs more rights.`, 'Choose a port above 1023: --port 4400'],
        EADDRNOTAVAIL: [
          `${config.host} is not an address of this machine.`,
          'Correct CLARION_HOST; 0.0.0.0 listens on all addresses.',
        ],
      }
      const [message, fix] = what[error.code ?? ''] ?? [
        `It cannot listen on ${config.host}:${config.port} (${error.code}).`,
        'Correct CLARION_HOST and --port.',
      ]
      reject(new CannotStart(message, fix, error))
    })
    server.listen(config.port, config.host, () => resolve((server.address() as AddressInfo).port))
  })

const withDeadline = async (work: Promise<unknown>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

type Running = { stop: () => Promise<void>; abandon: () => void }

/** Everything that was opened so far, closed in the opposite order. */
const unwinder = () => {
  const undo: (() => Promise<unknown>)[] = []
  return {
    add: (f: () => Promise<unknown>) => void undo.push(f),
    all: async () => {
      for (const f of undo.splice(0).reverse()) await f()
    },
  }
}

const start = async (config: Config, log: Log, onStep: (abandon: () => void) => void): Promise<Running> => {
  const opened = unwinder()
  let abandon = (): void => undefined
  try {
    const lock = await openDataFolder(config)
    opened.add(() => lock.release())
    const keys = await openKeyRing({ dir: config.dataDir, env: config.keys })
    const clock = config.clock ? scaledClock(config.clock.origin, config.clock.rate) : systemClock

    const starting = stage('starting')
    let handler: RequestListener = starting.handler
    const server = createServer(
      serverPatience,
      patient((req, res) => handler(req, res), config.bodyMs),
    )
    const port = await listen(server, config)
    opened.add(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const url = publicUrl(config, port)
    const say = (line: string) => {
      starting.say(line)
      log.info(line)
    }

    // The modules load while the database starts.
    const modules = import('./compose.ts')
    modules.then((m) => m.sandboxFor(config)).catch(() => undefined)
    const booted = await bootDatabase(config, log, say)
    abandon = booted.abandon
    onStep(abandon)
    opened.add(booted.close)
    say('opening the doors')
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    // A proxy makes strangers look local: what counts is who may know the address.
    const alone = config.loopback && isPrivate({ publicUrl: url, trustProxy: config.trustProxy })
    const setupToken = alone ? null : keys.derive('setup-token').toString('base64url').slice(0, 24)
    const compose: Compose = (await modules).compose
    const composed = await compose({
      config,
      log,
      clock,
      database: booted.database,
      keys,
      publicUrl: url,
      port,
      setupToken,
      version,
    })
    opened.add(async () => {
      const stopping = stage('stopping')
      // The doors stay open while work in flight ends: it may be calling our own sandbox. Only readiness is taken back.
      handler = (req, res) => (req.url?.startsWith('/health/ready') ? stopping : composed).handler(req, res)
      const done = await withDeadline(composed.close(), config.drainMs + CLOSE_MS)
      if (!done) log.warn({ ms: config.drainMs }, 'work in flight did not end in time; the next start goes on with it')
      handler = stopping.handler
      // Requests that came before the end get their answers while the database is still there.
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await withDeadline(closed, CLOSE_MS)
    })
    handler = composed.handler
    composed.ready()

    const { rows } = await booted.database.pool.query<{ fresh: boolean }>(
      'select not exists (select 1 from auth_users) as fresh',
    )
    console.log(
      `\nClarion is ready: ${url}   (${booted.name}, data in ${config.dataDir}, ${Math.round(performance.now() - begun)} ms)`,
    )
    if (config.sandbox && !config.sandboxUrl) console.log(`Sandbox networks: ${url}/sandbox/`)
    if (rows[0]!.fresh)
      console.log(
        setupToken
          ? `First run: open ${url} and enter the setup token  ${setupToken}`
          : `First run: open ${url} to create the owner.`,
      )

    return { abandon, stop: opened.all }
  } catch (error) {
    await opened.all().catch((e: Error) => log.error(e, 'closing failed'))
    throw error
  }
}

const tell = (error: unknown): void => {
  if (error instanceof CannotStart) console.error(`\nClarion cannot start: ${error.message}\nWhat to do: ${error.fix}`)
  else console.error('\nClarion broke while starting. Please report this:\n', error)
}

const main = async (): Promise<void> => {
  const config = readConfig()
  const log = createLog(config)
  let abandon = (): void => undefined
  let asked: number | undefined
  let running: Running | undefined
  let code = 0

  const stop = async (): Promise<void> => {
    try {
      await running?.stop()
    } catch (error) {
      log.error(error, 'stopping failed')
      code = 1
    }
    process.exit(code)
  }
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now()
    if (asked !== undefined) {
      if (now - asked < SAME_WISH_MS) return
      abandon()
      process.exit(130)
    }
    asked = now
    console.log(`\nClarion is stopping (${signal}): finishing what is in flight. Press Ctrl-C again to end it at once.`)
    // While starting there is nothing in flight: `main` sees `asked` when the start is through.
    if (running) void stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  const onBroken = (error: unknown) => {
    log.fatal(error, 'an error nobody caught')
    code = 1
    if (asked !== undefined) return
    asked = performance.now()
    if (running) void stop()
  }
  process.on('uncaughtException', onBroken)
  process.on('unhandledRejection', onBroken)

  running = await start(config, log, (f) => {
    abandon = f
  })
  abandon = running.abandon
  if (asked !== undefined) await stop()
}

await main().catch((error: unknown) => {
  tell(error)
  process.exit(1)
})
