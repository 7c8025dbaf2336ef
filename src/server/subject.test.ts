import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#infra/ids.ts'
import { createLog } from '#infra/log.ts'
import { type TestApp, testApp } from './testing.ts'

const to = new PassThrough()
/** What was logged since the last look. */
const lines = () =>
  String(to.read() ?? '')
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l) as Record<string, unknown>)
const loud = createLog({ logLevel: 'debug', logFormat: 'json' }, to)

let t: TestApp
beforeAll(async () => {
  t = await testApp({
    app: { log: loud },
    register: () => (bind, app) => {
      bind('postGet', async () => {
        throw new Error('broken on purpose')
      })
      app.get('/door/posts/:id/channels/:state', async () => ({}))
    },
  })
})
afterAll(() => t.close())

test('the lines of a request carry its id and the ids of what it is about', async () => {
  lines()
  const post = newId(Date.now())
  const { status, body } = await t.call('postGet', { params: { id: post } })
  expect(status).toBe(500)
  const said = lines()
  const about = { reqId: body.instance, workspace: t.ws, post }
  expect(said.find((l) => l.msg === 'request failed')).toMatchObject(about)
  expect(said.find((l) => l.msg === 'request')).toMatchObject({ ...about, route: 'postGet', status: 500 })
})

test('what stands in an address and is no id is not logged', async () => {
  lines()
  const planted = 's3cr3t-planted-token'
  await t.send({ method: 'GET', url: `/door/posts/${planted}/channels/${planted}?code=${planted}` })
  const said = lines()
  expect(said.find((l) => l.msg === 'request')).toMatchObject({ route: '/door/posts/:id/channels/:state', status: 200 })
  expect(JSON.stringify(said)).not.toContain(planted)
})
