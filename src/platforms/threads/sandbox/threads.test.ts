/** The imitation by itself, spoken to as any honest client would: what it refuses, and in which words. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jpeg } from '#kit/testing/media.ts'
import { createShelf } from '#kit/testing/shelf.ts'
import { mp4 } from '#kit/testing/video.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
const shelf = createShelf()
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterEach(() => expect(box.trouble.splice(0)).toEqual([]))
afterAll(async () => {
  await shelf.close()
  await box.close()
})

type Tokens = { access_token: string; user_id: string }
const issued = (account?: string) => box.desk.tokens('threads', account).tokens as Tokens
const API = 'https://graph.threads.net/v1.0'
const file = (bytes: Buffer, mime: string) => shelf.publish(`f${Math.random()}`, new Uint8Array(bytes), mime)

type Answer = { status: number; body: Record<string, unknown> }
const call = async (method: string, path: string, form?: Record<string, string>, t = issued()): Promise<Answer> => {
  const res = await box.call(path.startsWith('https:') ? path : `${API}/${path}`, {
    method,
    headers: { authorization: `Bearer ${t.access_token}` },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  })
  return { status: res.status, body: (await res.json()) as Record<string, unknown> }
}
const make = (form: Record<string, string>) => call('POST', 'me/threads', form)
const says = async (form: Record<string, string>) => {
  const { status, body } = await make(form)
  return status === 200 ? 'ok' : String((body.error as { message: string }).message)
}
const text = (more: Record<string, string> = {}) => ({ media_type: 'TEXT', text: 'Hello', ...more })
const idOf = async (form: Record<string, string>) => String((await make(form)).body.id)
const publish = async (form: Record<string, string>) => {
  const made = await idOf(form)
  return call('POST', 'me/threads_publish', { creation_id: made })
}
const notFound = { error: { code: 24, error_subcode: 4279009, error_user_title: 'Media Not Found' } }

describe('the token', () => {
  test('is wanted, of Threads, alive and permitted', async () => {
    expect((await box.call(`${API}/me`)).status).toBe(401)
    const t = issued()
    expect((await call('GET', 'me?fields=id,username', undefined, t)).body).toEqual({
      id: t.user_id,
      username: 'marta.bakes',
    })
    const byQuery = await box.call(`https://graph.threads.com/me?access_token=${t.access_token}`)
    expect(byQuery.status).toBe(200)
    box.desk.revoke('threads')
    expect((await call('GET', 'me', undefined, t)).body).toMatchObject({ error: { code: 190, error_subcode: 458 } })
    const dead = issued()
    box.desk.advance(60 * 86_400_000)
    expect((await call('GET', 'me', undefined, dead)).body).toMatchObject({ error: { code: 190, error_subcode: 463 } })
  })
  test('other versions of the path do not exist', async () =>
    expect((await call('GET', 'https://graph.threads.net/v25.0/me')).status).toBe(400))
  test('nobody acts for another profile', async () =>
    expect((await call('POST', '24000000000000202/threads', text())).body).toMatchObject(notFound))
  test('the login refuses unknown apps, plain addresses and unknown scopes, on every address of the page', async () => {
    const { clientId } = box.desk.tokens('threads').credentials
    const good = {
      client_id: clientId!,
      redirect_uri: 'https://c.example/cb',
      response_type: 'code',
      scope: 'threads_basic',
    }
    const wrong: Record<string, string>[] = [
      { client_id: '1' },
      { redirect_uri: 'http://c.example/cb' },
      { scope: 'instagram_basic' },
      { scope: 'threads_content_publish' },
      { response_type: 'token' },
    ]
    const at = (change: Record<string, string>) =>
      box.call(`https://www.threads.com/oauth/authorize?${new URLSearchParams({ ...good, ...change })}`)
    expect((await at({})).status).toBe(200)
    for (const change of wrong) expect((await at(change)).status).toBe(400)
  })
  test('an app token looks into other tokens', async () => {
    const { clientId, clientSecret } = box.desk.tokens('threads').credentials
    const q = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId!,
      client_secret: clientSecret!,
    })
    const app = (await (await box.call(`https://graph.threads.net/oauth/access_token?${q}`)).json()) as Tokens
    expect(app.access_token).toMatch(/^TH\|/)
    const t = issued()
    const seen = await box.call(`${API}/debug_token?input_token=${t.access_token}&access_token=${app.access_token}`)
    expect(await seen.json()).toMatchObject({ data: { type: 'USER', is_valid: true, user_id: t.user_id } })
  })
})

describe('making a container', () => {
  test('other body types and missing parameters are refused', async () => {
    expect(await says({ text: 'no type' })).toContain('media_type is required')
    expect(await says({ media_type: 'STORIES', text: 'a' })).toContain('must be one of')
    expect(await says({ media_type: 'TEXT' })).toContain('text is required')
    expect(await says({ media_type: 'IMAGE' })).toContain('image_url is required')
    const plain = await box.call(`${API}/me/threads`, {
      method: 'POST',
      headers: { authorization: `Bearer ${issued().access_token}`, 'content-type': 'text/plain' },
      body: 'media_type=TEXT',
    })
    expect(plain.status).toBe(400)
  })
  test('attachments go with texts only, and have their own form', async () => {
    const url = await file(jpeg({ width: 400, height: 400 }), 'image/jpeg')
    const image = { media_type: 'IMAGE', image_url: url }
    expect(await says({ ...image, poll_attachment: '{"option_a":"a","option_b":"b"}' })).toContain('not supported')
    expect(await says(text({ alt_text: 'a' }))).toContain('not supported')
    expect(await says(text({ poll_attachment: '{"option_a":"a"}' }))).toContain('at least 2')
    expect(await says(text({ poll_attachment: '{"option_a":"a","option_b":"b","option_e":"c"}' }))).toContain(
      'option_e',
    )
    expect(await says(text({ poll_attachment: 'a,b' }))).toContain('must be an object')
    expect(await says(text({ gif_attachment: '{"gif_id":"1","provider":"TENOR"}' }))).toContain('GIPHY')
    expect(await says(text({ text_entities: '[{"entity_type":"SPOILER","offset":3,"length":3}]' }))).toContain('within')
    expect(await says(text({ reply_control: 'nobody' }))).toContain('must be one of')
    expect(await says(text({ location_id: '1' }))).toBe('ok')
    expect(await says(text({ is_ghost_post: 'true', topic_tag: 'a' }))).toContain('ghost')
    expect(await says(text({ topic_tag: 'a&b' }))).toContain('topic_tag')
  })
  test('texts are counted with the bytes of their emoji', async () => {
    expect(await says(text({ text: `${'🍞'.repeat(124)}abcd` }))).toBe('ok')
    expect(await says(text({ text: `${'🍞'.repeat(124)}abcde` }))).toContain('at most 500 characters')
  })
  test('carousels have two to twenty finished items of their own', async () => {
    const url = await file(jpeg({ width: 400, height: 400 }), 'image/jpeg')
    const item = { media_type: 'IMAGE', image_url: url, is_carousel_item: 'true' }
    const one = await idOf(item)
    const carousel = (children: string) => make({ media_type: 'CAROUSEL', children })
    expect((await carousel(one)).body).toMatchObject({ error: { code: 100 } })
    const two = await idOf(item)
    // Not finished yet.
    expect((await carousel(`${one},${two}`)).body).toMatchObject(notFound)
    box.desk.advance(3000)
    expect((await carousel(`${one},${two}`)).status).toBe(200)
    expect((await call('POST', 'me/threads_publish', { creation_id: one })).status).toBe(400)
  })
})

describe('a container’s life', () => {
  test('in progress, finished, published; a post has no status', async () => {
    const url = await file(mp4({ width: 720, height: 1280, ms: 3000 }), 'video/mp4')
    const id = await idOf({ media_type: 'VIDEO', video_url: url, text: 'Moving' })
    const status = async () => (await call('GET', `${id}?fields=status`)).body.status
    expect(await status()).toBe('IN_PROGRESS')
    expect((await call('POST', 'me/threads_publish', { creation_id: id })).body).toMatchObject(notFound)
    box.desk.advance(9000)
    expect(await status()).toBe('FINISHED')
    const made = await call('POST', 'me/threads_publish', { creation_id: id })
    expect(await status()).toBe('PUBLISHED')
    expect((await call('POST', 'me/threads_publish', { creation_id: id })).body).toMatchObject(notFound)
    expect((await call('GET', `${made.body.id}?fields=status`)).body).toMatchObject({
      error: { code: 100, message: expect.stringContaining('nonexisting field (status)') },
    })
    expect((await call('GET', `${made.body.id}?fields=media_type,permalink,text,shortcode`)).body).toMatchObject({
      media_type: 'VIDEO',
      text: 'Moving',
      permalink: expect.stringMatching(/^https:\/\/www\.threads\.com\/@marta\.bakes\/post\/[\w-]+$/),
    })
  })
  test('a film that cannot be used says why', async () => {
    const url = await file(mp4({ width: 720, height: 1280, ms: 301_000 }), 'video/mp4')
    const id = await idOf({ media_type: 'VIDEO', video_url: url })
    const away = await idOf({ media_type: 'VIDEO', video_url: 'http://127.0.0.1:9/x.mp4' })
    box.desk.advance(9000)
    const word = async (of: string) => (await call('GET', `${of}?fields=status,error_message`)).body.error_message
    expect(await word(id)).toBe('INVALID_DURATION')
    expect(await word(away)).toBe('FAILED_DOWNLOADING_VIDEO')
  })
  test('after a day it is over', async () => {
    const id = await idOf(text())
    box.desk.advance(86_400_000)
    expect((await call('GET', id)).body).toMatchObject({ status: 'EXPIRED' })
    expect((await call('POST', 'me/threads_publish', { creation_id: id })).body).toMatchObject(notFound)
  })
  test('a text can be published at once', async () => {
    const { body } = await make(text({ auto_publish_text: 'true' }))
    expect(box.desk.posts('threads').map((p) => p.id)).toEqual([body.id])
  })
})

describe('what is out', () => {
  test('replies count by themselves, are listed apart and can be hidden', async () => {
    const root = String((await publish(text())).body.id)
    const reply = String((await publish(text({ text: 'More', reply_to_id: root }))).body.id)
    const limit = await call(
      'GET',
      'me/threads_publishing_limit?fields=quota_usage,config,reply_quota_usage,reply_config',
    )
    expect(limit.body).toMatchObject({
      data: [
        { quota_usage: 1, config: { quota_total: 250 }, reply_quota_usage: 1, reply_config: { quota_total: 1000 } },
      ],
    })
    const ids = async (path: string) => ((await call('GET', path)).body.data as { id: string }[]).map((x) => x.id)
    expect(await ids('me/threads')).toEqual([root])
    expect(await ids('me/replies')).toEqual([reply])
    expect(await ids(`${root}/replies`)).toEqual([reply])
    box.desk.act('threads', { do: 'reply', post: reply, text: 'By hand' })
    expect(await ids(`${root}/conversation`)).toHaveLength(2)
    expect((await call('POST', `${reply}/manage_reply`, { hide: 'true' })).body).toEqual({ success: true })
    expect((await call('GET', `${reply}?fields=hide_status,replied_to,is_reply`)).body).toMatchObject({
      hide_status: 'HIDDEN',
      replied_to: { id: root },
      is_reply: true,
    })
  })
  test('a ghost takes no reply and is gone after a day', async () => {
    const ghost = String((await publish(text({ is_ghost_post: 'true' }))).body.id)
    expect(await says(text({ reply_to_id: ghost }))).toContain('ghost')
    box.desk.advance(86_400_000)
    expect((await call('GET', ghost)).body).toMatchObject(notFound)
  })
  test('numbers grow, reposts have none, and followers take no window', async () => {
    const id = String((await publish(text())).body.id)
    const views = async () => {
      const { body } = await call('GET', `${id}/insights?metric=views`)
      return (body.data as { values: { value: number }[] }[])[0]!.values[0]!.value
    }
    const early = await views()
    box.desk.advance(86_400_000)
    expect(await views()).toBeGreaterThan(early)
    const repost = String((await call('POST', `${id}/repost`, {})).body.id)
    expect((await call('GET', `${repost}/insights?metric=views`)).body).toEqual({ data: [] })
    expect((await call('GET', `${id}/insights?metric=impressions`)).status).toBe(400)
    expect((await call('GET', 'me/threads_insights?metric=followers_count&since=1795305600')).status).toBe(400)
    expect((await call('GET', 'me/threads_insights?metric=shares')).status).toBe(500)
    expect((await call('GET', 'me/threads_insights?metric=views&since=1&until=2')).status).toBe(400)
    expect((await call('GET', 'me/threads_insights?metric=clicks,likes')).body).toMatchObject({
      data: [{ link_total_values: [{ link_url: expect.any(String) }] }, { total_value: { value: expect.any(Number) } }],
    })
  })
  test('deleting says what is gone, once', async () => {
    const id = String((await publish(text())).body.id)
    expect((await call('DELETE', id)).body).toEqual({ success: true, deleted_id: id })
    expect((await call('DELETE', id)).body).toMatchObject(notFound)
  })
  test('the feed shows every kind without a script slipping in', async () => {
    await publish(text({ text: '<script>x</script> #bread', poll_attachment: '{"option_a":"<b>","option_b":"b"}' }))
    const html = await (await fetch(`${box.url}/_feed/threads`)).text()
    expect(html).not.toContain('<script>x')
    expect(html).toContain('&lt;script&gt;x')
    expect(html).toContain('<li>&lt;b&gt;</li>')
  })
})

describe('what Threads ignores', () => {
  const told = () => box.desk.notices().map((n) => [n.route, n.kind, n.what])

  test('unknown parameters are passed over', async () => {
    expect(await says(text({ media_url: 'https://e.com/a.jpg' }))).toBe('ok')
    expect((await call('GET', 'me?fields=id&pretty=1')).status).toBe(200)
    expect(told()).toEqual([
      ['container', 'unknown-parameter', 'media_url'],
      ['me', 'unknown-parameter', 'pretty'],
    ])
  })
  test('the dialog without response_type, the code by GET, client_id in the trade for a long token', async () => {
    const app = box.desk.tokens('threads').credentials
    const client_id = app.clientId!
    const client_secret = app.clientSecret!
    const redirect_uri = 'http://127.0.0.1:4999/callback'
    const login = new URLSearchParams({ client_id, redirect_uri, scope: 'threads_basic' })
    const at = `https://threads.net/oauth/authorize?${login}`
    const back = await box.call(at, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    const code = new URL(back.headers.get('location')!).searchParams.get('code')!
    const get = async (path: string, o: Record<string, string>) =>
      (await (await box.call(`https://graph.threads.net/${path}?${new URLSearchParams(o)}`)).json()) as Tokens
    const trade = { client_id, client_secret, grant_type: 'authorization_code', redirect_uri, code }
    const { access_token } = await get('oauth/access_token', trade)
    const long = { grant_type: 'th_exchange_token', client_id, client_secret, access_token }
    expect(await get('access_token', long)).toMatchObject({ token_type: 'bearer', access_token: expect.any(String) })
    expect(told()).toEqual([
      ['authorize', 'missing-parameter', 'response_type'],
      ['app-token', 'other-way', 'a code exchanged by GET'],
      ['long', 'unknown-parameter', 'client_id'],
    ])
  })
})
