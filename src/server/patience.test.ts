/** Over real sockets: senders who dribble. Times are short here; the mechanism is the same. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { patient, serverPatience, takeYourTime } from './patience.ts'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const serve = async (listener: RequestListener, bodyMs: number): Promise<number> => {
  server = createServer(serverPatience, patient(listener, bodyMs))
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return (server.address() as AddressInfo).port
}

/** Sends a head and then a byte every `everyMs`; gives what came back and how long it lasted (ms). */
const dribble = (port: number, everyMs: number, piece = 'x') =>
  new Promise<{ answer: string; ms: number }>((resolve) => {
    const begun = performance.now()
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.write('POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5000000\r\n\r\n')
    const timer = setInterval(() => socket.write(piece), everyMs)
    socket.on('data', (d) => (answer += d))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ answer, ms: performance.now() - begun })
    })
  })

test('a body that dribbles ends in a Problem, whether it is read, ignored or answered already', {
  timeout: 300_000,
}, async () => {
  const readers: RequestListener[] = [(req) => void req.resume(), () => undefined]
  for (const listener of readers) {
    const { answer, ms } = await dribble(await serve(listener, 300), 20)
    expect(answer).toMatch(/^HTTP\/1.1 408[\s\S]*"code":"too-slow"/)
    expect(ms).toBeLessThan(60_000)
    server.close()
  }
  const early = await dribble(await serve((_req, res) => void res.writeHead(401).end('no'), 300), 20)
  expect(early.answer).toMatch(/^HTTP\/1.1 401/)
  expect(early.ms).toBeLessThan(60_000)
})

test('an upload may take long while it keeps its pace, and no longer', async () => {
  const pace = { silentMs: 1_500, bytesPerSecond: 100, lookMs: 50 }
  const port = await serve((req) => {
    takeYourTime(req, pace)
    req.resume()
    req.on('error', () => undefined)
  }, 200)
  // 25 bytes a second, then 2,000: the first is given up, the second lives past every limit.
  expect((await dribble(port, 40)).ms).toBeLessThan(60_000)
  const fast = dribble(port, 20, 'x'.repeat(40))
  const alive = await Promise.race([fast.then(() => false), new Promise((r) => setTimeout(() => r(true), 1_500))])
  expect(alive).toBe(true)
  // Silence is no pace either.
  expect((await dribble(port, 60_000)).ms).toBeLessThan(60_000)
})

test('a request that came in whole may be answered late', async () => {
  const port = await serve((_req, res) => void setTimeout(() => res.end('late'), 2_000), 1_000)
  const send = { method: 'POST', body: 'x'.repeat(1000) }
  expect(await (await fetch(`http://127.0.0.1:${port}/`, send)).text()).toBe('late')
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('late')
})
