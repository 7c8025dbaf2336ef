/**
 * MP4 and QuickTime, box by box (ISO/IEC 14496-12, 14496-15): is the file whole and open, and what does all of its index say?
 * Only heads and tables are read, never pictures. Bytes after the last box that are no box are somebody's addition, not damage.
 */
import type { FileHandle } from 'node:fs/promises'
import { VideoRefused } from './videos.ts'

/** Largest index (bytes) that is read: a day of video needs less. */
const maxIndex = 64_000_000
/** Boxes walked on one level; a fragmented video of hours has thousands. */
const maxBoxes = 200_000

const cut = () =>
  new VideoRefused('broken', 'The video is cut short: its recording or copying did not end. Export it again.')
export const locked = () =>
  new VideoRefused('encrypted', 'The video is encrypted (copy protection). Export it without.')

export type TrackFacts = {
  /** `vide`, `soun`, ... */
  kind: string
  /** All of them, as far as the tables tell; times in s. */
  samples: number
  seconds: number
  bytes: number
  /** It leaves out or delays a part of what is stored. */
  edited: boolean
  chroma?: Chroma
}
export type Chroma = '4:0:0' | '4:2:0' | '4:2:2' | '4:4:4'
export type BoxFacts = {
  tracks: readonly TrackFacts[]
  /** Does the index stand before the pictures? */
  indexFirst: boolean
  fragmented: boolean
}

type Box = { type: string; at: number; from: number; to: number }

/**
 * §4.2: size and type; 1 = a 64-bit size follows, 0 = to the end. A box larger than its place is cut short; with `loose`, what
 * follows known boxes and is none of them ends the walk.
 */
async function* boxes(file: FileHandle, from: number, to: number, loose?: () => boolean): AsyncGenerator<Box> {
  const head = Buffer.alloc(16)
  let at = from
  for (let n = 0; at + 8 <= to; n++) {
    if (n >= maxBoxes) throw new VideoRefused('broken', 'The video has too many parts to read.')
    const { bytesRead } = await file.read(head, 0, 16, at)
    if (bytesRead < 8) throw cut()
    const small = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, 8)
    const wide = small === 1
    const size = wide ? Number(head.readBigUInt64BE(8)) : small === 0 ? to - at : small
    const header = wide ? 16 : 8
    // Zeros after the last box are padding.
    if (small === 0 && head.readUInt32BE(4) === 0) return
    if (size < header || at + size > to) {
      if (loose?.() && !outer.has(type)) return
      throw cut()
    }
    yield { type, at, from: at + header, to: at + size }
    at += size
  }
}
/** Boxes of the outermost level: one of these that does not fit is a file cut short. */
const outer = new Set([
  'ftyp',
  'moov',
  'mdat',
  'moof',
  'mfra',
  'sidx',
  'styp',
  'free',
  'skip',
  'wide',
  'meta',
  'uuid',
  'emsg',
])

/** The whole of a box that is a table or a setting. */
const bytesOf = async (file: FileHandle, box: Box): Promise<Buffer> => {
  const b = Buffer.alloc(box.to - box.from)
  await file.read(b, 0, b.length, box.from)
  return b
}
/** Inner boxes by name, the first of each; all `trak` and `traf` come as lists. */
const inside = async (file: FileHandle, box: Box | undefined): Promise<Map<string, Box[]>> => {
  const out = new Map<string, Box[]>()
  if (box) for await (const b of boxes(file, box.from, box.to)) out.set(b.type, [...(out.get(b.type) ?? []), b])
  return out
}

/** Sum over a table of pairs (count, value), as stts and ctts are written. */
const pairs = (b: Buffer): { count: number; sum: number } => {
  let [count, sum] = [0, 0]
  const end = Math.min(b.length, 8 + (b.length >= 8 ? b.readUInt32BE(4) : 0) * 8)
  for (let at = 8; at + 8 <= end; at += 8) {
    const n = b.readUInt32BE(at)
    count += n
    sum += n * b.readUInt32BE(at + 4)
  }
  return { count, sum }
}
/** Sum of stsz. */
const sizes = (b: Buffer): number => {
  if (b.length < 12) return 0
  const [same, count] = [b.readUInt32BE(4), b.readUInt32BE(8)]
  if (same > 0) return same * count
  let sum = 0
  for (let at = 12; at + 4 <= Math.min(b.length, 12 + count * 4); at += 4) sum += b.readUInt32BE(at)
  return sum
}

/** §8.6.6: more than one stretch, or one that begins later than a decoder's usual delay (s) or shows nothing. */
const isEdited = (b: Buffer, timescale: number): boolean => {
  const long = b[0] === 1
  const count = b.length >= 8 ? b.readUInt32BE(4) : 0
  if (count === 0) return false
  if (count > 1 || b.length < 8 + (long ? 20 : 12)) return count > 1
  const begin = long ? Number(b.readBigInt64BE(16)) : b.readInt32BE(12)
  // Pictures that are stored out of order make every encoder write a delay of a few frames.
  return begin < 0 || begin / timescale > 0.2
}

/** How colours are sampled, from the codec's own settings behind the sample entry (86 bytes: 8 + 78, §12.1.3). */
const chromaOf = async (file: FileHandle, entry: Box): Promise<Chroma | undefined> => {
  const proRes: Record<string, Chroma> = {
    apco: '4:2:2',
    apcs: '4:2:2',
    apcn: '4:2:2',
    apch: '4:2:2',
    ap4h: '4:4:4',
    ap4x: '4:4:4',
  }
  if (proRes[entry.type]) return proRes[entry.type]
  const names = ['4:0:0', '4:2:0', '4:2:2', '4:4:4'] as const
  for await (const b of boxes(file, Math.min(entry.from + 78, entry.to), entry.to)) {
    if (!['avcC', 'hvcC', 'vpcC', 'av1C'].includes(b.type)) continue
    const c = await bytesOf(file, b)
    if (b.type === 'hvcC') return c.length > 16 ? names[c[16]! & 3] : undefined
    if (b.type === 'vpcC')
      return c.length > 6 ? (['4:2:0', '4:2:0', '4:2:2', '4:4:4'] as const)[(c[6]! >> 1) & 7] : undefined
    if (b.type === 'av1C') {
      const bits = c[2] ?? 0
      return bits & 16 ? '4:0:0' : !(bits & 8) ? '4:4:4' : bits & 4 ? '4:2:0' : '4:2:2'
    }
    const format = avcChroma(c)
    return format === undefined ? undefined : names[format]
  }
  return undefined
}
/** chroma_format_idc of the first parameter set (ITU-T H.264 §7.3.2.1.1); profiles below High are always 4:2:0. */
const avcChroma = (c: Buffer): number | undefined => {
  const profile = c[1]
  if (profile === undefined) return undefined
  if (![100, 110, 122, 244, 44, 83, 86, 118, 128].includes(profile)) return 1
  const sps = c.subarray(8, 8 + (c.length >= 8 ? c.readUInt16BE(6) : 0))
  let at = 32
  const bit = () => ((sps[at >> 3] ?? 0) >> (7 - (at++ & 7))) & 1
  const number = () => {
    let zeros = 0
    while (zeros < 16 && at < sps.length * 8 && !bit()) zeros++
    let n = 1
    for (let i = 0; i < zeros; i++) n = n * 2 + bit()
    return n - 1
  }
  if (sps.length < 5) return undefined
  number()
  const format = number()
  return format <= 3 ? format : undefined
}

type Track = TrackFacts & { id: number; timescale: number; ticks: number; each: { ticks: number; bytes: number } }

const trackOf = async (file: FileHandle, trak: Box): Promise<Track | null> => {
  const own = await inside(file, trak)
  const media = await inside(file, own.get('mdia')?.[0])
  const [tkhd, mdhd, hdlr] = [own.get('tkhd')?.[0], media.get('mdhd')?.[0], media.get('hdlr')?.[0]]
  if (!tkhd || !mdhd || !hdlr) return null
  const [track, header, handler] = [await bytesOf(file, tkhd), await bytesOf(file, mdhd), await bytesOf(file, hdlr)]
  if (track.length < 24 || header.length < 24 || handler.length < 12) return null
  const id = track.readUInt32BE(track[0] === 1 ? 20 : 12)
  const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12)
  const tables = await inside(file, (await inside(file, media.get('minf')?.[0])).get('stbl')?.[0])
  const table = async (name: string) => {
    const box = tables.get(name)?.[0]
    return box ? bytesOf(file, box) : Buffer.alloc(0)
  }
  const times = pairs(await table('stts'))
  let chroma: Chroma | undefined
  const stsd = tables.get('stsd')?.[0]
  // A full box: version and flags, a count, then the entries.
  if (stsd)
    for await (const entry of boxes(file, stsd.from + 8, stsd.to)) {
      if (/^(enc[vas]|drm[ims])$/.test(entry.type)) throw locked()
      chroma ??= await chromaOf(file, entry)
    }
  const edits = (await inside(file, own.get('edts')?.[0])).get('elst')?.[0]
  return {
    id,
    timescale,
    kind: handler.toString('latin1', 8, 12),
    samples: times.count,
    ticks: times.sum,
    seconds: 0,
    bytes: sizes(await table('stsz')),
    edited: edits !== undefined && timescale > 0 && isEdited(await bytesOf(file, edits), timescale),
    each: { ticks: 0, bytes: 0 },
    ...(chroma ? { chroma } : {}),
  }
}

/** What a fragment adds to its tracks (§8.8.7, §8.8.8). */
const addFragment = async (file: FileHandle, moof: Box, tracks: ReadonlyMap<number, Track>): Promise<void> => {
  for (const traf of (await inside(file, moof)).get('traf') ?? []) {
    const parts = await inside(file, traf)
    const head = parts.get('tfhd')?.[0]
    const h = head ? await bytesOf(file, head) : Buffer.alloc(0)
    if (h.length < 8) continue
    const track = tracks.get(h.readUInt32BE(4))
    if (!track) continue
    const flags = h.readUInt32BE(0) & 0xffffff
    let at = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
    const next = (there: number, otherwise: number) => {
      if (!(flags & there) || at + 4 > h.length) return otherwise
      at += 4
      return h.readUInt32BE(at - 4)
    }
    const each = { ticks: next(8, track.each.ticks), bytes: next(16, track.each.bytes) }
    for (const box of parts.get('trun') ?? []) {
      const run = await bytesOf(file, box)
      if (run.length < 8) continue
      const has = run.readUInt32BE(0) & 0xffffff
      const count = run.readUInt32BE(4)
      const width = [0x100, 0x200, 0x400, 0x800].filter((f) => has & f).length * 4
      let p = 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0)
      track.samples += count
      if (!(has & 0x100)) track.ticks += count * each.ticks
      if (!(has & 0x200)) track.bytes += count * each.bytes
      for (let n = 0; n < count && width > 0 && p + width <= run.length; n++, p += width) {
        if (has & 0x100) track.ticks += run.readUInt32BE(p)
        if (has & 0x200) track.bytes += run.readUInt32BE(p + (has & 0x100 ? 4 : 0))
      }
    }
  }
}

/**
 * Reads the boxes of the file.
 * @throws VideoRefused.
 */
export const readBoxes = async (file: FileHandle, size: number): Promise<BoxFacts> => {
  const tracks = new Map<number, Track>()
  let moov: Box | undefined
  let data: Box | undefined
  let fragmented = false
  const complete = () => moov !== undefined && (data !== undefined || fragmented)
  for await (const box of boxes(file, 0, size, complete)) {
    if ((box.type === 'moov' || box.type === 'moof') && box.to - box.from > maxIndex)
      throw new VideoRefused('broken', 'The index of the video is too large to read.')
    if (box.type === 'mdat') data ??= box
    if (box.type === 'moov' && !moov) {
      moov = box
      const parts = await inside(file, box)
      for (const trak of parts.get('trak') ?? []) {
        const track = await trackOf(file, trak)
        if (track) tracks.set(track.id, track)
      }
      for (const trex of (await inside(file, parts.get('mvex')?.[0])).get('trex') ?? []) {
        const b = await bytesOf(file, trex)
        const track = b.length >= 20 ? tracks.get(b.readUInt32BE(4)) : undefined
        if (track) track.each = { ticks: b.readUInt32BE(12), bytes: b.readUInt32BE(16) }
      }
    }
    if (box.type === 'moof') {
      fragmented = true
      await addFragment(file, box, tracks)
    }
  }
  if (!moov) throw cut()
  return {
    tracks: [...tracks.values()].map((t) => ({ ...t, seconds: t.timescale > 0 ? t.ticks / t.timescale : 0 })),
    indexFirst: data === undefined || moov.at < data.at,
    fragmented,
  }
}
