/**
 * Places of a queue for work beside its turns (preparing ahead of the due time): a set of leases on Redis, taken only while no
 * turn waits and a place is free. As many as are out are taken off the queue's own concurrency, so that BullMQ never starts
 * more turns than are left. A set that is lost is forgotten: for as long as that work lasts, more is done at once.
 */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { within } from '../redis.ts'

/** A lease, and how often it is renewed (ms): the places of a process that died are free after it. */
const leaseMs = 30_000
const renewMs = 10_000
const patienceMs = 2_000

/** `n` leases are out: the queue has so many places fewer, one at least; whoever waits for one is woken, for BullMQ does not see it. */
const settle = `
local function settle(meta, wait, marker, aside, now, all)
  redis.call('ZREMRANGEBYSCORE', aside, '-inf', now)
  local left = math.max(1, all - redis.call('ZCARD', aside))
  local is = redis.call('HGET', meta, 'concurrency')
  if not is or tonumber(is) ~= left then
    redis.call('HSET', meta, 'concurrency', left)
    if redis.call('LLEN', wait) > 0 then redis.call('ZADD', marker, 0, '0') end
  end
end
`
const keysOf = (queue: Queue) => ['meta', 'wait', 'marker', 'aside', 'active'].map((name) => queue.toKey(name))
const settleAll = `${settle}
for i = 1, #KEYS, 5 do settle(KEYS[i], KEYS[i + 1], KEYS[i + 2], KEYS[i + 3], ARGV[1], tonumber(ARGV[(i - 1) / 5 + 2])) end`
const take = `${settle}
local all = tonumber(ARGV[4])
settle(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], all)
local out = redis.call('ZCARD', KEYS[4])
local turns = redis.call('LLEN', KEYS[5])
if out >= tonumber(ARGV[5]) or redis.call('LLEN', KEYS[2]) > 0 or turns + out >= all then return 0 end
redis.call('ZADD', KEYS[4], ARGV[2], ARGV[3])
settle(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], all)
return 1`
const give = `${settle}
redis.call('ZREM', KEYS[4], ARGV[2])
settle(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], tonumber(ARGV[3]))`

export const createAside = (d: {
  client: Redis
  ready: () => boolean
  doubt: () => void
  queues: readonly { name: string; atOnce: number }[]
  lane: (queue: string) => Queue | undefined
}) => {
  const held = new Map<string, Queue>()
  let renewing: AbortController | undefined
  const ask = async (script: string, keys: readonly string[], ...args: (string | number)[]): Promise<unknown> =>
    within(patienceMs, d.client.eval(script, keys.length, ...keys, ...args))

  /** Leases that ran out, or whose set was lost, come back as long as their work lasts. */
  const renew = async (over: AbortSignal) => {
    for (;;) {
      await systemClock.sleep(renewMs, over)
      if (over.aborted) return
      const until = systemClock.now() + leaseMs
      const all = d.client.pipeline()
      for (const [token, queue] of held) all.zadd(queue.toKey('aside'), until, token)
      await within(patienceMs, all.exec()).catch(d.doubt)
    }
  }
  const open = () =>
    d.queues.flatMap((q) => {
      const queue = d.lane(q.name)
      return queue ? [{ queue, atOnce: q.atOnce }] : []
    })

  return {
    /** Writes how many turns each queue may have now: a Redis that was emptied has forgotten it. */
    settle: async () => {
      const all = open()
      const keys = all.flatMap((q) => keysOf(q.queue))
      if (all.length > 0) await ask(settleAll, keys, systemClock.now(), ...all.map((q) => q.atOnce))
    },
    /** See `Carrier.aside`. While Redis is away whoever asks has counted for itself. */
    take: async (name: string, most: number): Promise<(() => void) | null> => {
      const queue = d.lane(name)
      const atOnce = d.queues.find((q) => q.name === name)?.atOnce
      if (!queue || !atOnce || !d.ready()) return () => undefined
      const token = crypto.randomUUID()
      const now = systemClock.now()
      try {
        if ((await ask(take, keysOf(queue), now, now + leaseMs, token, atOnce, most)) !== 1) return null
      } catch {
        d.doubt()
      }
      held.set(token, queue)
      if (!renewing) {
        renewing = new AbortController()
        void renew(renewing.signal)
      }
      return () => {
        held.delete(token)
        if (held.size === 0) {
          renewing?.abort()
          renewing = undefined
        }
        ask(give, keysOf(queue), systemClock.now(), token, atOnce).catch(d.doubt)
      }
    },
  }
}
