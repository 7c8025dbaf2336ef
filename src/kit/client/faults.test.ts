/**
 * Every way a call can end without an answer, on real sockets. What may have left is an unknown outcome; `try-later` is said
 * only of what cannot have left.
 */

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cert, key } from '#infra/testing/certificate.ts'
import { type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'
import { createHttp } from './http.ts'
import { createSend } from './send.ts'

/** What a server does with a connection; what `said` is given runs once the request's head is there. */
type Act = (socket: Socket, said: (then: () => void) => void) => void
type Place = { url: string; heard: () => string; open: () => number; close: () => Promise<void> }
const servers: Place[] = []

const place = async (o: { tls?: 'TLSv1.2' | 'TLSv1.3'; scheme?: string; host?: string }, act: Act): Promise<Place> => {
  let heard = ''
  const sockets = new Set<Socket>()
  const on = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    let then: (() => void) | undefined
    socket.on('error', () => undefined)
    socket.on('data', (d: Buffer) => {
      heard += d.toString('latin1')
      if (!heard.includes('\r\n\r\n')) return
      then?.()
      then = undefined
    })
    act(socket, (f) => {
      then = f
    })
  }
  const server: Server = o.tls ? createTlsServer({ key, cert, maxVersion: o.tls }, on) : createServer(on)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  const { port } = server.address() as AddressInfo
  const made = {
    url: `${o.scheme ?? (o.tls ? 'https' : 'http')}://${o.host ?? 'localhost'}:${port}/posts`,
    heard: () => heard,
    open: () => sockets.size,
    close: async () => {
      for (const s of sockets) s.destroy()
      await new Promise((r) => server.close(r))
    },
  }
  servers.push(made)
  return made
}
const nobody = async (scheme: string) => {
  const p = await place({ scheme }, () => undefined)
  await servers.pop()!.close()
  return p
}

let before: string[]
beforeAll(() => {
  before = getCACertificates('default')
  setDefaultCACertificates([...before, cert])
})
afterAll(async () => {
  setDefaultCACertificates(before)
  await Promise.all(servers.map((s) => s.close()))
})

const failures: FailureTable = { platform: 'toy', read: () => ({}), rules: [] }
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const zipped = gzipSync(Buffer.alloc(40 * 1024 * 1024))

/** Nothing of the request can have left. */
const never = { kind: 'try-later', code: 'http.unreachable' } as const
const broke = { kind: 'unknown-outcome', code: 'http.no-answer' } as const
const late = { kind: 'unknown-outcome', code: 'http.timeout' } as const

const rows: [string, () => Promise<Place>, { kind: string; code: string }][] = [
  ['nobody listens', () => nobody('http'), never],
  ['nobody listens, TLS', () => nobody('https'), never],
  ['the name is not known', async () => ({ ...(await nobody('http')), url: 'http://nobody.invalid/' }), never],
  ['TLS is never answered', () => place({ scheme: 'https' }, () => undefined), never],
  ['TLS is broken off', () => place({ scheme: 'https' }, (s) => s.once('data', () => s.resetAndDestroy())), never],
  ['TLS is closed politely', () => place({ scheme: 'https' }, (s) => s.once('data', () => s.end())), never],
  [
    'TLS is answered in the clear',
    () => place({ scheme: 'https' }, (s) => s.once('data', () => s.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    never,
  ],
  ['the certificate is another name’s', () => place({ tls: 'TLSv1.3', host: '127.0.0.1' }, () => undefined), never],
  ['the same in TLS 1.2', () => place({ tls: 'TLSv1.2', host: '127.0.0.1' }, () => undefined), never],
  ['closed at once', () => place({}, (s) => s.destroy()), broke],
  ['reset after the request', () => place({}, (s, said) => said(() => s.resetAndDestroy())), broke],
  ['closed after the request', () => place({}, (s, said) => said(() => s.end())), broke],
  ['reset after the request, TLS', () => place({ tls: 'TLSv1.3' }, (s, said) => said(() => s.destroy())), broke],
  ['half a head', () => place({}, (s, said) => said(() => s.end('HTTP/1.1 200 OK\r\ncontent-ty'))), broke],
  ['half a body', () => place({}, (s, said) => said(() => s.end(`${head}content-length: 9\r\n\r\n{"id`))), broke],
  [
    'half a body, then reset',
    () =>
      place({}, (s, said) => said(() => s.write(`${head}content-length: 9\r\n\r\n{"id`, () => s.resetAndDestroy()))),
    broke,
  ],
  [
    'pieces without a last one',
    () => place({}, (s, said) => said(() => s.end(`${head}transfer-encoding: chunked\r\n\r\n4\r\n{"id\r\n`))),
    broke,
  ],
  ['another protocol', () => place({}, (s, said) => said(() => s.end('220 mail.example ESMTP\r\n'))), broke],
  [
    'packed, and not readable',
    () => place({}, (s, said) => said(() => s.end(`${head}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n{"a"`))),
    broke,
  ],
  [
    'packed, and far too long',
    () =>
      place({}, (s, said) =>
        said(() => {
          s.write(`${head}content-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`)
          s.end(zipped)
        }),
      ),
    broke,
  ],
  ['never answered', () => place({}, () => undefined), late],
  ['never answered, TLS', () => place({ tls: 'TLSv1.3' }, () => undefined), late],
  ['a head that never ends', () => place({}, (s, said) => said(() => s.write(head))), late],
  [
    'a body that never ends',
    () => place({}, (s, said) => said(() => s.write(`${head}content-length: 9\r\n\r\n{"`))),
    late,
  ],
]

const calls = {
  post: { method: 'POST', json: { text: 'x'.repeat(100) } },
  read: { method: 'GET' },
  file: { method: 'PUT', bytes: new Blob(['x'.repeat(100_000)]) },
} as const

describe.each(Object.entries(calls))('%s', (_, call) => {
  it.each(rows)('%s', async (_name, make, want) => {
    const server = await make()
    const http = createHttp({ realm: 'live', failures, fetch: createSend({ connectMs: 300 }), now: () => 0 })
    const error = await http({ ...call, url: server.url, timeoutMs: want === late ? 400 : 20_000 }).then(
      () => expect.fail('it should have failed'),
      (e: unknown) => e,
    )
    if (!(error instanceof PlatformFailure)) throw error
    expect(error.failure).toMatchObject(want)
    if (want !== never) return
    // Also what was on its way when we gave up has come by then.
    await vi.waitFor(() => expect(server.open()).toBe(0), { timeout: 60_000 })
    expect(server.heard()).not.toContain('/posts')
  })
})
