import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const v4 = 'https://mybusiness.googleapis.com/v4'
const info = 'https://mybusinessbusinessinformation.googleapis.com/v1'
const people = 'https://mybusinessaccountmanagement.googleapis.com/v1'
const numbers = 'https://businessprofileperformance.googleapis.com/v1'
const standing = 'https://mybusinessverifications.googleapis.com/v1'
const bare = 'locations/1220000000000000101'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Issued = { access_token: string; account: string; location: string }
const issued = (account?: string) => box.desk.tokens('google-business', account).tokens as Issued
const call = async (method: string, url: string, body?: unknown, token = issued().access_token) => {
  const res = await box.call(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, headers: res.headers, text, body: text.startsWith('{') ? JSON.parse(text) : null }
}
const posts = () => `${v4}/${issued().location}/localPosts`
const create = (body: Record<string, unknown>) =>
  call('POST', posts(), { topicType: 'STANDARD', summary: 'Rye', ...body })
/** Messages of v4's own detail, with their fields. */
const wrong = async (answer: ReturnType<typeof call>) => {
  const { status, body } = await answer
  const details = body?.error?.details?.[0]
  return {
    status,
    says: details?.errorDetails?.map((e: { field?: string; message: string }) => `${e.field ?? ''}: ${e.message}`),
  }
}
const schedule = {
  startDate: { year: 2027, month: 3, day: 5 },
  startTime: { hours: 19 },
  endDate: { year: 2027, month: 3, day: 5 },
  endTime: { hours: 23 },
}

describe('a post', () => {
  test('is being checked first, shows up in the list a little later, then is live with its link', async () => {
    const made = await create({ languageCode: 'en', callToAction: { actionType: 'CALL' } })
    expect(made.status).toBe(200)
    expect(made.body).toMatchObject({ state: 'PROCESSING', topicType: 'STANDARD', summary: 'Rye', languageCode: 'en' })
    expect(made.body).not.toHaveProperty('searchUrl')
    expect((await call('GET', posts())).body).toEqual({})
    box.desk.advance(6_000)
    expect((await call('GET', posts())).body.localPosts).toHaveLength(1)
    box.desk.advance(6_000)
    const live = (await call('GET', `${v4}/${made.body.name}`)).body
    expect(live).toMatchObject({ state: 'LIVE', searchUrl: expect.stringMatching(/^https:/) })
    expect(Date.parse((await call('GET', posts())).headers.get('date')!)).toBeCloseTo(
      Date.parse(box.desk.clock().now),
      -4,
    )
  })
  test('may be rejected with a 200, and stays in the list as that', async () => {
    box.desk.act('google-business', { do: 'doom' })
    const made = await create({})
    expect(made).toMatchObject({ status: 200, body: { state: 'REJECTED' } })
    box.desk.advance(6_000)
    expect((await call('GET', posts())).body.localPosts[0].state).toBe('REJECTED')
    expect(box.desk.posts('google-business').filter((p) => !p.deleted)).toEqual([])
  })
  test('may be scheduled on Google itself', async () => {
    const scheduledTime = new Date(Date.parse(box.desk.clock().now) + 3_600_000).toISOString()
    const { name } = (await create({ scheduledTime })).body
    box.desk.advance(60_000)
    expect((await call('GET', `${v4}/${name}`)).body.state).toBe('SCHEDULED')
    box.desk.advance(3_600_000)
    expect((await call('GET', `${v4}/${name}`)).body.state).toBe('LIVE')
  })
  test.each([
    ['no topic', { topicType: undefined }, 'topic_type: Topic type is required for post creation.'],
    ['an alert', { topicType: 'ALERT', alertType: 'COVID_19' }, 'topic_type: UNSUPPORTED_VALUE: ALERT'],
    ['no summary', { summary: ' ' }, 'summary: Summary is required.'],
    ['a long summary', { summary: 'a'.repeat(1501) }, 'summary: Must be at most 1500 characters'],
    [
      'a call with an address',
      { callToAction: { actionType: 'CALL', url: 'https://a.example' } },
      'url must not be set',
    ],
    ['a button without one', { callToAction: { actionType: 'BOOK' } }, 'MISSING_DEPENDENT_FIELD: url'],
    [
      'the old offer button',
      { callToAction: { actionType: 'GET_OFFER', url: 'https://a.example' } },
      'UNSUPPORTED_VALUE',
    ],
    ['an event without an event', { topicType: 'EVENT' }, 'event.title: Event title is required.'],
    [
      'an event without an end',
      { topicType: 'EVENT', event: { title: 'a', schedule: { ...schedule, endTime: undefined } } },
      'event.schedule.endTime',
    ],
    [
      'a day that is none',
      {
        topicType: 'EVENT',
        event: { title: 'a', schedule: { ...schedule, startDate: { year: 2027, month: 2, day: 30 } } },
      },
      'INVALID_VALUE',
    ],
    [
      'a long title',
      { topicType: 'EVENT', event: { title: 'a'.repeat(59), schedule } },
      'Must be at most 58 characters',
    ],
    [
      'two patterns',
      {
        topicType: 'EVENT',
        event: { title: 'a', schedule, recurrenceInfo: { dailyPattern: {}, monthlyPattern: { dayOfMonth: 1 } } },
      },
      'one pattern',
    ],
    [
      'a button on an offer',
      { topicType: 'OFFER', event: { title: 'a', schedule }, callToAction: { actionType: 'CALL' } },
      'not with an offer',
    ],
    ['an offer on an update', { offer: { couponCode: 'A' } }, 'offer: FIELD_HAS_DEPENDENCIES'],
    ['an event on an update', { event: { title: 'a', schedule } }, 'event: FIELD_HAS_DEPENDENCIES'],
    ['a name', { name: 'mine' }, 'name: READ_ONLY'],
    ['a time that is past', { scheduledTime: '2020-01-01T00:00:00Z' }, 'EXPIRED_VALUE'],
    ['two photos', { media: [{}, {}] }, 'TOO_MANY_ITEMS'],
    [
      'bytes by reference',
      { media: [{ mediaFormat: 'PHOTO', dataRef: { resourceName: 'x' } }] },
      'only sourceUrl is supported',
    ],
    [
      'a photo nobody can fetch',
      { media: [{ mediaFormat: 'PHOTO', sourceUrl: 'http://127.0.0.1:9/x' }] },
      'Fetching image failed.',
    ],
    [
      'a photo without https',
      { media: [{ mediaFormat: 'PHOTO', sourceUrl: 'http://example.com/x' }] },
      'Fetching image failed.',
    ],
  ])('with %s is refused, and says which field', async (_what, body, says) => {
    const answer = await wrong(create(body))
    expect(answer.status).toBe(400)
    expect(answer.says.join('\n')).toContain(says)
    expect(box.desk.posts('google-business')).toEqual([])
  })
  test('with members nobody knows, or in another type, is not even read', async () => {
    for (const body of [{ title: 'x' }, { event: { place: 'x' } }, { callToAction: { label: 'x' } }, { summary: 7 }])
      expect((await create(body)).body.error.message).toMatch(/Invalid JSON payload/)
    const res = await box.call(posts(), {
      method: 'POST',
      headers: { authorization: `Bearer ${issued().access_token}` },
      body: 'a=1',
    })
    expect(res.status).toBe(400)
  })
  test('with a video breaks the service, each time', async () => {
    const media = [{ mediaFormat: 'VIDEO', sourceUrl: 'https://example.com/v.mp4' }]
    for (let n = 0; n < 2; n++) expect((await create({ media })).status).toBe(500)
  })
})

describe('changing and deleting', () => {
  test('needs a mask, never touches a photo, and is checked again', async () => {
    const { name } = (await create({})).body
    box.desk.advance(10_000)
    const url = `${v4}/${name}`
    const bareRefusal = await call('PATCH', url, { summary: 'New' })
    expect(bareRefusal).toMatchObject({ status: 400, body: { error: { status: 'INVALID_ARGUMENT' } } })
    expect(bareRefusal.body.error).not.toHaveProperty('details')
    expect((await call('PATCH', `${url}?updateMask=media`, { media: [] })).status).toBe(400)
    const changed = await call('PATCH', `${url}?updateMask=summary`, { summary: 'New' })
    expect(changed.body).toMatchObject({ summary: 'New', state: 'PROCESSING' })
    expect(await call('DELETE', url)).toMatchObject({ status: 200, body: {} })
    expect(await call('DELETE', url)).toMatchObject({ status: 404, body: { error: { status: 'NOT_FOUND' } } })
  })
})

describe('accounts and locations', () => {
  test('a mask is required; names are bare; a page has ten where nothing is said', async () => {
    const { account } = issued()
    expect((await call('GET', `${info}/${account}/locations`)).status).toBe(400)
    expect((await call('GET', `${info}/${account}/locations?readMask=name,tilte`)).status).toBe(400)
    const { locations } = (await call('GET', `${info}/${account}/locations?readMask=name,title`)).body
    expect(locations).toEqual([{ name: bare, title: 'Rose Hill Bakery' }])
  })
  test('one place is listed under both its accounts, and under "-" once', async () => {
    const { accounts } = (await call('GET', `${people}/accounts?pageSize=20`)).body
    expect(accounts.map((a: { type: string }) => a.type)).toEqual(['PERSONAL', 'LOCATION_GROUP'])
    const under = async (name: string) =>
      (await call('GET', `${info}/${name}/locations?readMask=name&pageSize=100`)).body.locations.map(
        (l: { name: string }) => l.name,
      )
    for (const a of [...accounts.map((x: { name: string }) => x.name), 'accounts/-'])
      expect((await under(a)).filter((n: string) => n === bare)).toHaveLength(1)
  })
  test('pages follow each other', async () => {
    const url = `${info}/accounts/-/locations?readMask=name&pageSize=2`
    const first = (await call('GET', url)).body
    const second = (await call('GET', `${url}&pageToken=${first.nextPageToken}`)).body
    expect(first.locations).toHaveLength(2)
    expect(second.locations[0].name).not.toBe(first.locations[0].name)
    expect((await call('GET', `${url}&pageToken=x`)).status).toBe(400)
  })
  test('canOperateLocalPost is never there, and no voice of the merchant has a reason', async () => {
    const { locations } = (await call('GET', `${info}/accounts/-/locations?readMask=name,metadata&pageSize=100`)).body
    for (const l of locations) expect(l.metadata).not.toHaveProperty('canOperateLocalPost')
    const [silent] = locations.filter(
      (l: { metadata: { hasVoiceOfMerchant?: boolean } }) => !l.metadata.hasVoiceOfMerchant,
    )
    expect((await call('GET', `${standing}/${silent.name}/VoiceOfMerchantState`)).body).toEqual({ verify: {} })
  })
  test('somebody else’s place is forbidden, a place that is none is not found, a bare name on v4 is a page', async () => {
    const stranger = issued('teo.lis@gmail.example').access_token
    expect((await call('POST', posts(), { topicType: 'STANDARD', summary: 'x' }, stranger)).status).toBe(403)
    expect((await call('GET', `${v4}/accounts/1/locations/2/localPosts`)).body.error.status).toBe('NOT_FOUND')
    const page = await call('GET', `${v4}/${bare}/localPosts`)
    expect(page.status).toBe(404)
    expect(page.text).toMatch(/^<!DOCTYPE html>/)
  })
})

describe('doors', () => {
  test('a dead token, a missing scope, an API that is off', async () => {
    expect((await call('GET', posts(), undefined, 'ya29.nobody')).status).toBe(401)
    box.desk.act('google-business', { do: 'disable', api: 'mybusiness.googleapis.com' })
    const off = await call('GET', posts())
    expect(off).toMatchObject({ status: 403, body: { error: { details: [{ reason: 'SERVICE_DISABLED' }] } } })
    expect((await call('GET', `${people}/accounts`)).status).toBe(200)
  })
  test('300 requests a minute, 10 changes of a profile, none at all before approval', async () => {
    box.desk.setKnobs('google-business', { qpm: 3, editsAMinute: 1 })
    const token = issued().access_token
    expect((await call('POST', posts(), { topicType: 'STANDARD', summary: 'a' }, token)).status).toBe(200)
    expect((await call('POST', posts(), { topicType: 'STANDARD', summary: 'b' }, token)).status).toBe(429)
    expect((await call('GET', posts(), undefined, token)).status).toBe(200)
    expect((await call('GET', posts(), undefined, token)).status).toBe(429)
    box.desk.advance(60_000)
    expect((await call('GET', posts(), undefined, token)).status).toBe(200)
    box.desk.setKnobs('google-business', { qpm: 0 })
    const none = await call('GET', `${people}/accounts`, undefined, token)
    expect(none.body.error.details[0].metadata.quota_limit_value).toBe('0')
  })
})

describe('numbers', () => {
  const ask = (days: string, metric = 'WEBSITE_CLICKS') =>
    call('GET', `${numbers}/${bare}:fetchMultiDailyMetricsTimeSeries?dailyMetrics=${metric}&${days}`)
  const range = (from: Date, to: Date) =>
    [['startDate', from] as const, ['endDate', to] as const]
      .flatMap(([n, d]) => [
        `${n}.year=${d.getUTCFullYear()}`,
        `${n}.month=${d.getUTCMonth() + 1}`,
        `${n}.day=${d.getUTCDate()}`,
      ])
      .map((x) => `dailyRange.${x}`)
      .join('&')
  test('are 64-bit text by day, and absent for the last days', async () => {
    const now = Date.parse(box.desk.clock().now)
    const { body } = await ask(range(new Date(now - 5 * 86_400_000), new Date(now)))
    const { datedValues } = body.multiDailyMetricTimeSeries[0].dailyMetricTimeSeries[0].timeSeries
    expect(datedValues).toHaveLength(6)
    expect(datedValues[0].value).toMatch(/^\d+$/)
    expect(datedValues.at(-1)).not.toHaveProperty('value')
  })
  test('of unknown names, without days or the wrong way round are refused', async () => {
    const [early, late] = [new Date(Date.UTC(2026, 9, 1)), new Date(Date.UTC(2026, 9, 5))]
    expect((await ask(range(early, late), 'LIKES')).status).toBe(400)
    expect((await ask(range(late, early))).status).toBe(400)
    expect((await ask('dailyRange.startDate.year=2026')).status).toBe(400)
    expect((await call('POST', `${v4}/${issued().location}/localPosts:reportInsights`, {})).status).toBe(404)
  })
})
