import { expect, test } from 'vitest'
import type { WorldFetch } from '#kit/sandbox/imitation.ts'
import { createPostman } from './postman.ts'

const hook = { url: 'http://127.0.0.1/hook', headers: { 'x-sig': '1' }, body: '{}' }
const sending = (...statuses: (number | 'broken')[]) => {
  const bodies: string[] = []
  const send = (async (_url: unknown, init?: { body?: string }) => {
    bodies.push(String(init?.body))
    const status = statuses.shift() ?? 200
    if (status === 'broken') throw new TypeError('fetch failed')
    return new Response(null, { status })
  }) as WorldFetch
  return { bodies, send }
}
const until = async (done: () => boolean) => {
  for (let n = 0; n < 12_000 && !done(); n++) await new Promise((r) => setTimeout(r, 10))
}

test('a webhook is sent again until somebody takes it, and the desk remembers how it went', async () => {
  const { bodies, send } = sending(500, 'broken', 204)
  const postman = createPostman({ send })
  postman.deliver('toy', hook)
  await until(() => postman.sent[0]!.status === 204)
  expect(postman.sent).toMatchObject([{ platform: 'toy', status: 204, tries: 3 }])
  expect(bodies).toEqual(['{}', '{}', '{}'])
  await postman.close()
})

test('after three times it is dropped, and said so', async () => {
  const told: unknown[] = []
  const postman = createPostman({ send: sending(403, 403, 403, 403).send, log: (_m, details) => told.push(details) })
  postman.deliver('toy', hook)
  await until(() => told.length > 0)
  expect(postman.sent).toMatchObject([{ status: 403, tries: 3 }])
  await postman.close()
})

test('order is kept, and closing does not wait for what nobody takes', async () => {
  const { bodies, send } = sending(200, 'broken')
  const postman = createPostman({ send })
  for (const body of ['1', '2', '3']) postman.deliver('toy', { ...hook, body })
  await until(() => bodies.length >= 2)
  const began = performance.now()
  await postman.close()
  expect(bodies.slice(0, 2)).toEqual(['1', '2'])
  expect(performance.now() - began).toBeLessThan(20_000)
})
