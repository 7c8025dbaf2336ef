import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const hex = createHash('sha256').update(verifier).digest('hex')
const redirect = 'http://127.0.0.1:4999/oauth/callback'
const api = 'https://open.tiktokapis.com'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Tokens = { access_token: string; refresh_token: string; open_id: string; scope: string }
const issued = (account?: string) => box.desk.tokens('tiktok', account)
const tokens = (account?: string) => issued(account).tokens as Tokens
type Answer = { data: Record<string, unknown>; error: { code: string; message: string } }
const post = async (path: string, body: unknown, token = tokens().access_token) => {
  const res = await box.call(`${api}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=UTF-8' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: res.status, ...((await res.json()) as Answer) }
}
const code = async (path: string, body: unknown, token?: string) => {
  const a = await post(path, body, token)
  return `${a.status} ${a.error.code}`
}
const VIDEO = '/v2/post/publish/video/init/'
const INBOX = '/v2/post/publish/inbox/video/init/'
const CONTENT = '/v2/post/publish/content/init/'
const STATUS = '/v2/post/publish/status/fetch/'
const file = (size: number, chunk = size, count = 1) => ({
  source: 'FILE_UPLOAD',
  video_size: size,
  chunk_size: chunk,
  total_chunk_count: count,
})
const info = { title: 'x', privacy_level: 'SELF_ONLY' }
const photo = (more = {}, source = {}) => ({
  media_type: 'PHOTO',
  post_mode: 'DIRECT_POST',
  post_info: { title: 'x', privacy_level: 'SELF_ONLY', ...more },
  source_info: {
    source: 'PULL_FROM_URL',
    photo_cover_index: 0,
    photo_images: ['http://127.0.0.1:1/a.jpg'],
    ...source,
  },
})

const authorizeUrl = (change: Record<string, string> = {}) => {
  const url = new URL('https://www.tiktok.com/v2/auth/authorize/')
  const asked: Record<string, string> = {
    client_key: issued().credentials.clientId!,
    response_type: 'code',
    scope: 'user.info.basic,video.publish',
    redirect_uri: redirect,
    state: 's1',
    code_challenge: hex,
    code_challenge_method: 'S256',
    ...change,
  }
  for (const [k, v] of Object.entries(asked)) if (v) url.searchParams.set(k, v)
  return url.href
}
const token = (form: Record<string, string>) => {
  const { clientId, clientSecret } = issued().credentials
  const body = new URLSearchParams({ client_key: clientId!, client_secret: clientSecret!, ...form })
  return box.call(`${api}/v2/oauth/token/`, { method: 'POST', body })
}
const consent = async () => {
  const res = await box.call(authorizeUrl(), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ decision: 'allow' }),
  })
  return new URL(res.headers.get('location')!).searchParams
}

describe('consent and tokens', () => {
  test('what is wrong with the address never reaches the consent page', async () => {
    expect((await box.call(authorizeUrl())).status).toBe(200)
    const changes: Record<string, string>[] = [
      { client_key: 'who' },
      { scope: 'video.fly' },
      { redirect_uri: 'http://plan.example/cb' },
      { redirect_uri: 'http://127.0.0.1/no-port' },
      { redirect_uri: `${redirect}?a=1` },
      { code_challenge: '' },
      // RFC 7636's base64url of the very same verifier.
      { code_challenge: createHash('sha256').update(verifier).digest('base64url') },
      { code_challenge_method: 'plain' },
    ]
    for (const change of changes)
      expect((await box.call(authorizeUrl(change))).status, JSON.stringify(change)).toBe(400)
    // A Web app needs no PKCE.
    const web = { redirect_uri: 'https://plan.example/cb', code_challenge: '', code_challenge_method: '' }
    expect((await box.call(authorizeUrl(web))).status).toBe(200)
  })
  test('a code trades once, for this redirect and verifier only; the answer has TikTok’s members', async () => {
    const given = await consent()
    expect(given.get('scopes')).toBe('user.info.basic,video.publish')
    const form = { grant_type: 'authorization_code', code: given.get('code')!, redirect_uri: redirect }
    expect((await token({ ...form, code_verifier: `${verifier}x` })).status).toBe(400)
    expect((await token({ ...form, code_verifier: verifier, client_secret: 'no' })).status).toBe(401)
    const good = await token({ ...form, code_verifier: verifier, extra: '1' })
    expect(box.desk.notices().map((n) => [n.kind, n.what])).toEqual([['unknown-parameter', 'extra']])
    expect(await good.json()).toMatchObject({
      expires_in: 86_400,
      refresh_expires_in: 31_536_000,
      token_type: 'Bearer',
      scope: 'user.info.basic,video.publish',
      access_token: expect.stringMatching(/^act\./),
      refresh_token: expect.stringMatching(/^rft\./),
    })
    expect(await (await token({ ...form, code_verifier: verifier })).json()).toMatchObject({ error: 'invalid_grant' })
  })
  test('a refresh brings a new refresh token with the old end; a day ends the access token', async () => {
    const first = tokens()
    box.desk.advance(86_400_000)
    expect(await code(STATUS, { publish_id: 'x' }, first.access_token)).toBe('401 access_token_invalid')
    const next = (await (
      await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    ).json()) as Tokens & { refresh_expires_in: number }
    expect(next.refresh_token).not.toBe(first.refresh_token)
    expect(next.refresh_expires_in).toBe(31_536_000 - 86_400)
    expect(await code(STATUS, { publish_id: 'x' }, next.access_token)).toBe('400 invalid_publish_id')
    box.desk.advance(365 * 86_400_000)
    expect((await token({ grant_type: 'refresh_token', refresh_token: next.refresh_token })).status).toBe(400)
  })
  test('revoking takes the access token, answers with nothing, and ends the consent', async () => {
    const t = tokens()
    const { clientId, clientSecret } = issued().credentials
    const revoke = (value: string) =>
      box.call(`${api}/v2/oauth/revoke/`, {
        method: 'POST',
        body: new URLSearchParams({ client_key: clientId!, client_secret: clientSecret!, token: value }),
      })
    expect((await revoke(t.refresh_token)).status).toBe(400)
    const res = await revoke(t.access_token)
    expect([res.status, await res.text()]).toEqual([200, ''])
    expect((await token({ grant_type: 'refresh_token', refresh_token: t.refresh_token })).status).toBe(400)
  })
})

describe('beginning a post', () => {
  test('wrong types and a wrong content type are refused', async () => {
    const bad: [string, unknown][] = [
      [VIDEO, { post_info: info }],
      [VIDEO, { source_info: file(10) }],
      [VIDEO, { post_info: { title: 'x' }, source_info: file(10) }],
      [VIDEO, { post_info: { ...info, disable_duet: 'no' }, source_info: file(10) }],
      [VIDEO, { post_info: { ...info, privacy_level: 'FRIENDS' }, source_info: file(10) }],
      [CONTENT, { ...photo(), media_type: 'VIDEO' }],
      [CONTENT, { ...photo(), post_mode: 'LATER' }],
      [CONTENT, photo({}, { photo_cover_index: 1 })],
      [CONTENT, photo({}, { photo_images: [] })],
      [CONTENT, photo({}, { photo_images: ['ftp://127.0.0.1/a.jpg'] })],
      [CONTENT, photo({}, { photo_images: ['http://plan.example/a.jpg'] })],
    ]
    box.desk.setKnobs('tiktok', { rateLimits: 0 })
    for (const [path, body] of bad) expect(await code(path, body), JSON.stringify(body)).toBe('400 invalid_params')
    const res = await box.call(`${api}${VIDEO}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens().access_token}`, 'content-type': 'text/plain' },
      body: JSON.stringify({ post_info: info, source_info: file(10) }),
    })
    expect(res.status).toBe(400)
  })
  test('what TikTok does not know it drops, and a notice is written', async () => {
    box.desk.setKnobs('tiktok', { rateLimits: 0 })
    const sent: [string, unknown][] = [
      [VIDEO, { post_info: info, source_info: file(10), extra: 1 }],
      [VIDEO, { post_info: { ...info, caption: 'x' }, source_info: file(10) }],
      [VIDEO, { post_info: info, source_info: { ...file(10), video_url: 'https://x.example' } }],
      [INBOX, { post_info: info, source_info: file(10) }],
      [CONTENT, photo({ is_aigc: true, disable_duet: true })],
    ]
    for (const [path, body] of sent) expect(await code(path, body), JSON.stringify(body)).toBe('200 ok')
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual([
      ['init', 'unknown-field', 'extra'],
      ['init', 'unknown-field', 'post_info.caption'],
      ['init', 'unknown-field', 'source_info.video_url'],
      ['inbox-init', 'unknown-field', 'post_info'],
      ['content-init', 'unknown-field', 'post_info.is_aigc, post_info.disable_duet'],
    ])
  })
  test('chunks follow the floor rule and the sizes', async () => {
    box.desk.setKnobs('tiktok', { rateLimits: 0 })
    const verdict = (source: unknown) => code(VIDEO, { post_info: info, source_info: source })
    for (const good of [
      file(50_000_123, 10_000_000, 5),
      file(4_194_304),
      file(64_000_000),
      file(150_000_000, 64_000_000, 2),
      file(4_294_967_296, 64_000_000, 67),
    ])
      expect(await verdict(good)).toBe('200 ok')
    for (const bad of [
      file(50_000_123, 10_000_000, 6),
      file(3_000_000, 1_000_000, 3),
      file(20_000_000, 4_000_000, 5),
      file(70_000_000, 70_000_000, 1),
      file(68_000_000, 64_000_000, 1),
    ])
      expect(await verdict(bad), JSON.stringify(bad)).toBe('400 invalid_params')
  })
  test('a foreign address must be verified, https, and stay so', async () => {
    const from = (url: string) => photo({}, { photo_images: [url] })
    expect(await code(CONTENT, from('https://media.plan.example/a.jpg'))).toBe('403 url_ownership_unverified')
    box.desk.act('tiktok', { do: 'verify-domain', domain: 'media.plan.example' })
    expect(await code(CONTENT, from('https://media.plan.example/a.jpg'))).toBe('200 ok')
    expect(await code(CONTENT, from('http://media.plan.example/a.jpg'))).toBe('400 invalid_params')
  })
  test('each call needs its scope', async () => {
    const res = await box.call(authorizeUrl({ scope: 'user.info.basic' }), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ decision: 'allow' }),
    })
    const given = new URL(res.headers.get('location')!).searchParams.get('code')!
    const form = { grant_type: 'authorization_code', code: given, redirect_uri: redirect, code_verifier: verifier }
    const { access_token } = (await (await token(form)).json()) as Tokens
    for (const [path, body] of [
      [VIDEO, { post_info: info, source_info: file(10) }],
      [INBOX, { source_info: file(10) }],
      [CONTENT, photo()],
      [STATUS, { publish_id: 'x' }],
      ['/v2/video/list/?fields=id', {}],
    ] as const)
      expect(await code(path, body, access_token)).toBe('401 scope_not_authorized')
    const user = await box.call(`${api}/v2/user/info/?fields=open_id,username`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(user.status).toBe(401)
  })
  test('six begins a minute for a token, thirty looks', async () => {
    const { access_token } = tokens()
    for (let n = 0; n < 6; n++) await code(VIDEO, { post_info: info, source_info: file(10) }, access_token)
    expect(await code(VIDEO, { post_info: info, source_info: file(10) }, access_token)).toBe('429 rate_limit_exceeded')
    box.desk.advance(60_000)
    expect(await code(VIDEO, { post_info: info, source_info: file(10) }, access_token)).toBe('200 ok')
  })
})

describe('uploading', () => {
  const begin = async (size: number, chunk = size, count = 1) => {
    const a = await post(VIDEO, { post_info: info, source_info: file(size, chunk, count) })
    return { id: String(a.data.publish_id), url: String(a.data.upload_url) }
  }
  const put = (url: string, bytes: number, range: string, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'video/mp4', 'content-range': range, ...headers },
      body: Buffer.alloc(bytes),
    })
  test('chunks come in order, with their range, and without our token', async () => {
    const { url } = await begin(11_000_000, 5_000_000, 2)
    const [a, b] = ['bytes 0-4999999/11000000', 'bytes 5000000-10999999/11000000']
    expect((await put(url, 6_000_000, b)).status).toBe(416)
    expect((await put(url, 4_999_999, a)).status).toBe(400)
    expect((await put(url, 5_000_000, '')).status).toBe(400)
    expect((await put(url, 5_000_000, a, { 'content-type': 'application/octet-stream' })).status).toBe(400)
    expect((await put(url, 5_000_000, a, { authorization: 'Bearer x' })).status).toBe(400)
    expect((await put(url, 5_000_000, a)).status).toBe(206)
    const again = await put(url, 5_000_000, a)
    expect([again.status, again.headers.get('content-range')]).toEqual([416, 'bytes 0-4999999/11000000'])
    expect((await put(url, 6_000_000, b)).status).toBe(201)
    expect((await put(url, 6_000_000, b)).status).toBe(404)
  })
  test('the address dies after an hour, and another’s token opens nothing', async () => {
    const { url, id } = await begin(100)
    expect((await put(url.replace(/upload_token=\w+/, 'upload_token=x'), 100, 'bytes 0-99/100')).status).toBe(404)
    const other = tokens('@quiet_shelves').access_token
    expect(await code(STATUS, { publish_id: id }, other)).toBe('400 token_not_authorized_for_specified_publish_id')
    box.desk.advance(3_600_001)
    expect((await put(url, 100, 'bytes 0-99/100')).status).toBe(403)
  })
  test('what is no video fails with a reason, and makes no post', async () => {
    const { url, id } = await begin(100)
    expect((await put(url, 100, 'bytes 0-99/100')).status).toBe(201)
    box.desk.advance(60_000)
    await box.desk.tickAll()
    expect((await post(STATUS, { publish_id: id })).data).toMatchObject({
      status: 'FAILED',
      fail_reason: 'file_format_check_failed',
      uploaded_bytes: 100,
    })
    expect(box.desk.posts('tiktok')).toEqual([])
  })
})

describe('reading', () => {
  test('fields are named, and only those that exist', async () => {
    expect(await code('/v2/video/list/', {})).toBe('400 invalid_params')
    expect(await code('/v2/video/list/?fields=id,saves', {})).toBe('400 invalid_params')
    expect(await code('/v2/video/list/?fields=id', { max_count: 21 })).toBe('400 invalid_params')
    expect(await code('/v2/video/query/?fields=id', { filters: { video_ids: [] } })).toBe('400 invalid_params')
    expect(await code('/v2/video/query/?fields=id', { filters: { video_ids: ['1'] } })).toBe('200 ok')
  })
  test('creator_info differs for public and private accounts and says caps with status 200', async () => {
    const ask = (account?: string) =>
      post('/v2/post/publish/creator_info/query/', undefined, tokens(account).access_token)
    expect((await ask()).data.privacy_level_options).toContain('PUBLIC_TO_EVERYONE')
    expect((await ask('@quiet_shelves')).data).toMatchObject({
      privacy_level_options: ['FOLLOWER_OF_CREATOR', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
      max_video_post_duration_sec: 60,
    })
    box.desk.setKnobs('tiktok', { dailyPosts: 0 })
    expect(await ask()).toMatchObject({ status: 200, error: { code: 'spam_risk_too_many_posts' } })
  })
})
