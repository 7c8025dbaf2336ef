/** WebM and Matroska as networks look at them (RFC 9559): the type, the size, and a length counted from the blocks themselves. */
import type { Sniffed } from './sniff.ts'

type Element = { id: number; from: number; to: number }

/** A number whose first byte tells its length (RFC 8794 §4). All ones: unknown, -1. */
const number = (b: Buffer, at: number, mask: boolean): [value: number, length: number] | null => {
  const first = b[at] ?? 0
  let length = 1
  while (length <= 8 && !(first & (0x80 >> (length - 1)))) length++
  if (length > 8 || at + length > b.length) return null
  let value = mask ? first & (0x7f >> (length - 1)) : first
  for (let i = 1; i < length; i++) value = value * 256 + b[at + i]!
  return [mask && value === 2 ** (7 * length) - 1 ? -1 : value, length]
}

/** Elements between two offsets; one of unknown size reaches to the end. */
function* elements(b: Buffer, from: number, to: number): Generator<Element> {
  for (let at = from; at < to; ) {
    const id = number(b, at, false)
    const size = id && number(b, at + id[1], true)
    if (!id || !size) return
    const start = at + id[1] + size[1]
    const end = size[0] < 0 ? to : Math.min(to, start + size[0])
    yield { id: id[0], from: start, to: end }
    at = end
  }
}
const whole = (b: Buffer, e: Element): number => {
  let n = 0
  for (let at = e.from; at < Math.min(e.to, e.from + 8); at++) n = n * 256 + b[at]!
  return n
}

type Track = { number: number; type: number; codec: string; width: number; height: number }
const trackOf = (b: Buffer, entry: Element): Track => {
  const t: Track = { number: 0, type: 0, codec: '', width: 0, height: 0 }
  for (const e of elements(b, entry.from, entry.to)) {
    if (e.id === 0xd7) t.number = whole(b, e)
    if (e.id === 0x83) t.type = whole(b, e)
    if (e.id === 0x86) t.codec = b.toString('latin1', e.from, e.to)
    if (e.id === 0xe0)
      for (const v of elements(b, e.from, e.to)) {
        if (v.id === 0xb0) t.width = whole(b, v)
        if (v.id === 0xba) t.height = whole(b, v)
      }
  }
  return t
}

/** As sample entries of MP4 call them, where networks use the same word for both. */
const codecs: Record<string, string> = { V_VP8: 'vp08', V_VP9: 'vp09', V_AV1: 'av01', 'V_MPEG4/ISO/AVC': 'avc1' }

/** Undefined when the bytes are no EBML. */
export const webm = (b: Buffer): Sniffed | undefined => {
  if (b.length < 8 || b.readUInt32BE(0) !== 0x1a45dfa3) return undefined
  let mime = 'video/x-matroska'
  let tick = 1
  const tracks: Track[] = []
  /** Times of the picture's blocks, and the last of all (ms). */
  let [frames, first, last, latest, cluster] = [0, -1, 0, 0, 0]
  const block = (e: Element) => {
    const track = number(b, e.from, true)
    if (!track || e.from + track[1] + 2 > b.length) return
    const ms = (cluster + b.readInt16BE(e.from + track[1])) * tick
    latest = Math.max(latest, ms)
    if (tracks.find((t) => t.number === track[0])?.type !== 1) return
    frames++
    first = first < 0 ? ms : Math.min(first, ms)
    last = Math.max(last, ms)
  }
  // Masters are entered one after another: a live recording gives them no size, so their ends are not to be trusted.
  const masters = new Set([0x1a45dfa3, 0x18538067, 0x1549a966, 0x1654ae6b, 0x1f43b675, 0xa0])
  for (let at = 0; at < b.length; ) {
    const e = elements(b, at, b.length).next().value as Element | undefined
    if (!e) break
    if (e.id === 0x4282 && b.toString('latin1', e.from, e.to).startsWith('webm')) mime = 'video/webm'
    if (e.id === 0x2ad7b1) tick = whole(b, e) / 1_000_000
    if (e.id === 0xae) tracks.push(trackOf(b, e))
    if (e.id === 0xe7) cluster = whole(b, e)
    if (e.id === 0xa1 || e.id === 0xa3) block(e)
    at = masters.has(e.id) ? e.from : e.to
  }
  const video = tracks.find((t) => t.type === 1)
  const gap = frames > 1 ? (last - first) / (frames - 1) : 0
  const ms = Math.round(Math.max(latest, last + gap))
  return {
    mime,
    kind: 'video',
    ...(video ? { width: video.width, height: video.height, codec: codecs[video.codec] ?? video.codec } : {}),
    ...(ms > 0 ? { durationMs: ms } : {}),
    ...(gap > 0 ? { fps: Math.round(100_000 / gap) / 100 } : {}),
  }
}
