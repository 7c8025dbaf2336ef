/** What a file really is, from its first bytes, as networks look: the declared type is only a claim. */

import { webm } from './sniff-webm.ts'

export type Sniffed = {
  mime: string
  kind: 'image' | 'video' | 'other'
  /** Pixels. */
  width?: number
  height?: number
  /** Of a video, when its `moov` box is among the bytes; absent when the file does not tell. */
  durationMs?: number
  /** Frames per second. */
  fps?: number
  /** The sample entry: `avc1`, `hvc1`, ... */
  codec?: string
  /** Of a PDF. */
  pages?: number
}

/** Type, and what the first look tells of size, duration and pages. Unknown bytes give `application/octet-stream`. */
export const sniff = (b: Buffer): Sniffed =>
  png(b) ??
  jpeg(b) ??
  gif(b) ??
  webp(b) ??
  isoMedia(b) ??
  webm(b) ??
  pdf(b) ?? { mime: 'application/octet-stream', kind: 'other' }

const png = (b: Buffer): Sniffed | undefined =>
  b.length >= 24 && b.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n'
    ? { mime: 'image/png', kind: 'image', width: b.readUInt32BE(16), height: b.readUInt32BE(20) }
    : undefined

/** Walks the segments to the first start-of-frame, which holds the size. */
const jpeg = (b: Buffer): Sniffed | undefined => {
  if (b.length < 4 || b[0] !== 0xff || b[1] !== 0xd8 || b[2] !== 0xff) return undefined
  let at = 2
  while (at + 9 < b.length && b[at] === 0xff) {
    const marker = b[at + 1]!
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame)
      return { mime: 'image/jpeg', kind: 'image', width: b.readUInt16BE(at + 7), height: b.readUInt16BE(at + 5) }
    at += 2 + b.readUInt16BE(at + 2)
  }
  return { mime: 'image/jpeg', kind: 'image' }
}

const gif = (b: Buffer): Sniffed | undefined =>
  b.length >= 10 && /^GIF8[79]a$/.test(b.subarray(0, 6).toString('latin1'))
    ? { mime: 'image/gif', kind: 'image', width: b.readUInt16LE(6), height: b.readUInt16LE(8) }
    : undefined

const webp = (b: Buffer): Sniffed | undefined => {
  if (
    b.length < 30 ||
    b.subarray(0, 4).toString('latin1') !== 'RIFF' ||
    b.subarray(8, 12).toString('latin1') !== 'WEBP'
  )
    return undefined
  const chunk = b.subarray(12, 16).toString('latin1')
  const base = { mime: 'image/webp', kind: 'image' } as const
  if (chunk === 'VP8X') return { ...base, width: 1 + b.readUIntLE(24, 3), height: 1 + b.readUIntLE(27, 3) }
  if (chunk === 'VP8 ') return { ...base, width: b.readUInt16LE(26) & 0x3fff, height: b.readUInt16LE(28) & 0x3fff }
  if (chunk === 'VP8L') {
    const bits = b.readUInt32LE(21)
    return { ...base, width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) }
  }
  return base
}

const isoMedia = (b: Buffer): Sniffed | undefined => {
  if (b.length < 12 || b.subarray(4, 8).toString('latin1') !== 'ftyp') return undefined
  const brand = b.subarray(8, 12).toString('latin1')
  if (brand.startsWith('avif')) return { mime: 'image/avif', kind: 'image' }
  if (/^(heic|heix|mif1)/.test(brand)) return { mime: 'image/heic', kind: 'image' }
  return { mime: brand.startsWith('qt') ? 'video/quicktime' : 'video/mp4', kind: 'video', ...movie(b) }
}

type Box = { type: string; from: number; to: number }

/** The boxes between two offsets; a box that claims more than there is ends the walk. */
const boxes = (b: Buffer, from: number, to: number): Box[] => {
  const out: Box[] = []
  for (let at = from; at + 8 <= to; ) {
    const small = b.readUInt32BE(at)
    const head = small === 1 ? 16 : 8
    if (at + head > to) break
    const size = small === 1 ? Number(b.readBigUInt64BE(at + 8)) : small === 0 ? to - at : small
    if (size < head || at + size > to) break
    out.push({ type: b.toString('latin1', at + 4, at + 8), from: at + head, to: at + size })
    at += size
  }
  return out
}

/** Samples and ticks that movie fragments add, by track (ISO/IEC 14496-12 §8.8). */
const fragments = (b: Buffer, top: readonly Box[], moov: Box): Map<number, { samples: number; ticks: number }> => {
  const out = new Map<number, { samples: number; ticks: number }>()
  const inside = (box: Box, type: string) => boxes(b, box.from, box.to).filter((x) => x.type === type)
  const usual = new Map<number, number>()
  for (const trex of inside(moov, 'mvex').flatMap((m) => inside(m, 'trex')))
    if (trex.to - trex.from >= 16) usual.set(b.readUInt32BE(trex.from + 4), b.readUInt32BE(trex.from + 12))
  for (const traf of top.filter((x) => x.type === 'moof').flatMap((m) => inside(m, 'traf'))) {
    const [tfhd] = inside(traf, 'tfhd')
    if (!tfhd || tfhd.to - tfhd.from < 8) continue
    const flags = b.readUInt32BE(tfhd.from)
    const track = b.readUInt32BE(tfhd.from + 4)
    const place = tfhd.from + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
    const each = flags & 8 && place + 4 <= tfhd.to ? b.readUInt32BE(place) : (usual.get(track) ?? 0)
    const sum = out.get(track) ?? { samples: 0, ticks: 0 }
    out.set(track, sum)
    for (const trun of inside(traf, 'trun').filter((t) => t.to - t.from >= 8)) {
      const has = b.readUInt32BE(trun.from)
      const count = b.readUInt32BE(trun.from + 4)
      sum.samples += count
      if (!(has & 0x100)) {
        sum.ticks += count * each
        continue
      }
      const step = [0x100, 0x200, 0x400, 0x800].reduce((n, f) => n + (has & f ? 4 : 0), 0)
      let at = trun.from + 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0)
      for (let n = 0; n < count && at + step <= trun.to; n++, at += step) sum.ticks += b.readUInt32BE(at)
    }
  }
  return out
}

/** Size, duration, codec and frame rate from `moov` (ISO/IEC 14496-12) and its fragments: the first track with a picture. */
const movie = (b: Buffer): Partial<Sniffed> => {
  const inside = (box: Box | undefined, type: string) =>
    box ? boxes(b, box.from, box.to).filter((x) => x.type === type) : []
  const top = boxes(b, 0, b.length)
  const [moov] = top.filter((x) => x.type === 'moov')
  const [mvhd] = inside(moov, 'mvhd')
  if (!moov || !mvhd) return {}
  const long = b[mvhd.from] === 1
  const scale = b.readUInt32BE(mvhd.from + (long ? 20 : 12))
  const length = long ? Number(b.readBigUInt64BE(mvhd.from + 24)) : b.readUInt32BE(mvhd.from + 16)
  const told = scale > 0 && length > 0 ? Math.round((length * 1000) / scale) : undefined
  const parts = fragments(b, top, moov)
  for (const trak of inside(moov, 'trak')) {
    const [tkhd] = inside(trak, 'tkhd')
    if (!tkhd) continue
    const end = tkhd.to
    const [width, height] = [b.readUInt32BE(end - 8) >>> 16, b.readUInt32BE(end - 4) >>> 16]
    if (width === 0 || height === 0) continue
    const [mdia] = inside(trak, 'mdia')
    const [mdhd] = inside(mdia, 'mdhd')
    const [stbl] = inside(inside(mdia, 'minf')[0], 'stbl')
    const [stsd] = inside(stbl, 'stsd')
    const [stsz] = inside(stbl, 'stsz')
    const codec = stsd && stsd.to - stsd.from >= 16 ? b.toString('latin1', stsd.from + 12, stsd.from + 16) : undefined
    const part = parts.get(b.readUInt32BE(tkhd.from + (b[tkhd.from] === 1 ? 20 : 12)))
    const clock = mdhd ? b.readUInt32BE(mdhd.from + (b[mdhd.from] === 1 ? 20 : 12)) : 0
    const durationMs = part && part.ticks > 0 && clock > 0 ? Math.round((part.ticks * 1000) / clock) : told
    const frames = (stsz ? b.readUInt32BE(stsz.from + 8) : 0) + (part?.samples ?? 0)
    const fps = frames > 0 && durationMs ? Math.round((frames * 100_000) / durationMs) / 100 : undefined
    return {
      width,
      height,
      ...(durationMs ? { durationMs } : {}),
      ...(codec ? { codec } : {}),
      ...(fps ? { fps } : {}),
    }
  }
  return told ? { durationMs: told } : {}
}

const pdf = (b: Buffer): Sniffed | undefined =>
  b.subarray(0, 5).toString('latin1') === '%PDF-'
    ? {
        mime: 'application/pdf',
        kind: 'other',
        pages: b.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0,
      }
    : undefined
