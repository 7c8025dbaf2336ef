/**
 * Hears what happens in the queues: what BullMQ's `QueueEvents` reads, for all queues over one connection. `QueueEvents`
 * takes a connection a queue and an answer an event, which cost a worker 0.15 ms of CPU a publication.
 */
import type { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { within } from '../redis.ts'

export type QueueEvent = (typeof watched)[number]
/** Events of a queue that are told to log and metrics. */
const watched = ['completed', 'failed', 'stalled', 'delayed'] as const
const isWatched = (event: string | undefined): event is QueueEvent => watched.includes(event as QueueEvent)

export type Heard = { queue: string; event: QueueEvent; job: string; returned: unknown }

/** `id`: where it was read up to; null while it is not wanted. */
type Stream = { queue: string; key: string; id: string | null; wanted: () => boolean }

/** The longest wait for an event (ms): then it is asked anew which streams are wanted. */
const blockMs = 1_000
/** An answer may be this much later (ms); then the connection is given up for a new one. */
const stuckMs = 5_000
/** Most entries of a stream in one answer. */
const most = 1_000
/** After many events came at once, as many more are waited for (ms). */
const restMs = 200
const againMs = 500

type Answer = [key: string, entries: [id: string, fields: string[]][]][] | null

const fieldOf = (list: readonly string[], name: string): string | undefined => {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1]
  return undefined
}
const parsed = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `client`: a connection for this alone. */
export const createEar = (d: { client: Redis; hear: (h: Heard) => void; trouble: (err: Error) => void }) => {
  const streams = new Map<string, Stream>()
  const stopping = new AbortController()
  let loop: Promise<void> | undefined

  const lastOf = async (key: string): Promise<string> => {
    const [last] = await d.client.xrevrange(key, '+', '-', 'COUNT', 1)
    return last?.[0] ?? '0-0'
  }

  const read = async (): Promise<number> => {
    const now: Stream[] = []
    for (const s of streams.values())
      if (!s.wanted()) s.id = null
      else now.push(s)
    await Promise.all(now.filter((s) => s.id === null).map(async (s) => (s.id = await lastOf(s.key))))
    if (now.length === 0) {
      await systemClock.sleep(blockMs, stopping.signal)
      return 0
    }
    const keys = now.map((s) => s.key)
    const ids = now.map((s) => s.id ?? '$')
    const asked = d.client.xread('COUNT', most, 'BLOCK', blockMs, 'STREAMS', ...keys, ...ids)
    const answer = (await within(blockMs + stuckMs, asked).catch((err: unknown) => {
      // What was asked would be answered some day, and block what is asked next.
      if (!stopping.signal.aborted && d.client.status === 'ready') d.client.disconnect(true)
      throw err
    })) as Answer
    let n = 0
    for (const [key, entries] of answer ?? []) {
      const stream = streams.get(key)
      if (!stream) continue
      for (const [id, list] of entries) {
        n++
        stream.id = id
        const event = fieldOf(list, 'event')
        if (!isWatched(event)) continue
        const returned = parsed(fieldOf(list, 'returnvalue'))
        d.hear({ queue: stream.queue, event, job: fieldOf(list, 'jobId') ?? '', returned })
      }
    }
    return n
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        const n = await read()
        if (n > 1) await systemClock.sleep(Math.min(restMs, n), stopping.signal)
      } catch (err) {
        if (stopping.signal.aborted) return
        d.trouble(err as Error)
        await systemClock.sleep(againMs, stopping.signal)
      }
    }
  }

  return {
    /** Hears a queue from now on, while `wanted`; what happened while it was not is passed over. Resolves when nothing more is missed. */
    listen: async (queue: string, key: string, wanted: () => boolean): Promise<void> => {
      streams.set(key, { queue, key, id: wanted() ? await lastOf(key) : null, wanted })
      loop ??= run()
    },
    stop: async () => {
      stopping.abort()
      d.client.disconnect()
      await loop
    },
  }
}
