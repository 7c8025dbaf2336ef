import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Http, HttpRequest } from '#kit/client/http.ts'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, httpOf, readFixtures } from '#kit/testing/fixtures.ts'
import * as api from './api.ts'
import platform from './index.ts'
import { openSession, sessionState } from './upload.ts'
import { topicOf, webhook } from './webhook.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: api.Access['http']): api.Access => ({ http, access: 'token' })
const captions = { language: 'en', name: '', text: 'x' }

fixtureSuite({
  platform,
  folder,
  calls: {
    myChannel: (http) => api.myChannel(of(http)),
    videos: (http) => api.videos(of(http), ['x'], 'snippet'),
    sessionState: (http) => sessionState(of(http), 'https://www.googleapis.com/upload/youtube/v3/videos', 9),
    openSession: (http) =>
      openSession(of(http), { body: {}, part: 'snippet', bytes: 9, mime: 'video/mp4', notifySubscribers: true }),
    playlistItems: (http) => api.playlistItems(of(http), 'UU'),
    addToPlaylist: (http) => api.addToPlaylist(of(http), 'PL', 'x'),
    myPlaylists: (http) => api.myPlaylists(of(http)),
    categories: (http) => api.categories(of(http), 'US'),
    addComment: (http) => api.addComment(of(http), 'x', 'text'),
    comments: (http) => api.comments(of(http), 'x'),
    addCaptions: (http) => api.addCaptions(of(http), 'x', captions),
    batchStats: (http) => api.batchStats(of(http), ['x']),
    analytics: (http) => api.analytics(of(http), { from: '2026-11-01', to: '2026-11-02', metrics: ['views'] }),
  },
})

const fixture = (name: string) => readFixtures(folder).find(([n]) => n === name)![1]
const httpFor = (name: string) => of(httpOf(platform, fixture(name)))

describe('what is read out of them', () => {
  const state = (name: string) => sessionState(httpFor(name), 'https://www.googleapis.com/upload/youtube/v3/videos', 9)
  test('a session says how far it is, that it is over, or that it is gone', async () => {
    expect(await state('sessionState.more')).toEqual({ next: 524_288 })
    expect(await state('sessionState.nothing')).toEqual({ next: 0 })
    expect(await state('sessionState.gone')).toBe('gone')
    expect(await state('sessionState.finished')).toMatchObject({ video: { id: 'D-lhorsDlUQ' } })
  })
  test('an account without a channel has none', async () => {
    expect(await api.myChannel(httpFor('myChannel.none'))).toBeUndefined()
  })
  test('reports are added up over days, and null when there are no rows', async () => {
    const ask = { from: '2026-11-01', to: '2026-11-02', metrics: ['estimatedMinutesWatched', 'views'] }
    expect(await api.analytics(httpFor('analytics.ok'), ask)).toEqual({ estimatedMinutesWatched: 35, views: 15 })
    expect(await api.analytics(httpFor('analytics.empty'), ask)).toBeNull()
  })
})

describe('when YouTube may be called again', () => {
  const until = (name: string, now: string) => {
    const { response: r } = fixture(name)
    return classify(platform.failures, { status: r.status, headers: {}, body: r.body, text: '' }, Date.parse(now)).until
  }
  test('a spent quota: at midnight in California', () => {
    expect(until('create.quota', '2026-11-22T12:00:00Z')).toBe('2026-11-23T08:00:00.000Z')
    expect(until('create.quota', '2026-07-22T06:59:59Z')).toBe('2026-07-22T07:00:00.000Z')
  })
  test('the uploads of a channel: a day later', () => {
    expect(until('create.upload-limit', '2026-11-22T12:00:00Z')).toBe('2026-11-23T12:00:00.000Z')
  })
  test('too many calls at once: a minute later', () => {
    expect(until('create.rate-limit', '2026-11-22T12:00:00Z')).toBe('2026-11-22T12:01:00.000Z')
  })
})

describe('WebSub', () => {
  // Fact sheet §9, worked example.
  const secret = 'yt_hub_secret_example'
  const body = Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"><entry><id>yt:video:VIDEO_ID</id><yt:videoId>VIDEO_ID</yt:videoId><yt:channelId>UCxxxx</yt:channelId></entry></feed>',
  )
  const signature = 'sha1=98aacee09f063ac868e21f38c123d8ca82c93f81'
  const t = { credentials: {}, secret, url: 'https://example.com/hook', http: httpFor('videos.ok').http, now: () => 0 }
  const request = (headers: Record<string, string>, content = body) =>
    ({ method: 'POST', headers, query: {}, body: content }) as const

  test('the signature of the worked example holds, another does not', async () => {
    expect(await webhook.verify(t, request({ 'x-hub-signature': signature }))).toBe('ok')
    expect(await webhook.verify({ ...t, secret: 'other' }, request({ 'x-hub-signature': signature }))).toBe('forged')
    expect(await webhook.verify(t, request({ 'x-hub-signature': 'sha1=00' }))).toBe('forged')
  })
  test('an entry and a deletion are understood', () => {
    expect(webhook.events(request({}))).toMatchObject([{ account: 'UCxxxx', does: 'published', ref: 'VIDEO_ID' }])
    const gone = Buffer.from(
      '<feed><at:deleted-entry ref="yt:video:VIDEO_ID" when="2026-11-22T10:00:00+00:00"><at:by><uri>https://www.youtube.com/channel/UCxxxx</uri></at:by></at:deleted-entry></feed>',
    )
    expect(webhook.events(request({}, gone))).toMatchObject([
      { account: 'UCxxxx', does: 'removed', ref: 'VIDEO_ID', key: 'VIDEO_ID/deleted/2026-11-22T10:00:00+00:00' },
    ])
  })
  test('the hub’s question is answered with its challenge; strangers’, other topics and endings are not confirmed', async () => {
    let callback = ''
    const http = async ({ form }: HttpRequest) => {
      callback = form!['hub.callback']!
      return { status: 202, headers: {}, body: undefined, text: '' }
    }
    const channel = { externalId: 'UCxxxx', kind: 'channel', handle: '' }
    await webhook.subscribe!({ ...t, http: http as Http, grant: { access: 'a' }, channel })
    const { word } = Object.fromEntries(new URL(callback).searchParams)
    const ask = (query: Record<string, string>) =>
      webhook.handshake!(t, { method: 'GET', headers: {}, query, body: Buffer.alloc(0) })
    const query = { word: word!, 'hub.mode': 'subscribe', 'hub.topic': topicOf('UCxxxx'), 'hub.challenge': 'c-1' }
    expect(ask(query)).toMatchObject({ status: 200, body: 'c-1' })
    expect(ask({ ...query, word: '' })).toMatchObject({ status: 404 })
    expect(ask({ ...query, 'hub.challenge': '<entry>' })).toMatchObject({ status: 404 })
    expect(ask({ ...query, 'hub.topic': 'https://example.com/feed' })).toMatchObject({ status: 404 })
    expect(ask({ ...query, 'hub.mode': 'unsubscribe' })).toMatchObject({ status: 404 })
    expect(ask({})).toBeNull()
  })
  test('a huge body is not read', () => {
    const huge = Buffer.concat([body, Buffer.alloc(300_000, 32)])
    const signed = createHmac('sha1', secret).update(huge).digest('hex')
    expect(webhook.verify(t, request({ 'x-hub-signature': `sha1=${signed}` }, huge))).toBe('ok')
    expect(webhook.events(request({}, huge))).toEqual([])
  })
})
