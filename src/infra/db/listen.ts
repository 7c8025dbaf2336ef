/**
 * LISTEN for a whole process, over one connection of its own, however many topics are heard. A connection that is lost
 * is opened again; then everybody is called with an empty payload, since messages may have been missed.
 */
import pg from 'pg'

type Hear = (payload: string) => void

/** Between two tries to get a lost connection back (ms). */
const againMs = 500

export type Listener = {
  /** Calls `on` for every NOTIFY on the topic. Rejects when the database cannot be reached at first. Gives a stop function. */
  listen: (topic: string, on: Hear) => Promise<() => Promise<void>>
  close: () => Promise<void>
}

export const createListener = (o: {
  config: pg.ClientConfig
  onError?: ((error: Error) => void) | undefined
}): Listener => {
  const hearers = new Map<string, Set<Hear>>()
  let client: pg.Client | undefined
  let opening: Promise<void> | undefined
  let missed = false
  let closed = false

  const open = async (): Promise<void> => {
    const c = new pg.Client(o.config)
    const lost = () => {
      if (client !== c) return
      client = undefined
      missed = true
      again()
    }
    c.on('error', lost)
    c.on('end', lost)
    c.on('notification', ({ channel, payload }) => {
      for (const on of [...(hearers.get(channel) ?? [])]) on(payload ?? '')
    })
    try {
      await c.connect()
      // A topic that joins meanwhile is met at the end of this loop.
      for (const topic of hearers.keys()) await c.query(`listen ${pg.escapeIdentifier(topic)}`)
    } catch (error) {
      void c.end().catch(() => undefined)
      throw error
    }
    client = c
    if (!missed) return
    missed = false
    for (const on of [...hearers.values()].flatMap((set) => [...set])) on('')
  }

  const opened = (): Promise<void> => {
    opening ??= open().finally(() => {
      opening = undefined
    })
    return opening
  }

  const again = () => {
    setTimeout(() => {
      if (client || closed || hearers.size === 0) return
      opened().catch((error: Error) => {
        o.onError?.(error)
        again()
      })
    }, againMs).unref()
  }

  /** One statement at a time: a connection takes no second one while it is at work. */
  let said: Promise<unknown> = Promise.resolve()
  const say = (c: pg.Client, words: string): Promise<unknown> => {
    const answer = said.then(() => c.query(words))
    said = answer.catch(() => undefined)
    return answer
  }

  const end = async () => {
    const c = client
    client = undefined
    await c?.end().catch(() => undefined)
  }

  return {
    listen: async (topic, on) => {
      const set = hearers.get(topic) ?? new Set()
      hearers.set(topic, set.add(on))
      const stop = async () => {
        set.delete(on)
        if (set.size > 0 || hearers.get(topic) !== set) return
        hearers.delete(topic)
        if (hearers.size === 0) return end()
        // What is no longer heard is passed over, should the connection break here.
        if (client) await say(client, `unlisten ${pg.escapeIdentifier(topic)}`).catch(() => undefined)
      }
      try {
        if (!client) await opened()
        else if (set.size === 1) await say(client, `listen ${pg.escapeIdentifier(topic)}`)
        // Who joins a topic hears it from here on: the first one's LISTEN may still be under way.
        else await said
      } catch (error) {
        await stop()
        throw error
      }
      return stop
    },
    close: async () => {
      closed = true
      await opening?.catch(() => undefined)
      await end()
    },
  }
}
