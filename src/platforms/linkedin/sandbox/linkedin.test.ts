import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { png } from '#kit/testing/media.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

const api = 'https://api.linkedin.com/rest'
const page = 'urn:li:organization:2414183'
type Issued = { access_token: string; refresh_token: string; person: string }
const issued = (account?: string) => box.desk.tokens('linkedin', account).tokens as Issued
const app = () => box.desk.tokens('linkedin').credentials
const headers = (token: string, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${token}`,
  'linkedin-version': '202609',
  'x-restli-protocol-version': '2.0.0',
  ...more,
})
const send = (
  method: string,
  path: string,
  body: unknown,
  more: Record<string, string> = {},
  token = issued().access_token,
) =>
  box.call(`${api}${path}`, {
    method,
    headers: headers(token, { 'content-type': 'application/json', ...more }),
    body: body === undefined ? undefined : JSON.stringify(body),
  })
const plain = (change: Record<string, unknown> = {}) => ({
  author: page,
  commentary: 'Hello',
  visibility: 'PUBLIC',
  distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
  lifecycleState: 'PUBLISHED',
  isReshareDisabledByAuthor: false,
  ...change,
})
const create = (change: Record<string, unknown> = {}, more: Record<string, string> = {}) =>
  send('POST', '/posts', plain(change), more)
const said = async (res: Response) => ({ status: res.status, ...((await res.json()) as object) })
const ledger = () => box.desk.posts('linkedin').filter((p) => !p.deleted)
const enc = encodeURIComponent

describe('headers', () => {
  test('no version, a dead one, no protocol', async () => {
    const bare = (drop: Record<string, string>) =>
      box.call(`${api}/posts?q=author&author=${enc(page)}`, { headers: { ...headers(issued().access_token), ...drop } })
    expect(await said(await bare({ 'linkedin-version': '' }))).toMatchObject({ status: 400, code: 'VERSION_MISSING' })
    expect(await said(await bare({ 'linkedin-version': '202511' }))).toMatchObject({
      status: 426,
      code: 'NONEXISTENT_VERSION',
    })
    expect(await said(await bare({ 'x-restli-protocol-version': '1.0.0' }))).toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
  })
  test('a finder says that it is one, and URNs in a path are encoded', async () => {
    expect((await send('GET', `/posts?q=author&author=${enc(page)}`, undefined)).status).toBe(400)
    expect((await send('DELETE', '/posts/urn:li:share:1', undefined, { 'x-restli-method': 'DELETE' })).status).toBe(400)
  })
  test('dead tokens say why', async () => {
    const { access_token: token } = issued()
    const me = () => box.call('https://api.linkedin.com/v2/me', { headers: { authorization: `Bearer ${token}` } })
    expect((await me()).status).toBe(200)
    box.desk.revoke('linkedin', page)
    expect(await said(await me())).toMatchObject({ status: 401, serviceErrorCode: 65601 })
    const old = issued().access_token
    box.desk.advance(61 * 86_400_000)
    const res = await box.call('https://api.linkedin.com/v2/me', { headers: { authorization: `Bearer ${old}` } })
    expect(await said(res)).toMatchObject({ status: 401, serviceErrorCode: 65602 })
  })
})

describe('creating', () => {
  test('201 with an empty body and the id in a header', async () => {
    const res = await create()
    expect(res.status).toBe(201)
    expect(await res.text()).toBe('')
    expect(res.headers.get('x-restli-id')).toBe(ledger()[0]!.id)
    expect(ledger()[0]).toMatchObject({ account: page, text: 'Hello' })
  })
  test('what is not escaped cuts the text off, and nobody is told', async () => {
    expect((await create({ commentary: 'Go to the repo (durable) now' })).status).toBe(201)
    expect((await create({ commentary: 'Go to the repo \\(durable\\) now' })).status).toBe(201)
    expect(ledger().map((p) => p.text)).toEqual(['Go to the repo ', 'Go to the repo (durable) now'])
  })
  test('a mention under another name is plain text', async () => {
    await create({
      commentary: '@[northlight](urn:li:organization:18004721) @[Northlight Studio](urn:li:organization:18004721)',
    })
    const res = await send('GET', `/posts/${enc(ledger()[0]!.id)}`, undefined)
    expect(await res.json()).toMatchObject({
      commentary: 'northlight @[Northlight Studio](urn:li:organization:18004721)',
    })
  })
  test.each([
    ['an unknown field', { nobody: 1 }, 422],
    ['a field that is missing', { commentary: undefined }, 422],
    ['a wrong visibility', { visibility: 'FRIENDS' }, 422],
    ['a draft', { lifecycleState: 'DRAFT' }, 422],
    ['two things at once', { content: { poll: {}, article: {} } }, 422],
    ['one picture as many', { content: { multiImage: { images: [{ id: 'urn:li:image:x' }] } } }, 400],
    ['a file nobody uploaded', { content: { media: { id: 'urn:li:image:x' } } }, 400],
    ['a page of somebody else', { author: 'urn:li:organization:9377105' }, 403],
    ['another person', { author: 'urn:li:person:k41MzWpX' }, 403],
    ['nothing to say', { commentary: ' ' }, 400],
  ])('%s is refused', async (_name, change, status) => {
    expect((await create(change)).status).toBe(status)
    expect(ledger()).toHaveLength(0)
  })
  test('another content type is refused', async () => {
    expect((await create({}, { 'content-type': 'text/plain' })).status).toBe(400)
  })
  test('a double names the one that is there, until it is deleted', async () => {
    const id = (await create()).headers.get('x-restli-id')!
    expect(await said(await create())).toEqual({ status: 422, message: `Content is a duplicate of ${id}` })
    for (let n = 0; n < 2; n++)
      expect((await send('DELETE', `/posts/${enc(id)}`, undefined, { 'x-restli-method': 'DELETE' })).status).toBe(204)
    expect((await create()).status).toBe(201)
  })
  test('150 posts a day and member, until midnight', async () => {
    box.desk.setKnobs('linkedin', { duplicateGuard: 0 })
    const { access_token: token } = issued()
    for (let n = 0; n < 150; n++) await send('POST', '/posts', plain(), {}, token)
    const res = await send('POST', '/posts', plain(), {}, token)
    expect(await said(res)).toMatchObject({ status: 429, message: expect.stringContaining('MEMBER DAY') })
    box.desk.advance(86_400_000)
    expect((await send('POST', '/posts', plain(), {}, token)).status).toBe(201)
  })
})

describe('reading', () => {
  test('the list lags, and hashtags come back as templates', async () => {
    await create({ commentary: 'On #rye\\_bread' })
    const list = async () =>
      (await (
        await send('GET', `/posts?q=author&author=${enc(page)}`, undefined, { 'x-restli-method': 'FINDER' })
      ).json()) as {
        elements: { commentary: string }[]
      }
    expect((await list()).elements).toEqual([])
    box.desk.advance(5000)
    expect((await list()).elements[0]!.commentary).toBe('On {hashtag|\\#|rye\\_bread}')
  })
  test('nobody reads the posts of a person', async () => {
    const { person } = issued()
    const res = await send('GET', `/posts?q=author&author=${enc(person)}`, undefined, { 'x-restli-method': 'FINDER' })
    expect(await said(res)).toMatchObject({ status: 403, code: 'ACCESS_DENIED', serviceErrorCode: 100 })
  })
  test('numbers grow, and never without the analytics scope', async () => {
    const id = (await create()).headers.get('x-restli-id')!
    const ask = async () => {
      const path = `/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=${enc(page)}&shares=List(${enc(id)})`
      const { elements } = (await (await send('GET', path, undefined)).json()) as {
        elements: { totalShareStatistics: { impressionCount: number } }[]
      }
      return elements[0]?.totalShareStatistics.impressionCount
    }
    expect(await ask()).toBeUndefined()
    box.desk.advance(3_600_000)
    const early = (await ask())!
    box.desk.advance(86_400_000)
    expect(await ask()).toBeGreaterThan(early)
  })
})

describe('files', () => {
  const announce = async (owner = page) => {
    const res = await send('POST', '/images?action=initializeUpload', { initializeUploadRequest: { owner } })
    return ((await res.json()) as { value: { uploadUrl: string; image: string } }).value
  }
  const put = (url: string, bytes: Buffer, more: Record<string, string> = {}) =>
    fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', ...more },
      body: new Uint8Array(bytes),
    })
  const status = async (urn: string) =>
    (await (await send('GET', `/images/${enc(urn)}`, undefined)).json()) as {
      status: string
      processingFailureReason?: string
    }

  test('bytes without a type, or of another one, are kept, and a notice is written', async () => {
    const authorization = `Bearer ${issued().access_token}`
    for (const type of [undefined, 'application/pdf', 'image/png']) {
      const { uploadUrl } = await announce()
      const headers: Record<string, string> = { authorization, ...(type ? { 'content-type': type } : {}) }
      expect((await fetch(uploadUrl, { method: 'PUT', headers, body: new Uint8Array(png()) })).status).toBe(201)
    }
    expect(box.desk.notices().map((n) => [n.route, n.kind, n.what])).toEqual([
      ['upload', 'content-type', 'no content type instead of application/octet-stream'],
      ['upload', 'content-type', 'application/pdf instead of application/octet-stream'],
    ])
  })
  test('a picture needs the token, takes time, and then is there', async () => {
    const { uploadUrl, image } = await announce()
    expect((await put(uploadUrl, png())).status).toBe(401)
    expect((await status(image)).status).toBe('WAITING_UPLOAD')
    expect((await put(uploadUrl, png(), { authorization: `Bearer ${issued().access_token}` })).status).toBe(201)
    expect((await status(image)).status).toBe('PROCESSING')
    const early = await create({ content: { media: { id: image } } })
    expect(await said(early)).toMatchObject({ status: 400, code: 'MEDIA_ASSET_WAITING_UPLOAD' })
    box.desk.advance(2000)
    expect((await status(image)).status).toBe('AVAILABLE')
    expect((await create({ author: issued().person, content: { media: { id: image } } })).status).toBe(400)
    expect((await create({ content: { media: { id: image } } })).status).toBe(201)
  })
  test.each([
    ['WEBP', Buffer.from('RIFF\0\0\0\0WEBPVP8 aaaaaaaaaaaaaaaa', 'latin1'), /webp/],
    ['36,162,169 pixels', pngOf(6013, 6014), /pixels/],
  ])('%s fails in processing', async (_name, bytes, why) => {
    const { uploadUrl, image } = await announce()
    await put(uploadUrl, bytes, { authorization: `Bearer ${issued().access_token}` })
    box.desk.advance(2000)
    expect(await status(image)).toMatchObject({
      status: 'PROCESSING_FAILED',
      processingFailureReason: expect.stringMatching(why),
    })
  })
  test('a member may not ask about pictures', async () => {
    const { image } = await announce(issued().person)
    expect((await send('GET', `/images/${enc(image)}`, undefined)).status).toBe(403)
  })
  test('parts of a video come without a token, whole, and are finalized in order', async () => {
    const bytes = 5_000_000
    const { person } = issued()
    const res = await send('POST', '/videos?action=initializeUpload', {
      initializeUploadRequest: { owner: person, fileSizeBytes: bytes, uploadCaptions: false, uploadThumbnail: false },
    })
    const { value } = (await res.json()) as {
      value: { video: string; uploadInstructions: { uploadUrl: string; firstByte: number; lastByte: number }[] }
    }
    expect(value.uploadInstructions.map((i) => [i.firstByte, i.lastByte])).toEqual([
      [0, 4_194_303],
      [4_194_304, 4_999_999],
    ])
    const [one, two] = value.uploadInstructions
    expect((await put(one!.uploadUrl, Buffer.alloc(4_194_304), { authorization: 'Bearer x' })).status).toBe(200)
    expect(box.desk.notices().map((n) => n.what)).toEqual(['Authorization with a part of a video'])
    expect((await put(one!.uploadUrl, Buffer.alloc(10))).status).toBe(400)
    const tag = async (url: string, n: number) => (await put(url, Buffer.alloc(n, n % 251))).headers.get('etag')!
    const tags = [await tag(one!.uploadUrl, 4_194_304), await tag(two!.uploadUrl, bytes - 4_194_304)]
    expect(tags[0]).toMatch(/^".+"$/)
    const finalize = (ids: string[]) =>
      send('POST', '/videos?action=finalizeUpload', {
        finalizeUploadRequest: { video: value.video, uploadToken: '', uploadedPartIds: ids },
      })
    const bare = tags.map((t) => t.slice(1, -1))
    expect((await finalize(tags)).status).toBe(400)
    expect((await finalize([...bare].reverse())).status).toBe(400)
    expect((await finalize(bare)).status).toBe(200)
  })
})

/** Only a header: nobody decodes it here. */
function pngOf(width: number, height: number): Buffer {
  const bytes = png()
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

describe('signing in', () => {
  const token = (form: Record<string, string>) =>
    box.call('https://www.linkedin.com/oauth/v2/accessToken', { method: 'POST', body: new URLSearchParams(form) })
  const consent = async (scope: string, client = app().clientId!) => {
    const url = new URL('https://www.linkedin.com/oauth/v2/authorization')
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: client,
      redirect_uri: 'http://127.0.0.1:4999/cb',
      state: 's',
      scope,
    }).toString()
    const res = await box.call(url.href, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    return new URL(res.headers.get('location')!).searchParams
  }
  const exchange = async (scope: string) =>
    (await (
      await token({
        grant_type: 'authorization_code',
        code: (await consent(scope)).get('code')!,
        redirect_uri: 'http://127.0.0.1:4999/cb',
        client_id: app().clientId!,
        client_secret: app().clientSecret!,
      })
    ).json()) as { access_token: string; refresh_token?: string }

  test('commas between scopes, and scopes of another product, are refused', async () => {
    expect((await consent('openid,profile')).get('error')).toBe('unauthorized_scope_error')
    expect((await consent('openid w_organization_social')).get('error')).toBe('unauthorized_scope_error')
  })
  test('a self-serve app gets no refresh token', async () => {
    expect((await exchange('openid profile w_member_social')).refresh_token).toBeUndefined()
  })
  test('another set of scopes makes earlier tokens worthless', async () => {
    const { access_token: first } = await exchange('openid profile w_member_social')
    const who = () =>
      box.call('https://api.linkedin.com/v2/userinfo', { headers: { authorization: `Bearer ${first}` } })
    await exchange('w_member_social profile openid')
    expect((await who()).status).toBe(200)
    await exchange('openid profile')
    expect((await who()).status).toBe(401)
  })
  test('a wrong secret and a dead refresh token have LinkedIn’s words', async () => {
    const form = {
      grant_type: 'refresh_token',
      refresh_token: 'none',
      client_id: app().pagesClientId!,
      client_secret: 'x',
    }
    expect(await said(await token(form))).toMatchObject({ status: 401, error: 'invalid_client' })
    const good = { ...form, client_secret: app().pagesClientSecret! }
    expect(await said(await token(good))).toMatchObject({ status: 400, error: 'invalid_grant' })
  })
})
