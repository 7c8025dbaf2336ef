import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { fetchStatus, listVideos, queryVideos } from './api.ts'

/** A network that answers this as `data`. */
const saying = (data: unknown) => {
  const http = (async (r: Parameters<Http>[0]) => ({
    status: 200,
    headers: {},
    body: r.expect!.parse({ data, error: { code: 'ok' } }),
    text: '',
  })) as unknown as Http
  return { http, access: 'a' }
}

test('a status is read with what TikTok leaves out, or says is nothing', async () => {
  const bare = { status: 'PROCESSING_DOWNLOAD', reason: undefined, postId: null, uploaded: undefined }
  const nothing = { fail_reason: null, publicaly_available_post_id: null, uploaded_bytes: null }
  expect(await fetchStatus(saying({ status: 'PROCESSING_DOWNLOAD' }), 'v')).toEqual(bare)
  expect(await fetchStatus(saying({ status: 'PROCESSING_DOWNLOAD', ...nothing }), 'v')).toEqual(bare)
})

test('one odd post, or none at all, does not hide the list', async () => {
  const odd = { id: 1, create_time: 5, title: null, duration: 'long', share_url: null }
  const { videos } = await listVideos(saying({ videos: [odd, { id: '2', create_time: 6, title: 'ours' }] }))
  expect(videos.map((v) => [v.id, v.title])).toEqual([
    ['1', undefined],
    ['2', 'ours'],
  ])
  expect(await listVideos(saying({ videos: null, has_more: false }))).toMatchObject({ videos: [], has_more: false })
  expect(await queryVideos(saying({ videos: null }), ['1'])).toEqual([])
})
