/** Another's library against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { LinkedIn } from 'arctic'
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
  const c = box.desk.tokens('linkedin').credentials
  const client = new LinkedIn(c.clientId!, c.clientSecret!, 'http://127.0.0.1:4999/callback')
  const url = client.createAuthorizationURL('state', ['openid', 'profile', 'w_member_social'])
  const tokens = await client.validateAuthorizationCode(await allowAt(url))
  const res = await fetch('https://api.linkedin.com/v2/userinfo', {
    headers: { authorization: `Bearer ${tokens.accessToken()}` },
  })
  expect(await res.json()).toMatchObject({ sub: expect.any(String), name: expect.any(String) })
  expect(box.trouble).toEqual([])
})
