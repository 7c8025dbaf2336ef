import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, httpOf, readFixtures } from '#kit/testing/fixtures.ts'
import type { Access } from './access.ts'
import { usage } from './account.ts'
import { commentsOf, del, editText, type Post, sendComment, submit, submitJson, submitted } from './api.ts'
import platform from './index.ts'
import { about, flairsOf, joined, postRequirements, rulesOf, whoAmI } from './places.ts'
import { askLease, storeOf } from './upload.ts'

const folder = `${import.meta.dirname}/fixtures`
const now = Date.UTC(2026, 10, 22, 12)
const of = (http: Http): Access => ({ http, access: 'token', userAgent: 'web:test:v1 (by /u/test)' })
const refresh = (http: Http) =>
  platform.connect.refresh!(
    { http, realm: 'sandbox', credentials: { clientId: '1', clientSecret: 's' }, now: () => now },
    { access: 'old', refresh: '1-scrubbed', scopes: ['identity'] },
  )

fixtureSuite({
  platform,
  folder,
  calls: {
    token: refresh,
    submit: (http) => submit(of(http), {}),
    submitPoll: (http) => submitJson(of(http), 'submit_poll_post', {}),
    submitGallery: (http) => submitJson(of(http), 'submit_gallery_post.json', {}),
    askLease: (http) => askLease(of(http), 'image/png'),
    submitted: (http) => submitted(of(http), 'x'),
    commentsOf: (http) => commentsOf(of(http), 't3_x'),
    sendComment: (http) => sendComment(of(http), 't3_x', 'x'),
    editText: (http) => editText(of(http), 't3_x', 'x'),
    del: (http) => del(of(http), 't3_x'),
    postRequirements: (http) => postRequirements(of(http), 'x'),
    flairs: (http) => flairsOf(of(http), 'x'),
    rulesOf: (http) => rulesOf(of(http), 'x'),
    about: (http) => about(of(http), 'x'),
    whoAmI: (http) => whoAmI(of(http)),
    joined: (http) => joined(of(http)),
  },
})

const fixture = (name: string) => readFixtures(folder).find(([n]) => n === name)![1]
const http = (name: string) => httpOf(platform, fixture(name))

test('ids come bare, as fullnames, or not at all', async () => {
  expect(await submit(of(http('submit.self')), {})).toMatchObject({ fullname: 't3_4bbe4b' })
  expect(await submitJson(of(http('submitPoll.ok')), 'submit_poll_post', {})).toMatchObject({ fullname: 't3_ga3hiq' })
  for (const name of ['submit.image', 'submit.video'])
    expect(await submit(of(http(name)), {})).toEqual({ fullname: null, url: null })
})

test('a lease names its store, and the asset its post will carry', async () => {
  const lease = await askLease(of(http('askLease.video')), 'video/mp4')
  expect(storeOf(lease.args.action)).toBe('https://reddit-uploaded-video.s3-accelerate.amazonaws.com')
  expect(lease.asset.asset_id).toBe('5ph4906syw261')
  const { posts } = await submitted(of(http('submitted.media')), 'x')
  expect(posts.map((p) => p.url)).toContain('https://v.redd.it/5ph4906syw261')
})

test('the refresh token that comes back is kept, and so is one that does not', async () => {
  const expected = { access: 'eyJ.scrubbed', refresh: '1-scrubbed', expiresAt: new Date(now + 3_600_000).toISOString() }
  expect(await refresh(http('token.refreshed'))).toMatchObject(expected)
  const { refresh_token: _, ...body } = fixture('token.refreshed').response.body as Record<string, unknown>
  const silent = { ...fixture('token.refreshed'), response: { ...fixture('token.refreshed').response, body } }
  expect(await refresh(httpOf(platform, silent))).toMatchObject(expected)
})

test('a community nobody knows is told by an empty listing', async () => {
  expect(await about(of(http('about.unknown')), 'x')).toBeUndefined()
})

test('polls are text posts with a tail, pictures and films are not', async () => {
  const read = (name: string) =>
    (fixture(name).response.body as [{ data: { children: { data: Post }[] } }])[0].data.children[0]!.data
  expect(read('commentsOf.poll')).toMatchObject({ is_self: true, selftext: expect.stringContaining('[View Poll]') })
  expect(read('commentsOf.poll').poll_data).toBeTruthy()
  expect(read('commentsOf.image')).toMatchObject({ is_self: false, url: 'https://i.redd.it/ky0147al7eze1.png' })
  expect(read('commentsOf.video')).toMatchObject({ is_video: true, url: 'https://v.redd.it/5ph4906syw261' })
  expect(read('commentsOf.gallery').gallery_data!.items[0]!.media_id).toBe('p8lddeag3lze1')
  expect(read('commentsOf.deleted')).toMatchObject({ author: '[deleted]' })
})

test('breaks and windows say when to come back', () => {
  const untilOf = (name: string) => {
    const { status, headers, body } = fixture(name).response
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return (Date.parse(classify(platform.failures, { status, headers, body, text }, now).until!) - now) / 1000
  }
  expect(untilOf('submit.break')).toBe(120)
  expect(untilOf('submit.break-15')).toBe(900)
  expect(untilOf('submit.break-seconds')).toBe(480)
  expect(untilOf('submit.quota')).toBe(3600)
  expect(untilOf('submit.sr-ratelimit')).toBe(600)
  expect(untilOf('submit.429')).toBe(42)
  expect(untilOf('submit.429-html')).toBe(7)
})

test('usage of the window, with decimals as recorded', () => {
  expect(usage({ headers: fixture('askLease.folder').response.headers }, now)).toMatchObject([{ used: 9, cap: 600 }])
})
