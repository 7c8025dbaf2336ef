/**
 * Older containers that YouTube takes and nobody else: AVI, Windows Media, Flash, MPEG. What their heads tell is read, the rest
 * stays unknown: they go out as they came.
 */
import type { FileHandle } from 'node:fs/promises'
import type { VideoFacts } from './videos.ts'

export type OldVideo = 'video/x-msvideo' | 'video/x-ms-wmv' | 'video/x-flv' | 'video/mpeg'

/** GUIDs as ASF writes them: the header, file properties, stream properties, and the type "video". */
const asf = {
  header: '3026b2758e66cf11a6d900aa0062ce6c',
  file: 'a1dcab8c47a9cf118ee400c00c205365',
  stream: '9107dcb7b7a9cf118ee600c00c205365',
  video: 'c0ef19bc4d5bcf11a8fd00805f5c442b',
}
/** How much of the head is looked through (bytes). */
const headBytes = 1_000_000

/** Which of them it is by its first bytes; undefined: none. */
export const oldVideo = (head: Uint8Array): OldVideo | undefined => {
  const b = Buffer.from(head.subarray(0, 16))
  const text = b.toString('latin1')
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'AVI ') return 'video/x-msvideo'
  if (text.startsWith('FLV\x01')) return 'video/x-flv'
  if (b.toString('hex') === asf.header) return 'video/x-ms-wmv'
  if (text.startsWith('\0\0\x01\xba') || text.startsWith('\0\0\x01\xb3')) return 'video/mpeg'
  return undefined
}

type Told = Pick<VideoFacts, 'fps' | 'videoCodec'> & { width?: number; height?: number; ms?: number }
const inside = (b: Buffer, at: number, bytes: number) => at >= 0 && at + bytes <= b.length

/** `avih` (44 bytes: time per frame, ..., frames, ..., size) and the first video stream's word for its codec. */
const avi = (b: Buffer): Told => {
  const at = b.indexOf('avih', 0, 'latin1') + 8
  if (at < 8 || !inside(b, at, 40)) return {}
  const [each, frames] = [b.readUInt32LE(at), b.readUInt32LE(at + 16)]
  const codec = b.indexOf('vids', 0, 'latin1')
  const word = inside(b, codec, 8)
    ? b
        .toString('latin1', codec + 4, codec + 8)
        .trim()
        .toLowerCase()
    : ''
  return {
    width: b.readUInt32LE(at + 32),
    height: b.readUInt32LE(at + 36),
    ms: (each * frames) / 1000,
    ...(each > 0 ? { fps: 1_000_000 / each } : {}),
    ...(/^[a-z0-9]{3,4}$/.test(word) ? { videoCodec: word } : {}),
  }
}

/** File properties: the play time in units of 100 ns less the preroll in ms. A video stream: the size. */
const wmv = (b: Buffer): Told => {
  const out: Told = {}
  const file = b.indexOf(asf.file, 0, 'hex')
  if (inside(b, file, 88)) out.ms = Number(b.readBigUInt64LE(file + 64)) / 10_000 - Number(b.readBigUInt64LE(file + 80))
  for (let at = b.indexOf(asf.stream, 0, 'hex'); inside(b, at, 86); at = b.indexOf(asf.stream, at + 16, 'hex')) {
    if (b.toString('hex', at + 24, at + 40) !== asf.video) continue
    out.width = b.readUInt32LE(at + 78)
    out.height = b.readUInt32LE(at + 82)
    break
  }
  return out
}

/** `onMetaData` in the first tag: names with numbers (AMF0: type 0, a double). */
const flv = (b: Buffer): Told => {
  const head = b.subarray(0, 64_000)
  const number = (name: string): number | undefined => {
    const at = head.indexOf(`${name}\0`, 0, 'latin1') + name.length + 1
    if (at < name.length + 1 || !inside(head, at, 8)) return undefined
    const n = head.readDoubleBE(at)
    return Number.isFinite(n) && n > 0 ? n : undefined
  }
  const [seconds, fps] = [number('duration'), number('framerate')]
  const out: Told = { ...(fps ? { fps } : {}) }
  if (seconds) out.ms = seconds * 1000
  out.width = number('width')
  out.height = number('height')
  return out
}

const mpegRates = [0, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60]
/** The first sequence header (ISO/IEC 13818-2 §6.2.2.1): 12 bits each of width and height, 4 of shape, 4 of rate. */
const mpeg = (b: Buffer): Told => {
  const at = b.indexOf('000001b3', 0, 'hex') + 4
  if (at < 4 || !inside(b, at, 4)) return {}
  const size = b.readUIntBE(at, 3)
  const fps = mpegRates[b[at + 3]! & 15]
  return { width: size >> 12, height: size & 0xfff, ...(fps ? { fps } : {}) }
}

const heads: Record<OldVideo, (b: Buffer) => Told> = {
  'video/x-msvideo': avi,
  'video/x-ms-wmv': wmv,
  'video/x-flv': flv,
  'video/mpeg': mpeg,
}

/** What the head tells; numbers that make no sense are left out. */
export const readOldVideo = async (file: FileHandle, mime: OldVideo): Promise<VideoFacts> => {
  const b = Buffer.alloc(headBytes)
  const { bytesRead } = await file.read(b, 0, headBytes, 0)
  const { width, height, ms, fps, videoCodec } = heads[mime](b.subarray(0, bytesRead))
  const side = (n: number | undefined) => (n && n >= 1 && n <= 16_384 ? Math.round(n) : null)
  return {
    mime,
    width: side(width),
    height: side(height),
    durationMs: ms && ms > 0 && ms < 2 ** 31 ? Math.round(ms) : null,
    ...(fps && fps >= 1 && fps <= 240 ? { fps: Math.round(fps * 1000) / 1000 } : {}),
    ...(videoCodec ? { videoCodec } : {}),
  }
}
