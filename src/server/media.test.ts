import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mediaLimits } from '#contract/media.ts'
import { manualClock } from '#infra/clock.ts'
import { arrivingLimit } from '#planner/media/intake.ts'
import { createMedia } from '#planner/media/service.ts'
import { type TestApp, testApp, type Who } from './testing.ts'

const clock = manualClock(Date.now())
let t: TestApp
beforeAll(async () => {
  t = await testApp({ clock })
})
afterAll(() => t.close())

const picture = (width = 40, height = 20) => sharp({ create: { width, height, channels: 3, background: '#0a7' } })
const png = () => picture().png().toBuffer()

/** A multipart body as a browser makes it. */
const form = (parts: { name: string; value: Buffer | string; file?: string; type?: string }[]) => {
  const b = 'clarion-boundary'
  const chunks = parts.flatMap((p) => [
    Buffer.from(
      `--${b}\r\nContent-Disposition: form-data; name="${p.name}"${p.file ? `; filename="${p.file}"` : ''}\r\n${p.type ? `Content-Type: ${p.type}\r\n` : ''}\r\n`,
    ),
    Buffer.from(p.value),
    Buffer.from('\r\n'),
  ])
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${b}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${b}` },
  }
}
const upload = (bytes: Buffer, o: { type?: string; alt?: string; name?: string; as?: Who; key?: string } = {}) => {
  const f = form([
    ...(o.alt === undefined ? [] : [{ name: 'alt', value: o.alt }]),
    { name: 'file', value: bytes, file: o.name ?? 'cat.png', type: o.type ?? 'image/png' },
  ])
  return t.send({
    method: 'POST',
    url: `/api/v1/workspaces/${t.ws}/media`,
    payload: f.payload,
    headers: { ...f.headers, ...(o.key ? { 'idempotency-key': o.key } : {}) },
    as: o.as ?? { cookie: t.owner.cookie },
  })
}
const get = (url: string, as: Who = { cookie: t.owner.cookie }) =>
  t.app.inject({ method: 'GET', url, headers: as && 'cookie' in as ? { cookie: as.cookie } : {} })

test('an upload is kept as it came and served to members only', async () => {
  const bytes = await png()
  const r = await upload(bytes, { alt: 'A green field', name: '../..\\evil/kot.png' })
  expect([r.status, r.body]).toMatchObject([
    201,
    { mime: 'image/png', width: 40, height: 20, bytes: bytes.length, alt: 'A green field', name: 'kot.png' },
  ])
  const url = String(r.body.url)
  const content = await get(url)
  expect(content.rawPayload.equals(bytes)).toBe(true)
  expect(content.headers).toMatchObject({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, max-age=31536000, immutable',
  })
  expect(content.headers['content-security-policy']).toContain('sandbox')
  const thumb = await get(String(r.body.thumbUrl))
  expect([thumb.statusCode, thumb.headers['content-type']]).toEqual([200, 'image/webp'])
  expect((await get(url, null)).statusCode).toBe(401)
  const stranger = await t.stranger()
  expect((await get(url, stranger)).statusCode).toBe(404)
  expect((await get(url.replace(t.ws, stranger.ws), stranger)).statusCode).toBe(404)
})

test("a camera's orientation counts: width and height are as people see it", async () => {
  const bytes = await picture(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  const r = await upload(bytes, { type: 'image/jpeg' })
  expect(r.body).toMatchObject({ width: 20, height: 40 })
})

test('a picture is what its bytes are: a wrong or general type is corrected, never refused', async () => {
  const bytes = await png()
  for (const type of [
    'image/jpeg',
    'image/pjpeg',
    'binary/octet-stream',
    'application/pdf',
    'video/mp4',
    'text/html',
  ]) {
    const r = await upload(bytes, { type, name: 'cat.jpg' })
    expect([type, r.status, r.body.mime, r.body.name]).toEqual([type, 201, 'image/png', 'cat.jpg'])
    expect((await get(String(r.body.url))).headers['content-type']).toBe('image/png')
  }
  const webp = await picture().webp().toBuffer()
  expect((await upload(webp, { type: 'image/jpeg', name: 'photo.jpg' })).body.mime).toBe('image/webp')
})

test('what is no picture is refused, whatever it calls itself; HEIC and AVIF are told what to do', async () => {
  const code = async (bytes: Buffer, type: string) => (await upload(bytes, { type })).problem
  const html = Buffer.from('<html><script>alert(1)</script>')
  expect((await code(html, 'image/png'))?.code).toBe('unsupported-media')
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
  expect((await code(svg, 'image/svg+xml'))?.code).toBe('unsupported-media')
  const avif = await picture().avif().toBuffer()
  expect(await code(avif, 'image/avif')).toMatchObject({
    code: 'unsupported-media',
    detail: expect.stringMatching(/AVIF.*JPEG, PNG or WebP/),
  })
  const heic = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(200)])
  expect(await code(heic, 'application/octet-stream')).toMatchObject({
    code: 'unsupported-media',
    detail: expect.stringMatching(/HEIC.*JPEG.*Most Compatible/),
  })
})

test('a picture cut short is refused', async () => {
  const whole = await picture(400, 400).jpeg().toBuffer()
  expect((await upload(whole.subarray(0, whole.length / 2), { type: 'image/jpeg' })).problem?.code).toBe('bad-image')
})

/** A PNG that says it is `size` x `size`: small on the wire, gigabytes when unpacked. */
const bomb = (size: number) => {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    return c >>> 0
  })
  const crc = (b: Buffer) => {
    let c = 0xffffffff
    for (const x of b) c = crcTable[(c ^ x) & 0xff]! ^ (c >>> 8)
    return (c ^ 0xffffffff) >>> 0
  }
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(crc(body))
    return Buffer.concat([head, body, tail])
  }
  const ihdr = Buffer.alloc(13)
  ihdr.writeUInt32BE(size, 0)
  ihdr.writeUInt32BE(size, 4)
  ihdr.set([1, 0, 0, 0, 0], 8)
  const rows = deflateSync(Buffer.alloc((size / 8 + 1) * 2000))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', ihdr),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

test('a decompression bomb is refused before it is unpacked', async () => {
  const bytes = bomb(50_000)
  expect(bytes.length).toBeLessThan(100_000)
  const before = process.memoryUsage().rss
  const r = await upload(bytes)
  expect(r.problem).toMatchObject({ status: 422, code: 'bad-image' })
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
})

test('a file above the limit is refused with the limit', async () => {
  const r = await upload(Buffer.alloc(mediaLimits.imageBytes + 1, 1))
  expect(r.problem).toMatchObject({ status: 413, code: 'too-large' })
  expect(r.problem?.detail).toContain('25,000,000')
})

test('a request without a file, with two, or in another field is refused', async () => {
  const url = `/api/v1/workspaces/${t.ws}/media`
  const as = { cookie: t.owner.cookie }
  const bytes = await png()
  const file = { value: bytes, file: 'a.png', type: 'image/png' }
  expect((await t.send({ method: 'POST', url, as, ...form([{ name: 'alt', value: 'x' }]) })).problem?.code).toBe(
    'validation',
  )
  expect((await t.send({ method: 'POST', url, as, ...form([{ name: 'picture', ...file }]) })).problem?.code).toBe(
    'validation',
  )
  expect(
    (
      await t.send({
        method: 'POST',
        url,
        as,
        ...form([
          { name: 'file', ...file },
          { name: 'file', ...file },
        ]),
      })
    ).problem?.code,
  ).toBe('validation')
  expect(
    (await t.send({ method: 'POST', url, as, payload: '{}', headers: { 'content-type': 'application/json' } })).problem
      ?.code,
  ).toBe('unsupported-media')
  expect((await upload(bytes, { alt: 'x'.repeat(5001) })).problem).toMatchObject({
    code: 'validation',
    errors: [{ path: 'alt' }],
  })
})

test('a broken multipart body is told as the mistake of its sender, not as ours', async () => {
  const head = 'content-disposition: form-data; name="file"; filename="a.png"'
  const types: [string, string][] = [
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=', 'x'],
    [`multipart/form-data; boundary=${'x'.repeat(300)}`, 'x'],
    ['multipart/form-data; boundary=x', 'x'],
    ['multipart/form-data; boundary=x', ''],
    ['multipart/form-data; boundary=x', `--x\r\n${head}\r\n\r\ncut off`],
    ['multipart/form-data; boundary=x', `--x\r\n${head}\r\n`],
  ]
  for (const [type, payload] of types) {
    const r = await t.send({
      method: 'POST',
      url: `/api/v1/workspaces/${t.ws}/media`,
      payload,
      headers: { 'content-type': type },
      as: { cookie: t.owner.cookie },
    })
    expect([r.status, r.problem?.code], `${type.slice(0, 60)} ${payload.slice(0, 40)}`).toEqual([400, 'validation'])
  }
})

test('an upload sent again with its key is one picture; with another file the key is refused', async () => {
  const bytes = await png()
  const one = await upload(bytes, { key: 'up' })
  const two = await upload(bytes, { key: 'up' })
  expect(two.body.id).toBe(one.body.id)
  expect((await upload(await picture(41, 20).png().toBuffer(), { key: 'up' })).problem?.code).toBe(
    'idempotency-mismatch',
  )
})

test('a picture is not fetched from private addresses, nor over plain http', async () => {
  const where = [
    'http://example.com/x.png',
    'https://127.0.0.1/x.png',
    'https://localhost/x.png',
    'https://[::1]/x.png',
    'https://[::ffff:10.0.0.1]/x.png',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://user:secret@example.com/x.png',
    'file:///etc/passwd',
  ]
  for (const url of where)
    expect([url, (await t.call('mediaImport', { body: { url } })).problem?.code]).toEqual([url, 'bad-url'])
})

test('the list pages from newest to oldest without gaps or repeats', async () => {
  const other = await testApp({ clock })
  try {
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      // Two of a millisecond: the id breaks the tie.
      if (n % 2 === 0) await clock.advance(1)
      ids.push(
        (
          await other.media.upload({
            ws: other.ws,
            userId: other.owner.userId,
            bytes: await png(),
            name: `${n}`,
            alt: '',
          })
        ).id,
      )
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const r = await other.call('mediaList', { query: { limit: 2, ...(cursor ? { cursor } : {}) } })
      const { items, nextCursor } = r.body as unknown as { items: { id: string }[]; nextCursor: string | null }
      seen.push(...items.map((i) => i.id))
      cursor = nextCursor ?? undefined
    } while (cursor)
    expect([...seen].sort()).toEqual([...ids].sort())
    expect(new Set(seen.slice(0, 1))).toEqual(new Set([ids[4]]))
    expect((await other.call('mediaList', { query: { cursor: 'made-up' } })).problem?.code).toBe('bad-cursor')
    expect((await other.call('mediaList', { query: { limit: 101 } })).problem).toMatchObject({
      code: 'validation',
      errors: [{ path: 'query.limit' }],
    })
  } finally {
    await other.close()
  }
})

test('one picture is shown by its id, until it is deleted, and to its own workspace only', async () => {
  const made = (await upload(await png(), { alt: 'one' })).body
  const id = String(made.id)
  expect((await t.call('mediaGet', { params: { id } })).body).toEqual(made)
  const stranger = await t.stranger()
  for (const ws of [stranger.ws, t.ws])
    expect((await t.call('mediaGet', { params: { ws, id }, as: stranger })).problem?.code).toBe('not-found')
  const never = crypto.randomUUID()
  expect((await t.call('mediaGet', { params: { id: never } })).problem?.code).toBe('not-found')
  await t.call('mediaRemove', { params: { id } })
  expect((await t.call('mediaGet', { params: { id } })).problem?.code).toBe('not-found')
})

test('the alt text can be changed, of my own pictures only', async () => {
  const id = String((await upload(await png())).body.id)
  expect((await t.call('mediaPatch', { params: { id }, body: { alt: 'nowy opis 🌿' } })).body.alt).toBe('nowy opis 🌿')
  const stranger = await t.stranger()
  const theirs = { params: { ws: stranger.ws, id }, as: stranger }
  expect((await t.call('mediaPatch', { ...theirs, body: { alt: 'x' } })).problem?.code).toBe('not-found')
  expect((await t.call('mediaRemove', theirs)).problem?.code).toBe('not-found')
})

test('a picture of a draft or scheduled post cannot be deleted; when the post is over it can', async () => {
  const id = String((await upload(await png())).body.id)
  const now = new Date(clock.now())
  const content = JSON.stringify({ segments: [{ text: 'x', mediaIds: [id] }] })
  const { db } = t.database
  const [postId, channelId, publicationId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  await db
    .insertInto('posts')
    .values({ id: postId, workspace_id: t.ws, content, created_at: now, updated_at: now })
    .execute()
  expect((await t.call('mediaRemove', { params: { id } })).problem?.code).toBe('conflict')
  await db
    .insertInto('channels')
    .values({
      id: channelId,
      workspace_id: t.ws,
      platform: 'p',
      realm: 'sandbox',
      kind: 'k',
      external_id: 'e',
      name: 'n',
      handle: 'h',
      created_at: now,
    })
    .execute()
  await db
    .insertInto('publications')
    .values({
      id: publicationId,
      post_id: postId,
      workspace_id: t.ws,
      channel_id: channelId,
      created_at: now,
      updated_at: now,
    })
    .execute()
  for (const state of [
    'draft',
    'scheduled',
    'publishing',
    'waiting',
    'failed',
    'unconfirmed',
    'held',
    'missed',
  ] as const) {
    await db.updateTable('publications').set({ state }).where('id', '=', publicationId).execute()
    expect([state, (await t.call('mediaRemove', { params: { id } })).problem?.code]).toEqual([state, 'conflict'])
  }
  // Only an override shows it; then only the frozen copy does.
  const empty = JSON.stringify({ segments: [{ text: 'x', mediaIds: [] }] })
  await db.updateTable('posts').set({ content: empty }).where('id', '=', postId).execute()
  await db.updateTable('publications').set({ content }).where('id', '=', publicationId).execute()
  expect((await t.call('mediaRemove', { params: { id } })).problem?.code).toBe('conflict')
  await db
    .updateTable('publications')
    .set({ content: empty, frozen: content })
    .where('id', '=', publicationId)
    .execute()
  expect((await t.call('mediaRemove', { params: { id } })).problem?.code).toBe('conflict')
  await db.updateTable('publications').set({ state: 'published' }).where('id', '=', publicationId).execute()
  expect((await t.call('mediaRemove', { params: { id } })).status).toBe(200)
  expect((await get(`/api/v1/workspaces/${t.ws}/media/${id}/content`)).statusCode).toBe(404)
  expect((await t.call('mediaRemove', { params: { id } })).problem?.code).toBe('not-found')
})

const profile = { name: 'some network', types: ['image/jpeg'], maxBytes: 50_000, maxWidth: 30 }

test('a rendition fits the limits, has no metadata, and is made once', async () => {
  const bytes = await picture(60, 40)
    .jpeg()
    .withExif({ IFD0: { Copyright: 'somebody' } })
    .toBuffer()
  const id = String((await upload(bytes, { type: 'image/jpeg' })).body.id)
  const all = await Promise.all([1, 2, 3].map(() => t.media.renditionFor(id, profile)))
  for (const r of all) expect(r).toMatchObject({ mime: 'image/jpeg', width: 30, height: 20 })
  const blob = await all[0]!.blob(() => undefined)
  expect([blob.size, blob.type]).toEqual([all[0]!.bytes, 'image/jpeg'])
  expect((await sharp(Buffer.from(await blob.arrayBuffer())).metadata()).exif).toBeUndefined()
  expect(
    await t.database.db.selectFrom('renditions').select('profile').where('media_id', '=', id).execute(),
  ).toHaveLength(1)
  await t.media.renditionFor(id, { ...profile, maxWidth: 20 })
  expect(
    await t.database.db.selectFrom('renditions').select('profile').where('media_id', '=', id).execute(),
  ).toHaveLength(2)
})

test('a signed link is public until it expires, and cannot be bent to another picture', async () => {
  const id = String((await upload(await png())).body.id)
  const other = String((await upload(await picture(50, 50).png().toBuffer())).body.id)
  const link = await t.media.signedUrl(id, profile)
  await t.media.signedUrl(other, profile)
  const path = link.replace(t.publicUrl, '')
  const r = await get(path, null)
  expect([r.statusCode, r.headers['content-type'], r.headers['cross-origin-resource-policy']]).toEqual([
    200,
    'image/jpeg',
    'cross-origin',
  ])
  expect((await get(path.replace(id, other), null)).statusCode).toBe(404)
  expect((await get(path.replace(/exp=\d/, 'exp=9'), null)).statusCode).toBe(404)
  expect((await get(path.replace(/&sig=.*/, ''), null)).statusCode).toBe(400)
  await clock.advance(26 * 60 * 60_000)
  expect((await get(path, null)).statusCode).toBe(404)
})

test('only so many files come in at once, and room comes back however one ends', {
  timeout: 300_000,
}, async () => {
  const bytes = await png()
  // Each says it brings the largest picture there may be, and takes its time.
  const slow = (declared: number) => {
    const body = new PassThrough()
    body.write(
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
    )
    body.write(bytes.subarray(0, 8))
    // `then` is what sends it.
    const answer = t.app
      .inject({
        method: 'POST',
        url: `/api/v1/workspaces/${t.ws}/media`,
        payload: body,
        headers: {
          cookie: t.owner.cookie,
          'content-type': 'multipart/form-data; boundary=b',
          'content-length': String(declared),
        },
      })
      .then((r) => r.statusCode)
    return { answer, end: () => void body.end(Buffer.concat([bytes.subarray(8), Buffer.from('\r\n--b--\r\n')])) }
  }
  for (let round = 0; round < 2; round++) {
    const refused: number[] = []
    // Two too many are sent away at once, while the others still send.
    const running = Array.from({ length: arrivingLimit + 2 }, () => slow(mediaLimits.imageBytes))
    for (const r of running) void r.answer.then((status) => status === 429 && refused.push(status))
    await expect.poll(() => refused.length).toBe(2)
    for (const r of running) r.end()
    expect((await Promise.all(running.map((r) => r.answer))).sort()).toEqual([
      ...Array(arrivingLimit).fill(201),
      429,
      429,
    ])
    expect((await upload(bytes)).status).toBe(201)
    for (let i = 0; i < arrivingLimit + 2; i++) expect((await upload(Buffer.from('not a picture'))).status).toBe(415)
  }
})

test('an import counts like an upload', async () => {
  const bytes = await png()
  const open: ServerResponse[] = []
  const shop = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'image/png' })
    res.write(bytes.subarray(0, 20))
    open.push(res)
  })
  await new Promise<void>((r) => shop.listen(0, '127.0.0.1', r))
  const { port } = shop.address() as AddressInfo
  const media = createMedia({ ...t, fetch: { allowPrivate: ['127.0.0.1'] } })
  const url = new URL(`http://127.0.0.1:${port}/a.png`)
  const codes: string[] = []
  const running = Array.from({ length: arrivingLimit + 3 }, () =>
    media.importFrom({ ws: t.ws, userId: t.owner.userId, url, alt: '' }).then(
      () => codes.push('kept'),
      (e: { code: string }) => codes.push(e.code),
    ),
  )
  await expect.poll(() => codes).toEqual(Array(3).fill('rate-limited'))
  await expect.poll(() => open.length).toBeGreaterThanOrEqual(arrivingLimit)
  for (const res of open) res.end(bytes.subarray(20))
  await Promise.all(running)
  expect(codes.filter((c) => c === 'kept')).toHaveLength(arrivingLimit)
  shop.closeAllConnections()
  shop.close()
})
