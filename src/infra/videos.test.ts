import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { even, recording } from '#kit/testing/recordings.ts'
import { inspectVideo, VideoRefused } from './videos.ts'

let dir: string
let count = 0
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-videos-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const file = async (bytes: Buffer) => {
  const path = join(dir, `${++count}`)
  await writeFile(path, bytes)
  return path
}
const u32 = (...n: number[]) => {
  const b = Buffer.alloc(n.length * 4)
  for (const [i, x] of n.entries()) b.writeUInt32BE(x >>> 0, i * 4)
  return b
}
const u16 = (n: number) => n.toString(16).padStart(4, '0')
const box = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body])
}
const one = 0x10000
const straight = [one, 0, 0, 0, one, 0, 0, 0, 0x40000000]
/** A quarter turn clockwise, as phones write it. */
const turned = [0, one, 0, -one, 0, 0, 0, 0, 0x40000000]

/** A movie of one track without frames: `entry` is the word in its sample description. */
type Movie = {
  brand?: string
  entry?: string
  matrix?: number[]
  handler?: string
  seconds?: number
  /** Boxes put into the track and into its sample entry. */
  edts?: Buffer
  config?: Buffer
}
const movie = (o: Movie = {}) => {
  const { brand = 'isom', entry = 'avc1', matrix = straight, handler = 'vide', seconds = 4 } = o
  const [width, height] = [640, 360]
  const sample = box(
    entry,
    u32(0, 1),
    Buffer.alloc(16),
    u32((width << 16) | height),
    Buffer.alloc(50),
    o.config ?? Buffer.alloc(0),
  )
  const stbl = box(
    'stbl',
    box('stsd', u32(0, 1), sample),
    box('stts', u32(0, 1, seconds * 25, 40)),
    box('stsc', u32(0, 1, 1, seconds * 25, 1)),
    box('stsz', u32(0, 4, seconds * 25)),
    box('stco', u32(0, 1, 40)),
  )
  const mdhd = box('mdhd', u32(0, 0, 0, 1000, seconds * 1000, 0x55c40000))
  const hdlr = box('hdlr', u32(0, 0), Buffer.from(handler, 'latin1'), u32(0, 0, 0), Buffer.from('\0'))
  const tkhd = box(
    'tkhd',
    u32(3, 0, 0, 1, 0, seconds * 1000, 0, 0, 0, 0),
    u32(...matrix),
    u32(width * 65536, height * 65536),
  )
  const mvhd = box('mvhd', u32(0, 0, 0, 1000, seconds * 1000, one, 0x1000000, 0, 0), u32(...straight), Buffer.alloc(28))
  const moov = box(
    'moov',
    mvhd,
    box('trak', tkhd, o.edts ?? Buffer.alloc(0), box('mdia', mdhd, hdlr, box('minf', stbl))),
  )
  return Buffer.concat([
    box('ftyp', Buffer.from(`${brand}\0\0\0\0${brand}`, 'latin1')),
    moov,
    box('mdat', Buffer.alloc(64)),
  ])
}
const refused = async (bytes: Buffer) =>
  inspectVideo(await file(bytes)).then(
    () => 'taken',
    (e: unknown) => (e instanceof VideoRefused ? e.reason : e),
  )

test('a video tells its length, size, frame rate and codec', async () => {
  expect(await inspectVideo(await file(movie()))).toEqual({
    mime: 'video/mp4',
    width: 640,
    height: 360,
    durationMs: 4000,
    fps: 25,
    videoCodec: 'avc',
    videoBitrate: 800,
    indexFirst: true,
    edited: false,
  })
})

test('fragments and recordings without a length tell their true length and rate', async () => {
  for (const as of ['fragmented', 'webm', 'live'] as const) {
    const facts = await inspectVideo(await file(await recording({ as, times: even(25, 12) })))
    expect([as, facts.durationMs, facts.fps, facts.width]).toEqual([as, 12_000, 25, 640])
    expect(facts.estimated).toBeUndefined()
  }
})

test('the frame rate is that of the whole file, not of its beginning', async () => {
  // 30 s of a still screen at 10 frames a second, then 270 s at 43.3: 40 on the whole.
  const slow = even(10, 30)
  const times = [...slow, ...even(12_000 / 270 - 300 / 270, 270).map((t) => 30 + t)]
  for (const as of ['fragmented', 'webm'] as const)
    expect((await inspectVideo(await file(await recording({ as, times })))).fps).toBeCloseTo(40, 1)
})

test('a head that lies about the length of a WebM is not believed', async () => {
  const webm = await recording({ as: 'webm', times: even(25, 12) })
  const at = webm.indexOf(Buffer.from('4489', 'hex'))
  webm.writeDoubleBE(1000, at + 3)
  expect((await inspectVideo(await file(webm))).durationMs).toBe(12_000)
})

test('bytes after the last box are no damage; a box cut short still is', async () => {
  const whole = movie()
  for (const tail of ['\0\0', '\0\0\0\x03oops', 'SEFT and what a camera adds after its video', '\xff'.repeat(40)])
    expect(await refused(Buffer.concat([whole, Buffer.from(tail, 'latin1')]))).toBe('taken')
  expect(await refused(Buffer.concat([whole, u32(5000), Buffer.from('moof'), Buffer.alloc(50)]))).toBe('broken')
})

test('where the index stands, edits, and how colours are sampled', async () => {
  const whole = movie()
  const [ftyp, moov, mdat] = [whole.subarray(0, 20), whole.subarray(20, -72), whole.subarray(-72)]
  expect(mdat.toString('latin1', 4, 8)).toBe('mdat')
  expect((await inspectVideo(await file(Buffer.concat([ftyp, mdat, moov])))).indexFirst).toBe(false)
  const elst = (...entries: number[][]) => box('edts', box('elst', u32(0, entries.length, ...entries.flat())))
  const edited = async (edts: Buffer) => (await inspectVideo(await file(movie({ edts })))).edited
  // The usual delay of pictures stored out of order is no edit anybody sees.
  expect(await edited(elst([4000, 80, one]))).toBe(false)
  expect(await edited(elst([4000, 900, one]))).toBe(true)
  expect(await edited(elst([500, -1, one], [4000, 0, one]))).toBe(true)
  const chroma = async (entry: string, config: Buffer) =>
    (await inspectVideo(await file(movie({ entry, config })))).chroma
  const avc = (sps: string) =>
    box('avcC', Buffer.from(`01${sps.slice(2, 8)}ffe1${u16(sps.length / 2)}${sps}0100`, 'hex'))
  expect(await chroma('avc1', avc('6742001f'))).toBe('4:2:0')
  expect(await chroma('avc1', avc('6764001fac'))).toBe('4:2:0')
  expect(await chroma('avc1', avc('677a001fb6'))).toBe('4:2:2')
  expect(await chroma('avc1', avc('67f4001f91'))).toBe('4:4:4')
  expect(await chroma('hvc1', box('hvcC', Buffer.alloc(16), Buffer.from([0xfe, 0, 0, 0, 0, 0, 0])))).toBe('4:2:2')
  expect(await chroma('apch', Buffer.alloc(0))).toBe('4:2:2')
})

test('a phone held upright makes an upright video', async () => {
  expect(await inspectVideo(await file(movie({ brand: 'qt  ', matrix: turned })))).toMatchObject({
    mime: 'video/quicktime',
    width: 360,
    height: 640,
  })
})

test('a codec nobody has a word for is told as the file tells it', async () => {
  expect(await inspectVideo(await file(movie({ entry: 'icod' })))).toMatchObject({ videoCodec: 'icod' })
})

test('encrypted, soundless of picture, cut short and foreign files are refused, each by its name', async () => {
  const whole = movie()
  expect(await refused(movie({ entry: 'encv' }))).toBe('encrypted')
  expect(await refused(movie({ entry: 'drmi' }))).toBe('encrypted')
  expect(await refused(movie({ handler: 'soun', entry: 'mp4a' }))).toBe('no-picture')
  expect(await refused(whole.subarray(0, whole.length - 10))).toBe('broken')
  expect(await refused(Buffer.concat([whole.subarray(0, 20), box('mdat', Buffer.alloc(99))]))).toBe('broken')
  expect(await refused(Buffer.from('RIFF....WAVE and so on, not what was asked'))).toBe('not-a-video')
  expect(await refused(Buffer.alloc(3))).toBe('not-a-video')
  expect(await refused(Buffer.alloc(0))).toBe('not-a-video')
})

test('boxes that lie about their size end as a refusal, whatever they say', async () => {
  const whole = movie()
  const at = whole.indexOf('moov') - 4
  for (const size of [0xffffffff, 0x7fffffff, 2, 7, 9, at]) {
    const b = Buffer.from(whole)
    b.writeUInt32BE(size, at)
    expect([size, await refused(b)]).toEqual([size, 'broken'])
  }
  for (const inner of ['trak', 'stsd', 'mdia']) {
    const b = Buffer.from(whole)
    b.writeUInt32BE(0x7fffffff, whole.indexOf(inner) - 4)
    expect([inner, await refused(b)]).toEqual([inner, 'broken'])
  }
})

test('an index of gigabytes is refused without being read', async () => {
  const path = join(dir, 'sparse')
  const handle = await open(path, 'w')
  const size = 3_000_000_000
  await handle.write(Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0')), u32(size), Buffer.from('moov')]))
  await handle.truncate(16 + size)
  await handle.close()
  await expect(inspectVideo(path)).rejects.toMatchObject({
    reason: 'broken',
    message: expect.stringMatching(/too large/),
  })
})

test('a look that takes too long is ended', async () => {
  await expect(inspectVideo(await file(movie()), 1)).rejects.toMatchObject({ reason: 'broken' })
})

test('many looks at once take turns and all end', async () => {
  const path = await file(movie())
  const all = await Promise.all(Array.from({ length: 6 }, () => inspectVideo(path)))
  expect(all.every((f) => f.durationMs === 4000)).toBe(true)
})
