/** The imitation by itself, as any honest client meets it: strict, in Graph's envelopes, with its headers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { png } from '#kit/testing/media.ts'
import { mp4 } from '#kit/testing/video.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let s: TestSandbox
let page: string
let pageId: string
let user: string
const graph = 'https://graph.facebook.com/v25.0'

beforeAll(async () => {
  s = await startSandbox([imitation])
})
afterAll(async () => {
  expect(s.trouble).toEqual([])
  await s.close()
})
beforeEach(() => {
  s.desk.reset()
  const { tokens } = s.desk.tokens('facebook')
  page = String(tokens.page_access_token)
  pageId = String(tokens.page_id)
  user = String(tokens.user_access_token)
})

type Answer = {
  status: number
  headers: Headers
  body: Record<string, unknown> & { error?: { code: number; error_subcode?: number; message: string } }
}
const call = async (url: string, init: RequestInit = {}, token = page): Promise<Answer> => {
  const res = await s.call(url, {
    ...init,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...init.headers },
  })
  return { status: res.status, headers: res.headers, body: (await res.json()) as Answer['body'] }
}
const post = (path: string, form: Record<string, string>, token?: string) =>
  call(`${graph}/${path}`, { method: 'POST', body: new URLSearchParams(form) }, token)
const get = (path: string, token?: string) => call(`${graph}/${path}`, {}, token)

describe('tokens', () => {
  test('none, a wrong one and a user’s where the Page’s is needed are refused in Graph’s words', async () => {
    expect(await post(`${pageId}/feed`, { message: 'x' }, '')).toMatchObject({
      status: 401,
      body: { error: { code: 190 } },
    })
    expect(await post(`${pageId}/feed`, { message: 'x' }, 'EAAwrong')).toMatchObject({ body: { error: { code: 190 } } })
    expect(await post(`${pageId}/feed`, { message: 'x' }, user)).toMatchObject({ body: { error: { code: 210 } } })
    expect(await post('100000000001002/feed', { message: 'x' })).toMatchObject({ body: { error: { code: 200 } } })
  })
  test('a Page token of a short-lived login ends with it, one of a long-lived login does not', async () => {
    s.desk.advance(61 * 86_400_000)
    expect((await get('me?fields=id')).status).toBe(200)
    expect((await get('me?fields=id', user)).body.error).toMatchObject({ code: 190, error_subcode: 463 })
  })
  test('the token may come as a parameter, and a wrong proof of the secret is refused', async () => {
    expect((await call(`${graph}/me?access_token=${page}`, {}, '')).body).toMatchObject({ id: pageId })
    expect((await get('me?appsecret_proof=00')).body.error).toMatchObject({ code: 100 })
  })
  test('a version that is gone is refused', async () => {
    expect((await call(`https://graph.facebook.com/v19.0/me`)).body.error).toMatchObject({ code: 2500 })
  })
})

describe('the feed', () => {
  test('takes form and JSON, answers <page>_<post>, and carries usage headers', async () => {
    const form = await post(`${pageId}/feed`, { message: 'by form' })
    expect(form.body.id).toMatch(new RegExp(`^${pageId}_\\d+$`))
    expect(JSON.parse(form.headers.get('x-app-usage')!)).toHaveProperty('call_count')
    expect(JSON.parse(form.headers.get('x-business-use-case-usage')!)[pageId]).toMatchObject([{ type: 'pages' }])
    const json = await call(`${graph}/${pageId}/feed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'by JSON', published: true }),
    })
    expect(json.status).toBe(200)
  })
  test.each([
    ['nothing at all', {}],
    ['a schedule of a published post', { message: 'x', scheduled_publish_time: '1999999999' }],
    ['a schedule five minutes ahead', { message: 'x', published: 'false', scheduled_publish_time: '300' }],
    ['a boolean that is none', { message: 'x', published: 'maybe' }],
    ['a photo that does not exist', { 'attached_media[0]': '{"media_fbid":"1"}' }],
    ['attached media that is no JSON', { 'attached_media[0]': '1,2' }],
    ['a targeting without countries', { message: 'x', targeting: '{}' }],
    ['a text that is too long', { message: 'a'.repeat(63_207) }],
  ])('refuses %s with 100', async (_, form) => {
    expect(await post(`${pageId}/feed`, form as Record<string, string>)).toMatchObject({
      status: 400,
      body: { error: { code: 100 } },
    })
  })
  test('refuses a body of another type, and fields nobody knows', async () => {
    const text = await call(`${graph}/${pageId}/feed`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'message=x',
    })
    expect(text.body.error).toMatchObject({ code: 100 })
    const { body } = await post(`${pageId}/feed`, { message: 'x' })
    expect((await get(`${body.id}?fields=message,nonsense`)).body.error!.message).toContain(
      'nonexisting field (nonsense)',
    )
  })
  test('lists a post only after its lag, and its photo knows it at once', async () => {
    const form = new FormData()
    form.set('published', 'false')
    form.set('source', new Blob([new Uint8Array(png())]), 'a.png')
    const photo = await call(`${graph}/${pageId}/photos`, { method: 'POST', body: form })
    const made = await post(`${pageId}/feed`, { 'attached_media[0]': JSON.stringify({ media_fbid: photo.body.id }) })
    expect((await get(`${photo.body.id}?fields=page_story_id`)).body.page_story_id).toBe(made.body.id)
    expect((await get(`${pageId}/published_posts`)).body.data).toEqual([])
    s.desk.advance(6000)
    expect((await get(`${pageId}/published_posts?fields=id`)).body.data).toEqual([{ id: made.body.id }])
    const again = await post(`${pageId}/feed`, { 'attached_media[0]': JSON.stringify({ media_fbid: photo.body.id }) })
    expect(again.body.error).toMatchObject({ code: 100, error_subcode: 1366051 })
  })
})

describe('files', () => {
  const photo = (bytes: Buffer, more: Record<string, string> = {}) => {
    const form = new FormData()
    for (const [k, v] of Object.entries(more)) form.set(k, v)
    form.set('source', new Blob([new Uint8Array(bytes)]), 'x')
    return call(`${graph}/${pageId}/photos`, { method: 'POST', body: form })
  }
  test('a photo posted the documented way gives photo and post', async () => {
    expect((await photo(png(), { caption: 'One call', published: 'true' })).body).toMatchObject({
      id: expect.any(String),
      post_id: expect.stringContaining(`${pageId}_`),
    })
  })
  test('what is no picture, or too large a one, is refused', async () => {
    expect((await photo(Buffer.from('no picture'))).body.error).toMatchObject({ code: 324 })
    expect((await photo(png({ bytes: 10 * 1024 * 1024 + 1 }))).body.error).toMatchObject({ error_subcode: 1366046 })
    expect((await photo(png(), { url: 'http://127.0.0.1:1/x' })).body.error).toMatchObject({ code: 100 })
  })
  test('a chunk at the wrong place is refused, and a file that is not whole cannot be finished', async () => {
    const started = await post(`${pageId}/videos`, { upload_phase: 'start', file_size: '5000' })
    expect(started.body).toMatchObject({ start_offset: '0', end_offset: '5000' })
    const session = String(started.body.upload_session_id)
    const form = new FormData()
    for (const [k, v] of Object.entries({ upload_phase: 'transfer', upload_session_id: session, start_offset: '7' }))
      form.set(k, v)
    form.set('video_file_chunk', new Blob([new Uint8Array(10)]), 'c')
    const wrong = await call(`https://graph-video.facebook.com/v25.0/${pageId}/videos`, { method: 'POST', body: form })
    expect(wrong.body.error).toMatchObject({ error_subcode: 1363037 })
    const early = await post(`${pageId}/videos`, { upload_phase: 'finish', upload_session_id: session })
    expect(early.body.error).toMatchObject({ error_subcode: 1363045 })
  })
  test('a reel by its three phases, as the sample repository does it', async () => {
    const started = await post(`${pageId}/video_reels`, { upload_phase: 'start' })
    const bytes = mp4({ width: 720, height: 1280, ms: 5000 })
    const put = (headers: Record<string, string>) =>
      fetch(String(started.body.upload_url), {
        method: 'POST',
        headers: { authorization: `OAuth ${page}`, ...headers },
        body: new Uint8Array(bytes),
      }).then((r) => r.json() as Promise<{ success?: boolean; debug_info?: { type: string } }>)
    expect((await put({ file_size: String(bytes.length) })).debug_info!.type).toBe('OffsetInvalidError')
    expect((await put({ offset: '5', file_size: String(bytes.length) })).debug_info!.type).toBe('OffsetInvalidError')
    expect(await put({ offset: '0', file_size: String(bytes.length) })).toEqual({ success: true })
    const video = String(started.body.video_id)
    const done = await post(`${pageId}/video_reels`, {
      upload_phase: 'finish',
      video_id: video,
      video_state: 'PUBLISHED',
    })
    expect(done.body).toEqual({ success: true })
    expect((await get(`${video}?fields=status`)).body.status).toMatchObject({ video_status: 'processing' })
    s.desk.advance(10_000)
    expect((await get(`${video}?fields=status,post_id`)).body).toMatchObject({
      post_id: expect.any(String),
      status: { publishing_phase: { status: 'complete', publish_status: 'published' } },
    })
    // The last phase again is no second reel.
    await post(`${pageId}/video_reels`, { upload_phase: 'finish', video_id: video, video_state: 'PUBLISHED' })
    s.desk.advance(10_000)
    expect(s.desk.posts('facebook')).toHaveLength(1)
  })
})

describe('insights', () => {
  test('a metric that was removed fails the whole question, as does none', async () => {
    const { body } = await post(`${pageId}/feed`, { message: 'x' })
    expect((await get(`${body.id}/insights?metric=post_media_view,post_impressions`)).body.error).toMatchObject({
      code: 100,
    })
    expect((await get(`${body.id}/insights`)).body.error).toMatchObject({ code: 3001 })
  })
  test('numbers grow with time', async () => {
    const { body } = await post(`${pageId}/feed`, { message: 'x' })
    const views = async () => {
      const answer = await get(`${body.id}/insights?metric=post_media_view`)
      return (answer.body.data as { values: { value: number }[] }[])[0]!.values[0]!.value
    }
    s.desk.advance(3_600_000)
    const early = await views()
    s.desk.advance(86_400_000)
    expect(await views()).toBeGreaterThan(early)
  })
})

describe('what Graph ignores', () => {
  const told = () => s.desk.notices().map((n) => [n.route, n.kind, n.what])

  test('unknown parameters of a create and of a read are passed over', async () => {
    expect((await post(`${pageId}/feed`, { message: 'x', nonsense: '1' })).status).toBe(200)
    expect((await get(`${pageId}/feed?pretty=1`)).status).toBe(200)
    expect(told()).toEqual([
      ['create', 'unknown-parameter', 'nonsense'],
      ['list', 'unknown-parameter', 'pretty'],
    ])
  })
  test.each(['v20.0', 'v21.0', 'v22.0', 'v23.0', 'v24.0'])('%s still answers', async (version) => {
    expect((await call(`https://graph.facebook.com/${version}/me`)).status).toBe(200)
    expect(told()).toEqual([['me', 'older-version', version]])
  })
  test('no version is the oldest: what login libraries ask that way is answered', async () => {
    const bare = (path: string, token: string) => call(`https://graph.facebook.com/${path}`, {}, token)
    expect((await bare('me?fields=id,name', user)).status).toBe(200)
    expect((await bare('me/accounts', user)).body.data).toHaveLength(2)
    expect(told()).toEqual([
      ['me', 'older-version', 'no version'],
      ['accounts', 'older-version', 'no version'],
    ])
    expect((await bare('v19.0/me', user)).status).toBe(400)
  })
  test('the dialog without response_type means a code, and another one is refused', async () => {
    const { clientId } = s.desk.tokens('facebook').credentials
    const dialog = (more: string) =>
      s.call(
        `https://www.facebook.com/v24.0/dialog/oauth?client_id=${clientId}&redirect_uri=${encodeURIComponent('https://example.com/back')}&scope=pages_show_list${more}`,
      )
    expect((await dialog('')).status).toBe(200)
    expect(told()).toContainEqual(['authorize', 'missing-parameter', 'response_type'])
    expect((await dialog('&response_type=sorcery')).status).toBe(400)
  })
  test('a create gives the fields it is asked for; a post has a full_picture', async () => {
    const made = await post(`${pageId}/feed?fields=permalink_url`, { message: 'x' })
    expect(made.body).toEqual({ id: expect.any(String), permalink_url: expect.stringContaining('/posts/') })
    const said = await post(`${made.body.id}/comments`, { message: 'first', fields: 'id,permalink_url' })
    expect(said.body).toEqual({ id: expect.any(String), permalink_url: expect.stringContaining('comment_id=') })

    const form = new FormData()
    form.set('source', new Blob([new Uint8Array(png({ width: 40, height: 30 }))], { type: 'image/png' }), 'a.png')
    const photo = await call(`${graph}/${pageId}/photos`, { method: 'POST', body: form })
    const { full_picture } = (await get(`${photo.body.post_id}?fields=full_picture`)).body
    s.desk.advance(60_000)
    const posts = await get(`${pageId}/posts?fields=id,full_picture,likes.summary(true)`)
    expect((posts.body.data as { id: string }[])[0]).toMatchObject({ id: photo.body.post_id, full_picture })
    expect((await fetch(String(full_picture))).headers.get('content-type')).toBe('image/png')
    expect(told()).toEqual([])
  })
  test('the last phase of a video story names the post that will be', async () => {
    const start = await post(`${pageId}/video_stories`, { upload_phase: 'start' })
    const bytes = new Uint8Array(mp4({ ms: 5000, width: 1080, height: 1920 }))
    const up = await fetch(String(start.body.upload_url), {
      method: 'POST',
      headers: { authorization: `OAuth ${page}`, offset: '0', file_size: String(bytes.length) },
      body: bytes,
    })
    expect(up.status).toBe(200)
    const end = () => post(`${pageId}/video_stories`, { upload_phase: 'finish', video_id: String(start.body.video_id) })
    const { post_id } = (await end()).body
    expect(post_id).toMatch(/^\d+$/)
    s.desk.advance(60_000)
    await s.desk.tickAll()
    expect(s.desk.posts('facebook').map((p) => p.id)).toEqual([post_id])
    expect((await end()).body.post_id).toBe(post_id)
  })
})
