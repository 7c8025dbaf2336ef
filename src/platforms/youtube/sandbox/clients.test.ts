/** Google's own library against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { Readable } from 'node:stream'
import { auth as kinds, youtube } from '@googleapis/youtube'
import { Google } from 'arctic'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { mp4 } from '#kit/testing/video.ts'
import { allowAt, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const clock = manualClock()
let box: TestSandbox
beforeAll(async () => {
  box = await startForClients([imitation], { clock })
})
afterAll(() => box.close())

test('arctic connects, the library refreshes, uploads, reads, comments and takes down', async () => {
  const { clientId, clientSecret } = box.desk.tokens('youtube').credentials as {
    clientId: string
    clientSecret: string
  }
  const callback = 'http://127.0.0.1:4999/callback'
  const google = new Google(clientId, clientSecret, callback)
  const url = google.createAuthorizationURL('state', 'v'.repeat(43), [
    'https://www.googleapis.com/auth/youtube',
    'https://www.googleapis.com/auth/youtube.force-ssl',
    'https://www.googleapis.com/auth/youtube.upload',
  ])
  url.searchParams.set('access_type', 'offline')
  url.searchParams.set('prompt', 'consent')
  const tokens = await google.validateAuthorizationCode(await allowAt(url), 'v'.repeat(43))

  const auth = new kinds.OAuth2(clientId, clientSecret, callback)
  auth.setCredentials({ refresh_token: tokens.refreshToken() })
  const api = youtube({ version: 'v3', auth })
  const mine = await api.channels.list({ part: ['snippet', 'statistics'], mine: true })
  const channel = mine.data.items![0]!
  expect(channel.snippet?.title).toBeTruthy()
  const byId = await api.channels.list({ part: ['snippet'], id: [channel.id!, 'UCnobody'] })
  expect(byId.data.items).toMatchObject([{ id: channel.id, snippet: { title: channel.snippet?.title } }])
  const byHandle = await api.channels.list({ part: ['id'], forHandle: channel.snippet!.customUrl! })
  expect(byHandle.data.items).toMatchObject([{ id: channel.id }])
  const lists = await api.playlists.list({ part: ['snippet'], channelId: channel.id! })
  const named = await api.playlists.list({ part: ['snippet'], id: [lists.data.items![0]!.id!] })
  expect(named.data.items).toEqual([lists.data.items![0]])

  const made = await api.videos.insert({
    part: ['snippet', 'status'],
    requestBody: {
      snippet: { title: 'The oven', categoryId: '22' },
      status: { privacyStatus: 'public', selfDeclaredMadeForKids: false },
    },
    media: { mimeType: 'video/mp4', body: Readable.from([mp4({ ms: 30_000, width: 1280, height: 720 })]) },
  })
  const id = made.data.id!
  const read = await api.videos.list({ part: ['snippet', 'status', 'statistics'], id: [id] })
  expect(read.data.items?.[0]).toMatchObject({ snippet: { title: 'The oven' }, statistics: { viewCount: '0' } })
  clock.advance(600_000)
  const snippet = { videoId: id, topLevelComment: { snippet: { textOriginal: 'Still warm' } } }
  const comment = await api.commentThreads.insert({ part: ['snippet'], requestBody: { snippet } })
  expect(comment.data.id).toBeTruthy()
  // What YouTube only tells itself it ignores when a client sends it back.
  const again = { ...snippet, canReply: true, topLevelComment: { snippet: { textOriginal: 'Gone', videoId: id } } }
  await api.commentThreads.insert({ part: ['snippet'], requestBody: { snippet: again } })
  const list = { playlistId: lists.data.items![0]!.id!, resourceId: { kind: 'youtube#video', videoId: id } }
  await api.playlistItems.insert({ part: ['snippet'], requestBody: { snippet: { ...list, title: 'The oven' } } })
  expect(box.desk.notices().map((x) => [x.kind, x.what])).toEqual([
    ['unknown-field', 'comment_thread.snippet.canReply'],
    ['unknown-field', 'comment_thread.snippet.top_level_comment.snippet.videoId'],
    ['unknown-field', 'playlist_item.snippet.title'],
  ])
  await api.videos.delete({ id })
  expect(box.desk.posts('youtube').filter((p) => !p.deleted)).toEqual([])
  expect(box.trouble).toEqual([])
})
