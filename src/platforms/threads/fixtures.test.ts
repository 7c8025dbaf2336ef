import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import type { ConnectContext } from '#kit/client/platform.ts'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, readFixtures } from '#kit/testing/fixtures.ts'
import {
  type Access,
  createContainer,
  deleteMedia,
  listMedia,
  me,
  publishContainer,
  publishingLimit,
  readContainer,
  readerOf,
  readInsights,
  readMedia,
} from './api.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: Http): Access => ({ ...readerOf(http, 'token'), user: '1' })
const now = Date.UTC(2026, 10, 22)
const all = { replies: true, deletes: true }

/** The fixture answers the first call of connecting, the rest is as it always is. */
const connecting = (http: Http): ConnectContext => {
  const rest = [
    { access_token: 'THQ_long', token_type: 'bearer', expires_in: 5_183_944 },
    { data: { is_valid: true, scopes: ['threads_basic', 'threads_content_publish'] } },
    { id: '12345678', username: 'example' },
  ]
  let n = 0
  return {
    http: async (r) => {
      if (n++ === 0) return http(r)
      const body = r.expect ? r.expect.parse(rest.shift()) : rest.shift()
      return { status: 200, headers: {}, text: '', body: body as never }
    },
    realm: 'live',
    browserUrl: (url) => url,
    credentials: { clientId: '1', clientSecret: 'secret' },
    redirectUri: 'https://clarion.example/oauth/threads/callback',
    state: 's',
    now: () => now,
  }
}

fixtureSuite({
  platform,
  folder,
  calls: {
    createContainer: (http) => createContainer(of(http), {}),
    publishContainer: (http) => publishContainer(of(http), '1', 'posts'),
    readContainer: async (http) => expect((await readContainer(of(http), '1')).status).toMatch(/^[A-Z_]+$/),
    publishingLimit: async (http) => expect((await publishingLimit(of(http), all)).config?.quota_total).toBe(250),
    listThreads: async (http) => expect((await listMedia(of(http), 'threads')).length).toBeGreaterThan(0),
    listReplies: async (http) => expect((await listMedia(of(http), 'replies')).length).toBeGreaterThan(0),
    readMedia: async (http) => expect((await readMedia(of(http), '1')).permalink).toContain('/post/'),
    postInsights: async (http) => {
      const list = await readInsights(of(http), '1/insights', {})
      for (const x of list) expect(x.value).toEqual(expect.any(Number))
    },
    profileInsights: async (http) => {
      const list = await readInsights(of(http), '1/threads_insights', {})
      expect(list.map((x) => x.name)).toContain('views')
      for (const x of list) expect(x.value).toEqual(expect.any(Number))
    },
    deleteMedia: (http) => deleteMedia(of(http), '1'),
    me: async (http) => expect((await me(of(http))).username).toBe('example'),
    exchange: async (http) => {
      const t = connecting(http)
      const begun = await platform.connect.begin(t, {})
      const end = await platform.connect.finish(t, { state: 's', code: 'c' }, begun.keep)
      expect(end).toMatchObject({ grant: { access: 'THQ_long' }, offers: [{ externalId: '12345678' }] })
    },
    refresh: async (http) => {
      const t = { http, realm: 'sandbox' as const, credentials: {}, now: () => now }
      const old = { access: 'old', extra: { renewedAt: '2026-10-01T00:00:00.000Z' } }
      const fresh = await platform.connect.refresh!(t, old)
      expect(Date.parse(fresh.expiresAt!) - now).toBe(5_183_944_000)
    },
  },
})

const until = (name: string) => {
  const f = readFixtures(folder).find(([n]) => n === name)![1]
  const { status, headers, body } = f.response
  return Date.parse(classify(platform.failures, { status, headers, body, text: '' }, 0).until!)
}

test('a spent quota is asked again in an hour, throttling that names no time in a quarter', () => {
  expect(until('graph.9-2207042')).toBe(3_600_000)
  expect(until('graph.4')).toBe(15 * 60_000)
})
