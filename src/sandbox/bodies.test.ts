/** Over real sockets: bodies that would fill memory wait at the door. */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { type Body, type Budget, bodyReader } from './bodies.ts'

let server: Server
const reading: Body[] = []
afterEach(() => {
  for (const b of reading.splice(0)) b.release()
  server.closeAllConnections()
  server.close()
})
const serve = async (budget: Budget) => {
  const read = bodyReader(budget)
  server = createServer(async (req, res) => {
    const body = await read(req)
    if (typeof body !== 'string') reading.push(body)
    res.end(typeof body === 'string' ? body : `read ${body.bytes.length}`)
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return (server.address() as AddressInfo).port
}
const post = (port: number, sent: number | Buffer, chunked = false) => {
  const body = typeof sent === 'number' ? Buffer.alloc(sent) : sent
  const bytes = body.length
  const req = request({ port, host: '127.0.0.1', method: 'POST', headers: chunked ? {} : { 'content-length': bytes } })
  const answer = new Promise<string>((resolve) => {
    req.on('error', () => resolve('hung up'))
    req.on('response', async (res) => {
      let text = ''
      for await (const d of res) text += d
      resolve(text)
    })
  })
  if (chunked) req.flushHeaders()
  req.end(body)
  return { req, answer }
}

test('bodies wait until they fit beside those that are held, in the order they came', async () => {
  const port = await serve({ maxBody: 1000, inAll: 1000, waitMs: 60_000 })
  const first = await post(port, 800).answer
  expect(first).toBe('read 800')
  const told: string[] = []
  const large = post(port, 900).answer.then((t) => told.push(t))
  await new Promise((r) => setTimeout(r, 50))
  const small = post(port, 150).answer.then((t) => told.push(t))
  await new Promise((r) => setTimeout(r, 100))
  expect(told).toEqual([])
  // A request without a body holds nothing and never waits.
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('read 0')
  for (const b of reading.splice(0)) b.release()
  await large
  for (const b of reading.splice(0)) b.release()
  await small
  expect(told).toEqual(['read 900', 'read 150'])
})

test('whoever leaves while waiting, or waits too long, makes room for the next', async () => {
  const port = await serve({ maxBody: 1000, inAll: 1000, waitMs: 400 })
  expect(await post(port, 1000).answer).toBe('read 1000')
  expect(await post(port, 10).answer).toBe('busy')
  const leaves = post(port, 1000)
  await new Promise((r) => setTimeout(r, 50))
  leaves.req.destroy()
  expect(await leaves.answer).toBe('hung up')
  for (const b of reading.splice(0)) b.release()
  await vi.waitFor(async () => expect(await post(port, 1000).answer).toBe('read 1000'), { timeout: 120_000 })
})

test('a body above the limit is dropped as it comes; one of unknown length counts as the largest', async () => {
  const port = await serve({ maxBody: 1000, inAll: 1500, waitMs: 300 })
  expect(await post(port, 5000).answer).toBe('too-big')
  expect(await post(port, 10, true).answer).toBe('read 10')
  expect(await post(port, 600).answer).toBe('busy')
  expect(await post(port, 400).answer).toBe('read 400')
})

test('a body of many parts is read byte by byte, with a length and without', async () => {
  const port = await serve({ maxBody: 1_000_000, inAll: 2_000_000, waitMs: 60_000 })
  const body = Buffer.from(Array.from({ length: 700_001 }, (_, n) => (n * 31 + (n >> 8)) & 255))
  for (const chunked of [false, true]) {
    expect(await post(port, body, chunked).answer).toBe('read 700001')
    const read = reading.splice(0)
    for (const b of read) b.release()
    expect(read.map((b) => b.bytes.equals(body))).toEqual([true])
  }
})
