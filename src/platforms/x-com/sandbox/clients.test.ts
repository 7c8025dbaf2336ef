/** Other people's libraries against this imitation: what they send is not ours, so it cannot share our mistakes. */
import { Client, OAuth2 } from '@xdevplatform/xdk'
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

test('X’s own XDK connects, publishes with a picture and a video, reads back, takes down', async () => {
  const { credentials: c } = given()
  const oauth = new OAuth2({
    clientId: c.clientId!,
    clientSecret: c.clientSecret!,
    redirectUri: 'http://127.0.0.1:4999/callback',
    scope: scopes,
  })
  await oauth.setPkceParameters('v'.repeat(43))
  const code = await allowAt(new URL(await oauth.getAuthorizationUrl('state')))
  const { access_token } = await oauth.exchangeCode(code, 'v'.repeat(43))
  // It took hold of fetch when it was loaded, so it is pointed here as a person would point it.
  const client = new Client({ accessToken: access_token, baseUrl: `${box.url}/api.x.com` })
  const me = (await client.users.getMe({ userFields: ['public_metrics'] })).data!
  expect((await client.users.getByUsername(me.username!)).data?.id).toBe(me.id)
  expect((await client.users.getByUsernames([me.username!, 'nobody_at_all'])).data).toHaveLength(1)

  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a33' } })
    .gif()
    .toBuffer()
  const image = await client.media.upload({ media: picture.toString('base64'), mediaCategory: 'tweet_image' })
  const post = await client.posts.create({ text: 'Fresh bread', media: { mediaIds: [image.data!.id!] } })
  expect((await client.posts.getById(post.data!.id!)).data?.text).toMatch(/^Fresh bread/)

  const film = mp4({ ms: 5000 })
  const begun = await client.media.initializeUpload({
    mediaType: 'video/mp4',
    totalBytes: film.length,
    mediaCategory: 'tweet_video',
  })
  const video = begun.data!.id!
  await client.media.appendUpload(video, { media: film.toString('base64'), segmentIndex: 0 })
  await client.media.finalizeUpload(video)
  let state: string | undefined
  while (state !== 'succeeded') {
    state = (await client.media.getUploadStatus(video)).data?.processingInfo?.state
    await new Promise((r) => setTimeout(r, 100))
  }
  await client.posts.create({ text: 'The oven', media: { mediaIds: [video] } })
  expect((await client.posts.delete(post.data!.id!)).data?.deleted).toBe(true)
  expect(box.desk.posts('x-com').filter((p) => !p.deleted)).toHaveLength(1)
  expect(box.desk.notices().map((n) => n.what)).toEqual(['a GIF as tweet_image, not tweet_gif', 'command'])
  expect(box.trouble).toEqual([])
})
