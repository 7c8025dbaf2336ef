import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemSchema } from '#contract/problems.ts'
import { type Stage, stage } from './starting.ts'

let server: Server
let base: string
let starting: Stage
beforeAll(async () => {
  starting = stage('starting')
  server = createServer(starting.handler)
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

test('while it starts, Clarion is alive and not ready', async () => {
  expect((await fetch(`${base}/health/live`)).status).toBe(200)
  expect((await fetch(`${base}/health/ready`)).status).toBe(503)
})

test('a program gets the Problem `starting` and is told when to come back', async () => {
  starting.say('making the database')
  const r = await fetch(`${base}/api/v1/me`, { method: 'POST', body: '{}' })
  expect([r.status, r.headers.get('content-type'), r.headers.get('retry-after')]).toEqual([
    503,
    'application/problem+json',
    '1',
  ])
  expect(problemSchema.parse(await r.json())).toMatchObject({
    code: 'starting',
    status: 503,
    detail: 'making the database',
  })
})

test('a person gets a page that says how far it is and loads itself again', async () => {
  starting.say('applying <0001>')
  const text = await (await fetch(`${base}/calendar`, { headers: { accept: 'text/html,*/*' } })).text()
  expect(text).toContain('http-equiv="refresh"')
  expect(text).toContain('applying &#60;0001&#62;')
})
