/** The composed server as `main.ts` runs it, on a socket, with the real networks' faces and the sandbox: for tests of doors from outside. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { systemClock } from '#infra/clock.ts'
import { type Env, publicUrl, readConfig } from '#infra/config.ts'
import { type KeyRing, memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { compose } from '../compose.ts'

export type ComposedServer = {
  /** Where it listens. */
  origin: string
  /** Where people think it is; the same, or CLARION_URL. */
  publicUrl: string
  database: TestDatabase
  dataDir: string
  /** The keys everything derives from. */
  keys: KeyRing
  /** Fetches a path, redirects not followed; an absolute address below `publicUrl` is taken where it listens. */
  ask: (path: string, init?: RequestInit) => Promise<Response>
  /** Makes the first owner and signs in; gives the cookie and the workspace. */
  owner: () => Promise<{ cookie: string; ws: string }>
  close: () => Promise<void>
}

/** Listens on a free loopback port. `env` as the process would read it. */
export const startComposed = async (env: Env = {}): Promise<ComposedServer> => {
  const database = await testDatabase()
  const keys = memoryKeyRing()
  const dataDir = await mkdtemp(join(tmpdir(), 'clarion-composed-'))
  const config = readConfig({ CLARION_DATA_DIR: dataDir, CLARION_PORT: '0', ...env }, [], false)
  let handler: Parameters<typeof createServer>[1] = (_req, res) => res.writeHead(503).end()
  const server = createServer((req, res) => handler!(req, res))
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  const { port } = server.address() as AddressInfo
  const url = publicUrl(config, port)
  const composed = await compose({
    config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    database,
    keys,
    publicUrl: url,
    port,
    setupToken: null,
    version: 'test',
  })
  handler = composed.handler
  composed.ready()
  const origin = `http://127.0.0.1:${port}`
  const ask: ComposedServer['ask'] = (path, init) => {
    const at = path.startsWith(url) ? path.slice(url.length) : path
    return fetch(`${origin}${at}`, { redirect: 'manual', ...init })
  }
  return {
    origin,
    publicUrl: url,
    database,
    dataDir,
    keys,
    ask,
    owner: async () => {
      const made = await ask('/api/v1/setup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          name: 'Olga Owner',
          email: 'owner@example.test',
          password: 'correct horse battery',
          workspaceName: 'First',
          timeZone: 'Europe/Warsaw',
        }),
      })
      if (made.status >= 300) throw new Error(`setting up answered ${made.status}: ${await made.text()}`)
      const cookie = made.headers
        .getSetCookie()
        .map((c) => c.split(';', 1)[0]!)
        .join('; ')
      const me = (await (await ask('/api/v1/me', { headers: { cookie } })).json()) as { workspaces: { id: string }[] }
      return { cookie, ws: me.workspaces[0]!.id }
    },
    close: async () => {
      await composed.close()
      server.closeAllConnections()
      await new Promise((r) => server.close(r))
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
