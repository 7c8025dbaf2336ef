/**
 * WebM and Matroska, element by element (RFC 8794, RFC 9559): every block's head is read, no picture is. Recordings of
 * browsers write no sizes and no duration; walking all of it tells both.
 */
import type { FileHandle } from 'node:fs/promises'

export type EbmlTrack = {
  kind: 'video' | 'audio' | 'other'
  blocks: number
  firstMs: number
  lastMs: number
  bytes: number
}
export type EbmlFacts = {
  docType: string
  /** What the head says (ms). */
  saidMs: number | undefined
  tracks: readonly EbmlTrack[]
  /** False: the walk was ended by its limits, and what it counted is a part. */
  all: boolean
  encrypted: boolean
}

const ids = {
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  entry: 0xae,
  number: 0xd7,
  type: 0x83,
  encodings: 0x6d80,
  encoding: 0x6240,
  encryption: 0x5035,
  cluster: 0x1f43b675,
  time: 0xe7,
  group: 0xa0,
  block: 0xa1,
  simple: 0xa3,
  ebml: 0x1a45dfa3,
}
/** Walked into; everything else is passed by. */
const opened = new Set([
  ids.ebml,
  ids.segment,
  ids.info,
  ids.tracks,
  ids.entry,
  ids.encodings,
  ids.encoding,
  ids.cluster,
  ids.group,
])

/** Elements looked at, and ms it may take: hours of video; above, counts are a part of the whole. */
const maxElements = 5_000_000
const maxMs = 15_000
const windowBytes = 64 * 1024

/** Reads small pieces near each other without asking the disk each time. */
const pieces = (file: FileHandle) => {
  const held = Buffer.alloc(windowBytes)
  let from = 0
  let length = 0
  return async (at: number, bytes: number): Promise<Buffer> => {
    if (at < from || at + bytes > from + length) {
      from = at
      length = (await file.read(held, 0, windowBytes, at)).bytesRead
    }
    return held.subarray(at - from, Math.min(length, at - from + bytes))
  }
}

/** A number of variable length (RFC 8794 §4); `marked`: keep the length mark, as ids do. Null: not one. */
const vint = (b: Buffer, at: number, marked: boolean): { value: number; length: number; unknown: boolean } | null => {
  const first = b[at]
  if (first === undefined || first === 0) return null
  const length = Math.clz32(first) - 23
  if (at + length > b.length) return null
  let value = marked ? first : first & (0xff >> length)
  let ones = (first & (0xff >> length)) === 0xff >> length
  for (let i = 1; i < length; i++) {
    value = value * 256 + b[at + i]!
    ones &&= b[at + i] === 0xff
  }
  return { value, length, unknown: ones && !marked }
}
const unsigned = (b: Buffer): number => b.reduce((n, x) => n * 256 + x, 0)

/** Reads all of it, as far as it reads: what stands behind the last element that makes sense is passed by. */
export const readEbml = async (file: FileHandle, size: number): Promise<EbmlFacts> => {
  const piece = pieces(file)
  const begun = performance.now()
  const tracks = new Map<number, EbmlTrack>()
  let [docType, encrypted, all] = ['', false, true]
  let [scale, clusterTime] = [1_000_000, 0]
  let said: number | undefined
  let entry: { number: number; type: number } | undefined
  const settleEntry = () => {
    if (entry)
      tracks.set(entry.number, {
        kind: entry.type === 1 ? 'video' : entry.type === 2 ? 'audio' : 'other',
        ...{ blocks: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: 0, bytes: 0 },
      })
    entry = undefined
  }
  let at = 0
  for (let n = 0; at < size; n++) {
    if (n >= maxElements || (n % 1000 === 999 && performance.now() - begun > maxMs)) {
      all = false
      break
    }
    const head = await piece(at, 12)
    const id = vint(head, 0, true)
    const length = id && vint(head, id.length, false)
    if (!id || !length) break
    const from = at + id.length + length.length
    if (opened.has(id.value)) {
      if (id.value !== ids.encodings && id.value !== ids.encoding && id.value !== ids.group) settleEntry()
      if (id.value === ids.entry) entry = { number: 0, type: 0 }
      at = from
      continue
    }
    if (length.unknown) break
    const value = async () => Buffer.from(await piece(from, Math.min(length.value, 64)))
    switch (id.value) {
      case ids.docType:
        docType = (await value()).toString('latin1').replace(/\0+$/, '')
        break
      case ids.scale:
        scale = unsigned(await value())
        break
      case ids.duration: {
        const b = await value()
        said = b.length === 4 ? b.readFloatBE() : b.length === 8 ? b.readDoubleBE() : undefined
        break
      }
      case ids.number:
        if (entry) entry.number = unsigned(await value())
        break
      case ids.type:
        if (entry) entry.type = unsigned(await value())
        break
      case ids.encryption:
        encrypted = true
        break
      case ids.time:
        settleEntry()
        clusterTime = unsigned(await value())
        break
      case ids.block:
      case ids.simple: {
        settleEntry()
        const b = await value()
        const number = vint(b, 0, false)
        const track = number && tracks.get(number.value)
        if (track && b.length >= number.length + 2) {
          const ms = ((clusterTime + b.readInt16BE(number.length)) * scale) / 1_000_000
          track.blocks++
          track.bytes += length.value
          track.firstMs = Math.min(track.firstMs, ms)
          track.lastMs = Math.max(track.lastMs, ms)
        }
      }
    }
    at = from + length.value
  }
  settleEntry()
  return {
    docType,
    saidMs: said !== undefined && Number.isFinite(said) && said > 0 ? (said * scale) / 1_000_000 : undefined,
    tracks: [...tracks.values()],
    all,
    encrypted,
  }
}
