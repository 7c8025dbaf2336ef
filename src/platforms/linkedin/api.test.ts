import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { postsOf } from './api.ts'

test('one post of a kind nobody knows does not hide the others of a page', async () => {
  const elements = [
    { id: 'urn:li:share:1', commentary: null, content: { media: { title: 'no id' }, celebration: {} } },
    { id: 'urn:li:share:2', commentary: 'ours', content: { poll: 'odd' }, reshareContext: {} },
    { id: 'urn:li:ugcPost:3', content: { media: { id: 'urn:li:image:A' } } },
  ]
  const http = (async (r: Parameters<Http>[0]) => ({
    status: 200,
    headers: {},
    body: r.expect!.parse({ elements }),
    text: '',
  })) as unknown as Http
  const posts = await postsOf({ http, access: 'a', versions: ['202609'] }, 'urn:li:organization:1')
  expect(posts.map((p) => [p.id, p.commentary, p.media])).toEqual([
    ['urn:li:share:1', '', []],
    ['urn:li:share:2', 'ours', []],
    ['urn:li:ugcPost:3', '', ['urn:li:image:A']],
  ])
})
