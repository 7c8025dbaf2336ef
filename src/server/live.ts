/**
 * Live state over server-sent events: one LISTEN feeds every stream. Events say what is stale, never what it became,
 * so a lost one costs a reload: after a gap in the LISTEN every stream is told that its workspace is stale.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type LiveEvent, liveEvent } from '#contract/posts.ts'
import { rawRoutes } from '#contract/routes.ts'
import type { Clock } from '#infra/clock.ts'
import { type Database, topics } from '#infra/db/database.ts'
import type { Authorize } from './access.ts'
import type { Metrics } from './metrics.ts'

const message = liveEvent.extend({ workspaceId: z.uuid() })
const heartbeatMs = 20_000
/** Heartbeats between two looks whether the listener may still listen. */
const recheckEvery = 3
/** Bytes a slow reader may leave unread before we let it go; it comes back by itself. */
const backlogBytes = 256_000

export type Live = {
  /** Starts listening. Its stop function ends every stream. */
  start: () => Promise<() => Promise<void>>
  /** Calls `on` for every event of a workspace; gives the function that ends it. */
  subscribe: (ws: string, on: (event: LiveEvent) => void) => () => void
  mount: (app: FastifyInstance, authorize: Authorize) => void
}

export const createLive = ({
  database,
  clock,
  metrics,
  log,
}: {
  database: Pick<Database, 'listen'>
  clock: Clock
  metrics: Metrics
  log: { warn: (o: object, text: string) => void }
}): Live => {
  const listeners = new Map<string, Set<(event: LiveEvent) => void>>()
  const open = new Set<ServerResponse>()
  const closing = new AbortController()

  const subscribe: Live['subscribe'] = (ws, on) => {
    const set = listeners.get(ws) ?? new Set()
    listeners.set(ws, set.add(on))
    return () => {
      set.delete(on)
      if (set.size === 0 && listeners.get(ws) === set) listeners.delete(ws)
    }
  }

  const hear = (payload: string) => {
    if (payload === '') {
      for (const [ws, set] of listeners) for (const on of set) on({ kind: 'workspace', id: ws })
      return
    }
    // Every process hears every word, workers too: whom nobody listens to reads none.
    if (listeners.size === 0) return
    let data: unknown
    try {
      data = JSON.parse(payload)
    } catch {
      data = undefined
    }
    const parsed = message.safeParse(data)
    if (!parsed.success) return log.warn({ payload: payload.slice(0, 200) }, 'a live event is not in the right form')
    const { workspaceId, ...event } = parsed.data
    for (const on of listeners.get(workspaceId) ?? []) on(event)
  }

  return {
    subscribe,
    start: async () => {
      const stop = await database.listen(topics.live, hear)
      return async () => {
        closing.abort()
        for (const raw of open) raw.end()
        await stop()
      }
    },
    mount: (app, authorize) => {
      const { path, summary, access } = rawRoutes.events
      app.get(path, {
        config: { name: 'events' },
        schema: {
          operationId: 'events',
          summary: `${summary} (data: LiveEvent)`,
          tags: ['live'],
          security: [{ session: [] }, { apiKey: [] }],
          params: z.object({ ws: z.uuid() }),
          response: {
            200: { description: 'A stream of events', content: { 'text/event-stream': { schema: liveEvent } } },
          },
        },
        onRequest: async (request) => {
          request.caller = await authorize(request, access)
        },
        handler: (request, reply) => {
          const ws = request.caller.ws!.id
          reply.hijack()
          const { raw } = reply
          raw.writeHead(200, {
            ...(reply.getHeaders() as Record<string, string>),
            'content-type': 'text/event-stream; charset=utf-8',
            'cache-control': 'no-store',
            'x-accel-buffering': 'no',
            // A stream that ends takes its connection along, so that a closing server does not wait for it.
            connection: 'close',
          })
          const over = new AbortController()
          const write = (text: string) => {
            if (over.signal.aborted) return
            raw.write(text)
            if (raw.writableLength > backlogBytes) raw.destroy()
          }
          // Members, keys and sessions change with a `workspace` event: nothing more is said before the caller was looked at anew.
          let may: Promise<unknown> = Promise.resolve()
          const end = subscribe(ws, (event) => {
            if (event.kind === 'workspace') may = may.then(() => authorize(request, access))
            may = may.then(() => write(`data: ${JSON.stringify(event)}\n\n`))
            may.catch(() => raw.end())
          })
          open.add(raw)
          metrics.streams(1)
          raw.once('close', () => {
            over.abort()
            end()
            open.delete(raw)
            metrics.streams(-1)
          })
          raw.on('error', () => raw.destroy())
          write('retry: 2000\n\n')
          if (closing.signal.aborted) return raw.end()
          const beat = async () => {
            for (let n = 1; ; n++) {
              await clock.sleep(heartbeatMs, over.signal)
              if (over.signal.aborted) return
              if (n % recheckEvery === 0) await authorize(request, access)
              write(': still here\n\n')
            }
          }
          // The session ended or the role went: the stream ends too.
          beat().catch(() => raw.end())
          // A key's own end is known: nothing is said after it.
          const until = request.caller.key?.expiresAt?.getTime()
          const expire = async () => {
            while (until !== undefined && until > clock.now() && !over.signal.aborted)
              await clock.sleep(until - clock.now(), over.signal)
            if (until !== undefined) raw.end()
          }
          void expire()
        },
      })
    },
  }
}
