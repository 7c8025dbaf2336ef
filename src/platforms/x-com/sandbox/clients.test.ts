/** Other people's libraries against this imitation: what they send is not ours, so it cannot share our mistakes. */
import { Twitter } from 'arctic'
import sharp from 'sharp'
import { TwitterApi } from 'twitter-api-v2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { mp4 } from '#kit/testing/video.ts'
import { allowAt, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  // The library sleeps while X works on a video.
  box = await startForClients([imitation], { clock: systemClock })
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

const given = () => box.desk.tokens('x-com')
const scopes = ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access']

test('arctic connects and refreshes', async () => {
  const { credentials: c } = given()
  const client = new Twitter(c.clientId!, c.clientSecret!, 'http://127.0.0.1:4999/callback')
  const code = await allowAt(client.createAuthorizationURL('state', 'v'.repeat(43), scopes))
  const tokens = await client.validateAuthorizationCode(code, 'v'.repeat(43))
  const next = await client.refreshAccessToken(tokens.refreshToken())
  expect(next.accessToken()).not.toBe(tokens.accessToken())
  expect(next.scopes()).toEqual(scopes)
})

test('twitter-api-v2 refreshes, publishes, reads back, takes down', async () => {
  const { credentials: c, tokens } = given()
  const app = new TwitterApi({ clientId: c.clientId!, clientSecret: c.clientSecret! })
  const { client } = await app.refreshOAuth2Token((tokens as { refresh_token: string }).refresh_token)
  const me = await client.v2.me({ 'user.fields': ['public_metrics'] })
  expect(me.data.public_metrics?.followers_count).toBeGreaterThan(0)

  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a33' } })
    .png()
    .toBuffer()
  const image = await client.v2.uploadMedia(picture, { media_type: 'image/png', media_category: 'tweet_image' })
  const post = await client.v2.tweet('Fresh bread', { media: { media_ids: [image] } })
  const read = await client.v2.singleTweet(post.data.id, { 'tweet.fields': ['public_metrics', 'created_at'] })
  expect(read.data.text).toMatch(/^Fresh bread https:\/\/t\.co\//)
  expect(read.data.public_metrics?.like_count).toBe(0)

  const video = await client.v2.uploadMedia(mp4({ ms: 5000 }), {
    media_type: 'video/mp4',
    media_category: 'tweet_video',
  })
  expect((await client.v2.tweet('The oven', { media: { media_ids: [video] } })).data.id).toMatch(/^\d+$/)
  expect(await client.v2.tweetThread(['First', 'Second'])).toHaveLength(2)
  expect((await client.v2.deleteTweet(post.data.id)).data.deleted).toBe(true)
  const up = box.desk.posts('x-com').filter((p) => !p.deleted)
  expect(up.map((p) => p.text.split(' https')[0]).sort()).toEqual(['First', 'Second', 'The oven'])
  expect(box.trouble).toEqual([])
})
