import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { fixtureSuite, httpOf, readFixtures } from '#kit/testing/fixtures.ts'
import { followers, memberCount, pageStatistics } from './analytics.ts'
import { createComment, createPost, me, roles } from './api.ts'
import { initialize, initializeVideo } from './assets.ts'
import platform from './index.ts'
import type { Access } from './rest.ts'
import { madeAt } from './witness.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: Http): Access => ({ http, access: 'token', versions: ['202609'] })

fixtureSuite({
  platform,
  folder,
  calls: {
    me: (http) => me(http, 'token'),
    roles: (http) => roles(of(http)),
    createPost: (http) => createPost(of(http), {}),
    createComment: (http) => createComment(of(http), { actor: 'urn:li:person:1', post: 'urn:li:share:1', text: 'x' }),
    initialize: (http) => initialize(of(http), 'images', 'urn:li:person:1'),
    initializeVideo: (http) =>
      initializeVideo(of(http), { owner: 'urn:li:person:1', bytes: 8_388_608, captions: true, thumbnail: true }),
    pageStatistics: (http) => pageStatistics(of(http), 'urn:li:organization:2414183', 'urn:li:share:1'),
    followers: (http) => followers(of(http), 'urn:li:organization:2414183'),
    memberCount: (http) => memberCount(of(http), 'IMPRESSION', 'urn:li:share:1'),
  },
})

const stored = (name: string) => httpOf(platform, readFixtures(folder).find(([n]) => n === name)![1])

test('the id of a post is read from either header', async () => {
  expect(await createPost(of(stored('createPost.ok')), {})).toBe('urn:li:share:6844785523593134080')
  expect(await createPost(of(stored('createPost.other-header')), {})).toBe('urn:li:ugcPost:6844785523593134081')
})

test('an older name of the page, and both forms of a metric’s type, are read', async () => {
  expect(await roles(of(stored('roles.older-name')))).toMatchObject([{ organization: 'urn:li:organization:2414183' }])
  for (const form of ['string-type', 'object-type'])
    expect(await memberCount(of(stored(`memberCount.${form}`)), 'IMPRESSION')).toBe(42)
})

test('a URN tells when its post was made', () => {
  expect(new Date(madeAt('urn:li:share:6844785523593134080')!).toISOString().slice(0, 7)).toBe('2021-09')
  expect(madeAt('urn:li:share:1')).toBeNull()
})
