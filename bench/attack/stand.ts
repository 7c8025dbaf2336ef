/** What every attack is given: a Clarion of its own, its owner's hands, and a server of this machine that nobody may reach through it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MemoryStand } from './memory.ts'

export type Answer = { status: number; headers: Headers; text: string; json: Record<string, unknown> }
export type Ask = {
  method?: string
  /** Sent as JSON; a string or bytes go as they are. */
  body?: unknown
  headers?: Record<string, string>
  /** The owner's cookie, an API key, or nobody. Default the owner. */
  as?: 'owner' | 'nobody' | { key: string } | { cookie: string }
}

export type Stand = MemoryStand & {
  dataDir: string
  /** Calls a path. */
  ask: (path: string, o?: Ask) => Promise<Answer>
  /** Makes an API key with these scopes. */
  key: (scopes: string[]) => Promise<string>
  /** A member with that role, signed in. */
  person: (role: string) => Promise<{ userId: string; cookie: string; email: string; password: string }>
  /** Sandbox channels, one a network. */
  channels: { id: string; platform: string }[]
  /** Ids of every platform. */
  platforms: string[]
  /** The platform of a network's host. */
  at: (host: string) => string
  /** Networks with a webhook: the path of its address. */
  webhooks: { platform: string; path: string }[]
  /** A server on 127.0.0.2 with a secret of this machine. `hits` tells who got there, also without a word of HTTP. */
  inside: Listening
  /** The same on 127.0.0.1, which this Clarion may reach: what gets through to it shows that a way leads anywhere at all. */
  allowed: Listening
  /** Credentials and tokens the desk hands out. */
  tokens: (platform: string) => Promise<{ credentials: Record<string, string>; tokens: Record<string, unknown> }>
}

export type Listening = { origin: string; hits: string[] }

/** One row of the table: what gave way, or null when it held. */
export type Case = { name: string; run: (stand: Stand) => Promise<string | null> }

/** Cases of one part of the issue. */
export const group = (part: string, cases: Record<string, Case['run']>): Case[] =>
  Object.entries(cases).map(([name, run]) => ({ name: `${part} ${name}`, run }))

/** Null when every answer has one of these statuses, else which had not. */
export const only = (answers: Record<string, number>, ...allowed: number[]): string | null => {
  const odd = Object.entries(answers).filter(([, status]) => !allowed.includes(status))
  return odd.length === 0 ? null : odd.map(([what, status]) => `${what}: ${status}`).join(', ')
}

export const asker =
  (url: string, cookie: string): Stand['ask'] =>
  async (path, o = {}) => {
    const as = o.as ?? 'owner'
    const who: Record<string, string> =
      as === 'nobody'
        ? {}
        : as === 'owner'
          ? { cookie, origin: url }
          : 'key' in as
            ? { authorization: `Bearer ${as.key}` }
            : { cookie: as.cookie, origin: url }
    const raw = typeof o.body === 'string' || o.body instanceof Blob || o.body instanceof URLSearchParams
    const json: Record<string, string> = o.body === undefined || raw ? {} : { 'content-type': 'application/json' }
    const res = await fetch(path.startsWith('http') ? path : url + path, {
      method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: { ...who, ...json, ...o.headers },
      body: o.body === undefined ? undefined : raw ? (o.body as BodyInit) : JSON.stringify(o.body),
      signal: AbortSignal.timeout(120_000),
    })
    const text = await res.text()
    let read: unknown
    try {
      read = JSON.parse(text)
    } catch {
      read = null
    }
    const object = read !== null && typeof read === 'object' ? (read as Record<string, unknown>) : {}
    return { status: res.status, headers: res.headers, text, json: object }
  }

/** A server on one address of this machine. A connection counts: whoever comes with TLS never sends it a request. */
export const listening = async (host: string): Promise<Listening & { close: () => void }> => {
  const hits: string[] = []
  const server = createServer((_req, res) => void res.end('a secret of this machine'))
  server.on('connection', () => hits.push(`a connection to ${host}`))
  await new Promise<void>((r) => server.listen(0, host, r))
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  return { origin, hits, close: () => server.close() }
}

export const cookieOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((c) => c.split(';', 1)[0]!)
    .join('; ')

/** Asks again while it is told to wait: passwords may be tried ten times a minute, and setting the stage is no attack. */
export const inTurn = async (run: () => Promise<Answer>): Promise<Answer> => {
  for (let n = 0; ; n++) {
    const r = await run()
    if (r.status !== 429 || n === 30) return r
    await new Promise((done) => setTimeout(done, 5_000))
  }
}

/** Signs in; gives the cookie. */
export const signIn = async (ask: Stand['ask'], who: { email: string; password: string }): Promise<string> => {
  const body = { email: who.email, password: who.password }
  const r = await inTurn(() => ask('/api/auth/sign-in/email', { as: 'nobody', body }))
  if (r.status !== 200) throw new Error(`signing in answered ${r.status}: ${r.text}`)
  return cookieOf(r.headers)
}
