/** Another's library against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { Facebook } from 'arctic'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowAt, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  box = await startForClients([imitation])
})
afterAll(() => box.close())

test('arctic connects', async () => {
  const c = box.desk.tokens('facebook').credentials
  const client = new Facebook(c.clientId!, c.clientSecret!, 'http://127.0.0.1:4999/callback')
  const url = client.createAuthorizationURL('state', ['pages_show_list', 'pages_manage_posts'])
  const tokens = await client.validateAuthorizationCode(await allowAt(url))
  const res = await fetch(`https://graph.facebook.com/v24.0/me/accounts?access_token=${tokens.accessToken()}`)
  expect(await res.json()).toMatchObject({ data: [{ id: expect.any(String) }, { id: expect.any(String) }] })
  expect(box.trouble).toEqual([])
})

test('what Meta’s business SDK sends: the node again in the body, lists as JSON', async () => {
  const { page_id: page, page_access_token: token } = box.desk.tokens('facebook').tokens as Record<string, string>
  const call = async (path: string, body?: object) => {
    const res = await fetch(`https://graph.facebook.com/v24.0/${path}access_token=${token}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    return (await res.json()) as { id?: string; data?: unknown[] }
  }
  const { id } = await call(`${page}/feed?`, { id: page, message: 'Fresh bread' })
  expect(id).toMatch(new RegExp(`^${page}_\\d+$`))
  const metric = encodeURIComponent(JSON.stringify(['post_clicks', 'post_media_view']))
  expect((await call(`${id}/insights?metric=${metric}&`)).data).toHaveLength(2)
  expect(await call(`${id}/insights?metric=${encodeURIComponent('["post_clicks"')}&`)).toHaveProperty('error')
  expect(box.trouble).toEqual([])
})
