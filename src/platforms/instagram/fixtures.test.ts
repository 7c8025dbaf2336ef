import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, readFixtures } from '#kit/testing/fixtures.ts'
import {
  type Access,
  account,
  bytesUploaded,
  createContainer,
  listComments,
  listMedia,
  me,
  publishContainer,
  publishingLimit,
  readContainer,
  readInsights,
  readMedia,
} from './api.ts'
import { shortToken } from './connect.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: Http): Access => ({
  http,
  access: 'token',
  user: '1',
  way: 'instagram-login',
  host: 'graph.instagram.com',
})
const grant = { access: 'old', extra: { way: 'instagram-login', renewedAt: '2026-10-01T00:00:00.000Z' } }

fixtureSuite({
  platform,
  folder,
  calls: {
    createContainer: (http) => createContainer(of(http), {}),
    publishContainer: (http) => publishContainer(of(http), '1'),
    readContainer: (http) => readContainer(of(http), '1'),
    bytesUploaded: async (http) => expect(await bytesUploaded(of(http), '1')).toBe(4_194_304),
    publishingLimit: (http) => publishingLimit(of(http)),
    listMedia: async (http) => expect((await listMedia(of(http), 'media')).length).toBeGreaterThan(0),
    readMedia: (http) => readMedia(of(http), '1'),
    account: (http) => account(of(http)),
    me: async (http) => expect((await me(of(http))).user_id).toMatch(/^178414/),
    shortToken: async (http) =>
      expect(shortToken((await http({ method: 'POST', url: 'https://api.instagram.com/' })).body)).toEqual({
        access: 'IGAA_short',
        scopes: ['instagram_business_basic', 'instagram_business_content_publish'],
      }),
    refresh: async (http) => {
      const t = { http, realm: 'sandbox' as const, credentials: {}, now: () => Date.UTC(2026, 10, 22) }
      const fresh = await platform.connect.refresh!(t, grant)
      expect(Date.parse(fresh.expiresAt!) - t.now()).toBe(5_183_944_000)
    },
    listComments: async (http) => expect((await listComments(of(http), '1'))[0]!.text).toContain('nihao'),
    readInsights: async (http) =>
      expect((await readInsights(of(http), '1', {}))[0]!.value).toEqual(expect.any(Number) as unknown),
  },
})

const until = (name: string, now: number) => {
  const f = readFixtures(folder).find(([n]) => n === name)![1]
  const { status, headers, body } = f.response
  return Date.parse(classify(platform.failures, { status, headers, body, text: '' }, now).until!) - now
}

test('throttling waits as long as Meta says, a spent quota an hour', () => {
  expect(until('graph.80002', 0)).toBe(19 * 60_000)
  expect(until('graph.9-2207042', 0)).toBe(3_600_000)
})
