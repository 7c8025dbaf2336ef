import { expect, test } from 'vitest'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, readFixtures } from '#kit/testing/fixtures.ts'
import { debugToken } from '../families/meta/login.ts'
import { managedPages } from '../families/meta/pages.ts'
import { ruploadBytes } from '../families/meta/rupload.ts'
import {
  createComment,
  createFeed,
  finishHosted,
  readVideo,
  startHosted,
  startVideo,
  transferVideo,
  uploadPhoto,
} from './api.ts'
import { listPosts, listStories, readCounts, readInsights, readPage } from './api-reads.ts'
import platform from './index.ts'
import { fateOf } from './video.ts'

const folder = `${import.meta.dirname}/fixtures`
type Of = Parameters<Parameters<typeof fixtureSuite>[0]['calls'][string]>[0]
const of = (http: Of) => ({ http, access: 'token', secret: 'secret' })
const bytes = new Blob(['x'])

fixtureSuite({
  platform,
  folder,
  calls: {
    createFeed: async (http) => expect(await createFeed(of(http), '1', { message: 'x' })).toMatch(/^\d+_\d+$/),
    uploadPhoto: (http) => uploadPhoto(of(http), '1', bytes, { mime: 'image/png', alt: '', temporary: false }),
    startVideo: async (http) => expect(await startVideo(of(http), '1', 9)).toMatchObject({ start_offset: 0 }),
    transferVideo: (http) => transferVideo(of(http), '1', '2', 0, bytes),
    startHosted: (http) => startHosted(of(http), '1', 'video_reels'),
    finishHosted: (http) => finishHosted(of(http), '1', 'video_reels', { video_id: '1' }),
    readVideo: (http) => readVideo(of(http), '1'),
    rupload: (http) => ruploadBytes({ http, access: 'token', url: 'https://rupload.facebook.com/x' }, bytes, 0),
    listPosts: async (http) => {
      const posts = await listPosts(of(http), '1', 'published_posts')
      expect(posts.length).toBeGreaterThan(0)
      for (const p of posts) expect(p.createdAt).toBeGreaterThan(Date.UTC(2020, 0))
    },
    listStories: async (http) =>
      expect(await listStories(of(http), '1')).toMatchObject([{ media_id: '300000000000009' }]),
    createComment: (http) => createComment(of(http), '1', 'x'),
    readInsights: (http) => readInsights(of(http), '1', 'insights', {}),
    readCounts: async (http) =>
      expect(await readCounts(of(http), '1')).toEqual({ shares: 2, comments: 5, reactions: 31 }),
    readPage: (http) => readPage(of(http), '1'),
    managedPages: async (http) => {
      const [page] = await managedPages(of(http))
      expect(page!.token).toBeTruthy()
      expect(page!.tasks).toContain('CREATE_CONTENT')
    },
    debugToken: async (http) => {
      const facts = await debugToken({ http, credentials: { clientId: 'a', clientSecret: 'b' } }, 'token')
      expect(facts).toMatchObject({ valid: true, userId: '218471', expiresAt: 1_577_347_200_000 })
    },
  },
})

const body = (name: string) => readFixtures(folder).find(([n]) => n === name)![1].response

test('what a video says of itself is read in both spellings', async () => {
  const of = (name: string) => fateOf(body(name).body as Parameters<typeof fateOf>[0])
  expect(of('readVideo.live')).toBe('live')
  expect(of('readVideo.processing')).toBe('working')
  expect(of('readVideo.sdk-spelling')).toEqual({ error: 'The aspect ratio must be 9:16.' })
})

test('photos of an album are told by the posts that show them, links show none', async () => {
  const { createHttp } = await import('#kit/client/http.ts')
  const answer = body('listPosts.album')
  const http = createHttp({
    realm: 'sandbox',
    sandboxUrl: 'http://fixture.invalid',
    failures: platform.failures,
    now: () => 0,
    fetch: async () => new Response(JSON.stringify(answer.body)),
  })
  expect(await listPosts(of(http), '1', 'published_posts')).toMatchObject([
    { media: ['11', '12'], app: '760000000000101' },
    { media: [], app: null },
  ])
})

test('throttling waits for the minutes Facebook names, and long when it names none', () => {
  const until = (name: string) => {
    const r = body(name)
    return classify(platform.failures, { status: r.status, headers: r.headers, body: r.body, text: '' }, 0).until
  }
  expect(until('createFeed.throttled')).toBe(new Date(19 * 60_000).toISOString())
  expect(until('createFeed.4')).toBe(new Date(15 * 60_000).toISOString())
})
