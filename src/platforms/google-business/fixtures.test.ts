import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import { classify } from '#kit/facts/failures.ts'
import { openBench } from '#kit/testing/bench.ts'
import { fixtureSuite, httpOf, readFixtures } from '#kit/testing/fixtures.ts'
import { contentOfSample } from '#kit/testing/suite.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import * as api from './api.ts'
import platform from './index.ts'
import { standingOf } from './location.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const folder = `${import.meta.dirname}/fixtures`
const name = 'accounts/1/locations/2/localPosts/3'
const parent = 'accounts/1/locations/2'
const now = Date.UTC(2026, 10, 22, 12)
const of = (http: Http): api.Access => ({ http, access: 'token' })
const days = { metrics: ['WEBSITE_CLICKS'], from: now, to: now }
const refresh = (http: Http) =>
  platform.connect.refresh!(
    { http, realm: 'sandbox', credentials: { clientId: '1', clientSecret: 's' }, now: () => now },
    { access: 'old', refresh: '1//0kept', scopes: [] },
  )

fixtureSuite({
  platform,
  folder,
  calls: {
    createPost: (http) => api.createPost(of(http), parent, {}),
    readPost: (http) => api.readPost(of(http), name),
    patchPost: (http) => api.patchPost(of(http), name, { summary: 'x' }),
    listPosts: (http) => api.listPosts(of(http), parent),
    listAccounts: (http) => api.listAccounts(of(http)),
    listLocations: (http) => api.listLocations(of(http), 'accounts/1'),
    readLocation: (http) => api.readLocation(of(http), '2'),
    voiceOfMerchant: (http) => api.voiceOfMerchant(of(http), '2'),
    listMedia: (http) => api.listMedia(of(http), parent),
    dailyMetrics: (http) => api.dailyMetrics(of(http), '2', days),
    token: refresh,
  },
})

const fixture = (which: string) => readFixtures(folder).find(([n]) => n === which)![1]
const httpFor = (which: string) => of(httpOf(platform, fixture(which)))

describe('what is read out of them', () => {
  test('a refresh keeps the refresh token, which Google does not give again', async () => {
    expect(await refresh(httpOf(platform, fixture('token.ok')))).toMatchObject({
      access: 'ya29.scrubbed',
      refresh: '1//0kept',
      expiresAt: new Date(now + 3_599_000).toISOString(),
    })
  })
  test('numbers are added up; a day without a value is nothing, a metric without days is 0', async () => {
    expect(await api.dailyMetrics(httpFor('dailyMetrics.ok'), '2', days)).toEqual({ WEBSITE_CLICKS: 7, CALL_CLICKS: 0 })
    expect(await api.dailyMetrics(httpFor('dailyMetrics.none'), '2', days)).toEqual({})
  })
  test('lists without members are empty, and Google’s clock is read', async () => {
    expect(await api.listPosts(httpFor('listPosts.none'), parent)).toMatchObject({ localPosts: [] })
    expect(await api.listPosts(httpFor('listPosts.ok'), parent)).toMatchObject({
      nextPageToken: 'x',
      at: Date.UTC(2026, 10, 22, 10, 0, 5),
    })
  })
  test('a location that says nothing of its standing is asked about, and the reason is named', async () => {
    const [, silent] = (await api.listLocations(httpFor('listLocations.ok'), 'accounts/1')).locations
    const asked = (which: string) => standingOf(httpFor(which), silent!)
    expect(await asked('voiceOfMerchant.ok')).toBe('ok')
    expect(await asked('voiceOfMerchant.suspended')).toBe('suspended')
    expect(await asked('voiceOfMerchant.verify')).toBe('verify')
    expect(await asked('createPost.api-disabled')).toBe('unknown')
  })
})

test('a quota that is used up is waited for, a quota of 0 is not', () => {
  const read = (which: string) => {
    const { status, headers, body } = fixture(which).response
    return classify(platform.failures, { status, headers, body, text: JSON.stringify(body) }, now)
  }
  expect(read('createPost.rate-limit').until).toBe(new Date(now + 60_000).toISOString())
  expect(read('createPost.no-quota').until).toBeUndefined()
})

describe('the LocalPost of Google’s reference page', () => {
  const schema = JSON.parse(readFileSync(`${folder}/schema/localposts.v4.schema.json`, 'utf8'))
  const localPost = z.fromJSONSchema(schema)
  let box: TestSandbox
  const bench = () => openBench(platform, box)
  const open: ReturnType<typeof openBench>[] = []
  beforeAll(async () => {
    box = await startSandbox([imitation])
  })
  afterAll(async () => {
    for (const b of open) await b.shelf.close()
    await box.close()
  })
  test('its schema has teeth', () => {
    expect(localPost.safeParse({ topicType: 'STANDARD', summary: 'x' }).success).toBe(true)
    expect(localPost.safeParse({ topicType: 'STANDARD', summary: 'x', title: 'x' }).success).toBe(false)
    expect(localPost.safeParse({ summary: 'x' }).success).toBe(false)
  })
  test.each(samples.map((s) => [s.type, s] as const))(
    'is what Clarion sends and the sandbox answers: %s',
    async (_type, sample) => {
      const b = bench()
      open.push(b)
      const c = await b.connect()
      const run = await b.publish(c, await contentOfSample(b, c, sample))
      expect(run.state).toBe('published')
      const sent = b.ledger().at(-1)!
      expect(localPost.safeParse(sent.raw).error).toBeUndefined()
      const res = await box.call(`https://mybusiness.googleapis.com/v4/${sent.id}`, {
        headers: { authorization: `Bearer ${c.grant.access}` },
      })
      expect(localPost.safeParse(await res.json()).error).toBeUndefined()
    },
  )
})
