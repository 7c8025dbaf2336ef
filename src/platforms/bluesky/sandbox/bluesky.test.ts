import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { blobCid, recordCid } from './cid.ts'
import imitation from './index.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const PDS = 'https://bsky.social/xrpc/com.atproto'
const RKEY = '3l23456abcd2a'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Session = { accessJwt: string; refreshJwt: string; did: string }
const session = (account?: string) => box.desk.tokens('bluesky', account).tokens as Session
const bearer = (jwt: string) => ({ authorization: `Bearer ${jwt}` })
const call = async (jwt: string | null, method: string, body?: unknown) => {
  const res = await box.call(`${PDS}.${method}`, {
    method: 'POST',
    headers: { ...(jwt ? bearer(jwt) : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await res.text()
  return { status: res.status, headers: res.headers, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> }
}
const get = async (path: string, jwt?: string) => {
  const res = await box.call(path.startsWith('https') ? path : `${PDS}.${path}`, { headers: jwt ? bearer(jwt) : {} })
  return { status: res.status, headers: res.headers, body: (await res.json()) as Record<string, unknown> }
}
const record = (more: Record<string, unknown> = {}) => ({
  $type: 'app.bsky.feed.post',
  text: 'one',
  createdAt: '2026-11-22T00:00:00.000Z',
  ...more,
})
const put = (s: Session, value: unknown, more: Record<string, unknown> = {}) =>
  call(s.accessJwt, 'repo.putRecord', {
    repo: s.did,
    collection: 'app.bsky.feed.post',
    rkey: RKEY,
    record: value,
    ...more,
  })
const create = (s: Session, value: unknown, more: Record<string, unknown> = {}) =>
  call(s.accessJwt, 'repo.createRecord', { repo: s.did, collection: 'app.bsky.feed.post', record: value, ...more })
const upload = async (s: Session, bytes = PNG, type = 'image/png') => {
  const res = await box.call(`${PDS}.repo.uploadBlob`, {
    method: 'POST',
    headers: { ...bearer(s.accessJwt), 'content-type': type },
    body: new Uint8Array(bytes),
  })
  return {
    status: res.status,
    ...((await res.json()) as { blob: { ref: { $link: string }; size: number; mimeType: string } }),
  }
}
const ledger = () => box.desk.posts('bluesky').filter((p) => !p.deleted)

describe('content ids are the real ones', () => {
  // Recorded from a PDS 0.5.35: putRecord of these records gave these CIDs.
  test.each([
    [record(), 'bafyreiay4kci3stct4qfu2kovopk7owdrnhf2xavv2oc4ti4atxlo6ov7y'],
    [record({ text: 'race' }), 'bafyreifl7j65yhosukymhq4vageomlyxq2tmsixpeqfio74jt53utvgxou'],
  ])('of a record', (value, cid) => expect(recordCid(value)).toBe(cid))
  test('of a blob', () =>
    expect(blobCid(Buffer.alloc(0))).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'))
})

describe('sessions', () => {
  test('an app password opens one; a wrong password, no token and a foreign token do not', async () => {
    const { form } = box.desk.tokens('bluesky')
    expect(form!.appPassword).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
    const good = await call(null, 'server.createSession', { identifier: form!.identifier, password: form!.appPassword })
    expect(good.body).toMatchObject({ handle: 'lena.bsky.social', active: true })
    expect(await call(null, 'server.createSession', { identifier: form!.identifier, password: 'no' })).toMatchObject({
      status: 401,
      body: { error: 'AuthenticationRequired' },
    })
    expect(await get('server.getSession')).toMatchObject({ status: 401, body: { error: 'AuthMissing' } })
    expect(await get('server.getSession', 'a.b.c')).toMatchObject({ status: 400, body: { error: 'InvalidToken' } })
    expect(await get('server.getSession', session().refreshJwt)).toMatchObject({
      status: 400,
      body: { error: 'InvalidToken' },
    })
  })
  test('a traded refresh token yields the same successor for two hours, then nothing', async () => {
    const s = session()
    const refresh = () => call(s.refreshJwt, 'server.refreshSession')
    const jti = (jwt: unknown) =>
      JSON.parse(Buffer.from(String(jwt).split('.')[1]!, 'base64url').toString()).jti as string
    const one = await refresh()
    box.desk.advance(3_600_000)
    const two = await refresh()
    expect(jti(two.body.refreshJwt)).toBe(jti(one.body.refreshJwt))
    box.desk.advance(3_600_001)
    expect(await refresh()).toMatchObject({ status: 400, body: { error: 'ExpiredToken' } })
    expect((await call(String(two.body.refreshJwt), 'server.refreshSession')).status).toBe(200)
  })
  test('an access token ends after two hours, a refresh token after ninety days', async () => {
    const s = session()
    box.desk.advance(120 * 60_000)
    expect(await put(s, record())).toMatchObject({
      status: 400,
      body: { error: 'ExpiredToken', message: 'Token has expired' },
    })
    box.desk.advance(90 * 86_400_000)
    expect(await call(s.refreshJwt, 'server.refreshSession')).toMatchObject({
      status: 400,
      body: { error: 'ExpiredToken' },
    })
  })
  test('a revoked app password ends everything; a deleted session leaves the access token alive', async () => {
    const s = session()
    expect((await call(s.refreshJwt, 'server.deleteSession')).status).toBe(200)
    expect((await call(s.refreshJwt, 'server.refreshSession')).status).toBe(400)
    expect((await put(s, record())).status).toBe(200)
    const { form, tokens } = box.desk.tokens('bluesky')
    box.desk.revoke('bluesky', s.did)
    expect((await put(tokens as Session, record({ text: 'x' }))).body.error).toBe('ExpiredToken')
    expect(
      (await call(null, 'server.createSession', { identifier: form!.identifier, password: form!.appPassword })).status,
    ).toBe(401)
  })
  test('accounts taken down or deactivated say so', async () => {
    const s = session()
    box.desk.act('bluesky', { do: 'deactivate', account: s.did })
    expect((await put(s, record())).body.error).toBe('AccountDeactivated')
    box.desk.act('bluesky', { do: 'takedown', account: s.did })
    expect((await put(s, record())).body.error).toBe('AccountTakedown')
  })
  test('the 31st login in five minutes is too fast and has no Retry-After', async () => {
    const login = () => call(null, 'server.createSession', { identifier: 'lena.bsky.social', password: 'no' })
    for (let i = 0; i < 30; i++) await login()
    const res = await login()
    expect(res).toMatchObject({ status: 429, body: { error: 'RateLimitExceeded' } })
    expect(res.headers.get('ratelimit-policy')).toBe('30;w=300')
    expect(res.headers.get('retry-after')).toBeNull()
  })
  test('service tokens live at most an hour', async () => {
    const s = session()
    const exp = Math.floor(Date.parse(box.desk.clock().now) / 1000)
    const ask = (at: number) => get(`server.getServiceAuth?aud=did:web:x.example&exp=${at}`, s.accessJwt)
    expect((await ask(exp + 3600)).status).toBe(200)
    expect((await ask(exp + 3700)).body.error).toBe('BadExpiration')
  })
})

describe('putRecord with swapRecord null creates once (fact sheet §4)', () => {
  test('created, then already there, then something else', async () => {
    const s = session()
    const first = await put(s, record(), { swapRecord: null })
    expect(first.body).toMatchObject({ commit: { rev: expect.any(String) }, validationStatus: 'valid' })
    const again = await put(
      s,
      { createdAt: '2026-11-22T00:00:00.000Z', text: 'one', $type: 'app.bsky.feed.post' },
      { swapRecord: null },
    )
    expect(again.status).toBe(200)
    expect(again.body.commit).toBeUndefined()
    const other = await put(s, record({ text: 'two' }), { swapRecord: null })
    expect(other).toMatchObject({
      status: 400,
      body: { error: 'InvalidSwap', message: `Record was at ${first.body.cid}` },
    })
    expect(ledger()).toHaveLength(1)
  })
  test('createRecord on a taken key is a 500, whatever the content', async () => {
    const s = session()
    await create(s, record(), { rkey: RKEY })
    expect(await create(s, record(), { rkey: RKEY })).toMatchObject({
      status: 500,
      body: { error: 'InternalServerError' },
    })
    expect(ledger()).toHaveLength(1)
  })
  test('getRecord, listRecords, deleteRecord twice', async () => {
    const s = session()
    await put(s, record())
    const q = `repo=${s.did}&collection=app.bsky.feed.post`
    expect((await get(`repo.getRecord?${q}&rkey=${RKEY}`)).body).toMatchObject({ value: { text: 'one' } })
    expect((await get(`repo.listRecords?${q}`)).body.records).toHaveLength(1)
    const del = () =>
      call(s.accessJwt, 'repo.deleteRecord', { repo: s.did, collection: 'app.bsky.feed.post', rkey: RKEY })
    expect((await del()).body.commit).toBeDefined()
    expect(await del()).toMatchObject({ status: 200, body: {} })
    expect((await get(`repo.getRecord?${q}&rkey=${RKEY}`)).body.error).toBe('RecordNotFound')
    expect(box.desk.posts('bluesky')).toMatchObject([{ deleted: true }])
  })
  test('applyWrites puts post and gate in together, or neither', async () => {
    const s = session()
    const w = (collection: string, value: unknown) => ({
      $type: 'com.atproto.repo.applyWrites#create',
      collection,
      rkey: RKEY,
      value,
    })
    const gate = {
      $type: 'app.bsky.feed.threadgate',
      post: `at://${s.did}/app.bsky.feed.post/${RKEY}`,
      allow: [],
      createdAt: '2026-11-22T00:00:00.000Z',
    }
    const both = (g: unknown) =>
      call(s.accessJwt, 'repo.applyWrites', {
        repo: s.did,
        writes: [w('app.bsky.feed.post', record()), w('app.bsky.feed.threadgate', g)],
      })
    expect((await both({ ...gate, allow: 5 })).status).toBe(400)
    expect(ledger()).toEqual([])
    expect((await both(gate)).body.results).toHaveLength(2)
    expect((await both(gate)).status).toBe(500)
    expect(ledger()).toHaveLength(1)
  })
})

describe('what a record may hold', () => {
  const image = {
    $type: 'blob',
    ref: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
    mimeType: 'image/png',
    size: 70,
  }
  const images = (...list: unknown[]) => ({ embed: { $type: 'app.bsky.embed.images', images: list } })
  const refusals: [string, Record<string, unknown>, string][] = [
    ['301 graphemes', { text: 'x'.repeat(301) }, 'grapheme too big (maximum 300, got 301) at $.record.text'],
    ['3,025 bytes', { text: '👩‍👩‍👧‍👦'.repeat(121) }, 'string too big (maximum 3000, got 3025) at $.record.text'],
    ['no date', { createdAt: undefined }, 'Missing required key "createdAt" at $.record'],
    ['a date in words', { createdAt: 'yesterday' }, 'Invalid datetime (got "yesterday") at $.record.createdAt'],
    ['four languages', { langs: ['pl', 'en', 'de', 'fr'] }, 'array too big (maximum 3, got 4) at $.record.langs'],
    ['nine tags', { tags: Array(9).fill('a') }, 'array too big (maximum 8, got 9) at $.record.tags'],
    [
      'five pictures',
      images(...Array(5).fill({ image, alt: '' })),
      'array too big (maximum 4, got 5) at $.record.embed.images',
    ],
    ['a picture without alt', images({ image }), 'Missing required key "alt" at $.record.embed.images[0]'],
    [
      'a picture over 2 MB',
      images({ image: { ...image, size: 2_000_001 }, alt: '' }),
      'blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image',
    ],
    [
      'a facet feature without type',
      { facets: [{ index: { byteStart: 0, byteEnd: 2 }, features: [{ tag: 'x' }] }] },
      'Expected an object which includes the "$type" property value type (got {"tag": ...}) at $.record.facets[0].features[0]',
    ],
    [
      'a reply without root',
      { reply: { parent: { uri: 'at://a/b/c', cid: image.ref.$link } } },
      'Missing required key "root" at $.record.reply',
    ],
  ]
  test.each(refusals)('not %s', async (_name, more, message) => {
    expect(await create(session(), record(more))).toMatchObject({
      status: 400,
      body: { error: 'InvalidRequest', message: `Invalid app.bsky.feed.post record: ${message}` },
    })
    expect(ledger()).toEqual([])
  })
  test('what no lexicon has is kept, as the real server keeps it, and a notice is written', async () => {
    const s = session()
    const embed = { $type: 'app.bsky.embed.hologram', depth: 3 }
    const { body, status } = await create(s, record({ lang: 'pl', embed }), { hurry: true })
    expect(status).toBe(200)
    const { collection, rkey } = { collection: 'app.bsky.feed.post', rkey: String(body.uri).split('/').at(-1) }
    const back = await get(`${PDS}.repo.getRecord?repo=${s.did}&collection=${collection}&rkey=${rkey}`)
    expect(back.body.value).toMatchObject({ lang: 'pl', embed })
    expect(box.desk.notices().map((n) => [n.kind, n.what])).toEqual([
      ['unknown-field', '$.hurry'],
      ['unknown-field', '$.record.lang'],
      ['unknown-field', '$.record.embed of $type app.bsky.embed.hologram'],
    ])
  })
  test('not a key that is no TID, a foreign repo, a blob nobody uploaded, another type, a form, or half a JSON', async () => {
    const s = session()
    expect((await create(s, record(), { rkey: 'self' })).body.message).toBe(
      'Invalid record key for app.bsky.feed.post: Invalid TID string (got "self") at $',
    )
    expect(
      (
        await call(s.accessJwt, 'repo.createRecord', {
          repo: session('pietr.bsky.social').did,
          collection: 'app.bsky.feed.post',
          record: record(),
        })
      ).status,
    ).toBe(401)
    expect((await create(s, record(images({ image, alt: '' })))).body.error).toBe('BlobNotFound')
    expect((await create(s, record({ $type: 'app.bsky.feed.like' }))).body.message).toBe(
      'Invalid $type: expected app.bsky.feed.post, got app.bsky.feed.like',
    )
    const raw = (body: BodyInit, type: string) =>
      box.call(`${PDS}.repo.createRecord`, {
        method: 'POST',
        headers: { ...bearer(s.accessJwt), 'content-type': type },
        body,
      })
    expect((await raw('a=1', 'application/x-www-form-urlencoded')).status).toBe(400)
    expect((await raw('{', 'application/json')).status).toBe(400)
  })
  test('a picture goes in as the blob the upload gave, sniffed, and comes back', async () => {
    const s = session()
    const { blob } = await upload(s, PNG, 'image/jpeg')
    expect(blob).toMatchObject({ mimeType: 'image/png', ref: { $link: blobCid(PNG) } })
    expect((await create(s, record(images({ image: { ...blob, mimeType: 'image/gif' }, alt: '' })))).body.error).toBe(
      'InvalidMimeType',
    )
    expect((await create(s, record(images({ image: blob, alt: 'a dot' })))).status).toBe(200)
    expect(ledger()[0]!.media).toMatchObject([{ alt: 'a dot', mime: 'image/png' }])
    const back = await box.call(`${PDS}.sync.getBlob?did=${s.did}&cid=${blob.ref.$link}`)
    expect(Buffer.from(await back.arrayBuffer()).equals(PNG)).toBe(true)
  })
})

test('the app view and the directory answer without a token', async () => {
  const s = session()
  const { body } = await put(s, record())
  box.desk.advance(86_400_000)
  const posts = await get(
    `https://public.api.bsky.app/xrpc/app.bsky.feed.getPosts?uris=${encodeURIComponent(String(body.uri))}`,
  )
  expect(posts.body).toMatchObject({ posts: [{ uri: body.uri, likeCount: expect.any(Number) }] })
  const thread = 'https://public.api.bsky.app/xrpc/app.bsky.feed.getPostThread?uri='
  expect((await get(thread + encodeURIComponent(String(body.uri)))).body).toMatchObject({
    thread: { $type: 'app.bsky.feed.defs#threadViewPost', post: { uri: body.uri }, replies: [] },
  })
  expect((await get(`${thread}at://nobody/app.bsky.feed.post/x`)).body).toMatchObject({ error: 'NotFound' })
  expect((await get(`https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor=${s.did}`)).body).toMatchObject({
    handle: 'lena.bsky.social',
    postsCount: 1,
  })
  expect((await get(`https://plc.directory/${s.did}`)).body).toMatchObject({
    service: [{ id: '#atproto_pds', serviceEndpoint: 'https://bsky.social' }],
  })
})
