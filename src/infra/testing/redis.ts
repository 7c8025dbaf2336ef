/** A real Redis server of its own for a test: loopback, a free port, a temporary folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { diesWithUs } from './dies-with-us.ts'
import { freePort } from './free-port.ts'

export type TestRedis = {
  /** redis:// URL. */
  url: string
  pid: () => number
  /** Sends one command over a connection of its own. */
  ask: (command: string, ...args: (string | number)[]) => Promise<unknown>
  /** Ends the server at once, as a crash does; without `appendonly` what was in it is gone. */
  kill: () => Promise<void>
  /** Starts it again on the same port and folder. */
  start: () => Promise<void>
  /** Ends it for good and removes its folder. */
  stop: () => Promise<void>
}

/** Starts one; it ends with this process, killed or not. `settings`: lines of redis.conf as flags, e.g. `{ maxmemory: '2mb' }`. */
export const testRedis = async (settings: Record<string, string> = {}): Promise<TestRedis> => {
  const dir = await mkdtemp(join(tmpdir(), 'clarion-redis-'))
  await chmod(dir, 0o755)
  const port = await freePort()
  let child: ChildProcess | undefined
  let over = (): void => undefined

  const ask: TestRedis['ask'] = async (command, ...args) => {
    const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: null })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.call(command, ...args)
    } finally {
      client.disconnect()
    }
  }
  const answers = () =>
    ask('ping').then(
      () => true,
      () => false,
    )

  const start = async () => {
    const flags = Object.entries({
      port: String(port),
      bind: '127.0.0.1',
      dir,
      save: '',
      appendonly: 'no',
      daemonize: 'no',
      'maxmemory-policy': 'noeviction',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, value])
    const server = spawn('redis-server', flags, { stdio: ['ignore', 'ignore', 'inherit'] })
    const gone = once(server, 'exit').then(
      ([code]) => new Error(`redis-server ended with code ${code}`),
      (error: Error) => error,
    )
    child = server
    if (server.pid) over = diesWithUs({ pgdata: dir, folder: dir, pids: [server.pid] })
    for (;;) {
      const came = await Promise.race([gone, answers()])
      if (came === true) return
      if (came instanceof Error) throw came
      await new Promise((r) => setTimeout(r, 20))
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    over()
    const server = child
    child = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    server.kill(signal)
    await once(server, 'exit')
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid ?? 0,
    ask,
    start,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM')
      await rm(dir, { recursive: true, force: true })
    },
  }
}
