/** Videos and documents through a server that listens, with real files: what comes in, what goes out, and what is left behind. */
import { readdir } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Media } from '#contract/media.ts'
import type { ProblemBody } from '#contract/problems.ts'
import { avi, compound, docx, flv, mpeg, pptx, wmv, zip } from '#kit/testing/old-files.ts'
import { mp4, pdf } from '#kit/testing/video.ts'
import { createMedia } from '#planner/media/service.ts'
import { type TestApp, testApp } from './testing.ts'

let t: TestApp
let base: string
let door: string
beforeAll(async () => {
  t = await testApp()
  await t.app.listen({ host: '127.0.0.1', port: 0 })
  base = `http://127.0.0.1:${(t.app.server.address() as AddressInfo).port}`
  door = `${base}/api/v1/workspaces/${t.ws}/media`
})
afterAll(async () => {
  // Answers nobody read to the end keep their connections.
  t.app.server.closeAllConnections()
  await t.close()
})

const cookie = () => ({ cookie: t.owner.cookie })
const upload = async (bytes: Buffer, type: string, o: { name?: string; key?: string; alt?: string } = {}) => {
  const form = new FormData()
  form.set('alt', o.alt ?? '')
  form.set('file', new Blob([new Uint8Array(bytes)], { type }), o.name ?? 'clip.mp4')
  const r = await fetch(door, {
    method: 'POST',
    body: form,
    headers: { ...cookie(), ...(o.key ? { 'idempotency-key': o.key } : {}) },
  })
  const body: unknown = await r.json()
  return { status: r.status, media: body as Media, problem: body as ProblemBody }
}
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(base + path, { method, headers: { ...cookie(), ...headers } })
const bytesOf = async (r: Response) => Buffer.from(await r.arrayBuffer())
/** Files of a folder of the storage. */
const left = (folder: string) => readdir(join(t.mediaDir, folder)).catch(() => [])
const stored = async () =>
  (await readdir(join(t.mediaDir, 'media'), { recursive: true, withFileTypes: true }).catch(() => [])).filter((f) =>
    f.isFile(),
  ).length

describe('coming in', () => {
  test('a video is kept as it came, with what it tells about itself', async () => {
    const bytes = mp4({ width: 720, height: 1280, ms: 5000, bytes: 3_000_000 })
    const { status, media } = await upload(bytes, 'video/mp4', { name: '../wakacje.mp4', alt: 'Plaża' })
    expect([status, media]).toMatchObject([
      201,
      {
        kind: 'video',
        mime: 'video/mp4',
        bytes: bytes.length,
        width: 720,
        height: 1280,
        durationMs: 5000,
        facts: { fps: 30, videoCodec: 'avc' },
        name: 'wakacje.mp4',
        alt: 'Plaża',
      },
    ])
    expect((await bytesOf(await get(media.url))).equals(bytes)).toBe(true)
    const { sha256 } = await t.database.db
      .selectFrom('media')
      .select('sha256')
      .where('id', '=', media.id)
      .executeTakeFirstOrThrow()
    expect(sha256.equals(Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))))).toBe(true)
    expect(await left('incoming')).toEqual([])
  })

  test('a PDF is kept with its number of pages', async () => {
    const { status, media } = await upload(pdf(7), 'application/pdf', { name: 'karuzela.pdf' })
    expect([status, media]).toMatchObject([
      201,
      { kind: 'document', mime: 'application/pdf', width: null, durationMs: null, facts: { pages: 7 } },
    ])
  })

  test('what the sender calls a video does not matter: its bytes say what it is', async () => {
    for (const type of [
      'video/quicktime',
      'video/x-m4v',
      'application/octet-stream',
      'image/png',
      'application/pdf',
      '',
    ])
      expect((await upload(mp4(), type)).media.mime).toBe('video/mp4')
    const mov = Buffer.from(mp4())
    mov.write('qt  ', 8, 'latin1')
    expect((await upload(mov, 'video/mp4')).media.mime).toBe('video/quicktime')
  })

  test('videos only YouTube takes, and Office documents, are kept as they came, with what their heads tell', async () => {
    const size = { width: 640, height: 360 }
    const files: [string, Buffer, object][] = [
      [
        'a.avi',
        avi(),
        { mime: 'video/x-msvideo', ...size, durationMs: 10_000, facts: { fps: 25, videoCodec: 'xvid' } },
      ],
      ['a.flv', flv(), { mime: 'video/x-flv', ...size, durationMs: 12_500, facts: { fps: 25 } }],
      ['a.wmv', wmv(), { mime: 'video/x-ms-wmv', ...size, durationMs: 10_000 }],
      ['a.mpg', mpeg(), { mime: 'video/mpeg', width: 720, height: 576, durationMs: null, facts: { fps: 25 } }],
      ['a.pptx', pptx(12), { kind: 'document', mime: expect.stringMatching(/presentation$/), facts: { pages: 12 } }],
      ['a.docx', docx(3), { kind: 'document', mime: expect.stringMatching(/wordprocessingml/), facts: { pages: 3 } }],
      ['a.ppt', compound('PowerPoint Document'), { mime: 'application/vnd.ms-powerpoint', facts: {} }],
      ['a.doc', compound('WordDocument'), { mime: 'application/msword', facts: {} }],
    ]
    for (const [name, bytes, facts] of files) {
      const { status, media } = await upload(bytes, 'application/octet-stream', { name })
      expect([name, status, media]).toMatchObject([name, 201, { name, bytes: bytes.length, ...facts }])
      expect((await bytesOf(await get(media.url))).equals(bytes)).toBe(true)
      expect((await get(media.thumbUrl)).status).toBe(200)
    }
  })

  test('the largest video is a setting, for uploads and imports alike', async () => {
    const small = createMedia({ ...t, maxVideoBytes: 50_000 })
    const owner = { ws: t.ws, userId: t.owner.userId, name: 'a.mp4', alt: '' }
    expect((await small.upload({ ...owner, bytes: mp4({ bytes: 50_000 }) })).bytes).toBe(50_000)
    await expect(small.upload({ ...owner, bytes: mp4({ bytes: 50_001 }) })).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/50,000/),
    })
  })

  const without = (bytes: Buffer, word: string, by: string) => {
    const b = Buffer.from(bytes)
    b.write(by, b.indexOf(word), 'latin1')
    return b
  }
  test.each<[string, () => Buffer | Promise<Buffer>, string, number, string, RegExp]>([
    ['a web page called a video', () => Buffer.from('<html>hello</html>'), 'video/mp4', 415, 'unsupported-media', /./],
    ['a video cut short', () => mp4({ bytes: 50_000 }).subarray(0, 40_000), 'video/mp4', 422, 'bad-media', /cut short/],
    ['a video without an index', () => without(mp4(), 'moov', 'free'), 'video/mp4', 422, 'bad-media', /cut short/],
    ['an encrypted video', () => without(mp4(), 'avc1\0\0\0', 'encv'), 'video/mp4', 422, 'bad-media', /encrypted/],
    ['a video without a picture', () => without(mp4(), 'vide', 'soun'), 'video/mp4', 422, 'bad-media', /no picture/],
    ['an archive', () => zip({ 'a.txt': 'a' }), '', 415, 'unsupported-media', /archive/],
    [
      'a document with macros, renamed',
      () => zip({ 'word/document.xml': '<w/>', 'word/vbaProject.bin': 'x' }),
      '',
      415,
      'unsupported-media',
      /macros/,
    ],
    [
      'a presentation whose type is one with macros',
      () =>
        zip({
          '[Content_Types].xml':
            '<Override ContentType="application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"/>',
          'ppt/presentation.xml': '<p/>',
        }),
      '',
      415,
      'unsupported-media',
      /macros/,
    ],
    ['a workbook', () => zip({ 'xl/workbook.xml': '<x/>' }), '', 415, 'unsupported-media', /Office/],
    ['an archive cut short', () => pptx(3).subarray(0, -30), '', 422, 'bad-media', /cut short/],
    ['a PowerPoint with a password', () => compound('EncryptedPackage'), '', 422, 'bad-media', /password/],
    [
      'a Matroska of sound',
      () => Buffer.from('\x1aE\xdf\xa3\x8b\x42\x82\x88matroska', 'latin1'),
      '',
      422,
      'bad-media',
      /./,
    ],
    ['a PDF cut short', () => pdf(3).subarray(0, 200), 'application/pdf', 422, 'bad-media', /cut short/],
    [
      'a PDF with a password',
      () => Buffer.from(pdf(3).toString('latin1').replace('/Root 1 0 R', '/Root 1 0 R /Encrypt 9 0 R'), 'latin1'),
      'application/pdf',
      422,
      'bad-media',
      /password/,
    ],
  ])('%s is refused, and nothing of it stays', async (_what, make, type, status, code, detail) => {
    const before = await stored()
    const { problem } = await upload(await make(), type)
    expect(problem).toMatchObject({ status, code })
    expect(problem.detail).toMatch(detail)
    expect([await stored(), await left('incoming')]).toEqual([before, []])
  })

  /** A body of which only the beginning is sent, as `length` promises more. */
  const begin = (length: number, start: Buffer, type = 'video/mp4') => {
    const req = httpRequest(door, {
      method: 'POST',
      headers: {
        ...cookie(),
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': length,
      },
    })
    const answer = new Promise<number>((resolve, reject) => {
      req.on('response', (r) => {
        r.resume()
        resolve(r.statusCode ?? 0)
      })
      req.on('error', reject)
    })
    answer.catch(() => undefined)
    req.write(`--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: ${type}\r\n\r\n`)
    req.write(start)
    return { req, answer }
  }

  test('an upload that is aborted leaves nothing', async () => {
    const before = await stored()
    const { req } = begin(50_000_000, mp4({ bytes: 5_000_000 }))
    await expect.poll(() => left('incoming')).toHaveLength(1)
    req.destroy()
    await expect.poll(() => left('incoming')).toEqual([])
    expect(await stored()).toBe(before)
  })

  test('a file that is too large is refused when it is announced, while it is still being sent', async () => {
    const { req, answer } = begin(5 * 1024 ** 3, mp4({ bytes: 200_000 }))
    expect(await answer).toBe(413)
    req.destroy()
    const huge = begin(200_000_000, pdf(200), 'application/pdf')
    expect(await huge.answer).toBe(413)
    huge.req.destroy()
  })

  test('videos on their way to the disk are not counted as memory', async () => {
    const start = mp4({ bytes: 100_000 })
    const running = Array.from({ length: 30 }, () => begin(100_000_000, start))
    await expect.poll(() => left('incoming')).toHaveLength(30)
    // And a picture still finds room beside them.
    const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#0a7' } })
      .png()
      .toBuffer()
    expect((await upload(picture, 'image/png')).status).toBe(201)
    for (const r of running) r.req.destroy()
    await expect.poll(() => left('incoming')).toEqual([])
  })

  test('sent again with its key it is one video, and the second copy is thrown away', async () => {
    const bytes = mp4({ bytes: 300_000 })
    const one = await upload(bytes, 'video/mp4', { key: 'video-1' })
    const before = await stored()
    const two = await upload(bytes, 'video/mp4', { key: 'video-1' })
    expect(two.media.id).toBe(one.media.id)
    await expect.poll(() => left('incoming')).toEqual([])
    expect(await stored()).toBe(before)
    expect((await upload(mp4({ shade: 2 }), 'video/mp4', { key: 'video-1' })).problem.code).toBe('idempotency-mismatch')
  })

  test('a sender who hangs up while the file is being looked at does not take it back; before that, nothing stays', async () => {
    const bytes = mp4({ bytes: 200_000, shade: 5 })
    const source = async function* () {
      yield bytes
    }
    const received = await t.media.receive({ source: source(), declared: 'video/mp4' })
    const keeping = t.media.keep(received, { ws: t.ws, userId: t.owner.userId }, { name: 'a.mp4', alt: '' })
    await received.discard()
    const kept = await keeping
    expect((await bytesOf(await get(kept.url))).equals(bytes)).toBe(true)
    const other = await t.media.receive({ source: source(), declared: 'video/mp4' })
    expect(await left('incoming')).toHaveLength(1)
    await other.discard()
    expect(await left('incoming')).toEqual([])
  })

  test('a video is fetched from an address, streamed, under the same rules', async () => {
    const bytes = mp4({ ms: 2000, bytes: 700_000 })
    const shop = createServer((req, res) => {
      if (req.url === '/cut.mp4') {
        res.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length })
        return void res.write(bytes.subarray(0, 1000), () => res.destroy())
      }
      const type = req.url === '/lies.pdf' ? 'application/pdf' : 'video/mp4'
      res.writeHead(200, { 'content-type': type }).end(bytes)
    })
    await new Promise<void>((r) => shop.listen(0, '127.0.0.1', r))
    const { port } = shop.address() as AddressInfo
    const media = createMedia({ ...t, fetch: { allowPrivate: ['127.0.0.1'] } })
    const fetched = (path: string) =>
      media.importFrom({
        ws: t.ws,
        userId: t.owner.userId,
        url: new URL(`http://127.0.0.1:${port}${path}`),
        alt: 'x',
      })
    expect(await fetched('/a/clip.mp4?v=1#t=3')).toMatchObject({
      kind: 'video',
      name: 'clip.mp4',
      bytes: bytes.length,
      // Where it came from; a fragment never left.
      sourceUrl: `http://127.0.0.1:${port}/a/clip.mp4?v=1`,
    })
    expect(await fetched('/lies.pdf')).toMatchObject({ kind: 'video', mime: 'video/mp4' })
    await expect(fetched('/cut.mp4')).rejects.toMatchObject({ code: 'bad-url' })
    expect(await left('incoming')).toEqual([])
    shop.closeAllConnections()
    shop.close()
  })
})

describe('going out', () => {
  const bytes = mp4({ bytes: 900_000 })
  let video: Media
  let links: [string, string]
  beforeAll(async () => {
    video = (await upload(bytes, 'video/mp4', { name: "żółw 1'.mp4" })).media
    const signed = await t.media.signedUrl(video.id, { name: 'n', types: ['image/jpeg'], maxBytes: 1 })
    links = [video.url, signed.replace(t.publicUrl, '')]
  })

  test('a network gets the very file: as a blob, and by a signed link with the word `original`', async () => {
    const r = await t.media.renditionFor(video.id, { name: 'n', types: ['image/jpeg'], maxBytes: 1 })
    expect(r).toMatchObject({ mime: 'video/mp4', bytes: bytes.length, width: 720, height: 1280 })
    const part = (await r.blob(() => undefined)).slice(100, 200)
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true)
    expect(links[1]).toMatch(/\/original\?/)
    expect(
      (
        await get(
          links[1].replace(/sig=(.)/, (_, c) => `sig=${c === 'A' ? 'B' : 'A'}`),
          {},
        )
      ).status,
    ).toBe(404)
  })

  test('whole, with its length, type, tag and name', async () => {
    for (const link of links) {
      const r = await get(link)
      expect(r.status).toBe(200)
      expect(Object.fromEntries(r.headers)).toMatchObject({
        'content-type': 'video/mp4',
        'content-length': String(bytes.length),
        'accept-ranges': 'bytes',
        etag: expect.stringMatching(/^"[\w-]{43}"$/),
        'content-disposition': `inline; filename="___w 1'.mp4"; filename*=UTF-8''%C5%BC%C3%B3%C5%82w%201%27.mp4`,
      })
      expect((await bytesOf(r)).equals(bytes)).toBe(true)
    }
  })

  test('HEAD tells the same and sends nothing', async () => {
    for (const link of links) {
      const r = await get(link, {}, 'HEAD')
      expect([r.status, r.headers.get('content-length'), (await bytesOf(r)).length]).toEqual([
        200,
        String(bytes.length),
        0,
      ])
    }
  })

  test('a part is 206 with its place; a place that is not there is 416', async () => {
    const [last, n] = [bytes.length - 1, bytes.length]
    const parts: [string, number, number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=1000-1999', 1000, 1999],
      ['bytes=899990-', 899_990, last],
      ['bytes=-10', n - 10, last],
      ['bytes=899990-99999999', 899_990, last],
    ]
    for (const link of links) {
      for (const [range, from, to] of parts) {
        const r = await get(link, { range })
        expect([r.status, r.headers.get('content-range'), r.headers.get('content-length')]).toEqual([
          206,
          `bytes ${from}-${to}/${n}`,
          String(to - from + 1),
        ])
        expect((await bytesOf(r)).equals(bytes.subarray(from, to + 1))).toBe(true)
      }
      const beyond = await get(link, { range: `bytes=${n}-` })
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${n}`])
      for (const range of ['bytes=0-1,5-6', 'pages=1-2', 'bytes=x-', 'bytes=9-5'])
        expect([range, (await get(link, { range })).status]).toEqual([range, 200])
    }
  })

  test('who has it is told so, and a part of another version is not glued on', async () => {
    const etag = (await get(video.url, {}, 'HEAD')).headers.get('etag')!
    expect((await get(video.url, { 'if-none-match': etag })).status).toBe(304)
    expect((await get(video.url, { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await get(video.url, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206)
    expect((await get(video.url, { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
  })

  test('a reader that leaves in the middle does no harm', async () => {
    const big = (await upload(mp4({ bytes: 30_000_000 }), 'video/mp4')).media
    const r = await get(big.url)
    const reader = r.body!.getReader()
    await reader.read()
    await reader.cancel()
    expect((await get(big.url, { range: 'bytes=0-9' })).status).toBe(206)
  })

  test('a document is saved rather than opened', async () => {
    const { media } = await upload(pdf(2), 'application/pdf', { name: 'a.pdf' })
    const r = await get(media.url)
    expect(r.headers.get('content-disposition')).toMatch(/^attachment; filename="a.pdf"/)
    await r.arrayBuffer()
  })

  test('a video and a document have a small picture, also where there is no ffmpeg', async () => {
    const document = (await upload(pdf(12), 'application/pdf')).media
    for (const [media, sides] of [
      [video, [270, 480]],
      [document, [372, 480]],
    ] as const) {
      const r = await get(media.thumbUrl)
      expect([r.status, r.headers.get('content-type')]).toEqual([200, 'image/webp'])
      const { width, height } = await sharp(await bytesOf(r)).metadata()
      expect([width, height]).toEqual(sides)
    }
  })

  test('a deleted video is gone with its poster', async () => {
    const { media } = await upload(mp4({ shade: 9 }), 'video/mp4')
    await get(media.thumbUrl).then(bytesOf)
    const file = join(t.mediaDir, 'media', media.id.slice(-2), media.id)
    expect((await t.call('mediaRemove', { params: { id: media.id } })).status).toBe(200)
    expect((await get(media.url)).status).toBe(404)
    await expect(readdir(file)).rejects.toThrow(/ENOENT/)
  })
})
