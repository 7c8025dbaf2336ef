import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'
import { readMultipart } from '../sandbox/multipart.ts'
import { createHttp } from './http.ts'
import { createSend, multipartBody, type SendInit } from './send.ts'

const send = createSend()

type Seen = { req: IncomingMessage; body: Buffer }
let answer: (seen: Seen, res: ServerResponse) => void = (_, res) => res.end()
let early: ((res: ServerResponse) => void) | null = null
let seen: Seen | undefined
const server = createServer((req, res) => {
  if (early) return early(res)
  const chunks: Buffer[] = []
  req.on('data', (c: Buffer) => chunks.push(c))
  req.on('end', () => {
    seen = { req, body: Buffer.concat(chunks) }
    answer(seen, res)
  })
})
let url: string
let dir: string
let file: Blob
const bytes = Buffer.alloc(3_000_000, 'clarion ')
beforeAll(async () => {
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  dir = await mkdtemp(join(tmpdir(), 'clarion-send-'))
  await writeFile(join(dir, 'file'), bytes)
  file = await openAsBlob(join(dir, 'file'))
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((r) => server.close(r))
  await rm(dir, { recursive: true })
})

const put = (body: Blob, init: SendInit = {}) => send(url, { method: 'PUT', body, ...init })

it('sends a file whole and a part of it, with its length', async () => {
  answer = (_, res) => res.writeHead(201, { 'x-one': 'a' }).end('{"id":7}')
  const res = await put(file, { headers: { 'X-Token': 't' } })
  expect(seen!.body.equals(bytes)).toBe(true)
  expect(seen!.req.headers).toMatchObject({ 'x-token': 't', 'content-length': String(bytes.length) })
  expect([res.status, res.headers.get('x-one'), await res.text()]).toEqual([201, 'a', '{"id":7}'])
  await put(file.slice(1_000_000, 1_000_008))
  expect(seen!.body.toString()).toBe('clarion ')
  await put(new Blob([]))
  expect(seen!.req.headers['content-length']).toBe('0')
})

it.each([204, 308, 404, 999])('gives status %i as it is, and follows nothing', async (status) => {
  answer = (_, res) => res.writeHead(status, { location: `${url}/elsewhere` }).end()
  const res = await put(file)
  expect([res.status, res.headers.get('location'), await res.text()]).toEqual([status, `${url}/elsewhere`, ''])
})

it('gives a refusal that comes before the last byte was taken', async () => {
  early = (res) => res.writeHead(413, { connection: 'close' }).end('too much')
  try {
    const res = await put(file)
    expect([res.status, await res.text()]).toEqual([413, 'too much'])
  } finally {
    early = null
  }
})

const failures: FailureTable = { platform: 'toy', read: () => ({}), rules: [] }
const http = createHttp({ realm: 'live', failures, now: () => 0 })
const failureOf = async (p: Promise<unknown>) => {
  const error = await p.then(
    () => expect.fail('it should have failed'),
    (e: unknown) => e,
  )
  if (!(error instanceof PlatformFailure)) throw error
  return error.failure
}

it('what never left is try-later; a connection lost in the middle is an unknown outcome', async () => {
  const nobody = createServer()
  await new Promise<void>((r) => nobody.listen(0, '127.0.0.1', r))
  const { port } = nobody.address() as AddressInfo
  await new Promise((r) => nobody.close(r))
  const bytes = { method: 'PUT', bytes: file } as const
  expect(await failureOf(http({ ...bytes, url: `http://127.0.0.1:${port}/` }))).toMatchObject({ kind: 'try-later' })
  early = (res) => void setTimeout(() => res.socket!.destroy(), 50)
  expect(await failureOf(http({ ...bytes, url }))).toMatchObject({ kind: 'unknown-outcome' })
  early = () => {}
  expect(await failureOf(http({ ...bytes, url, timeoutMs: 200 }))).toMatchObject({ kind: 'unknown-outcome' })
  early = null
})

it('does not send half of a file that changed under it as if it were whole', async () => {
  const path = join(dir, 'changing')
  await writeFile(path, bytes)
  const blob = await openAsBlob(path)
  await writeFile(path, 'shorter')
  await expect(put(blob)).rejects.toThrow()
})

it('a form is one body of known length: texts as they are, files from the disk', async () => {
  const form = new FormData()
  form.append('caption', 'one\ntwo "three" ąę')
  form.append('tag"s\n', 'a')
  form.append('file', file, 'it "is".mp4')
  answer = (_, res) => res.end('{}')
  await http({ method: 'POST', url, multipart: form })
  const { req, body } = seen!
  expect(req.headers['content-length']).toBe(String(body.length))
  const parts = readMultipart(req.headers['content-type']!, body)!
  expect(parts.map((p) => [p.name, p.filename, p.mime])).toEqual([
    ['caption', undefined, 'text/plain'],
    ['tag%22s%0A', undefined, 'text/plain'],
    ['file', 'it %22is%22.mp4', 'application/octet-stream'],
  ])
  expect(parts[0]!.bytes.toString()).toBe('one\ntwo "three" ąę')
  expect(parts[2]!.bytes.equals(bytes)).toBe(true)
  expect(multipartBody(form).type).not.toBe(multipartBody(form).type)
})

it('connects where it is told, whatever the name says by then', async () => {
  answer = (_, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  const { port } = new URL(url)
  const to = [{ address: '127.0.0.1', family: 4 as const }]
  const get = await send(`http://rebound.example:${port}/x?y=1`, { method: 'GET', headers: { a: 'b' } }, to)
  expect(await get.text()).toBe('{"ok":true}')
  expect([seen!.req.method, seen!.req.url, seen!.req.headers.host]).toEqual([
    'GET',
    '/x?y=1',
    `rebound.example:${port}`,
  ])
  expect(seen!.req.headers['content-length']).toBeUndefined()
  await send(`http://rebound.example:${port}/`, { method: 'POST', body: '{"é":1}' }, to)
  expect([seen!.body.toString(), seen!.req.headers['content-length']]).toEqual(['{"é":1}', '8'])
  // A redirect is an answer, never a way around what was judged.
  answer = (_, res) => res.writeHead(302, { location: 'http://127.0.0.1/' }).end()
  expect((await send(`http://rebound.example:${port}/`, {}, to)).status).toBe(302)
})

it('gives headers as fetch does: in small letters, what came twice in one list', async () => {
  answer = (_, res) => res.writeHead(200, { 'X-Left': ['3', '5'], ToString: 'x' }).end('\ufeff{"é":1}')
  const { headers, text } = await send(url)
  const { date: _date, ...rest } = Object.fromEntries(headers)
  expect(rest).toMatchObject({ 'x-left': '3, 5', tostring: 'x' })
  // A mark of the byte order is no part of the text.
  expect(await text()).toBe('{"é":1}')
})

it('reads share connections; a write has one of its own, unless it may be repeated', async () => {
  const sockets: unknown[] = []
  answer = ({ req }, res) => {
    sockets.push(req.socket)
    res.end('{}')
  }
  const send = createSend()
  const post = { method: 'POST', body: '{}' }
  for (const init of [{}, {}, post, post, { ...post, keep: true }, { ...post, keep: true }, {}]) await send(url, init)
  expect(sockets.map((s) => sockets.indexOf(s))).toEqual([0, 0, 2, 3, 0, 0, 0])
})

it('a kept connection that is closed in the moment of a write leaves it unknown what became of it', async () => {
  const send = createSend()
  answer = (_, res) => res.end('{}')
  await send(url)
  answer = ({ req }) => req.socket.destroy()
  const broken = await send(url, { method: 'POST', body: '{}', keep: true }).catch((e: unknown) => e)
  expect(broken).toMatchObject({ left: true })
  answer = (_, res) => res.end('{}')
  expect((await send(url, { method: 'POST', body: '{}', keep: true })).status).toBe(200)
})

it('gives a packed answer unpacked, and bytes go out as they are', async () => {
  answer = ({ req }, res) =>
    res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`{"said":"${req.headers['accept-encoding']}"}`))
  const res = await send(url, { method: 'POST', body: new Uint8Array([1, 0, 255]) })
  expect([await res.text(), seen!.body]).toEqual(['{"said":"gzip"}', Buffer.from([1, 0, 255])])
})
