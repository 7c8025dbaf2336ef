import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mp4 } from '#kit/testing/video.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const api = 'https://www.googleapis.com/youtube/v3'
const uploads = 'https://www.googleapis.com/upload/youtube/v3'
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const redirect = 'http://127.0.0.1:4999/oauth/callback'
const scope = 'https://www.googleapis.com/auth/youtube.force-ssl'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterEach(() => expect(box.trouble.splice(0)).toEqual([]))
afterAll(() => box.close())

const tokens = (account?: string) =>
  box.desk.tokens('youtube', account).tokens as { access_token: string; refresh_token: string; channel_id: string }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const client = () => box.desk.tokens('youtube').credentials as { clientId: string; clientSecret: string }
const form = (url: string, fields: Record<string, string>) =>
  box.call(url, { method: 'POST', body: new URLSearchParams(fields) })
const reasonOf = async (res: Response) => {
  const body = (await res.json()) as { error: { code: number; errors: { reason: string }[] } }
  return `${res.status} ${body.error.errors[0]!.reason}`
}

const video = (change: Record<string, unknown> = {}, snippet: Record<string, unknown> = {}) => ({
  snippet: { title: 'A loaf', description: 'd', categoryId: '22', ...snippet },
  status: { privacyStatus: 'public', selfDeclaredMadeForKids: false, ...change },
})
const init = (token: string, body: unknown, o: { bytes?: number; mime?: string; query?: string } = {}) =>
  box.call(`${uploads}/videos?uploadType=resumable&part=snippet,status${o.query ?? ''}`, {
    method: 'POST',
    headers: {
      ...bearer(token),
      'content-type': 'application/json; charset=UTF-8',
      'x-upload-content-length': String(o.bytes ?? 600_000),
      'x-upload-content-type': o.mime ?? 'video/mp4',
    },
    body: JSON.stringify(body),
  })
/** The session's address is absolute and leads into the sandbox already. */
const put = (session: string, range: string, bytes?: Buffer, token?: string) =>
  fetch(session, {
    method: 'PUT',
    redirect: 'manual',
    headers: { 'content-range': range, ...(token ? bearer(token) : {}) },
    ...(bytes ? { body: new Uint8Array(bytes) } : {}),
  })
const posted = async (token: string, body: unknown = video(), bytes = mp4({ width: 1280, height: 720 })) => {
  const session = (await init(token, body, { bytes: bytes.length })).headers.get('location')!
  return (await (await put(session, `bytes 0-${bytes.length - 1}/${bytes.length}`, bytes)).json()) as { id: string }
}

describe('Google sign-in', () => {
  const authorizeUrl = (change: Record<string, string> = {}) => {
    const url = new URL('https://accounts.google.com/o/oauth2/v2/auth')
    const all = {
      response_type: 'code',
      client_id: client().clientId,
      redirect_uri: redirect,
      scope,
      state: 's1',
      access_type: 'offline',
      prompt: 'consent',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...change,
    }
    for (const [k, v] of Object.entries(all)) if (v) url.searchParams.set(k, v)
    return url.href
  }
  const code = async (change: Record<string, string> = {}) => {
    const res = await form(authorizeUrl(change), { decision: 'allow', user: 'UCh4rBoR7qWc2EvNfT8yKsLg' })
    return new URL(res.headers.get('location')!).searchParams.get('code')!
  }
  const exchange = (given: string, change: Record<string, string> = {}) =>
    form('https://oauth2.googleapis.com/token', {
      grant_type: 'authorization_code',
      code: given,
      redirect_uri: redirect,
      code_verifier: verifier,
      client_id: client().clientId,
      client_secret: client().clientSecret,
      ...change,
    })

  test('the picker shows brand accounts; a code trades once, for the channel that was chosen', async () => {
    expect(await (await box.call(authorizeUrl())).text()).toContain('Harbor Field Notes (brand account)')
    const given = await code()
    const good = (await (await exchange(given)).json()) as { access_token: string; refresh_token?: string }
    expect(good.refresh_token).toBeTruthy()
    expect(await (await exchange(given)).json()).toMatchObject({ error: 'invalid_grant' })
    const mine = await box.call(`${api}/channels?part=snippet&mine=true`, { headers: bearer(good.access_token) })
    expect(await mine.json()).toMatchObject({ items: [{ id: 'UCh4rBoR7qWc2EvNfT8yKsLg' }] })
  })
  test('without access_type=offline, or without a new consent, there is no refresh token', async () => {
    for (const change of [{ access_type: 'online' }, { prompt: '' }] as Record<string, string>[])
      expect(await (await exchange(await code(change))).json()).not.toHaveProperty('refresh_token')
  })
  test('a wrong client, redirect or verifier is refused', async () => {
    const wrong = async (change: Record<string, string>) => (await exchange(await code(), change)).json()
    expect(await wrong({ client_secret: 'x' })).toMatchObject({ error: 'invalid_client' })
    expect(await wrong({ redirect_uri: 'http://127.0.0.1:1/' })).toMatchObject({ error: 'redirect_uri_mismatch' })
    expect(await wrong({ code_verifier: 'x'.repeat(43) })).toMatchObject({ error: 'invalid_grant' })
    expect((await box.call(authorizeUrl({ redirect_uri: 'http://example.com/' }))).status).toBe(400)
    expect((await box.call(authorizeUrl({ scope: 'everything' }))).status).toBe(400)
  })
  test('refreshing keeps the refresh token; revoking one token ends the grant', async () => {
    const { refresh_token, access_token } = tokens()
    const refresh = () =>
      form('https://oauth2.googleapis.com/token', {
        grant_type: 'refresh_token',
        refresh_token,
        client_id: client().clientId,
        client_secret: client().clientSecret,
      })
    expect(await (await refresh()).json()).not.toHaveProperty('refresh_token')
    expect((await refresh()).status).toBe(200)
    expect((await form('https://oauth2.googleapis.com/revoke', { token: access_token })).status).toBe(200)
    expect(await (await refresh()).json()).toMatchObject({ error: 'invalid_grant' })
    expect(await (await form('https://oauth2.googleapis.com/revoke', { token: access_token })).json()).toMatchObject({
      error: 'invalid_token',
    })
  })
})

describe('an upload', () => {
  test('the worked sequence of the fact sheet: three pieces of 600,000 bytes', async () => {
    const { access_token } = tokens()
    const session = (await init(access_token, video())).headers.get('location')!
    const file = mp4({ width: 1280, height: 720, bytes: 600_000 })
    expect((await put(session, 'bytes */600000')).headers.get('range')).toBeNull()
    const first = await put(session, 'bytes 0-262143/600000', file.subarray(0, 262_144))
    expect([first.status, first.headers.get('range')]).toEqual([308, 'bytes=0-262143'])
    const second = await put(session, 'bytes 262144-524287/600000', file.subarray(262_144, 524_288))
    expect([second.status, second.headers.get('range')]).toEqual([308, 'bytes=0-524287'])
    const asked = await put(session, 'bytes */600000')
    expect([asked.status, asked.headers.get('range')]).toEqual([308, 'bytes=0-524287'])
    const last = await put(session, 'bytes 524288-599999/600000', file.subarray(524_288))
    expect(last.status).toBe(201)
    const { id } = (await last.json()) as { id: string }
    expect(await (await put(session, 'bytes */600000')).json()).toMatchObject({ id, kind: 'youtube#video' })
    expect(box.desk.posts('youtube').map((p) => p.id)).toEqual([id])
  })
  test('pieces that are no multiple of 256 KiB, leave a gap or lie about their length are refused', async () => {
    const session = (await init(tokens().access_token, video())).headers.get('location')!
    const some = Buffer.alloc(262_144)
    expect((await put(session, 'bytes 0-99/600000', Buffer.alloc(100))).status).toBe(400)
    expect((await put(session, 'bytes 262144-524287/600000', some)).status).toBe(400)
    expect((await put(session, 'bytes 0-262142/600000', some)).status).toBe(400)
    expect((await put(session, 'bytes 0-262143/700000', some)).status).toBe(400)
    expect((await put(session, 'bytes */600000')).headers.get('range')).toBeNull()
  })
  test('an unknown or old session is gone; a dead token is refused also with a good one', async () => {
    const { access_token } = tokens()
    const session = (await init(access_token, video())).headers.get('location')!
    expect((await put(session, 'bytes */600000', undefined, 'ya29.dead')).status).toBe(401)
    expect((await put(session.replace(/upload_id=.*/, 'upload_id=x'), 'bytes */600000')).status).toBe(404)
    box.desk.advance(8 * 86_400_000)
    expect((await put(session, 'bytes */600000')).status).toBe(404)
  })
  test.each<[string, unknown, string]>([
    ['an unknown field', { ...video(), colour: 1 }, '400 badRequest'],
    ['an unknown field of a part', video({ shiny: true }), '400 badRequest'],
    ['a part that is not named', { ...video(), paidProductPlacementDetails: {} }, '400 unexpectedPart'],
    ['no title', video({}, { title: ' ' }), '400 invalidTitle'],
    ['a title of 101', video({}, { title: 'a'.repeat(101) }), '400 invalidTitle'],
    ['a title with <', video({}, { title: 'a<b' }), '400 invalidTitle'],
    ['a description of 5,001 bytes', video({}, { description: 'é'.repeat(2501) }), '400 invalidDescription'],
    ['tags of 501', video({}, { tags: ['a'.repeat(501)] }), '400 invalidTags'],
    ['an unassignable category', video({}, { categoryId: '18' }), '400 invalidCategoryId'],
    ['publishAt for a public video', video({ publishAt: '2031-01-01T00:00:00Z' }), '400 invalidPublishAt'],
    ['publishAt that is no time', video({ privacyStatus: 'private', publishAt: 'soon' }), '400 invalidPublishAt'],
    ['an unknown privacy', video({ privacyStatus: 'friends' }), '400 badRequest'],
  ])('%s is refused', async (_what, body, reason) => {
    expect(await reasonOf(await init(tokens().access_token, body))).toBe(reason)
  })
  test('a wrong media type, an empty or too large file and an unknown parameter are refused', async () => {
    const { access_token } = tokens()
    expect(await reasonOf(await init(access_token, video(), { mime: 'image/png' }))).toBe('400 badRequest')
    expect(await reasonOf(await init(access_token, video(), { bytes: 0 }))).toBe('400 mediaBodyRequired')
    expect(await reasonOf(await init(access_token, video(), { bytes: 2 ** 39 }))).toBe('413 uploadTooLarge')
    expect(await reasonOf(await init(access_token, video(), { query: '&fast=true' }))).toBe('400 badRequest')
  })
  test('privacy left out means public; a file that is no video fails in processing', async () => {
    const { access_token } = tokens()
    const { id } = await posted(access_token, { snippet: video().snippet }, Buffer.alloc(1000, 7))
    box.desk.advance(20_000)
    const seen = await box.call(`${api}/videos?part=status&id=${id}`, { headers: bearer(access_token) })
    expect(await seen.json()).toMatchObject({
      items: [{ status: { uploadStatus: 'failed', failureReason: 'invalidFile', privacyStatus: 'public' } }],
    })
  })
})

describe('the door', () => {
  test('a missing scope, an account without a channel and a missing part are named', async () => {
    const none = tokens('108234567890123456789').access_token
    expect(await reasonOf(await init(none, video()))).toBe('401 youtubeSignupRequired')
    const { access_token } = tokens()
    const get = (path: string) => box.call(`${api}/${path}`, { headers: bearer(access_token) })
    expect(await reasonOf(await get('videos?id=x'))).toBe('400 missingRequiredParameter')
    expect(await reasonOf(await get('videos?part=colour&id=x'))).toBe('400 unknownPart')
    expect(await reasonOf(await get('videoCategories?part=snippet&regionCode=usa'))).toBe('400 invalidRegionCode')
    expect(await reasonOf(await get('playlistItems?part=snippet&playlistId=PLnone'))).toBe('404 playlistNotFound')
  })
  test('units are counted per project and day, the numbers have a bucket of their own', async () => {
    const { access_token } = tokens()
    const { id } = await posted(access_token)
    const body = JSON.stringify({ id, snippet: video().snippet })
    const update = () =>
      box.call(`${api}/videos?part=snippet`, {
        method: 'PUT',
        headers: { ...bearer(access_token), 'content-type': 'application/json' },
        body,
      })
    for (let n = 0; n < 200; n++) expect((await update()).status).toBe(200)
    expect(await reasonOf(await update())).toBe('403 quotaExceeded')
    const stats = () =>
      box.call(`${api}/videos:batchGetStats?part=id,statistics&id=${id}`, { headers: bearer(access_token) })
    expect((await stats()).status).toBe(200)
  })
  test('a hundred uploads a day for the whole app, refused ones counted too', async () => {
    const { access_token } = tokens()
    for (let n = 0; n < 99; n++) await init(access_token, {})
    expect((await init(tokens('UCh4rBoR7qWc2EvNfT8yKsLg').access_token, video())).status).toBe(200)
    expect(await reasonOf(await init(access_token, video()))).toBe('403 quotaExceeded')
    box.desk.advance(25 * 3_600_000)
    expect((await init(tokens().access_token, video())).status).toBe(200)
  })
  test('another channel’s video can be neither changed nor deleted', async () => {
    const { id } = await posted(tokens().access_token)
    const other = tokens('UCh4rBoR7qWc2EvNfT8yKsLg').access_token
    const remove = () => box.call(`${api}/videos?id=${id}`, { method: 'DELETE', headers: bearer(other) })
    expect(await reasonOf(await remove())).toBe('403 forbidden')
  })
  test('an update clears what it leaves out of a part', async () => {
    const { access_token } = tokens()
    const { id } = await posted(access_token, video({}, { tags: ['bread'] }))
    const res = await box.call(`${api}/videos?part=snippet`, {
      method: 'PUT',
      headers: { ...bearer(access_token), 'content-type': 'application/json' },
      body: JSON.stringify({ id, snippet: { title: 'B', categoryId: '22' } }),
    })
    const { snippet } = (await res.json()) as { snippet: Record<string, unknown> }
    expect(snippet).toMatchObject({ title: 'B', description: '' })
    expect(snippet).not.toHaveProperty('tags')
  })
})

test('the feed page shows the video with what people are told about it', async () => {
  const { access_token } = tokens()
  await posted(
    access_token,
    video({ selfDeclaredMadeForKids: true }, { title: 'A & B', description: 'See https://example.com' }),
  )
  const page = await (await fetch(`${box.url}/_feed/youtube`)).text()
  expect(page).toContain('A &amp; B')
  expect(page).toContain('Made for kids')
  expect(page).toContain('href="https://example.com"')
})
