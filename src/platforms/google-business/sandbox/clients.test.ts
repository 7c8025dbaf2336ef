/** Google's own libraries against this imitation: what they send is not ours, so it cannot share our mistakes. */
import { businessprofileperformance } from '@googleapis/businessprofileperformance'
import { auth as kinds, mybusinessbusinessinformation } from '@googleapis/mybusinessbusinessinformation'
import { oauth2 } from '@googleapis/oauth2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowAt, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  box = await startForClients([imitation])
})
afterAll(() => box.close())

const callback = 'http://127.0.0.1:4999/callback'
const scope = ['https://www.googleapis.com/auth/business.manage', 'openid', 'email', 'profile']

test('they connect, say who is there, read locations, publish, read back, count and take down', async () => {
  const { clientId, clientSecret } = box.desk.tokens('google-business').credentials as {
    clientId: string
    clientSecret: string
  }
  const auth = new kinds.OAuth2(clientId, clientSecret, callback)
  const url = auth.generateAuthUrl({ access_type: 'offline', prompt: 'consent', scope, state: 's' })
  const { tokens } = await auth.getToken(await allowAt(new URL(url)))
  auth.setCredentials({ refresh_token: tokens.refresh_token })
  await auth.refreshAccessToken()
  const about = await auth.getTokenInfo(auth.credentials.access_token!)
  expect(about.scopes).toEqual(scope)
  const who = oauth2({ version: 'v2', auth })
  const me = (await who.userinfo.get()).data
  expect(me).toMatchObject({ id: about.sub, email: about.email, verified_email: true, name: expect.any(String) })
  expect((await who.tokeninfo({ access_token: auth.credentials.access_token! })).data.user_id).toBe(me.id)

  const places = mybusinessbusinessinformation({ version: 'v1', auth })
  const parent = (box.desk.tokens('google-business').tokens as { account: string }).account
  const list = await places.accounts.locations.list({ parent, readMask: 'name,title,metadata' })
  const name = list.data.locations![0]!.name!
  expect((await places.locations.get({ name, readMask: 'title' })).data.title).toBe(list.data.locations![0]!.title)

  // Google has no library for v4 any more: its users ask through the one that signs in.
  const v4 = `https://mybusiness.googleapis.com/v4/${parent}/${name}/localPosts`
  const made = await auth.request<{ name: string; summary: string }>({
    url: v4,
    method: 'POST',
    data: { languageCode: 'en', topicType: 'STANDARD', summary: 'Fresh bread' },
  })
  const post = `https://mybusiness.googleapis.com/v4/${made.data.name}`
  expect((await auth.request<{ summary: string }>({ url: post })).data.summary).toBe('Fresh bread')

  const numbers = businessprofileperformance({ version: 'v1', auth })
  const range = {
    'dailyRange.startDate.year': 2026,
    'dailyRange.startDate.month': 11,
    'dailyRange.startDate.day': 1,
    'dailyRange.endDate.year': 2026,
    'dailyRange.endDate.month': 11,
    'dailyRange.endDate.day': 3,
  }
  const one = await numbers.locations.getDailyMetricsTimeSeries({ name, dailyMetric: 'WEBSITE_CLICKS', ...range })
  expect(one.data.timeSeries?.datedValues).toHaveLength(3)
  const many = await numbers.locations.fetchMultiDailyMetricsTimeSeries({
    location: name,
    dailyMetrics: ['WEBSITE_CLICKS', 'CALL_CLICKS'],
    ...range,
  })
  expect(many.data.multiDailyMetricTimeSeries?.[0]?.dailyMetricTimeSeries?.[0]?.timeSeries).toEqual(one.data.timeSeries)
  const words = await numbers.locations.searchkeywords.impressions.monthly.list({
    parent: name,
    'monthlyRange.startMonth.year': 2026,
    'monthlyRange.startMonth.month': 9,
    'monthlyRange.endMonth.year': 2026,
    'monthlyRange.endMonth.month': 10,
  })
  expect(words.data.searchKeywordsCounts).toContainEqual(
    expect.objectContaining({ insightsValue: { threshold: '15' } }),
  )

  await auth.request({ url: post, method: 'DELETE' })
  expect(box.desk.posts('google-business').filter((p) => !p.deleted)).toEqual([])
  expect(box.trouble).toEqual([])
})
