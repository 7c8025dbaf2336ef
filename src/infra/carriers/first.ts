/**
 * One process of many is the first: it does what one is enough for (the pass over the table, telling what happens in the
 * queues). A lease of seconds on a key of Redis. Nothing may depend on there being exactly one: after a Redis that was
 * emptied there are two for a second, and after a death none for four.
 */
import type { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { within } from '../redis.ts'

export type First = {
  is: () => boolean
  /** Asks for it until `stop`. */
  start: () => void
  /** Lets another be it, for what it does did not go well here. */
  yield: () => void
  stop: () => Promise<void>
}

/** The lease, and how often it is asked for (ms): a first that died is followed after four seconds at most. */
const leaseMs = 3_000
const everyMs = 1_000
/** Whoever let go stands back for so long (ms). */
const backMs = leaseMs + everyMs
const patienceMs = 1_000

const take = `
local who = redis.call('GET', KEYS[1])
if who and who ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`
const drop = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/** `changed` is called when this process becomes the first, or is it no more. */
export const createFirst = (d: { client: Redis; key: string; me: string; changed: () => void }): First => {
  const stopping = new AbortController()
  let loop: Promise<void> | undefined
  let first = false
  let backUntil = 0
  const become = (now: boolean) => {
    if (first === now) return
    first = now
    d.changed()
  }
  const leave = () => within(patienceMs, d.client.eval(drop, 1, d.key, d.me)).catch(() => undefined)
  const ask = async () => {
    if (systemClock.now() < backUntil) return false
    return (await within(patienceMs, d.client.eval(take, 1, d.key, d.me, leaseMs)).catch(() => 0)) === 1
  }
  return {
    is: () => first,
    start: () => {
      loop ??= (async () => {
        while (!stopping.signal.aborted) {
          become(await ask())
          await systemClock.sleep(everyMs, stopping.signal)
        }
      })()
    },
    yield: () => {
      if (!first) return
      backUntil = systemClock.now() + backMs
      become(false)
      void leave()
    },
    stop: async () => {
      stopping.abort()
      await loop
      if (first) await leave()
      first = false
    },
  }
}
