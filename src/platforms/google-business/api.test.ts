import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { createPost } from './api.ts'

const answering = (body: unknown) =>
  (async (r: Parameters<Http>[0]) => ({
    status: 200,
    headers: {},
    body: r.expect!.parse(body),
    text: '',
  })) as unknown as Http
const name = 'accounts/1/locations/2/localPosts/3'

test('a post is made when its name is there, whatever else is odd', async () => {
  const odd = {
    name,
    state: 'LIVE',
    summary: 7,
    media: 'none',
    event: { title: null },
    callToAction: [],
    searchUrl: null,
  }
  expect(await createPost({ http: answering(odd), access: 'a' }, 'accounts/1/locations/2', {})).toEqual({
    name,
    state: 'LIVE',
    event: {},
  })
})

test('an answer without a name, or with one of something else, proves nothing', async () => {
  for (const body of [{}, { name: 'locations/2' }, { name: 'accounts/1/locations/2/media/3' }])
    await expect(createPost({ http: answering(body), access: 'a' }, 'accounts/1/locations/2', {})).rejects.toThrow()
})
