import { expect, test } from 'vitest'
import { chargesOf } from '#kit/client/charges.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import type { Budget } from '#kit/facts/spec.ts'
import { input, toyNetworks } from '#planner/posts/testing.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { wholeApp } from './testing/whole.ts'

const of = (id: string, method: 'GET' | 'POST' | 'DELETE', url: string) => {
  const { budgets } = platforms.find((p) => p.spec.id === id)!.spec
  return Object.fromEntries(chargesOf(budgets ?? [], method, new URL(url)).map((c) => [c.bucket, c.units]))
}

test.each([
  ['x-com', 'POST', 'https://api.x.com/2/tweets', { 'posts-15m': 1, 'posts-24h-user': 1, 'posts-24h-app': 1 }],
  ['x-com', 'DELETE', 'https://api.x.com/2/tweets/17', { 'deletes-15m': 1 }],
  ['x-com', 'GET', 'https://api.x.com/2/tweets?ids=1', {}],
  ['bluesky', 'POST', 'https://pds.example/xrpc/com.atproto.repo.putRecord', { 'writes-3600': 2, 'writes-86400': 2 }],
  [
    'bluesky',
    'POST',
    'https://pds.example/xrpc/com.atproto.repo.deleteRecord',
    { 'writes-3600': 1, 'writes-86400': 1 },
  ],
  ['bluesky', 'GET', 'https://pds.example/xrpc/com.atproto.repo.getRecord', {}],
  ['reddit', 'GET', 'https://oauth.reddit.com/api/v1/me', { 'calls-600': 1 }],
  ['reddit', 'POST', 'https://www.reddit.com/api/v1/access_token', {}],
  ['pinterest', 'POST', 'https://api.pinterest.com/v5/pins', { 'calls-60': 1, 'calls-86400': 1 }],
  [
    'instagram',
    'POST',
    'https://graph.instagram.com/v25.0/17841/media',
    { containers: 1, 'usage-instagram': 0, 'usage-app': 0 },
  ],
  [
    'instagram',
    'POST',
    'https://graph.facebook.com/v25.0/17841/media_publish',
    { posts: 1, 'usage-instagram': 0, 'usage-app': 0 },
  ],
  ['facebook', 'GET', 'https://graph.facebook.com/v25.0/123', { 'usage-pages': 0, 'usage-app': 0 }],
  ['threads', 'DELETE', 'https://graph.threads.net/v1.0/17', { deletes: 1, 'usage-app': 0 }],
  ['linkedin', 'POST', 'https://api.linkedin.com/rest/posts', { 'posts-day': 1, 'app-posts-day': 1 }],
  ['linkedin', 'POST', 'https://api.linkedin.com/rest/posts/urn%3Ali%3Ashare%3A1', {}],
  ['google-business', 'GET', 'https://mybusiness.googleapis.com/v4/accounts/1', { 'calls-60': 1 }],
] as const)('%s %s %s takes %j', (id, method, url, taken) => expect(of(id, method, url)).toEqual(taken))

test('a budget is named once, and what the network alone counts is told by that name', () => {
  for (const { spec, usage, failures } of platforms) {
    const buckets = (spec.budgets ?? []).map((b) => b.bucket)
    expect([spec.id, new Set(buckets).size]).toEqual([spec.id, buckets.length])
    for (const { spends } of failures.rules)
      if (spends && spec.id !== 'google-business')
        expect([spec.id, spec.budgets?.some((b) => b.told && b.scope === spends)]).toEqual([spec.id, true])
    for (const b of spec.budgets ?? []) {
      // By its headers, or by refusing.
      const tells = usage !== undefined || failures.rules.some((r) => r.spends === b.scope)
      if (b.told) expect([b.bucket, tells]).toEqual([b.bucket, true])
      expect([b.bucket, (b.largest ?? 1) <= b.cap]).toEqual([b.bucket, true])
    }
  }
})

test('a publication without budget waits with the reason and the time, and uses up no try', async () => {
  const plain = toyNetworks().platforms.get('plain')!
  const budget: Budget = {
    ...{
      bucket: 'uploads',
      label: 'Uploads today',
      cap: 2,
      scope: 'channel',
      window: { daily: 'America/Los_Angeles' },
    },
    takes: [{ method: 'POST', url: /^plain\.example\/posts$/ }],
  }
  const sends = step('create', { again: 'never' }, async (s) => {
    await s.http({ method: 'POST', url: 'https://plain.example/posts' })
    return done({ id: '1', url: null })
  })
  const spec = { ...plain.spec, hosts: ['plain.example'], budgets: [budget] }
  const t = await wholeApp({ platforms: [{ ...plain, spec, publish: steps(sends) }] })
  try {
    const channel = await t.channel()
    const { db } = t.database
    const day = { window_start: new Date('2027-03-01T08:00:00Z'), window_end: new Date('2027-03-02T08:00:00Z') }
    const count = { platform: 'plain', account: `channel:${channel}`, bucket: 'uploads', used: 2, cap: 2 }
    await db
      .insertInto('quotas')
      .values({ ...count, ...day })
      .execute()
    const ws = { id: t.ws, timeZone: 'Europe/Warsaw' }
    const post = await t.house.posts.create(ws, t.owner.userId, input('hi', [channel]))
    await t.house.posts.schedule(ws, post.id, { now: true }, null)
    await t.house.publishing.start()
    const { id } = post.publications[0]!
    const now = () => t.house.posts.publicationDetail(ws, id)
    await expect.poll(async () => (await now()).state, { timeout: 60_000 }).toBe('waiting')
    const seen = await now()
    expect(seen).toMatchObject({
      reason: 'plain.budget-spent',
      message: 'Uploads today: the 2 of this window are spent. Clarion goes on when there is room again.',
      nextAt: '2027-03-02T08:00:00.000Z',
    })
    const kept = await db.selectFrom('publications').select('tries').where('id', '=', id).executeTakeFirstOrThrow()
    expect(kept.tries).toBe(0)
    const used = await db.selectFrom('quotas').select('used').where('account', '=', count.account).execute()
    expect(used).toEqual([{ used: 2 }])
  } finally {
    await t.house.publishing.stop(1000)
    await t.close()
  }
})
