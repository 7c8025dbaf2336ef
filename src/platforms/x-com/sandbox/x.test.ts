import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'
import { findUrls, weightedLength } from './text.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const redirect = 'http://127.0.0.1:4999/oauth/callback'
const scopes = 'tweet.read tweet.write users.read media.write offline.access'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Pair = { access_token: string; refresh_token: string; user_id: string }
const pair = (account?: string) => box.desk.tokens('x-com', account).tokens as Pair
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const post = (token: string, body: unknown) =>
  box.call('https://api.x.com/2/tweets', {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const ledger = () => box.desk.posts('x-com').filter((p) => !p.deleted)
const client = () => box.desk.tokens('x-com').credentials
const basic = () => ({
  authorization: `Basic ${Buffer.from(`${client().clientId}:${client().clientSecret}`).toString('base64')}`,
})
const token = (form: Record<string, string>, headers = basic()) =>
  box.call('https://api.x.com/2/oauth2/token', { method: 'POST', headers, body: new URLSearchParams(form) })

const authorizeUrl = (change: Record<string, string> = {}) => {
  const url = new URL('https://x.com/i/oauth2/authorize')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  for (const [k, v] of Object.entries({
    response_type: 'code',
    client_id: client().clientId!,
    redirect_uri: redirect,
    scope: scopes,
    state: 's1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...change,
  }))
    url.searchParams.set(k, v)
  return url.href
}
const consent = async (form: Record<string, string>) => {
  const res = await box.call(authorizeUrl(), { method: 'POST', body: new URLSearchParams(form) })
  expect(res.status).toBe(302)
  return new URL(res.headers.get('location')!).searchParams
}
const exchange = (code: string, change: Record<string, string> = {}) =>
  token({ grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier, ...change })

describe('consent and tokens', () => {
  test('the page lists people and scopes, and Allow gives a code that trades once', async () => {
    const page = await (await box.call(authorizeUrl())).text()
    expect(page).toContain('Marta Lindqvist')
    expect(page).toContain('tweet.write')
    const back = await consent({ user: '@harbor_notes', decision: 'allow' })
    expect(back.get('state')).toBe('s1')
    const good = await exchange(back.get('code')!)
    expect(good.status).toBe(200)
    const body = (await good.json()) as Pair
    const me = await box.call('https://api.x.com/2/users/me?user.fields=subscription_type', {
      headers: bearer(body.access_token),
    })
    expect(await me.json()).toMatchObject({ data: { username: 'harbor_notes', subscription_type: 'Premium' } })
    expect((await exchange(back.get('code')!)).status).toBe(400)
  })
  test('Deny comes back as access_denied', async () => {
    expect((await consent({ decision: 'deny' })).get('error')).toBe('access_denied')
  })
  test('localhost, an unknown scope and a missing challenge never reach the consent page', async () => {
    const changes: Record<string, string>[] = [
      { redirect_uri: 'http://localhost:1/x' },
      { scope: 'tweet.fly' },
      { code_challenge: '' },
      { client_id: 'who' },
    ]
    for (const change of changes) expect((await box.call(authorizeUrl(change))).status).toBe(400)
  })
  test('a code dies after 30 seconds, and with a wrong verifier or client', async () => {
    const late = (await consent({ decision: 'allow' })).get('code')!
    box.desk.advance(31_000)
    expect((await exchange(late)).status).toBe(400)
    const code = (await consent({ decision: 'allow' })).get('code')!
    expect((await exchange(code, { code_verifier: `${verifier}x` })).status).toBe(400)
    expect(
      (await token({ grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: 'Basic eDp5' })).status,
    ).toBe(401)
  })
  test('a refresh token rotates: the old one is dead at once', async () => {
    const first = pair()
    const second = (await (
      await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    ).json()) as Pair
    expect((await post(second.access_token, { text: 'fresh' })).status).toBe(201)
    const again = await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    expect(again.status).toBe(400)
    expect(await again.json()).toMatchObject({
      error: 'invalid_request',
      error_description: 'Value passed for the token was invalid.',
    })
  })
  test('an access token ends after two hours of the virtual clock; a revoked one at once', async () => {
    const a = pair()
    box.desk.advance(7200_000)
    expect((await post(a.access_token, { text: 'late' })).status).toBe(401)
    const b = pair()
    expect(
      await (
        await box.call('https://api.x.com/2/oauth2/revoke', {
          method: 'POST',
          headers: basic(),
          body: new URLSearchParams({ token: b.access_token }),
        })
      ).json(),
    ).toEqual({ revoked: true })
    expect((await post(b.access_token, { text: 'gone' })).status).toBe(401)
  })
})

describe('posting', () => {
  test('a post comes back with t.co links and entities, and the ledger keeps what was sent', async () => {
    const sent = 'Tom & Ann <3 https://example.com/a?b=1'
    const res = await post(pair().access_token, { text: sent })
    expect(res.status).toBe(201)
    expect(Number(res.headers.get('x-rate-limit-remaining'))).toBe(99)
    const { data } = (await res.json()) as { data: { text: string } }
    expect(data.text).toMatch(/^Tom &amp; Ann &lt;3 https:\/\/t\.co\/\w{10}$/)
    expect(ledger()).toMatchObject([{ text: sent, raw: { text: sent } }])
  })
  const refusals: [string, unknown, number, RegExp][] = [
    ['an unknown field', { text: 'x', textt: 'y' }, 400, /textt/],
    ['an unknown field inside media', { media: { media_ids: ['1'], alt: 'x' } }, 400, /alt/],
    ['no text at all', {}, 400, /text/],
    ['281 characters', { text: 'a'.repeat(281) }, 403, /not permitted/],
    ['two cashtags', { text: '$AB and $CD' }, 403, /cashtag/],
    [
      'media and a poll at once',
      { text: 'x', media: { media_ids: ['1'] }, poll: { options: ['a', 'b'], duration_minutes: 5 } },
      400,
      /poll/,
    ],
    ['one poll option', { text: 'x', poll: { options: ['a'], duration_minutes: 5 } }, 400, /options/],
    ['a poll of 4 minutes', { text: 'x', poll: { options: ['a', 'b'], duration_minutes: 4 } }, 400, /duration/],
    ['everyone as reply setting', { text: 'x', reply_settings: 'everyone' }, 400, /reply_settings/],
    ['media nobody uploaded', { media: { media_ids: ['123'] } }, 400, /media IDs are invalid/],
    ['a reply to nothing', { text: 'x', reply: { in_reply_to_tweet_id: '1' } }, 404, /Could not find/],
    ['a quote', { text: 'x', quote_tweet_id: '1' }, 403, /Quoting/],
  ]
  test.each(refusals)('%s is refused', async (_name, body, status, says) => {
    const res = await post(pair().access_token, body)
    expect(res.status).toBe(status)
    expect(await res.text()).toMatch(says)
    expect(ledger()).toEqual([])
  })
  test('bodies that are not JSON objects in UTF-8 are refused', async () => {
    for (const body of ['{', '[]', Buffer.from([0x7b, 0xff, 0x7d])]) {
      const res = await box.call('https://api.x.com/2/tweets', {
        method: 'POST',
        headers: { ...bearer(pair().access_token), 'content-type': 'application/json' },
        body,
      })
      expect(res.status).toBe(400)
    }
  })
  test('the same text again is a duplicate that names no id; without the guard it is a second post', async () => {
    const { access_token } = pair()
    await post(access_token, { text: 'twice' })
    const res = await post(access_token, { text: 'twice' })
    expect(res.status).toBe(403)
    expect(await res.json()).toMatchObject({ detail: 'You are not allowed to create a Tweet with duplicate content.' })
    box.desk.setKnobs('x-com', { duplicateGuard: 0 })
    expect((await post(access_token, { text: 'twice' })).status).toBe(201)
    expect(ledger()).toHaveLength(2)
  })
  test('replies go to own posts and to those who called us', async () => {
    const { access_token } = pair()
    box.desk.act('x-com', { do: 'post', account: 'teo_plants', text: 'quiet' })
    box.desk.act('x-com', { do: 'post', account: 'teo_plants', text: 'hey @marta_bakes' })
    const [quiet, called] = ledger()
    expect((await post(access_token, { text: 'r1', reply: { in_reply_to_tweet_id: quiet!.id } })).status).toBe(403)
    expect((await post(access_token, { text: 'r2', reply: { in_reply_to_tweet_id: called!.id } })).status).toBe(201)
  })
  test('premium accounts write 25,000', async () => {
    expect((await post(pair('harbor_notes').access_token, { text: 'a'.repeat(25_000) })).status).toBe(201)
  })
  test('a token without tweet.write is told it may not', async () => {
    const back = await box.call(authorizeUrl({ scope: 'tweet.read users.read' }), {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
    })
    const { access_token } = (await (
      await exchange(new URL(back.headers.get('location')!).searchParams.get('code')!)
    ).json()) as Pair
    expect((await post(access_token, { text: 'x' })).status).toBe(403)
  })
  test('the 101st post in a quarter of an hour is too fast, and says when', async () => {
    const { access_token } = pair()
    for (let i = 0; i < 100; i++) await post(access_token, { text: `n${i}` })
    const res = await post(access_token, { text: 'n100' })
    expect(res.status).toBe(429)
    expect(Number(res.headers.get('x-rate-limit-reset')) * 1000).toBeGreaterThan(Date.parse(box.desk.clock().now))
    box.desk.advance(15 * 60_000)
    expect((await post(access_token, { text: 'n100' })).status).toBe(201)
  })
  test('only the author deletes, and a second time there is nothing', async () => {
    const { access_token } = pair()
    const { data } = (await (await post(access_token, { text: 'x' })).json()) as { data: { id: string } }
    const del = (t: string) =>
      box.call(`https://api.x.com/2/tweets/${data.id}`, { method: 'DELETE', headers: bearer(t) })
    expect((await del(pair('teo_plants').access_token)).status).toBe(403)
    expect(await (await del(access_token)).json()).toEqual({ data: { deleted: true } })
    expect((await del(access_token)).status).toBe(404)
    expect(box.desk.posts('x-com')).toMatchObject([{ deleted: true }])
  })
})

describe('media', () => {
  const upload = (t: string, bytes: Buffer, category = 'tweet_image') => {
    const form = new FormData()
    form.set('media', new Blob([new Uint8Array(bytes)]), 'a.png')
    form.set('media_category', category)
    return box.call('https://api.x.com/2/media/upload', { method: 'POST', headers: bearer(t), body: form })
  }
  const json = (t: string, path: string, body: unknown) =>
    box.call(`https://api.x.com/2/media/${path}`, {
      method: 'POST',
      headers: { ...bearer(t), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  test('one shot, alt text, post: the picture and its words are in the ledger', async () => {
    const t = pair().access_token
    const { data } = (await (await upload(t, PNG)).json()) as { data: { id: string; media_key: string } }
    expect(data).toMatchObject({ media_key: `3_${data.id}`, size: PNG.length })
    expect((await json(t, 'metadata', { id: data.id, metadata: { alt_text: { text: 'a dot' } } })).status).toBe(200)
    expect(
      (await json(t, 'metadata', { id: data.id, metadata: { alt_text: { text: 'a'.repeat(1001) } } })).status,
    ).toBe(400)
    const made = (await (await post(t, { text: 'dot', media: { media_ids: [data.id] } })).json()) as {
      data: { text: string }
    }
    expect(made.data.text).toMatch(/^dot https:\/\/t\.co\/\w+$/)
    expect(ledger()[0]!.media).toMatchObject([{ mime: 'image/png', alt: 'a dot' }])
    expect((await post(pair('teo_plants').access_token, { media: { media_ids: [data.id] } })).status).toBe(400)
    box.desk.advance(86_400_001)
    expect((await post(pair().access_token, { text: 'old', media: { media_ids: [data.id] } })).status).toBe(400)
  })
  test('what is no picture, is too big or has no category is refused', async () => {
    const t = pair().access_token
    expect((await upload(t, Buffer.from('hello'))).status).toBe(400)
    expect((await upload(t, PNG, 'tweet_video')).status).toBe(400)
    expect((await upload(t, Buffer.concat([PNG, Buffer.alloc(5 * 1024 * 1024)]))).status).toBe(413)
  })
  test('chunks: a missing or short segment is refused; a video is ready after processing', async () => {
    const t = pair().access_token
    const video = Buffer.concat([Buffer.from('00000018667479706d703432', 'hex'), Buffer.alloc(3000)])
    const init = (await (
      await json(t, 'upload/initialize', {
        media_type: 'video/mp4',
        total_bytes: video.length,
        media_category: 'tweet_video',
      })
    ).json()) as { data: { id: string } }
    const { id } = init.data
    const append = (index: number, bytes: Buffer) =>
      json(t, `upload/${id}/append`, { segment_index: index, media: bytes.toString('base64') })
    const finalize = () =>
      box.call(`https://api.x.com/2/media/upload/${id}/finalize`, { method: 'POST', headers: bearer(t) })
    expect((await append(1, video.subarray(2000))).status).toBe(200)
    expect((await finalize()).status).toBe(400)
    expect((await append(0, video.subarray(0, 2000))).status).toBe(200)
    expect(await (await finalize()).json()).toMatchObject({
      data: { processing_info: { state: 'pending', check_after_secs: 3 } },
    })
    expect((await post(t, { text: 'v', media: { media_ids: [id] } })).status).toBe(400)
    box.desk.advance(3000)
    const status = await box.call(`https://api.x.com/2/media/upload?command=STATUS&media_id=${id}`, {
      headers: bearer(t),
    })
    expect(await status.json()).toMatchObject({ data: { processing_info: { state: 'succeeded' } } })
    expect((await post(t, { text: 'v', media: { media_ids: [id] } })).status).toBe(201)
  })
})

describe('reading back', () => {
  test('the timeline lags five seconds and speaks the spelling it is asked in', async () => {
    const { access_token, user_id } = pair()
    await post(access_token, { text: 'see https://example.com' })
    const read = async (q: string) =>
      (
        await box.call(`https://api.x.com/2/users/${user_id}/tweets?${q}`, { headers: bearer(access_token) })
      ).json() as Promise<{ data?: Record<string, unknown>[]; errors?: unknown[] }>
    expect((await read('max_results=5')).data).toBeUndefined()
    box.desk.advance(5000)
    const fresh = (await read('post.fields=created_at,entities,public_metrics')).data![0]!
    expect(fresh).toMatchObject({
      edit_history_post_ids: [fresh.id],
      entities: { urls: [{ expanded_url: 'https://example.com' }] },
      public_metrics: { repost_count: 0 },
    })
    expect((await read('tweet.fields=public_metrics')).data![0]).toMatchObject({
      edit_history_tweet_ids: [fresh.id],
      public_metrics: { retweet_count: 0 },
    })
    expect((await read('max_results=4')).errors).toHaveLength(1)
    expect((await read('posts.fields=text')).errors).toHaveLength(1)
  })
  test('posts by id: what is not there is a partial error', async () => {
    const { access_token } = pair()
    const { data } = (await (await post(access_token, { text: 'x' })).json()) as { data: { id: string } }
    const res = await box.call(`https://api.x.com/2/tweets?ids=${data.id},1`, { headers: bearer(access_token) })
    expect(await res.json()).toMatchObject({ data: [{ id: data.id }], errors: [{ resource_id: '1' }] })
  })
})

test.each([
  ['Hello world', 11],
  ['Hello, world! 👋', 16],
  ['https://example.com', 23],
  ['See https://example.com/very/long/path?x=1 now', 31],
  ['example.com works too', 33],
  ['foo.invalidtld', 14],
  ['user@example.com', 16],
  ['日本語テスト', 12],
  ['안녕하세요', 10],
  ['Привет', 6],
  ['٣٤٥ عربي', 8],
  ['👨‍👩‍👧‍👦', 2],
  ['🙋🏽', 2],
  ['1️⃣', 2],
  ['cafe\u0301', 4],
  ['“quotes” – dash … ellipsis', 27],
  ['€100', 5],
  ['日'.repeat(141), 282],
])('%s weighs as the fact sheet says (§10)', (text, length) => {
  expect(weightedLength(text)).toBe(length)
})

test('links end before punctuation and brackets they did not open', () => {
  expect(findUrls('(see https://example.com/a_(b)), or example.org.').map((u) => u.url)).toEqual([
    'https://example.com/a_(b)',
    'example.org',
  ])
})
