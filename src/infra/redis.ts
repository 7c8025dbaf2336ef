/**
 * The connection to Redis, and how it is: everything that uses Redis can do without it for a while, so what matters is
 * to know, to say so once, and to notice when it is back. Loaded only when REDIS_URL is set.
 *
 * Redis lives in real time whatever clock the planner has, so the system's clock is used here.
 */
import { Redis } from 'ioredis'
import { systemClock } from './clock.ts'

export type RedisLink = {
  /** For everybody's commands; a command fails at once while there is no connection. */
  client: Redis
  /** Null: well. Else a sentence for the operator. */
  trouble: () => string | null
  /** Resolves when it was found for the first time how it is: at once where somebody answers or refuses. */
  met: Promise<void>
  /** A server of a kind Clarion cannot use, which no waiting mends: what is wrong with it. */
  unfit: () => string | null
  /** Calls `on` at every change between well and not; gives the function that ends it. */
  onChange: (on: () => void) => () => void
  /** Somebody's command failed: looks at once instead of soon. */
  doubt: () => void
  close: () => Promise<void>
}

type Log = { info: (o: object, text: string) => void; warn: (o: object, text: string) => void }

/** Between two looks (ms): bounds how long a Redis that hangs is believed in. */
const everyMs = 1_000
/** A Redis that has not answered for this long (ms) hangs. */
const patienceMs = 1_500
/** Streams and blocking pops with fractions of a second. */
const leastMajor = 7

/** What Redis answers when it cannot take our writes, as operators know it. The rest is "not reachable". */
const words: readonly (readonly [RegExp, string])[] = [
  [/^OOM/, 'is full (maxmemory): give it more, or find out what fills it'],
  [/^LOADING/, 'is still loading its data'],
  [/^READONLY/, 'is a replica and takes no writes'],
  [/^MISCONF/, 'cannot save to its disk and refuses writes'],
  [/^(NOAUTH|WRONGPASS|NOPERM)/, 'refuses user and password of REDIS_URL, or their rights'],
  [/timed out|does not answer/i, 'does not answer'],
  [/too old/, `is older than version ${leastMajor}`],
  [/redis_mode:sentinel/, 'is a Sentinel, which keeps no data: name the server it watches'],
  [/redis_mode:cluster/, 'is a cluster, whose scripts may not touch keys of several nodes: name a server by itself'],
]
const unfit = /redis_mode:/
export const redisWords = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return words.find(([is]) => is.test(text))?.[1] ?? 'is not reachable'
}

/** Gives up waiting after `ms`; what is waited for may end later, and nobody cares. */
export const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  const over = new AbortController()
  work.catch(() => undefined)
  try {
    return await Promise.race([
      work,
      systemClock.sleep(ms, over.signal).then((): never => {
        throw new Error('Redis does not answer')
      }),
    ])
  } finally {
    over.abort()
  }
}

/** Until the first try to connect came to something; nobody is told of it. */
const notYet = 'is not connected yet'
const evicts = /maxmemory_policy:(?!noeviction)(\S+)/
const version = /(?:valkey|redis)_version:(\d+)/
const mode = /redis_mode:(?:sentinel|cluster)/

/** Opens it; resolves at once, whether Redis is there or not. `prefix`: names the installation, for Redis may be shared. */
export const openRedis = (o: { url: string; prefix: string; log: Log }): RedisLink => {
  const options = {
    // BullMQ wants it so; with no offline queue nothing waits for a Redis that is away.
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    connectTimeout: patienceMs,
    retryStrategy: (times: number) => Math.min(1_000, 50 * 2 ** Math.min(times, 5)),
    connectionName: o.prefix,
  } as const
  const client = new Redis(o.url, options)
  const heard = new Set<() => void>()
  const closing = new AbortController()
  let nudge = new AbortController()
  let trouble: string | null = notYet
  let told: string | null = null
  let checked = false
  let lastError: unknown
  let cannot: string | null = null
  let meet: () => void = () => undefined
  const met = new Promise<void>((resolve) => {
    meet = resolve
  })

  const become = (now: string | null) => {
    if (trouble === now) return
    trouble = now
    if (now !== told) {
      told = now
      if (now) o.log.warn({ redis: now }, `Redis ${now}; Clarion goes on without it`)
      else o.log.info({}, 'Redis is back')
    }
    for (const on of [...heard]) on()
  }

  /** Version and policy, once a connection. */
  const check = async () => {
    const info = String(await client.info())
    const other = mode.exec(info)?.[0]
    if (other) throw new Error(other)
    const major = Number(version.exec(info)?.[1] ?? leastMajor)
    if (major < leastMajor) throw new Error(`Redis ${major} is too old`)
    const policy = evicts.exec(info)?.[1]
    if (policy)
      o.log.warn(
        { policy },
        'Redis may drop keys (maxmemory-policy); set noeviction. Nothing is lost, but posts may be seconds late',
      )
    checked = true
  }
  const look = async (): Promise<void> => {
    if (trouble === notYet && ['connecting', 'connect'].includes(client.status)) return
    let found: string | null = null
    try {
      if (client.status !== 'ready') throw lastError ?? new Error('no connection')
      await within(patienceMs, checked ? Promise.resolve() : check())
      // A write, since a Redis that is full or a replica still answers reads.
      await within(patienceMs, client.set(`${o.prefix}:alive`, '1', 'PX', 60_000))
    } catch (error) {
      found = redisWords(error)
      cannot = unfit.test(String(error)) ? found : null
    }
    if (closing.signal.aborted) return
    become(found)
    meet()
  }

  client.on('error', (error) => {
    lastError = error
  })
  client.on('close', () => {
    checked = false
    nudge.abort()
  })
  client.on('ready', () => {
    lastError = undefined
    nudge.abort()
  })
  const watch = (async () => {
    while (!closing.signal.aborted) {
      nudge = new AbortController()
      await look()
      await systemClock.sleep(everyMs, AbortSignal.any([nudge.signal, closing.signal]))
      // A connection that comes and goes is looked at ten times a second at most.
      await systemClock.sleep(everyMs / 10, closing.signal)
    }
  })()

  return {
    client,
    trouble: () => trouble,
    met,
    unfit: () => cannot,
    onChange: (on) => {
      heard.add(on)
      return () => void heard.delete(on)
    },
    doubt: () => nudge.abort(),
    close: async () => {
      closing.abort()
      client.disconnect()
      await watch
    },
  }
}
