/** Pictures for tests, made here byte by byte: real PNGs of any size in pixels and of any exact length in bytes. */
import { crc32, deflateSync } from 'node:zlib'
import type { StepMedia } from '#kit/client/steps.ts'

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

/** A picture as a step gets it. `n` makes each one differ. */
export const testMedia = (image: TestImage, n: number): StepMedia => {
  const { alt = '', width = 8, height = 8 } = image
  const mime = image.gif ? 'image/gif' : 'image/png'
  const content = new Uint8Array(
    image.gif ? gif(image.bytes) : png({ width, height, bytes: image.bytes, shade: (40 + n * 17) % 256 }),
  )
  return {
    id: `media-${n}`,
    kind: 'image',
    mime,
    bytes: content.length,
    width,
    height,
    durationMs: null,
    alt,
    blob: async () => new Blob([content], { type: mime }),
    url: async () => {
      throw new Error('this test has no public address for media')
    },
  }
}
