/** A sandbox on a real socket, for tests: raw fetch in, desk in hand, time moved by hand. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, manualClock } from '#infra/clock.ts'
import type { Imitation } from '#kit/sandbox/imitation.ts'
import { createSandbox, type SandboxOptions } from './host.ts'
import type { Desk } from './types.ts'

export type TestSandbox = {
  url: string
  desk: Desk
  clock: Clock
  /** Fetches `https://host/path` of a network through the sandbox. Redirects are not followed. */
  call: (realUrl: string, init?: RequestInit) => Promise<Response>
  /** What went wrong inside imitations; a test ends with it empty. */
  trouble: string[]
  /** How many connections were made so far. */
  connections: () => number
  close: () => Promise<void>
}

/** Starts on a free loopback port below `/sandbox`. */
export const startSandbox = async (
  imitations: readonly Imitation[],
  o: { clock?: Clock; stateFile?: string; seed?: string | null; reach?: SandboxOptions['reach'] } = {},
): Promise<TestSandbox> => {
  let url = ''
  const trouble: string[] = []
  const clock = o.clock ?? manualClock()
  const sandbox = createSandbox({
    imitations,
    clock,
    url: () => url,
    stateFile: o.stateFile,
    // Null: by chance, as it runs for people.
    seed: o.seed === null ? undefined : (o.seed ?? 'test'),
    // Tests serve media and take webhooks on loopback.
    reach: o.reach ?? { allowPrivate: ['127.0.0.1', 'localhost'] },
    log: (message, details) => {
      if (details.error) trouble.push(`${message}: ${String(details.error)}`)
    },
  })
  const server = createServer(sandbox.handle)
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`
  return {
    url,
    desk: sandbox.desk,
    clock,
    trouble,
    connections: () => connections,
    call: (realUrl, init) => {
      const real = new URL(realUrl)
      return fetch(`${url}/${real.host}${real.pathname}${real.search}`, { redirect: 'manual', ...init })
    },
    close: async () => {
      await sandbox.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
