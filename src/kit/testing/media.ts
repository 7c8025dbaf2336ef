/** Pictures for tests, made here byte by byte: real PNGs and MP4s of any size and of any exact length in bytes. */
import { crc32, deflateSync } from 'node:zlib'
import type { StepMedia } from '#kit/client/steps.ts'
import type { SampleMedia } from '#kit/facts/samples.ts'
import { mp4, pdf } from './video.ts'

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** A grey PNG. `bytes`: exact file length, reached with a private chunk decoders skip. `shade` makes pictures differ. */
export const png = (o: { width?: number; height?: number; bytes?: number; shade?: number } = {}): Buffer => {
  const { width = 8, height = 8, shade = 128 } = o
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const rows = Buffer.alloc((width + 1) * height, shade)
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0
  const parts = [
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  const missing = (o.bytes ?? 0) - parts.reduce((n, p) => n + p.length, 0)
  if (missing >= 12) parts.splice(2, 0, chunk('prVt', Buffer.alloc(missing - 12, 7)))
  return Buffer.concat(parts)
}

/** Where the seven passes of an interlaced PNG begin, and their steps (PNG §8.2). */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** A black PNG that is small on the wire (a few thousandths) and as large as you like when unpacked. Red, green, blue and alpha. */
export const packedPng = (o: { width: number; height: number; bits?: 8 | 16; interlaced?: boolean }): Buffer => {
  const { width, height, bits = 8, interlaced = false } = o
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bits, 6, 0, 0, interlaced ? 1 : 0], 8)
  let unpacked = 0
  for (const [x, y, across, down] of interlaced ? passes : ([[0, 0, 1, 1]] as const))
    unpacked += Math.ceil((height - y) / down) * (1 + (Math.ceil((width - x) / across) * 4 * bits) / 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(unpacked), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const segment = (marker: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/**
 * A grey baseline JPEG. Its two Huffman tables know three codes in all: "no change", "a six bit change" and "end of
 * block", so that every block after the first is two zero bits. `bytes`: exact length, reached with comments.
 */
export const jpeg = (o: { width?: number; height?: number; bytes?: number; shade?: number } = {}): Buffer => {
  const { width = 8, height = 8, shade = 0 } = o
  const size = Buffer.alloc(5)
  size[0] = 8
  size.writeUInt16BE(height, 1)
  size.writeUInt16BE(width, 3)
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8)
  // 10 = six bits follow, then the value, then 0 = end of block; the rest is 00 per block, padded with ones.
  const bits = 9 + (blocks - 1) * 2
  const data = Buffer.alloc(Math.ceil(bits / 8))
  data[0] = 0x80 | (32 + (shade % 32))
  for (let n = bits; n < data.length * 8; n++) data[n >> 3]! |= 0x80 >> (n & 7)
  const counts = (...n: number[]) => Buffer.from([...n, ...Array<number>(16 - n.length).fill(0)])
  const tail = Buffer.concat([
    segment(0xdb, Buffer.from([0]), Buffer.alloc(64, 8)),
    segment(0xc0, size, Buffer.from([1, 1, 0x11, 0])),
    segment(0xc4, Buffer.from([0x00]), counts(1, 1), Buffer.from([0, 6])),
    segment(0xc4, Buffer.from([0x10]), counts(1), Buffer.from([0])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    data,
    Buffer.from([0xff, 0xd9]),
  ])
  const head = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0', 'latin1'), Buffer.from([1, 1, 0, 0, 1, 0, 1, 0, 0])),
  ])
  const comments: Buffer[] = []
  let missing = (o.bytes ?? 0) - head.length - tail.length
  while (missing >= 4) {
    // What is left over must be none, or enough for one more comment.
    const whole = missing > 65_537 ? Math.min(65_537, missing - 4) : missing
    comments.push(segment(0xfe, Buffer.alloc(whole - 4, 7)))
    missing -= whole
  }
  return Buffer.concat([head, ...comments, tail])
}

/** An animated GIF of two dots, padded with comment blocks to about `bytes` (never less, at most 256 more). */
export const gif = (bytes = 0): Buffer => {
  const hex = (s: string) => Buffer.from(s.replaceAll(' ', ''), 'hex')
  const head = Buffer.concat([Buffer.from('GIF89a', 'latin1'), hex('0100 0100 80 00 00 000000 ffffff')])
  const frame = hex('21f9 04 00 0500 00 00 2c 0000 0000 0100 0100 00 02 02 4401 00')
  const blocks = Math.max(0, Math.ceil((bytes - head.length - frame.length * 2 - 4) / 256))
  const block = Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 7)])
  return Buffer.concat([
    head,
    hex('21fe'),
    ...Array.from({ length: blocks }, () => block),
    hex('00'),
    frame,
    frame,
    hex('3b'),
  ])
}

export type TestImage = { alt?: string; width?: number; height?: number; bytes?: number; gif?: boolean }
export type TestVideo = { alt?: string; width?: number; height?: number; ms?: number; bytes?: number }
export type TestDocument = { alt?: string; pages?: number }

/** Where a network can fetch a test file; given by the bench. */
export type Publish = (id: string, bytes: Uint8Array<ArrayBuffer>, mime: string) => Promise<string>

type Made = Omit<StepMedia, 'id' | 'alt' | 'blob' | 'url' | 'bytes'> & { content: Buffer }

const asMedia = (id: string, alt: string, made: Made, publish: Publish): StepMedia => {
  const { content, ...facts } = made
  const bytes = new Uint8Array(content)
  return {
    id,
    alt,
    ...facts,
    bytes: bytes.length,
    blob: async () => new Blob([bytes], { type: made.mime }),
    url: async () => publish(id, bytes, made.mime),
  }
}

/**
 * A picture as a step gets it: a rendition, so JPEG where the network takes no PNG. `n` makes each one differ.
 * `takes`: the MIME types of the spec.
 */
export const testImage = (image: TestImage, n: number, publish: Publish, takes?: readonly string[]): StepMedia => {
  const { alt = '', width = 320, height = 320, bytes } = image
  const shade = (40 + n * 17) % 256
  const asJpeg = takes !== undefined && !takes.includes('image/png') && takes.includes('image/jpeg')
  const content = image.gif ? gif(bytes) : (asJpeg ? jpeg : png)({ width, height, bytes, shade })
  const mime = image.gif ? 'image/gif' : asJpeg ? 'image/jpeg' : 'image/png'
  return asMedia(`media-${n}`, alt, { kind: 'image', mime, width, height, durationMs: null, content }, publish)
}

/** A video as a step gets it: 720 x 1280, 5 s, where nothing else is asked. */
export const testVideo = (video: TestVideo, n: number, publish: Publish): StepMedia => {
  const { alt = '', width = 720, height = 1280, ms = 5000 } = video
  const content = mp4({ width, height, ms, bytes: video.bytes, shade: n })
  const facts = { fps: 30, videoCodec: 'avc' }
  return asMedia(
    `media-${n}`,
    alt,
    { kind: 'video', mime: 'video/mp4', width, height, durationMs: ms, facts, content },
    publish,
  )
}

export const testDocument = (document: TestDocument, n: number, publish: Publish): StepMedia => {
  const { alt = '', pages = 2 } = document
  const base = { kind: 'document', mime: 'application/pdf', width: null, height: null, durationMs: null } as const
  return asMedia(`media-${n}`, alt, { ...base, facts: { pages }, content: pdf(pages, n) }, publish)
}

/** One file in a segment, where the order of kinds matters. */
export type TestFile =
  | ({ kind: 'image' } & TestImage)
  | ({ kind: 'video' } & TestVideo)
  | ({ kind: 'document' } & TestDocument)

export const testFile = (file: TestFile, n: number, publish: Publish, takes?: readonly string[]): StepMedia =>
  file.kind === 'image'
    ? testImage(file, n, publish, takes)
    : file.kind === 'video'
      ? testVideo(file, n, publish)
      : testDocument(file, n, publish)

/** The file of a sample, as a person would upload it. */
export const sampleFile = (file: SampleMedia, n: number): { bytes: Buffer; mime: string; name: string } => {
  if (file.kind === 'video') {
    const { width, height, ms } = file
    return { bytes: mp4({ width, height, ms, shade: n }), mime: 'video/mp4', name: `video-${n}.mp4` }
  }
  if (file.kind === 'document') return { bytes: pdf(file.pages, n), mime: 'application/pdf', name: `document-${n}.pdf` }
  const { width = 1080, height = 1080, type = 'image/png' } = file
  const shade = (40 + n * 17) % 256
  if (type === 'image/gif') return { bytes: gif(), mime: type, name: `picture-${n}.gif` }
  if (type === 'image/jpeg') return { bytes: jpeg({ width, height, shade }), mime: type, name: `picture-${n}.jpg` }
  return { bytes: png({ width, height, shade }), mime: type, name: `picture-${n}.png` }
}
