/** What the door refuses before anybody behind it sees it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problems } from '#contract/problems.ts'
import { type TestApp, testApp } from './testing.ts'

let t: TestApp
let url: string
beforeAll(async () => {
  t = await testApp({
    register: () => (bind) =>
      bind('postCreate', async ({ body }) => {
        throw new Error(`let in: ${JSON.stringify(body).slice(0, 100)}`)
      }),
  })
  url = `/api/v1/workspaces/${t.ws}/posts`
})
afterAll(() => t.close())

const json = { 'content-type': 'application/json' }
const send = (payload: string | Buffer, headers: Record<string, string> = json) =>
  t.send({ method: 'POST', url, payload, headers, as: { cookie: t.owner.cookie } })
const withText = (escaped: string) => `{"content":{"segments":[{"text":"${escaped}"}]}}`

test('a 10 MB text is too large, and the limit is named', async () => {
  const r = await send(withText('x'.repeat(10_000_000)))
  expect(r.problem).toMatchObject({ status: 413, code: 'too-large' })
  expect(r.problem?.detail).toContain('1,000,000 bytes')
})

test('a text above 100,000 characters is refused with the field', async () => {
  const r = await send(withText('x'.repeat(100_001)))
  expect(r.problem).toMatchObject({ status: 400, code: 'validation', errors: [{ path: 'content.segments.0.text' }] })
})

test('invalid UTF-8 is refused', async () => {
  for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
    const [before, after] = withText('|').split('|') as [string, string]
    const r = await send(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]))
    expect(r.problem).toMatchObject({ status: 400, code: 'bad-encoding' })
  }
})

test('NUL is refused, escaped in a value, in a key, and in the address', async () => {
  expect((await send(withText('a\\u0000b'))).problem?.code).toBe('bad-encoding')
  expect(
    (
      await send(
        '{"content":{"segments":[{"text":"x"}]},"publications":[{"channelId":"01920000-0000-7000-8000-000000000000","settings":{"a\\u0000":1}}]}',
      )
    ).problem?.code,
  ).toBe('bad-encoding')
  expect(
    (
      await t.send({
        method: 'GET',
        url: `/api/v1/workspaces/${t.ws}/media?cursor=a%00b`,
        as: { cookie: t.owner.cookie },
      })
    ).problem?.code,
  ).toBe('bad-encoding')
  expect(
    (
      await t.send({
        method: 'DELETE',
        url: `/api/v1/workspaces/${t.ws}/members/a%00b`,
        as: { cookie: t.owner.cookie },
      })
    ).problem?.code,
  ).toBe('bad-encoding')
})

test('lone surrogates are refused; a whole pair is text', async () => {
  for (const s of ['\\ud83d', '\\ude00', '\\uD83Dx', '\\ude00\\ud83d'])
    expect((await send(withText(s))).problem?.code).toBe('bad-encoding')
  expect((await send(withText('\\ud83d\\ude00'))).problem?.code).toBe('internal')
})

test('what is not JSON is refused', async () => {
  for (const s of [
    '{',
    '{"a":1}}',
    "{'a':1}",
    'nonsense',
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{"x":1}}}',
  ])
    expect((await send(s)).problem).toMatchObject({ status: 400, code: 'bad-json' })
})

test('another content type is refused, none at all too', async () => {
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])
    expect((await send('a=1', { 'content-type': type })).problem).toMatchObject({
      code: type.startsWith('multipart') ? 'validation' : 'unsupported-media',
    })
  expect((await send('', json)).problem?.code).toBe('validation')
})

test('deep nesting does not bring the server down', async () => {
  const r = await send(`{"content":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
  expect(r.status).toBeGreaterThanOrEqual(400)
  expect(r.problem).not.toBeNull()
  expect((await t.call('me')).status).toBe(200)
})

test('an address that is not UTF-8 is refused', async () => {
  expect(
    (await t.send({ method: 'GET', url: '/api/v1/workspaces/%ff/media', as: { cookie: t.owner.cookie } })).problem
      ?.status,
  ).toBe(400)
})

test('a wrong method is named as such, with the methods that are taken', async () => {
  const r = await t.send({ method: 'PUT', url, payload: '{}', headers: json, as: { cookie: t.owner.cookie } })
  expect(r.problem).toMatchObject({ status: 405, code: 'method-not-allowed' })
  expect(r.headers.allow).toBe('GET, POST')
})

test('an unknown address of the API is not found', async () => {
  for (const path of ['/api/v1/nothing', '/api/', '/media/x/y/z', '/oauth/none', '/health/nothing'])
    expect((await t.send({ method: 'GET', url: path })).problem).toMatchObject({ status: 404, code: 'not-found' })
})

test('a very long id is not found, not an error of ours', async () => {
  expect(
    (await t.send({ method: 'GET', url: `/api/v1/workspaces/${'a'.repeat(2000)}`, as: { cookie: t.owner.cookie } }))
      .problem?.code,
  ).toBe('not-found')
})

test('every error says where it is documented, and never shows a stack', async () => {
  const r = await send(withText('fine'))
  expect(r.problem).toMatchObject({
    type: '/docs/problems#internal',
    code: 'internal',
    title: problems.internal.title,
    status: 500,
  })
  expect(r.text).not.toMatch(/let in|\.ts:\d+|node_modules/)
  expect(r.headers['content-type']).toContain('application/problem+json')
})
