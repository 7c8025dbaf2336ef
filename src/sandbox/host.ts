/**
 * The host of the imitations: one plain HTTP handler. `BASE/<real host>/<real path>` goes to the imitation that answers
 * for that host; `BASE/_desk`, `BASE/_feed` and `BASE/_blob` are its own. Every request is read whole, counted against
 * the faults, handled, recorded and answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#infra/clock.ts'
import { guardedFetch } from '#infra/guard.ts'
import { Refused } from '#kit/sandbox/answer.ts'
import type { Imitation, SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { type Match, routeTable } from '#kit/sandbox/route.ts'
import { bodyReader } from './bodies.ts'
import { createDesk } from './desk.ts'
import { strike } from './faults.ts'
import { clientOf, createNotices } from './notices.ts'
import { pages } from './pages.ts'
import { createPostman } from './postman.ts'
import { openMemory } from './state.ts'
import type { Desk, Member, Seen } from './types.ts'
import { makeWorld, virtualNow } from './worlds.ts'

/** Longest body read (bytes): above every limit of a network, so that the imitation refuses in its own words. */
const MAX_BODY = 64 * 1024 * 1024
/** What all bodies together may hold (bytes): one of the largest. */
const BODIES_IN_ALL = MAX_BODY
/** ms a body waits for room. */
const ROOM_WAIT_MS = 30_000
const KEPT_REQUESTS = 500
/** How often networks look at what time has done (ms of the real clock). */
const TICK_MS = 250

export type SandboxOptions = {
  imitations: readonly Imitation[]
  clock: Clock
  /** Base URL as the browser sees it, with the prefix (`http://127.0.0.1:4000/sandbox`). A function when the port is not known yet. */
  url: string | (() => string)
  /** JSON file of the state; blobs go to a folder beside it. In memory when absent. */
  stateFile?: string
  /** Makes ids repeatable, for tests. */
  seed?: string
  /** Called with what went wrong inside an imitation, and with requests nobody answers for. */
  log?: (message: string, details: Record<string, unknown>) => void
  /**
   * What imitations may fetch besides public https addresses: our own doors (media, webhooks), and hosts the operator
   * allowed. Callers name addresses; without this the sandbox would read this machine's own network for them.
   */
  reach?: Parameters<typeof guardedFetch>[0]
}

export type Sandbox = {
  /** For every path below the base. Never throws. */
  handle: (req: IncomingMessage, res: ServerResponse) => void
  desk: Desk
  /** Requests that are being carried out, whether or not their caller still waits. One that hangs by a fault is not among them. */
  working: () => number
  close: () => Promise<void>
}

export const createSandbox = (o: SandboxOptions): Sandbox => {
  const url = typeof o.url === 'function' ? o.url : () => o.url as string
  const memory = openMemory(o.stateFile)
  const now = () => virtualNow({ memory, clock: o.clock })
  const reach = guardedFetch(o.reach ?? {})
  const postman = createPostman({ send: reach, log: o.log })
  const members = new Map<string, Member>()
  /** Networks of one family share hosts: several may answer for one. */
  const byHost = new Map<string, { member: Member; table: ReturnType<typeof routeTable> }[]>()
  for (const imitation of o.imitations) {
    const world = makeWorld(imitation, {
      memory,
      clock: o.clock,
      url,
      seed: o.seed,
      fetch: reach,
      deliver: postman.deliver,
    })
    const routes = imitation.routes(world)
    const member = {
      imitation,
      world,
      routeNames: [...new Set(routes.map((r) => r.name))],
      tick: async () => void (await imitation.tick?.(world)),
    }
    members.set(imitation.platform, member)
    const table = routeTable(routes)
    for (const host of imitation.hosts) byHost.set(host, [...(byHost.get(host) ?? []), { member, table }])
  }
  const seen: Seen[] = []
  const notices = createNotices(now)
  const held = new Set<ServerResponse>()
  let count = 0
  let working = 0
  // Networks do things by themselves: processing ends and hooks leave also when nobody calls.
  let ticking: Promise<unknown> = Promise.resolve()
  const tickAll = () => {
    ticking = ticking.then(async () => {
      for (const m of members.values())
        await m.tick().catch((error: unknown) =>
          o.log?.('sandbox: an imitation failed', {
            platform: m.imitation.platform,
            route: 'tick',
            error: error instanceof Error ? error.stack : String(error),
          }),
        )
    })
    return ticking
  }
  const desk = createDesk({
    memory,
    members,
    now,
    requests: seen,
    notices,
    hooks: postman.sent,
    tickAll: async () => void (await tickAll()),
  })
  const timer = setInterval(() => void tickAll(), TICK_MS)
  timer.unref()
  const own = pages({ desk, members, url, now })

  const record = (entry: Omit<Seen, 'n' | 'at'>): Seen => {
    const full = { n: ++count, at: now(), ...entry }
    seen.push(full)
    if (seen.length > KEPT_REQUESTS) seen.shift()
    return full
  }

  const read = bodyReader({ maxBody: MAX_BODY, inAll: BODIES_IN_ALL, waitMs: ROOM_WAIT_MS })
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await read(req)
    if (body === 'gone') return
    if (body === 'busy')
      return send(res, {
        status: 503,
        json: { sandbox: 'too many large bodies at once' },
        headers: { 'retry-after': '5' },
      })
    if (body === 'too-big')
      return send(res, { status: 413, json: { sandbox: `a body may have at most ${MAX_BODY} bytes` } })
    try {
      await dispatch(req, res, body.bytes)
    } finally {
      body.release()
    }
  }

  const dispatch = async (req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> => {
    const base = new URL(url()).pathname.replace(/\/$/, '')
    const target = new URL(req.url ?? '/', 'http://sandbox')
    const path =
      base && target.pathname.startsWith(`${base}/`)
        ? target.pathname.slice(base.length)
        : target.pathname === base
          ? '/'
          : target.pathname
    const method = req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET')
    const request: SandboxRequest = {
      method,
      host: '',
      path,
      params: {},
      query: target.searchParams,
      headers: lowerHeaders(req),
      body,
      base: reachedAt(req, base),
      notice: () => undefined,
    }
    if (path === '/' || path.startsWith('/_')) return send(res, await own(request))

    const slash = path.indexOf('/', 1)
    request.host = decodeURIComponent(path.slice(1, slash < 0 ? undefined : slash)).toLowerCase()
    request.path = slash < 0 ? '/' : path.slice(slash)
    const sharing = byHost.get(request.host) ?? []
    const matching = sharing.flatMap((m) => {
      const match = m.table.match(request.host, method, request.path)
      return match ? [{ ...m, match }] : []
    })
    const found =
      matching.length > 1
        ? (matching.find(({ member: m }) => m.imitation.answers?.(m.world, request)) ?? matching[0])
        : matching[0]
    if (!found) {
      const near = sharing.length
        ? sharing.flatMap((m) => m.table.near(request.host, request.path)).slice(0, 8)
        : [...byHost.keys()]
      record({
        client: clientOf(request.headers),
        platform: sharing[0]?.member.imitation.platform ?? null,
        route: null,
        method,
        host: request.host,
        path: request.path,
        writes: false,
        acted: false,
        status: 404,
        fault: null,
      })
      o.log?.('sandbox: no such route', { method, host: request.host, path: request.path })
      return send(res, {
        status: 404,
        json: {
          sandbox: sharing.length ? 'no such route' : 'no such host',
          asked: `${method} ${request.host}${request.path}`,
          near,
        },
      })
    }
    if (found.match.route.writes && method === 'GET' && req.headers['x-sandbox-browser'])
      return send(res, {
        status: 403,
        json: {
          sandbox: 'a browser may not write by GET here, since any page could make it do so: use a client, or POST',
        },
      })
    request.params = found.match.params
    await play(found.member, found.match, request, res)
  }

  /** One request of one network, fault and all. */
  const play = async (
    member: Member,
    { route }: Match,
    request: SandboxRequest,
    res: ServerResponse,
  ): Promise<void> => {
    const { imitation, world } = member
    const fault = strike(memory.state.faults, imitation.platform, route)
    if (fault) memory.changed()
    const client = clientOf(request.headers)
    request.notice = (kind, what) =>
      notices.write({
        client,
        platform: imitation.platform,
        route: route.name,
        call: `${request.method} ${route.host}${route.path}`,
        kind,
        what,
      })
    const entry = record({
      client,
      platform: imitation.platform,
      route: route.name,
      method: request.method,
      host: request.host,
      path: request.path,
      writes: route.writes === true,
      acted: false,
      status: null,
      fault: fault?.do ?? null,
    })
    const answer = (response: SandboxResponse) => {
      entry.status = response.status
      send(res, response)
    }
    const lose = () => {
      if (fault?.do.startsWith('hang')) {
        held.add(res)
        res.once('close', () => held.delete(res))
      } else res.socket?.destroy()
    }
    if (fault?.do === 'drop-before' || fault?.do === 'hang-before') return lose()
    if (fault?.do === 'answer-before') return answer(imitation.faultAnswer(world, fault.status ?? 503))
    if (fault?.do === 'slow') await o.clock.sleep(fault.ms ?? 2000)
    if (fault?.do === 'revoke') imitation.revoke(world)
    await member.tick()
    const response = await act(member, route, request, entry)
    entry.acted = route.writes === true && response.status < 400
    if (fault?.do === 'drop-after' || fault?.do === 'hang-after') return lose()
    if (fault?.do === 'answer-after') return answer(imitation.faultAnswer(world, fault.status ?? 500))
    answer(response)
  }

  const act = async (
    member: Member,
    route: Match['route'],
    request: SandboxRequest,
    entry: Seen,
  ): Promise<SandboxResponse> => {
    try {
      return await route.handle(request)
    } catch (error) {
      if (error instanceof Refused) return error.answer
      entry.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
      o.log?.('sandbox: an imitation failed', {
        platform: member.imitation.platform,
        route: route.name,
        error: entry.error,
      })
      return { status: 500, json: { sandbox: 'the imitation itself failed; see the desk', error: entry.error } }
    }
  }

  return {
    desk,
    working: () => working,
    handle: (req, res) => {
      working++
      handle(req, res)
        .catch((error: unknown) => {
          o.log?.('sandbox: a request failed', { error: error instanceof Error ? error.stack : String(error) })
          if (!res.headersSent) send(res, { status: 500, json: { sandbox: 'internal error', error: String(error) } })
        })
        .finally(() => {
          working--
        })
    },
    close: async () => {
      clearInterval(timer)
      await postman.close()
      for (const res of held) res.socket?.destroy()
      memory.flush()
    },
  }
}

const lowerHeaders = (req: IncomingMessage): Record<string, string> => {
  const out: Record<string, string> = {}
  for (const [k, v] of Object.entries(req.headers)) if (v !== undefined) out[k] = Array.isArray(v) ? v.join(', ') : v
  return out
}

/** The sandbox as this client reached it. The door gives the prefix it cut away as `x-sandbox-prefix`. */
const reachedAt = (req: IncomingMessage, base: string): string => {
  const prefix = req.headers['x-sandbox-prefix']
  return `http://${req.headers.host ?? '127.0.0.1'}${typeof prefix === 'string' ? prefix : base}`
}

/** Pages of the sandbox share an origin with Clarion: nothing they hold may run. */
const SAFE_PAGE =
  "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"

/** Everything else, whatever type its uploader gave it: opened as a page it does nothing. */
const SAFE_BYTES = "default-src 'none'; sandbox"

const send = (res: ServerResponse, r: SandboxResponse): void => {
  if (res.destroyed || res.headersSent) return
  const [type, body] =
    r.json !== undefined
      ? ['application/json; charset=utf-8', Buffer.from(JSON.stringify(r.json))]
      : r.html !== undefined
        ? ['text/html; charset=utf-8', Buffer.from(r.html)]
        : r.bytes
          ? ['application/octet-stream', r.bytes]
          : ['text/plain; charset=utf-8', Buffer.from(r.text ?? '')]
  const headers: Record<string, string> = {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': r.html === undefined ? SAFE_BYTES : SAFE_PAGE,
    ...r.headers,
  }
  res.writeHead(r.status, { ...headers, 'content-length': String(body.length) })
  res.end(res.req.method === 'HEAD' ? undefined : body)
}
