import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createHttp } from '#kit/client/http.ts'
import { pkceChallenge } from '#kit/client/oauth2.ts'
import type { WebhookContext } from '#kit/client/webhook.ts'
import { fixtureSuite } from '#kit/testing/fixtures.ts'
import { creatorInfo, fetchStatus, init, userInfo } from './api.ts'
import { bounds, chunksDone, contentRange, planOf } from './chunks.ts'
import { failedTask } from './failures.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const vector = <T>(name: string): T => JSON.parse(readFileSync(`${folder}/vectors/${name}.json`, 'utf8')) as T
const of = (http: Parameters<Parameters<typeof fixtureSuite>[0]['calls'][string]>[0]) => ({ http, access: 'token' })

fixtureSuite({
  platform,
  folder,
  calls: {
    userInfo: (http) => userInfo(of(http), ['user.info.basic']),
    creatorInfo: (http) => creatorInfo(of(http)),
    init: (http) => init(of(http), 'video', {}),
    fetchStatus: (http) => fetchStatus(of(http), 'v_pub_file~v2-1.1'),
  },
})

describe('chunks', () => {
  type Plan = {
    video_size: number
    chunk_size: number
    total_chunk_count: number
    first: string
    last: string
    last_chunk_bytes: number
  }
  const v = vector<{
    documented: Plan[]
    computed: Plan[]
    seed_bug: { video_size: number; chunk_size: number; correct_floor: number }
  }>('chunk-plans')
  for (const p of [...v.documented, ...v.computed])
    test(`${p.video_size} bytes in chunks of ${p.chunk_size}`, () => {
      const plan = planOf(p.video_size, p.chunk_size)
      expect(plan.count).toBe(p.total_chunk_count)
      expect(contentRange(plan, 0)).toBe(p.first)
      expect(contentRange(plan, plan.count - 1)).toBe(p.last)
      const { from, to } = bounds(plan, plan.count - 1)
      expect(to - from).toBe(p.last_chunk_bytes)
    })
  test('the count is rounded down, never up', () => {
    expect(planOf(v.seed_bug.video_size, v.seed_bug.chunk_size).count).toBe(v.seed_bug.correct_floor)
  })
  test('our own cut keeps every rule of the network at every size', () => {
    for (const size of [1, 4_999_999, 5_000_000, 20_000_000, 20_000_001, 64_000_001, 999_999_999, 4_000_000_000]) {
      const p = planOf(size)
      expect(p.count).toBe(Math.floor(size / p.chunk))
      expect(p.count).toBeLessThanOrEqual(1000)
      if (size > 5_000_000) expect(p.chunk).toBeGreaterThanOrEqual(5_242_880)
      expect(p.chunk).toBeLessThanOrEqual(64_000_000)
      const { from, to } = bounds(p, p.count - 1)
      expect(to).toBe(size)
      expect(to - from).toBeLessThanOrEqual(128_000_000)
    }
  })
  test('what TikTok has is read as a count or as the last byte, and nonsense is not believed', () => {
    const p = planOf(35_000_000)
    expect(chunksDone(p, 0)).toBe(0)
    expect(chunksDone(p, 10_000_000)).toBe(1)
    expect(chunksDone(p, 9_999_999)).toBe(1)
    expect(chunksDone(p, 34_999_999)).toBe(3)
    expect(chunksDone(p, 12_345_678)).toBeNull()
    // 30,000,000 is no border: the last chunk carries the rest.
    expect(chunksDone(p, 30_000_000)).toBeNull()
  })
})

test('the PKCE challenge is the hex digest', async () => {
  const v = vector<{ code_verifier: string; tiktok_code_challenge_hex: string }>('pkce')
  expect(await pkceChallenge(v.code_verifier, 'S256-hex')).toBe(v.tiktok_code_challenge_hex)
})

describe('status', () => {
  const v = vector<{ raw: string; fail_reasons: Record<string, string> }>('status')
  test('a post id of 64 bits keeps every digit', async () => {
    const http = createHttp({
      realm: 'sandbox',
      sandboxUrl: 'http://fixture.invalid',
      failures: platform.failures,
      now: () => 0,
      fetch: async () => new Response(v.raw),
    })
    expect((await fetchStatus(of(http), 'x')).postId).toBe('7123456789012345678')
  })
  test('older answers name one id instead of a list', async () => {
    const body = { data: { status: 'PUBLISH_COMPLETE', publicaly_available_post_id: '712' }, error: { code: 'ok' } }
    const http = createHttp({
      realm: 'sandbox',
      sandboxUrl: 'http://fixture.invalid',
      failures: platform.failures,
      now: () => 0,
      fetch: async () => Response.json(body),
    })
    expect((await fetchStatus(of(http), 'x')).postId).toBe('712')
  })
  const kinds: Record<string, string[]> = {
    media_rejected: ['refused-media'],
    retryable_transient: ['try-later'],
    unknown: ['gone'],
    // The token that asks is alive, so the post is begun anew with it.
    auth_expired: ['try-later'],
    rate_limited: ['too-fast'],
    account_problem: ['refused-account'],
    spam_blocked: ['refused-content', 'refused-account'],
  }
  for (const [reason, category] of Object.entries(v.fail_reasons))
    test(`${reason} is ${category}`, () => {
      const { failure } = failedTask(reason, 0)
      expect(kinds[category]).toContain(failure.kind)
      expect(failure.code).toBe(`tiktok.failed.${reason}`)
    })
  test('a reason nobody knows is a refusal all the same, and named', () => {
    expect(failedTask('brand_new_check', 0).failure).toMatchObject({ kind: 'refused-content' })
    expect(failedTask('brand_new_check', 0).failure.message).toContain('brand_new_check')
  })
})

describe('webhooks', () => {
  const v = vector<{
    client_secret: string
    t: string
    raw_body: string
    expected_header: string
    seed_scheme_without_dot_must_not_match: string
    seed_scheme_body_only_must_not_match: string
  }>('webhook-signature')
  const { webhook } = platform
  const at = (seconds: number): WebhookContext => ({
    credentials: { clientSecret: v.client_secret },
    secret: '',
    url: '',
    http: async () => {
      throw new Error('not called')
    },
    now: () => seconds * 1000,
  })
  const signed = (header: string) => ({
    method: 'POST' as const,
    headers: { 'tiktok-signature': header },
    query: {},
    body: Buffer.from(v.raw_body),
  })
  test('the worked example is believed, within five minutes on both sides', async () => {
    const t = Number(v.t)
    for (const [now, verdict] of [
      [t, 'ok'],
      [t + 300, 'ok'],
      [t + 301, 'stale'],
      [t - 301, 'stale'],
    ] as const)
      expect(await webhook!.verify(at(now), signed(v.expected_header))).toBe(verdict)
  })
  test('other ways to sign are forged', async () => {
    for (const s of [v.seed_scheme_without_dot_must_not_match, v.seed_scheme_body_only_must_not_match])
      expect(await webhook!.verify(at(Number(v.t)), signed(`t=${v.t},s=${s}`))).toBe('forged')
    const other = createHmac('sha256', 'another secret').update(`${v.t}.${v.raw_body}`).digest('hex')
    expect(await webhook!.verify(at(Number(v.t)), signed(`t=${v.t},s=${other}`))).toBe('forged')
    for (const header of ['', 't=1', 's=00', `t=x,s=${other}`, `t=${v.t},s=zz`])
      expect(await webhook!.verify(at(Number(v.t)), signed(header))).toBe('forged')
  })
  const events = vector<{ events: { event: string }[] }>('webhook-events').events
  const does: Record<string, string> = {
    'authorization.removed': 'revoked',
    'post.publish.failed': 'refused',
    'post.publish.complete': 'published',
    'post.publish.inbox_delivered': 'published',
    'post.publish.publicly_available': 'published',
    'post.publish.no_longer_publicaly_available': 'removed',
  }
  for (const e of events)
    test(`${e.event} is understood`, () => {
      const body = Buffer.from(JSON.stringify(e))
      const [event] = webhook!.events({ method: 'POST', headers: {}, query: {}, body })
      expect(event).toMatchObject({ does: does[e.event] ?? 'other', account: expect.any(String) })
      if (e.event.startsWith('post.publish')) expect(event!.ref).toMatch(/^v_/)
    })
  test('a post id that comes as a number keeps every digit', () => {
    const content = '{"publish_id":"v_pub_url~v2-1.1","post_id":7123456789012345678}'
    const body = Buffer.from(JSON.stringify({ event: 'post.publish.publicly_available', create_time: 1, content }))
    const [event] = webhook!.events({ method: 'POST', headers: {}, query: {}, body })
    expect(event!.data).toMatchObject({ post_id: '7123456789012345678' })
  })
})
