/** Over real connections: a refused body must not break the pipe of its sender, nor a deep one the server. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { depthLimit } from './body.ts'
import { type TestApp, testApp } from './testing.ts'

let t: TestApp
let port: number
beforeAll(async () => {
  t = await testApp()
  port = Number(new URL(await t.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => t.close())

/** Sends headers and a whole body, as clients do that listen only when they have sent everything. */
const sendAll = (path: string, body: Buffer, headers: string[] = []): Promise<{ text: string; error: string | null }> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let text = ''
    let error: string | null = null
    socket.on('data', (d: Buffer) => {
      text += d.toString()
    })
    socket.on('error', (e) => {
      error = e.message
    })
    socket.on('close', () => resolve({ text, error }))
    const head = ['host: localhost', 'content-type: application/json', `content-length: ${body.length}`, ...headers]
    socket.write(`POST ${path} HTTP/1.1\r\n${[...head, 'connection: close'].join('\r\n')}\r\n\r\n`)
    socket.write(body)
  })

const address = () => `/api/v1/workspaces/${t.ws}/members`

test.each([1_000_001, 8_000_000])(
  'a JSON body of %i bytes gets 413 and a Problem, and the pipe stays whole',
  async (n) => {
    const body = Buffer.from(JSON.stringify({ name: 'x'.repeat(n) }))
    const { text, error } = await sendAll(address(), body, [`cookie: ${t.owner.cookie}`])
    expect(error).toBeNull()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('"code":"too-large"')
    expect(text).toContain('1,000,000 bytes')
  },
)

test('so does a large body from nobody, and one for an address that is not there', async () => {
  const body = Buffer.alloc(4_000_000, 0x20)
  const nobody = await sendAll(address(), body)
  expect(nobody.text).toMatch(/^HTTP\/1\.1 401 /)
  expect(nobody.error).toBeNull()
  const nowhere = await sendAll('/api/v1/nothing', body)
  expect(nowhere.text).toMatch(/^HTTP\/1\.1 413 /)
  expect(nowhere.error).toBeNull()
})

const deep = (n: number) => `${'{"a":['.repeat(n / 2)}${']}'.repeat(n / 2)}`

test('JSON deeper than our own is refused with 400, everywhere and with an Idempotency-Key', async () => {
  const json = { 'content-type': 'application/json' }
  const as = { cookie: t.owner.cookie }
  for (const url of [address(), '/api/auth/sign-in/email', '/api/v1/setup'])
    for (const headers of [json, { ...json, 'idempotency-key': 'deep-1' }]) {
      const r = await t.send({ method: 'POST', url, headers, as, payload: deep(200_000) })
      expect([url, r.problem?.status, r.problem?.code]).toEqual([url, 400, 'bad-json'])
    }
  const r = await t.send({ method: 'POST', url: address(), headers: json, as, payload: deep(depthLimit + 2) })
  expect(r.problem?.detail).toContain(String(depthLimit))
})

test('brackets in text are no depth', async () => {
  const r = await t.send({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ email: 'a@example.test', password: '[{"\\'.repeat(40) }),
  })
  expect(r.problem?.code).toBe('unauthenticated')
})
