import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createHttp } from '#kit/client/http.ts'
import type { WebhookContext, WebhookRequest } from '#kit/client/webhook.ts'
import { classify } from '#kit/facts/failures.ts'
import { defineImitation } from '#kit/sandbox/imitation.ts'
import { startSandbox } from '#sandbox/testing.ts'
import { graphRead, graphRules } from './failures.ts'
import { appSecretProof } from './graph.ts'
import { mayPublish } from './pages.ts'
import { enter, graphAnswer, knowsCaller } from './sandbox/door.ts'
import { issueFor, loginRoutes } from './sandbox/login.ts'
import { fieldNames } from './sandbox/params.ts'
import { allTasks, findOrInventPage, type MetaState, metaSeed } from './sandbox/state.ts'
import { graphUntil, graphUsage } from './usage.ts'
import { metaWebhook, readSignedRequest } from './webhook.ts'

const secret = 'meta_test_app_secret'
/** The worked example of facebook.md §9, byte by byte. */
const raw =
  '{"object":"page","entry":[{"id":"100000000000001","time":1795305600,"changes":[{"field":"feed","value":{"from":{"id":"200000000000002","name":"Bob"},"post_id":"100000000000001_300000000000003","comment_id":"300000000000003_400000000000004","parent_id":"100000000000001_300000000000003","created_time":1795305599,"item":"comment","verb":"add","message":"Zo\\u00eb \\u2764"}}]}]}'
const mark = 'sha256=5d021265d0b8f010b0c8d28c175a8f1f6de4a7939995c6fdcaa81a9f57b0c66f'

const failures = { platform: 'toy', read: graphRead, rules: graphRules('Toy'), until: graphUntil }
const context = (credentials: Record<string, string>): WebhookContext => ({
  credentials,
  secret: 'verify-word',
  url: 'https://example.com/webhooks/toy',
  http: createHttp({ realm: 'live', failures, now: () => 0 }),
  now: () => 1_795_305_700_000,
})
const post = (body: string | Buffer, headers: Record<string, string>): WebhookRequest => ({
  method: 'POST',
  query: {},
  headers,
  body: Buffer.from(body),
})

describe('Meta’s signatures', () => {
  const hook = metaWebhook({ object: 'page', read: (c) => ({ does: 'comment', ref: String(c.value.post_id) }) })
  const t = context({ clientSecret: secret })
  test('hold over the very bytes, and not over the same JSON written anew', async () => {
    expect(await hook.verify(t, post(raw, { 'x-hub-signature-256': mark }))).toBe('ok')
    expect(await hook.verify(t, post(JSON.stringify(JSON.parse(raw)), { 'x-hub-signature-256': mark }))).toBe('forged')
    expect(await hook.verify(context({}), post(raw, { 'x-hub-signature-256': mark }))).toBe('forged')
  })
  test('an entry has the same key when it is sent again at another time', () => {
    const again = raw.replace('"time":1795305600', '"time":1795309999')
    const key = (body: string) => hook.events(post(body, {}))[0]!
    expect(key(again).key).toBe(key(raw).key)
    expect(key(raw)).toMatchObject({ account: '100000000000001', ref: '100000000000001_300000000000003' })
  })
  test('entries without `changes` are read too, other objects not', () => {
    const flat = JSON.stringify({
      object: 'page',
      entry: [{ id: '1', time: 1, field: 'feed', value: { post_id: 'p' } }],
    })
    expect(hook.events(post(flat, {}))).toMatchObject([{ account: '1', ref: 'p' }])
    expect(hook.events(post(raw.replace('"page"', '"user"'), {}))).toEqual([])
  })
  test('a signed_request of a person who removed the app is believed when the secret made it', async () => {
    const signed =
      '3HFBgbyBWKQUDoZ6cNfZd2ac5QInByJkgh4eV1B7kg8.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3OTUzMDU2MDB9'
    expect(readSignedRequest(signed, [secret])).toEqual({ userId: '218471', issuedAt: 1_795_305_600_000 })
    expect(readSignedRequest(signed, ['another'])).toBeNull()
    const form = post(new URLSearchParams({ signed_request: signed }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(await hook.verify(t, form)).toBe('ok')
    expect(hook.events(form)).toMatchObject([{ does: 'revoked', account: '218471' }])
  })
  test('the proof of the secret is the documented one', () => {
    expect(appSecretProof('EAAB_test_token', secret)).toBe(
      '8f21bac51786d854500b48a48c169b6e7f3fc8676260679e0b5550bff245377e',
    )
    expect(createHmac('sha256', secret).update('EAAB_test_token').digest('hex')).toHaveLength(64)
  })
})

describe('usage headers', () => {
  const row = (type: string, call_count: number, minutes: number) => ({
    type,
    call_count,
    total_cputime: 1,
    total_time: 2,
    estimated_time_to_regain_access: minutes,
  })
  const headers = {
    'x-app-usage': '{"call_count":28,"total_time":25,"total_cputime":25}',
    'x-business-use-case-usage': JSON.stringify({
      1: [row('pages', 97, 0), row('instagram', 3, 19)],
      2: [row('pages', 40, 5)],
    }),
  }
  test('become quotas of a hundred, the fullest of each kind', () => {
    expect(graphUsage({ status: 200, headers }, 0)).toMatchObject([
      { bucket: 'usage-app', used: 28, cap: 100, resetsAt: null },
      { bucket: 'usage-pages', used: 97 },
      { bucket: 'usage-instagram', used: 3, resetsAt: new Date(19 * 60_000).toISOString() },
    ])
    expect(graphUsage({ status: 200, headers: { 'x-app-usage': 'broken' } }, 0)).toMatchObject([{ used: 0 }])
  })
  test('name the longest wait', () => {
    expect(graphUntil({ status: 400, headers }, 0)).toBe(19 * 60_000)
  })
})

describe('refusals', () => {
  const kind = (error: object, status = 400) =>
    classify(failures, { status, headers: {}, body: { error }, text: JSON.stringify(error) }, 0).kind
  test('are sorted by code and subcode, not by status', () => {
    expect(kind({ code: 190, error_subcode: 463 })).toBe('reconnect')
    expect(kind({ code: 190, error_subcode: 492 })).toBe('not-permitted')
    expect(kind({ code: 80002 })).toBe('too-fast')
    expect(kind({ code: 250 })).toBe('not-permitted')
    expect(kind({ code: 2, is_transient: true }, 500)).toBe('unknown-outcome')
    expect(kind({ code: 100, error_subcode: 33 })).toBe('unknown-outcome')
    expect(kind({ code: 9999 })).toBe('unknown-outcome')
  })
})

test('a Page may be published to by tasks old and new', () => {
  expect(mayPublish({ tasks: ['ANALYZE'] })).toBe(false)
  expect(mayPublish({ tasks: ['PROFILE_PLUS_CREATE_CONTENT'] })).toBe(true)
  expect(mayPublish({ tasks: ['MANAGE'] })).toBe(true)
})

test('fields are read at their top level', () => {
  expect(fieldNames('id,picture{url},comments.limit(0).summary(true),a{b{c},d}')).toEqual([
    'id',
    'picture',
    'comments',
    'a',
  ])
})

test('two networks behind one host: each answers for its own app and tokens', async () => {
  const network = (platform: string, id: string) =>
    defineImitation<{ meta: MetaState }>({
      platform,
      name: platform,
      hosts: ['graph.facebook.com', 'www.facebook.com'],
      seed: () => ({
        meta: metaSeed({
          app: { id, secret: `${platform}-secret`, name: platform },
          people: [{ id: `1${id}`, name: `Person of ${platform}`, hue: 1 }],
          pages: [
            {
              id: `2${id}`,
              name: platform,
              username: platform,
              category: 'x',
              hue: 1,
              followers: 1,
              tasks: { [`1${id}`]: allTasks },
            },
          ],
        }),
      }),
      routes: (world) => [
        ...loginRoutes(world, { network: platform, accent: '#000' }),
        {
          name: 'who',
          method: 'GET',
          host: 'graph.facebook.com',
          path: '/:version/who',
          handle: (req) => graphAnswer({ headers: {} }, { by: platform, person: enter(world, req).person.id }),
        },
      ],
      answers: knowsCaller,
      posts: () => [],
      accounts: () => [],
      tokens: (world, account) => ({
        credentials: {},
        tokens: issueFor(world, findOrInventPage(world, account), ['pages_show_list']),
      }),
      revoke: () => {},
      faultAnswer: () => ({ status: 500 }),
      render: () => '',
    })
  const s = await startSandbox([network('one', '71'), network('two', '72')])
  for (const [platform, id] of [
    ['one', '71'],
    ['two', '72'],
  ] as const) {
    const { tokens } = s.desk.tokens(platform)
    const who = await s.call('https://graph.facebook.com/v25.0/who', {
      headers: { authorization: `Bearer ${tokens.user_access_token}` },
    })
    expect(await who.json()).toEqual({ by: platform, person: `1${id}` })
    const dialog = await s.call(
      `https://www.facebook.com/v25.0/dialog/oauth?client_id=${id}&response_type=code&scope=pages_show_list&state=x&redirect_uri=${encodeURIComponent('http://127.0.0.1:1/cb')}`,
    )
    expect(await dialog.text()).toContain(`Person of ${platform}`)
  }
  expect(s.trouble).toEqual([])
  await s.close()
})
