/** The imitation by itself, spoken to as any honest client would: what it refuses, and in which words. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jpeg, png } from '#kit/testing/media.ts'
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

type Tokens = {
  access_token: string
  user_id: string
  facebook: { page_access_token: string; user_access_token: string }
}
const issued = (account?: string) => box.desk.tokens('instagram', account).tokens as Tokens
const IG = 'https://graph.instagram.com/v25.0'
const FB = 'https://graph.facebook.com/v25.0'
const file = async (bytes: Buffer, mime: string) => shelf.publish(`f${Math.random()}`, new Uint8Array(bytes), mime)
const picture = (o: Parameters<typeof jpeg>[0] = { width: 400, height: 400 }) => file(jpeg(o), 'image/jpeg')
const film = (o: Parameters<typeof mp4>[0] = {}) => file(mp4(o), 'video/mp4')

const call = async (method: string, url: string, token: string, form?: Record<string, string>) => {
  const res = await box.call(url, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  })
  return { status: res.status, body: (await res.json()) as Record<string, unknown>, headers: res.headers }
}
const media = async (form: Record<string, string>, t = issued()) =>
  call('POST', `${IG}/${t.user_id}/media`, t.access_token, form)
const error = (code: number, subcode?: number) => ({
  error: expect.objectContaining({
    code,
    ...(subcode ? { error_subcode: subcode } : {}),
    fbtrace_id: expect.any(String),
  }),
})
const publish = async (form: Record<string, string>, t = issued()) => {
  const made = await media(form, t)
  return call('POST', `${IG}/${t.user_id}/media_publish`, t.access_token, { creation_id: String(made.body.id) })
}

describe('the login of Instagram', () => {
  const redirect_uri = 'http://127.0.0.1:4999/callback'
  const app = () => box.desk.tokens('instagram').credentials
  const url = (change: Record<string, string> = {}) => {
    const u = new URL('https://www.instagram.com/oauth/authorize')
    const scope = 'instagram_business_basic,instagram_business_content_publish'
    const all = { client_id: app().instagramAppId!, redirect_uri, response_type: 'code', scope, state: 's1', ...change }
    for (const [k, v] of Object.entries(all)) u.searchParams.set(k, v)
    return u.href
  }
  const code = async () => {
    const res = await box.call(url(), { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    expect(res.headers.get('location')).toMatch(/#_$/)
    return new URL(res.headers.get('location')!).searchParams.get('code')!
  }
  const trade = (form: Record<string, string>) =>
    box.call('https://api.instagram.com/oauth/access_token', { method: 'POST', body: new URLSearchParams(form) })
  const form = (given: string) => ({
    client_id: app().instagramAppId!,
    client_secret: app().instagramAppSecret!,
    grant_type: 'authorization_code',
    redirect_uri,
    code: given,
  })

  test('refuses an unknown app, a plain http address and scopes of the other login', async () => {
    const wrong: Record<string, string>[] = [
      { client_id: '1' },
      { redirect_uri: 'http://clarion.example/callback' },
      { scope: 'instagram_basic' },
      { scope: 'business_basic' },
    ]
    for (const change of wrong) expect((await box.call(url(change))).status).toBe(400)
    expect(await (await box.call(url())).text()).toContain('Marta Lindqvist')
  })
  test('a code trades once, with the right secret, and the id of the answer is too big for JavaScript', async () => {
    const given = await code()
    expect(await (await trade({ ...form(given), client_secret: 'no' })).json()).toMatchObject({
      error_type: 'OAuthException',
      code: 400,
    })
    const good = await trade(form(given))
    expect(await good.text()).toMatch(/"user_id":24812345678900101,/)
    expect(await (await trade(form(given))).json()).toMatchObject({
      error_message: expect.stringContaining('already used'),
    })
  })
  test('a token of an hour is traded for a long one, which cannot be renewed on its first day', async () => {
    const short = (await (await trade(form(await code()))).json()) as { access_token: string }
    const long = await box.call(
      `https://graph.instagram.com/access_token?grant_type=ig_exchange_token&client_secret=${app().instagramAppSecret}&access_token=${short.access_token}`,
    )
    const { access_token } = (await long.json()) as { access_token: string }
    const renew = () =>
      box.call(
        `https://graph.instagram.com/refresh_access_token?grant_type=ig_refresh_token&access_token=${access_token}`,
      )
    expect((await renew()).status).toBe(400)
    box.desk.advance(86_400_000)
    expect(await (await renew()).json()).toMatchObject({ token_type: 'bearer', expires_in: 5_183_944 })
  })
})

describe('the two doors', () => {
  test('each takes its own tokens only', async () => {
    const t = issued()
    expect((await call('GET', `${IG}/me?fields=user_id`, t.access_token)).body).toMatchObject({ user_id: t.user_id })
    expect((await call('GET', `${IG}/me`, t.facebook.page_access_token)).body).toEqual(error(190))
    expect((await call('GET', `${FB}/${t.user_id}?fields=username`, t.access_token)).body).toEqual(error(190))
    expect((await call('GET', `${FB}/${t.user_id}?fields=username`, t.facebook.page_access_token)).body).toMatchObject({
      username: 'marta.bakes',
    })
  })
  test('an account of somebody else is not there, an old version is gone', async () => {
    const t = issued()
    expect((await call('GET', `${IG}/17841400000000202/media`, t.access_token)).body).toEqual(error(100, 33))
    expect((await call('GET', 'https://graph.instagram.com/v19.0/me', t.access_token)).body).toEqual(error(2500))
  })
  test('a dead token says why', async () => {
    const t = issued()
    box.desk.advance(61 * 86_400_000)
    expect((await call('GET', `${IG}/me`, t.access_token)).body).toEqual(error(190, 463))
    const fresh = issued()
    box.desk.revoke('instagram')
    expect((await call('GET', `${IG}/me`, fresh.access_token)).body).toEqual(error(190, 458))
  })
  test('unknown fields of a node are refused', async () => {
    const t = issued()
    expect((await call('GET', `${IG}/me?fields=user_id,shoe_size`, t.access_token)).body).toEqual(error(100))
  })
})

describe('containers', () => {
  test('unknown parameters, and those of another kind, are ignored and noticed; another kind’s file is refused', async () => {
    const image_url = await picture()
    expect((await media({ image_url, caption: 'x', filter: 'Clarendon' })).status).toBe(200)
    expect((await media({ image_url, share_to_feed: 'true' })).status).toBe(200)
    expect((await media({ media_type: 'STORIES', image_url, caption: 'x' })).status).toBe(200)
    expect((await media({ image_url, is_carousel_item: 'true', location_id: '1' })).status).toBe(200)
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual(
      ['filter', 'share_to_feed', 'caption', 'location_id'].map((what) => ['container', 'unknown-parameter', what]),
    )
    expect((await media({ image_url, video_url: image_url })).body).toEqual(error(100))
    expect((await media({ caption: 'words alone' })).body).toEqual(error(100))
  })
  test('a single VIDEO is no kind any more', async () => {
    expect((await media({ media_type: 'VIDEO', video_url: await film() })).body).toEqual(error(100, 2207023))
  })
  test('pictures are JPEG, small enough and of the right shape', async () => {
    expect((await media({ image_url: await file(png({ width: 400, height: 400 }), 'image/png') })).body).toEqual(
      error(36001, 2207005),
    )
    const big = await picture({ width: 400, height: 400, bytes: 8 * 1024 * 1024 + 1 })
    expect((await media({ image_url: big })).body).toEqual(error(36000, 2207004))
    const tall = await picture({ width: 400, height: 600 })
    expect((await media({ image_url: tall })).body).toEqual(error(36003, 2207009))
    expect((await media({ image_url: tall, media_type: 'STORIES' })).status).toBe(200)
  })
  test('what is not there, or not on https, cannot be fetched', async () => {
    const gone = `${new URL(await picture()).origin}/nothing.jpg`
    for (const image_url of [gone, 'http://clarion.example/a.jpg', 'http://127.0.0.1:9/a.jpg'])
      expect((await media({ image_url })).body).toEqual(error(9004, 2207052))
  })
  test('a caption one sign too long, a hashtag too many, a mention too many', async () => {
    const image_url = await picture()
    for (const caption of ['a'.repeat(2201), '#a'.repeat(31), '@a '.repeat(21)])
      expect((await media({ image_url, caption })).body).toEqual(error(36004, 2207010))
  })
  test('a video takes its time, and a bad one fails in its status', async () => {
    const t = issued()
    const status = async (id: unknown) =>
      (await call('GET', `${IG}/${id}?fields=status_code,status`, t.access_token)).body as {
        status_code: string
        status: string
      }
    const good = await media({ media_type: 'REELS', video_url: await film() }, t)
    const bad = await media({ media_type: 'REELS', video_url: await film({ ms: 1000 }) }, t)
    expect((await status(good.body.id)).status_code).toBe('IN_PROGRESS')
    box.desk.advance(60_000)
    expect((await status(good.body.id)).status_code).toBe('FINISHED')
    expect(await status(bad.body.id)).toMatchObject({
      status_code: 'ERROR',
      status: expect.stringContaining('2207026'),
    })
    box.desk.advance(86_400_000)
    expect((await status(good.body.id)).status_code).toBe('EXPIRED')
  })
  test('a carousel has 2 to 10 ready items of its own', async () => {
    const t = issued()
    const item = async () => String((await media({ is_carousel_item: 'true', image_url: await picture() }, t)).body.id)
    const ids = [await item(), await item()]
    const parent = (children: string[]) => media({ media_type: 'CAROUSEL', children: children.join(',') }, t)
    expect((await parent([ids[0]!])).body).toEqual(error(100, 2207028))
    expect((await parent([...ids, '1'])).body).toEqual(error(24, 2207008))
    const slow = await media({ is_carousel_item: 'true', media_type: 'VIDEO', video_url: await film() }, t)
    expect((await parent([...ids, String(slow.body.id)])).body).toEqual(error(9007, 2207027))
    const plain = await media({ image_url: await picture() }, t)
    expect((await parent([...ids, String(plain.body.id)])).body).toEqual(error(100))
    expect((await parent(ids)).status).toBe(200)
  })
  test('bytes go by rupload with Facebook Login, from the right offset and with the right token', async () => {
    const t = issued()
    const token = t.facebook.page_access_token
    expect((await media({ media_type: 'REELS', upload_type: 'resumable' })).body).toEqual(error(100))
    const made = (
      await call('POST', `${FB}/${t.user_id}/media`, token, { media_type: 'REELS', upload_type: 'resumable' })
    ).body as { id: string; uri: string }
    const bytes = mp4({ bytes: 9000 })
    const send = (offset: number, from: string) =>
      fetch(made.uri, {
        method: 'POST',
        headers: { authorization: from, offset: String(offset), file_size: String(bytes.length) },
        body: new Uint8Array(bytes.subarray(offset)),
      })
    expect((await send(0, 'OAuth nobody')).status).toBe(401)
    expect(await (await send(5, `OAuth ${token}`)).json()).toMatchObject({ debug_info: { type: 'OffsetInvalidError' } })
    expect(await (await send(0, `OAuth ${token}`)).json()).toEqual({ success: true, message: 'Upload successful.' })
    const { body } = await call('GET', `${FB}/${made.id}?fields=video_status`, token)
    expect(body).toMatchObject({ video_status: { uploading_phase: { status: 'complete', bytes_transferred: 9000 } } })
  })
})

describe('publishing and reading back', () => {
  test('too early, twice, an item alone, and somebody else’s are refused', async () => {
    const t = issued()
    const go = (creation_id: string, who = t) =>
      call('POST', `${IG}/${who.user_id}/media_publish`, who.access_token, { creation_id })
    const slow = await media({ media_type: 'REELS', video_url: await film() }, t)
    expect((await go(String(slow.body.id))).body).toEqual(error(9007, 2207027))
    const item = await media({ is_carousel_item: 'true', image_url: await picture() }, t)
    expect((await go(String(item.body.id))).body).toEqual(error(100))
    const made = await media({ image_url: await picture() }, t)
    expect((await go(String(made.body.id), issued('teo_plants'))).body).toEqual(error(24, 2207008))
    expect((await go(String(made.body.id))).status).toBe(200)
    expect((await go(String(made.body.id))).body).toEqual(error(24, 2207008))
    expect(box.desk.posts('instagram')).toHaveLength(1)
  })
  test('the quota is told and kept', async () => {
    box.desk.setKnobs('instagram', { quotaTotal: 2 })
    const t = issued()
    for (const status of [200, 200, 400]) expect((await publish({ image_url: await picture() }, t)).status).toBe(status)
    const limit = await call(
      'GET',
      `${IG}/${t.user_id}/content_publishing_limit?fields=quota_usage,config`,
      t.access_token,
    )
    expect(limit.body).toEqual({ data: [{ quota_usage: 2, config: { quota_total: 2, quota_duration: 86_400 } }] })
    box.desk.advance(86_400_001)
    expect((await publish({ image_url: await picture() }, t)).status).toBe(200)
  })
  test('a reel reads back as VIDEO of REELS, a story is in its own list for a day', async () => {
    const t = issued()
    const reel = await media({ media_type: 'REELS', video_url: await film() }, t)
    box.desk.advance(60_000)
    await call('POST', `${IG}/${t.user_id}/media_publish`, t.access_token, { creation_id: String(reel.body.id) })
    await publish({ media_type: 'STORIES', image_url: await picture() }, t)
    const list = async (edge: string) =>
      (await call('GET', `${IG}/${t.user_id}/${edge}?fields=media_type,media_product_type,permalink`, t.access_token))
        .body as { data: unknown[] }
    expect((await list('media')).data).toMatchObject([
      { media_type: 'VIDEO', media_product_type: 'REELS', permalink: expect.stringContaining('/reel/') },
    ])
    expect((await list('stories')).data).toMatchObject([{ media_type: 'IMAGE', media_product_type: 'STORY' }])
    box.desk.advance(86_400_000)
    expect((await list('stories')).data).toEqual([])
  })
  test('deleting works with Facebook Login only', async () => {
    const t = issued()
    const id = String((await publish({ image_url: await picture() }, t)).body.id)
    expect((await call('DELETE', `${IG}/${id}`, t.access_token)).status).toBe(400)
    expect((await call('DELETE', `${FB}/${id}`, t.facebook.page_access_token)).body).toEqual({
      success: true,
      deleted_id: id,
    })
  })
  test('comments have their limits', async () => {
    const t = issued()
    const id = String((await publish({ image_url: await picture() }, t)).body.id)
    const say = (message: string) => call('POST', `${IG}/${id}/comments`, t.access_token, { message })
    for (const message of ['a'.repeat(301), '#a #b #c #d #e', 'http://a.example http://b.example', 'LOUD', ' '])
      expect((await say(message)).body).toEqual(error(100))
    expect((await say('a'.repeat(300))).status).toBe(200)
    await call('POST', `${IG}/${id}`, t.access_token, { comment_enabled: 'false' })
    expect((await say('too late')).body).toEqual(error(100))
  })
  test('one unknown metric fails the whole call', async () => {
    const t = issued()
    const id = String((await publish({ image_url: await picture() }, t)).body.id)
    const ask = (metric: string) => call('GET', `${IG}/${id}/insights?metric=${metric}`, t.access_token)
    expect((await ask('views,reach')).status).toBe(200)
    for (const metric of ['views,impressions', 'plays', 'link_clicks', 'ig_reels_avg_watch_time'])
      expect((await ask(metric)).body).toEqual(error(100))
  })
})

describe('what Instagram ignores', () => {
  const told = () => box.desk.notices().map((n) => [n.route, n.kind, n.what])

  test('client_id where a short token is traded for a long one, and where it is renewed', async () => {
    const app = box.desk.tokens('instagram').credentials
    const redirect_uri = 'http://127.0.0.1:4999/callback'
    const scope = 'instagram_business_basic'
    const client_id = app.instagramAppId!
    const at = `https://www.instagram.com/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri, scope })}`
    const back = await box.call(at, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    const code = new URL(back.headers.get('location')!).searchParams.get('code')!
    const client_secret = app.instagramAppSecret!
    const short = await box.call('https://api.instagram.com/oauth/access_token', {
      method: 'POST',
      body: new URLSearchParams({ client_id, client_secret, grant_type: 'authorization_code', redirect_uri, code }),
    })
    const { access_token } = (await short.json()) as Tokens
    const trade = { grant_type: 'ig_exchange_token', client_id, client_secret, access_token }
    const long = await box.call(`https://graph.instagram.com/access_token?${new URLSearchParams(trade)}`)
    expect(await long.json()).toMatchObject({ token_type: 'bearer', expires_in: 5_183_944 })
    expect(told()).toEqual([
      ['ig-authorize', 'missing-parameter', 'response_type'],
      ['ig-long', 'unknown-parameter', 'client_id'],
    ])
  })
  test('an older version, and none; me stands for the account everywhere', async () => {
    const t = issued()
    const ask = (path: string) => call('GET', `https://graph.instagram.com/${path}`, t.access_token)
    expect((await ask('v20.0/me?fields=id,username')).status).toBe(200)
    expect((await ask('me?fields=id,username')).status).toBe(200)
    expect((await ask('v25.0/me/insights?metric=views&period=day&metric_type=total_value')).status).toBe(200)
    expect((await ask('v25.0/me/media?fields=id')).status).toBe(200)
    expect(told()).toEqual([
      ['ig-me', 'older-version', 'v20.0'],
      ['ig-me', 'older-version', 'no version'],
    ])
  })
  test('account numbers without metric_type come day by day where they can; the others are refused in its words', async () => {
    const t = issued()
    const ask = (metric: string) =>
      call('GET', `${IG}/${t.user_id}/insights?metric=${metric}&period=day`, t.access_token)
    expect((await ask('reach')).body).toMatchObject({
      data: [{ name: 'reach', values: [{ value: expect.any(Number), end_time: expect.any(String) }] }],
    })
    expect(told()).toEqual([['insights', 'missing-parameter', 'metric_type']])
    expect(JSON.stringify((await ask('reach,views')).body)).toContain(
      '(views) should be specified with parameter metric_type=total_value',
    )
  })
  test('a caption of a story is not kept', async () => {
    await publish({ media_type: 'STORIES', image_url: await picture(), caption: 'nobody reads this' })
    expect(box.desk.posts('instagram').map((p) => [p.kind, p.text])).toEqual([['story', '']])
  })
})
