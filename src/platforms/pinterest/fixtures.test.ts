import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, httpOf, readFixtures } from '#kit/testing/fixtures.ts'
import { usage } from './account.ts'
import {
  type Access,
  accountAnalytics,
  boardPins,
  boards,
  createPin,
  mediaById,
  pinAnalytics,
  pinById,
  registerVideo,
  sections,
  userAccount,
} from './api.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const of = (http: Http): Access => ({ http, access: 'token', environment: 'production' })
const period = { start: '2026-11-01', end: '2026-11-22' }
const now = Date.UTC(2026, 10, 22, 12)
const refresh = (http: Http) =>
  platform.connect.refresh!(
    { http, realm: 'sandbox', credentials: { clientId: '1', clientSecret: 's' }, now: () => now },
    { access: 'old', refresh: 'old', scopes: ['boards:read'], extra: { environment: 'sandbox' } },
  )

fixtureSuite({
  platform,
  folder,
  calls: {
    userAccount: (http) => userAccount(of(http)),
    boards: (http) => boards(of(http)),
    sections: (http) => sections(of(http), '549755885175'),
    boardPins: (http) => boardPins(of(http), { boardId: '549755885175' }),
    pinById: (http) => pinById(of(http), '813744226420795884'),
    createPin: (http) => createPin(of(http), {}),
    registerVideo: (http) => registerVideo(of(http)),
    mediaById: (http) => mediaById(of(http), '12345'),
    pinAnalytics: (http) => pinAnalytics(of(http), '813744226420795884', period, ['IMPRESSION']),
    accountAnalytics: (http) => accountAnalytics(of(http), period, ['IMPRESSION']),
    token: refresh,
  },
})

const fixture = (name: string) => readFixtures(folder).find(([n]) => n === name)![1]

test('a refresh keeps the new refresh token, its 60 days, and the host the grant belongs to', async () => {
  expect(await refresh(httpOf(platform, fixture('token.commas')))).toEqual({
    access: 'pina_scrubbed',
    refresh: 'pinr_scrubbed',
    expiresAt: new Date(now + 30 * 86_400_000).toISOString(),
    refreshExpiresAt: new Date(now + 60 * 86_400_000).toISOString(),
    scopes: ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read'],
    extra: { environment: 'sandbox' },
  })
})

test('numbers of the documented examples in our words', async () => {
  const at = { now: () => Date.UTC(2026, 10, 22) }
  const grant = { access: 'token' }
  const channel = { externalId: '1', kind: 'profile', handle: 'h', name: 'n', facts: {} }
  const of = (name: string) => ({ http: httpOf(platform, fixture(name)), grant, credentials: {}, channel, ...at })
  const published = (kind: string, publishedAt: number) => ({
    created: [{ id: '1', url: null, kind }],
    settings: {},
    publishedAt,
  })
  const film = await platform.insights!.post!(of('pinAnalytics.ok'), published('video', Date.UTC(2026, 10, 1)))
  expect(film!.metrics).toMatchObject({
    impressions: 240,
    clicks: 37,
    saves: 20,
    likes: 12,
    comments: 10,
    views: 20,
    watchTimeMs: 10_031,
    reach: null,
  })
  expect(await platform.insights!.post!(of('pinAnalytics.early'), published('image', Date.UTC(2026, 10, 1)))).toBeNull()
  const old = await platform.insights!.post!(of('pinById.metrics'), published('image', Date.UTC(2026, 0, 1)))
  expect(old!.metrics).toMatchObject({ impressions: 2, clicks: 7, likes: 10, comments: 2, saves: null })
})

test('rate headers: a refusal waits for their end, and the network’s own clock is read', async () => {
  const { status, headers, body } = fixture('createPin.rate-limited').response
  const failure = classify(platform.failures, { status, headers, body, text: '' }, now)
  expect(failure.until).toBe(new Date(now + 30_000).toISOString())
  expect(usage({ headers }, now)).toEqual([])
  const page = await boardPins({ ...of(httpOf(platform, fixture('boardPins.kinds'))) }, { boardId: '1' })
  expect(page.at).toBe(Date.UTC(2026, 0, 1, 20, 10, 45))
})
