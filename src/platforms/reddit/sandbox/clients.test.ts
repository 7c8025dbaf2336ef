/** Another's library against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { Reddit } from 'arctic'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowAt, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  box = await startForClients([imitation])
})
afterAll(() => box.close())

test('arctic connects and refreshes; a comment has no answers in the words of Reddit', async () => {
  const c = box.desk.tokens('reddit').credentials
  const client = new Reddit(c.clientId!, c.clientSecret!, 'http://127.0.0.1:4999/callback')
  const url = client.createAuthorizationURL('state', ['identity', 'submit', 'read'])
  url.searchParams.set('duration', 'permanent')
  const tokens = await client.validateAuthorizationCode(await allowAt(url))
  const token = (await client.refreshAccessToken(tokens.refreshToken())).accessToken()

  const headers = { authorization: `Bearer ${token}`, 'user-agent': c.userAgent! }
  const send = async (path: string, form: Record<string, string>) => {
    const body = new URLSearchParams({ api_type: 'json', ...form })
    const res = await fetch(`https://oauth.reddit.com/api/${path}`, { method: 'POST', headers, body })
    return (await res.json()) as { json: { errors: unknown[]; data: { name: string; things: { data: unknown }[] } } }
  }
  const post = await send('submit', { kind: 'self', sr: 'AllAboutBread', title: 'Rye', text: 'Still warm' })
  expect(post.json.errors).toEqual([])
  const comment = await send('comment', { thing_id: post.json.data.name, text: 'And gone' })
  // snoowrap makes an empty list of it.
  expect(comment.json.data.things[0]!.data).toMatchObject({ replies: '' })
  expect(box.trouble).toEqual([])
})
