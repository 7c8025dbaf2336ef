import { expect, test } from 'vitest'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, readFixtures } from '#kit/testing/fixtures.ts'
import { createPost, me, uploadFinalize, uploadInitialize, uploadOnce, uploadStatus, userPosts } from './api.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: Parameters<Parameters<typeof fixtureSuite>[0]['calls'][string]>[0]) => ({ http, access: 'token' })

fixtureSuite({
  platform,
  folder,
  calls: {
    me: (http) => me(of(http)),
    createPost: (http) => createPost(of(http), { text: 'x' }, false),
    uploadOnce: (http) => uploadOnce(of(http), new Blob(['x']), 'image/png'),
    uploadInitialize: (http) => uploadInitialize(of(http), { mime: 'video/mp4', bytes: 1, category: 'tweet_video' }),
    uploadFinalize: (http) => uploadFinalize(of(http), '1'),
    uploadStatus: (http) => uploadStatus(of(http), '1'),
    userPosts: (http) => userPosts(of(http), '1', 0),
  },
})

const until = (name: string) => {
  const f = readFixtures(folder).find(([n]) => n === name)![1]
  return classify(
    platform.failures,
    { status: f.response.status, headers: f.response.headers, body: f.response.body, text: '' },
    0,
  ).until
}

test('a rate limit waits for the window that is used up', () => {
  expect(until('createPost.rate-limited')).toBe(new Date(1_795_340_000_000).toISOString())
  expect(until('createPost.rate-limited-day')).toBe(new Date(1_795_400_000_000).toISOString())
})
