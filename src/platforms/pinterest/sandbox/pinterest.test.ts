import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const api = 'https://api.pinterest.com/v5'
const testApi = 'https://api-sandbox.pinterest.com/v5'
const bread = '549755000000001000'
const redirect = 'http://127.0.0.1:4999/oauth/callback'
const scope = 'boards:read,boards:write,pins:read,pins:write,user_accounts:read'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Pair = { access_token: string; refresh_token: string; scope: string; refresh_token_expires_in: number }
type Issued = Pair & { sandbox: Pair; board_id: string }
type Pin = { id: string; created_at: string; media: { media_type: string } }
type Problem = { code: number; message: string }
const issued = (account?: string) => box.desk.tokens('pinterest', account).tokens as Issued
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const send = (method: string, url: string, token: string, body?: unknown) =>
  box.call(url, {
    method,
    headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const picture = { source_type: 'image_base64', content_type: 'image/png', data: PNG }
const pin = (token: string, change: Record<string, unknown> = {}, at = api) =>
  send('POST', `${at}/pins`, token, { board_id: bread, title: 'Rye', media_source: picture, ...change })
const problem = async (answer: Promise<Response>) => {
  const res = await answer
  return { status: res.status, ...((await res.json()) as Problem) }
}
const read = async <T>(url: string, token: string) => (await (await send('GET', url, token)).json()) as T

const client = () => box.desk.tokens('pinterest').credentials
const basic = (secret = client().clientSecret) => ({
  authorization: `Basic ${Buffer.from(`${client().clientId}:${secret}`).toString('base64')}`,
})
const token = (form: Record<string, string>, headers = basic(), at = api) =>
  box.call(`${at}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) })
const authorizeUrl = (change: Record<string, string> = {}) => {
  const q = {
    response_type: 'code',
    client_id: client().clientId!,
    redirect_uri: redirect,
    scope,
    state: 's1',
    ...change,
  }
  return `https://www.pinterest.com/oauth/?${new URLSearchParams(q)}`
}
const code = async () => {
  const res = await box.call(authorizeUrl(), { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
  const back = new URL(res.headers.get('location')!).searchParams
  expect(back.get('state')).toBe('s1')
  return back.get('code')!
}
const exchange = (c: string, at = api) =>
  token({ grant_type: 'authorization_code', code: c, redirect_uri: redirect, continuous_refresh: 'true' }, basic(), at)

describe('consent and tokens', () => {
  test('the page lists people and scopes, and Allow gives a code that trades once', async () => {
    const page = await (await box.call(authorizeUrl())).text()
    expect(page).toContain('Rose Hill Bakery')
    expect(page).toContain('pins:write')
    const c = await code()
    const body = (await (await exchange(c)).json()) as Pair
    expect(body).toMatchObject({ expires_in: 2_592_000, refresh_token_expires_in: 5_184_000, token_type: 'bearer' })
    expect(body.access_token).toMatch(/^pina_/)
    expect(await problem(exchange(c))).toMatchObject({ status: 400, code: 283 })
  })
  test('an unknown scope, a strange address and an unknown client never reach the consent page', async () => {
    const changes: Record<string, string>[] = [
      { scope: 'pins:fly' },
      { redirect_uri: 'http://evil.example/' },
      { client_id: '1' },
    ]
    for (const change of changes) expect((await box.call(authorizeUrl(change))).status).toBe(400)
  })
  test('a wrong secret and a JSON body are refused, an unknown field is passed over', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: issued().refresh_token }
    expect(await problem(token(form, basic('wrong')))).toMatchObject({ status: 401, code: 2 })
    const json = box.call(`${api}/oauth/token`, { method: 'POST', headers: basic(), body: JSON.stringify(form) })
    expect((await json).status).toBe(400)
    expect((await token({ ...form, redirect_uri: 'https://example.com/', client_id: '1' })).status).toBe(200)
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual([
      ['token', 'unknown-parameter', 'redirect_uri, client_id'],
    ])
  })
  test('a refresh token rotates: the old one is dead at once, and after 60 days all are', async () => {
    const first = issued()
    const next = (await (
      await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    ).json()) as Pair
    expect((await pin(next.access_token)).status).toBe(201)
    const again = token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    expect(await problem(again)).toMatchObject({ status: 401, code: 283 })
    box.desk.advance(61 * 86_400_000)
    expect((await token({ grant_type: 'refresh_token', refresh_token: next.refresh_token })).status).toBe(401)
  })
  test('production and Pinterest’s sandbox do not know each other’s tokens, boards and pins', async () => {
    const t = issued()
    expect((await send('GET', `${testApi}/boards`, t.access_token)).status).toBe(401)
    expect((await send('GET', `${api}/boards`, t.sandbox.access_token)).status).toBe(401)
    expect(await problem(pin(t.sandbox.access_token, {}, testApi))).toMatchObject({ status: 404 })
    const { access_token } = (await (await exchange(await code(), testApi)).json()) as Pair
    const { items } = await read<{ items: { id: string }[] }>(`${testApi}/boards`, access_token)
    const made = (await (await pin(access_token, { board_id: items[0]!.id }, testApi)).json()) as Pin
    expect((await send('GET', `${api}/pins/${made.id}`, t.access_token)).status).toBe(404)
    expect((await send('GET', `${testApi}/pins/${made.id}/analytics`, access_token)).status).toBe(403)
  })
})

describe('creating a pin', () => {
  test('it comes back as the API shows it, with an instant without a zone', async () => {
    const res = await pin(issued().access_token, { description: 'd', link: 'https://example.com/', alt_text: 'a' })
    expect(res.status).toBe(201)
    const body = (await res.json()) as Pin
    expect(body).toMatchObject({ board_id: bread, title: 'Rye', creative_type: 'REGULAR', is_owner: true })
    expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    expect(box.desk.posts('pinterest')[0]!.media).toMatchObject([{ mime: 'image/png', alt: 'a' }])
  })
  test('members and parameters nobody knows are passed over, and a notice is written', async () => {
    const t = issued().access_token
    expect((await pin(t, { note: 'private', media_source: { ...picture, hurry: true } })).status).toBe(201)
    expect((await send('GET', `${api}/boards?sort=name`, t)).status).toBe(200)
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual([
      ['create', 'unknown-field', 'note'],
      ['create', 'unknown-field', 'hurry'],
      ['boards', 'unknown-parameter', 'sort'],
    ])
  })
  test('the same twice is two pins: nothing guards against doubles', async () => {
    const t = issued().access_token
    await pin(t)
    await pin(t)
    expect(box.desk.posts('pinterest')).toHaveLength(2)
  })
  test.each([
    ['a board that is no number', { board_id: 'abc' }, /does not match/],
    ['no source', { media_source: undefined }, /required property/],
    ['a long title', { title: 'a'.repeat(101) }, /maxLength=100/],
    ['a long description', { description: 'a'.repeat(801) }, /maxLength=800/],
    ['a long alt text', { alt_text: 'a'.repeat(501) }, /maxLength=500/],
    ['a link without https', { link: 'http://example.com' }, /malformed link/],
    ['a colour by name', { dominant_color: 'red' }, /does not match/],
    ['a video address', { media_source: { source_type: 'video_url', url: 'https://example.com/a.mp4' } }, /not one of/],
    ['a data URL', { media_source: { ...picture, data: `data:image/png;base64,${PNG}` } }, /does not match/],
    ['a picture of another type', { media_source: { ...picture, content_type: 'image/jpeg' } }, /Invalid image/],
    ['no picture at all', { media_source: { ...picture, data: 'aGVsbG8=' } }, /Invalid image/],
    ['a GIF in the call', { media_source: { ...picture, content_type: 'image/gif' } }, /must be one of/],
    ['a carousel of one', { media_source: { source_type: 'multiple_image_base64', items: [1] } }, /minItems=2/],
    [
      'a carousel of six',
      { media_source: { source_type: 'multiple_image_base64', items: [1, 2, 3, 4, 5, 6] } },
      /maxItems=5/,
    ],
    [
      'an address nobody answers',
      { media_source: { source_type: 'image_url', url: 'http://127.0.0.1:9/x' } },
      /Unable to reach the URL/,
    ],
    [
      'an http address',
      { media_source: { source_type: 'image_url', url: 'http://example.com/x.png' } },
      /public https/,
    ],
  ])('%s is refused', async (_name, change, why) => {
    const got = await problem(pin(issued().access_token, change))
    expect(got).toMatchObject({ status: 400, code: 1 })
    expect(got.message).toMatch(why)
    expect(box.desk.posts('pinterest')).toEqual([])
  })
  test('somebody else’s board is not there, and a body that is no JSON is none', async () => {
    expect(await problem(pin(issued('teo_makes').access_token))).toMatchObject({ status: 404, code: 40 })
    const res = box.call(`${api}/pins`, { method: 'POST', headers: bearer(issued().access_token), body: 'a=b' })
    expect(await problem(res)).toMatchObject({ status: 400 })
  })
  test('a token without pins:write is told it may not', async () => {
    const res = await box.call(authorizeUrl({ scope: 'boards:read,user_accounts:read' }), {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
    })
    const c = new URL(res.headers.get('location')!).searchParams.get('code')!
    const { access_token } = (await (await exchange(c)).json()) as Pair
    expect(await problem(pin(access_token))).toMatchObject({ status: 403, code: 29 })
  })
})

describe('videos', () => {
  type Registration = { media_id: string; upload_url: string; upload_parameters: Record<string, string> }
  const register = async (t: string) =>
    (await (await send('POST', `${api}/media`, t, { media_type: 'video' })).json()) as Registration
  const store = (
    r: Registration,
    change: (form: FormData) => void = () => {},
    headers: Record<string, string> = {},
  ) => {
    const form = new FormData()
    for (const [k, v] of Object.entries(r.upload_parameters)) form.set(k, v)
    form.set('file', new Blob([new Uint8Array(64)]), 'a.mp4')
    change(form)
    return fetch(r.upload_url, { method: 'POST', body: form, headers })
  }
  const status = async (t: string, id: string) => (await read<{ status: string }>(`${api}/media/${id}`, t)).status

  test('the form must come back whole, unsigned by us, the file last', async () => {
    const t = issued().access_token
    const r = await register(t)
    expect(await status(t, r.media_id)).toBe('registered')
    expect((await store(r, () => {}, bearer(t))).status).toBe(400)
    expect((await store(r, (f) => f.delete('policy'))).status).toBe(403)
    expect((await store(r, (f) => f.set('x-amz-signature', 'other'))).status).toBe(403)
    expect((await store(r, (f) => f.append('acl', 'public-read'))).status).toBe(403)
    const swapped = (f: FormData) => {
      f.delete('key')
      f.set('key', r.upload_parameters.key!)
    }
    expect(await (await store(r, swapped)).text()).toContain('<Code>InvalidArgument</Code>')
    expect((await store(r)).status).toBe(204)
    expect((await store(r)).status).toBe(403)
    expect(await status(t, r.media_id)).toBe('processing')
    box.desk.advance(12_000)
    // 64 zeros are no film.
    expect(await status(t, r.media_id)).toBe('failed')
    const source = { source_type: 'video_id', media_id: r.media_id, cover_image_key_frame_time: 0 }
    expect((await problem(pin(t, { media_source: source }))).message).toMatch(/Media not ready/)
  })
  test('a form is good for an hour, and a registration says what it is for', async () => {
    const t = issued().access_token
    const r = await register(t)
    box.desk.advance(61 * 60_000)
    expect(await (await store(r)).text()).toContain('Policy expired')
    expect((await send('POST', `${api}/media`, t, { media_type: 'image' })).status).toBe(400)
    expect((await send('GET', `${api}/media/${r.media_id}`, issued('teo_makes').access_token)).status).toBe(404)
  })
})

describe('reading back', () => {
  test('lists lag three seconds, go newest first, and turn pages', async () => {
    const t = issued().access_token
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      ids.unshift(((await (await pin(t)).json()) as Pin).id)
      box.desk.advance(1000)
    }
    type Page = { items: Pin[]; bookmark: string | null }
    const list = (q = '') => read<Page>(`${api}/boards/${bread}/pins?page_size=2${q}`, t)
    expect((await list()).items.map((p) => p.id)).toEqual(ids.slice(2))
    box.desk.advance(3000)
    const first = await list()
    const second = await list(`&bookmark=${first.bookmark}`)
    expect([...first.items, ...second.items].map((p) => p.id)).toEqual(ids)
    expect(second.bookmark).toBeNull()
    expect((await send('GET', `${api}/boards/${bread}/pins?page_size=251`, t)).status).toBe(400)
    expect((await send('GET', `${api}/boards/${bread}/pins?limit=2`, t)).status).toBe(200)
    expect(box.desk.notices().map((x) => x.what)).toEqual(['limit'])
  })
  test('secret boards are hidden from a token that may not see them', async () => {
    const { items } = await read<{ items: { name: string }[] }>(`${api}/boards?page_size=250`, issued().access_token)
    expect(items.map((b) => b.name)).toEqual(['Bread and rolls', 'The shop', 'Seasons', 'Ad-only Pins'])
  })
  test('only the owner edits and deletes, and a second time there is nothing', async () => {
    const t = issued().access_token
    const { id } = (await (await pin(t)).json()) as Pin
    const other = issued('teo_makes').access_token
    expect((await send('PATCH', `${api}/pins/${id}`, other, { title: 'x' })).status).toBe(403)
    expect((await send('DELETE', `${api}/pins/${id}`, other)).status).toBe(403)
    // What an edit does not have is passed over: the picture stays.
    expect((await send('PATCH', `${api}/pins/${id}`, t, { media_source: picture })).status).toBe(200)
    expect(box.desk.notices().map((n) => n.what)).toEqual(['media_source'])
    expect(await (await send('PATCH', `${api}/pins/${id}`, t, { title: null })).json()).toMatchObject({ title: null })
    expect((await send('DELETE', `${api}/pins/${id}`, t)).status).toBe(204)
    expect(await problem(send('DELETE', `${api}/pins/${id}`, t))).toMatchObject({ status: 404, code: 50 })
  })
  test('analytics reach 90 days back, know the metrics of each kind, and grow', async () => {
    const t = issued().access_token
    const { id } = (await (await pin(t)).json()) as Pin
    const day = (ms: number) => new Date(Date.parse(box.desk.clock().now) + ms).toISOString().slice(0, 10)
    const ask = (from: number, metrics: string) =>
      send('GET', `${api}/pins/${id}/analytics?start_date=${day(from)}&end_date=${day(0)}&metric_types=${metrics}`, t)
    type Report = { all: { summary_metrics: { IMPRESSION: number }; daily_metrics: { data_status: string }[] } }
    box.desk.advance(86_400_000)
    const one = (await (await ask(-86_400_000, 'IMPRESSION,SAVE_RATE')).json()) as Report
    box.desk.advance(4 * 86_400_000)
    const five = (await (await ask(-5 * 86_400_000, 'IMPRESSION')).json()) as Report
    expect(five.all.summary_metrics.IMPRESSION).toBeGreaterThan(one.all.summary_metrics.IMPRESSION)
    expect(five.all.daily_metrics.map((d) => d.data_status)).toContain('READY')
    expect(five.all.daily_metrics.at(-1)!.data_status).toBe('ESTIMATE')
    expect((await ask(-91 * 86_400_000, 'IMPRESSION')).status).toBe(400)
    expect((await ask(0, 'VIDEO_START')).status).toBe(400)
    expect((await ask(0, '')).status).toBe(400)
  })
})

describe('how fast', () => {
  test('every answer says what is left; the 101st write in a minute is too fast', async () => {
    const t = issued().access_token
    let last = await pin(t)
    expect(last.headers.get('x-ratelimit-limit')).toBe('100, 100;w=1, 100;w=60')
    for (let n = 1; n < 101; n++) {
      if (n % 50 === 0) box.desk.advance(1000)
      last = await pin(t)
    }
    expect(await last.json()).toMatchObject({ code: 8 })
    expect(Number(last.headers.get('x-ratelimit-reset'))).toBeGreaterThan(50)
    box.desk.advance(60_000)
    expect((await pin(t)).status).toBe(201)
  })
  test('with Trial access production takes no pins, and the day has 1,000 calls for all', async () => {
    box.desk.setKnobs('pinterest', { trialApp: 1 })
    const got = await problem(pin(issued().access_token))
    expect(got).toMatchObject({ status: 403, code: 29 })
    expect(got.message).toContain('Trial access')
    const res = await send('GET', `${api}/boards`, issued().access_token)
    expect(res.headers.get('x-ratelimit-limit')).toMatch(/;w=86400/)
  })
})

test('the feed shows a pin, and what came from outside is escaped', async () => {
  await pin(issued().access_token, { title: '<script>alert(1)</script>', description: '"><img src=x>' })
  const page = await (await fetch(`${box.url}/_feed/pinterest`)).text()
  expect(page).toContain('&lt;script&gt;')
  expect(page).not.toContain('<script>alert')
  expect(page).not.toContain('<img src=x>')
})
