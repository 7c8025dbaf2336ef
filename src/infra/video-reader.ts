/**
 * Reads a video's index: its boxes are walked first, by us, so that nothing large, cut short or encrypted reaches the
 * library; then mediabunny tells what is in it. Runs in the process of `videos.ts`.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { FilePathSource, Input, type InputVideoTrack, MP4, QTFF, WEBM } from 'mediabunny'
import { type VideoFacts, VideoRefused } from './videos.ts'

/** Largest index (bytes) that is read: a day of video needs less. */
const maxIndex = 64_000_000
/** Boxes walked on one level; a fragmented video of hours has thousands. */
const maxBoxes = 200_000
/** Packets looked at for the frame rate. */
const ratePackets = 240

const cut = () =>
  new VideoRefused('broken', 'The video is cut short: its recording or copying did not end. Export it again.')
const locked = () => new VideoRefused('encrypted', 'The video is encrypted (copy protection). Export it without.')

type Box = { type: string; at: number; from: number; to: number }

/** ISO/IEC 14496-12 §4.2: size and type; 1 = a 64-bit size follows, 0 = to the end. A box larger than its place is cut short. */
async function* boxes(file: FileHandle, from: number, to: number): AsyncGenerator<Box> {
  const head = Buffer.alloc(16)
  let at = from
  for (let n = 0; at + 8 <= to; n++) {
    if (n >= maxBoxes) throw new VideoRefused('broken', 'The video has too many parts to read.')
    const { bytesRead } = await file.read(head, 0, 16, at)
    if (bytesRead < 8) throw cut()
    const small = head.readUInt32BE(0)
    const wide = small === 1
    const size = wide ? Number(head.readBigUInt64BE(8)) : small === 0 ? to - at : small
    const header = wide ? 16 : 8
    // Zeros after the last box are padding.
    if (small === 0 && head.readUInt32BE(4) === 0) return
    if (size < header || at + size > to) throw cut()
    yield { type: head.toString('latin1', 4, 8), at, from: at + header, to: at + size }
    at += size
  }
}

/** Sample entries (`avc1`, `encv`) of every track below `moov`. */
async function* entries(file: FileHandle, box: Box, path: readonly string[]): AsyncGenerator<string> {
  const [next, ...rest] = path
  for await (const inner of boxes(file, box.from, box.to)) {
    if (inner.type !== next) continue
    if (rest.length > 0) yield* entries(file, inner, rest)
    // A full box: version and flags, a count, then the entries.
    else for await (const entry of boxes(file, inner.from + 8, inner.to)) yield entry.type
  }
}

const checkMp4 = async (file: FileHandle, size: number): Promise<void> => {
  let moov: Box | undefined
  for await (const box of boxes(file, 0, size)) {
    if ((box.type === 'moov' || box.type === 'moof') && box.to - box.from > maxIndex)
      throw new VideoRefused('broken', 'The index of the video is too large to read.')
    if (box.type === 'moov') moov ??= box
  }
  if (!moov) throw cut()
  for await (const type of entries(file, moov, ['trak', 'mdia', 'minf', 'stbl', 'stsd']))
    if (/^(enc[vas]|drm[ims])$/.test(type)) throw locked()
}

/** ContentEncodings > ContentEncoding > ContentEncryption (Matroska); the tracks stand in the first part of the file. */
const isLockedWebm = async (file: FileHandle): Promise<boolean> => {
  const head = Buffer.alloc(1_000_000)
  const { bytesRead } = await file.read(head, 0, head.length, 0)
  const start = head.subarray(0, bytesRead)
  const outer = start.indexOf(Buffer.from('6d80', 'hex'))
  const inner = outer < 0 ? -1 : start.indexOf(Buffer.from('6240', 'hex'), outer)
  const mark = inner < 0 ? -1 : start.indexOf(Buffer.from('5035', 'hex'), inner)
  return mark > 0 && mark - outer < 200
}

const rates = [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 90, 100, 119.88, 120, 240]
/** A measured rate is a little off (milliseconds are coarse): a common one within 0.3 % is meant. */
const rate = (measured: number): number | undefined => {
  if (!Number.isFinite(measured) || measured <= 0) return undefined
  const near = rates.reduce((a, b) => (Math.abs(b - measured) < Math.abs(a - measured) ? b : a))
  return Math.abs(near - measured) / near < 0.003 ? near : Math.round(measured * 100) / 100
}

/** Some files do not tell; a fact is not worth refusing the video. */
const perhaps = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

const durationMs = async (input: Input): Promise<number | null> => {
  const told = await perhaps(() => input.getDurationFromMetadata())
  // Recordings of browsers carry none: the last packet tells.
  const s = told ? told : await perhaps(() => input.computeDuration(undefined, { metadataOnly: true }))
  return s !== undefined && Number.isFinite(s) && s > 0 ? Math.min(2 ** 31 - 1, Math.round(s * 1000)) : null
}

const codecOf = async (track: {
  getCodec: () => Promise<string | null>
  getInternalCodecId: () => Promise<unknown>
}) => {
  const known = await perhaps(() => track.getCodec())
  if (known) return known
  const own = await perhaps(() => track.getInternalCodecId())
  return typeof own === 'string' ? own.trim() : undefined
}

/**
 * Reads the file at `path`.
 * @throws VideoRefused.
 */
export const readVideo = async (path: string): Promise<VideoFacts> => {
  const file = await open(path, 'r')
  let webm: boolean
  let quicktime: boolean
  let encrypted = false
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(64)
    await file.read(head, 0, 64, 0)
    webm = head.readUInt32BE(0) === 0x1a45dfa3
    quicktime = head.toString('latin1', 4, 12) === 'ftypqt  '
    if (!webm && head.toString('latin1', 4, 8) !== 'ftyp')
      throw new VideoRefused('not-a-video', 'This is not an MP4, MOV or WebM video.')
    if (webm) encrypted = await isLockedWebm(file)
    else await checkMp4(file, size)
  } finally {
    await file.close()
  }
  if (encrypted) throw locked()

  const source = new FilePathSource(path, { maxCacheSize: 4_000_000, handleUnhandledError: () => undefined })
  const input = new Input({ source, formats: [MP4, QTFF, WEBM] })
  try {
    let video: InputVideoTrack | null
    try {
      video = await input.getPrimaryVideoTrack()
    } catch {
      throw new VideoRefused('broken', 'The video is damaged: its index cannot be read. Export it again.')
    }
    if (!video) throw new VideoRefused('no-picture', 'There is no picture in this file, only sound or nothing.')
    const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()].map(Math.round)
    if (!width || !height) throw new VideoRefused('broken', 'The video does not tell how large its picture is.')
    const audio = await perhaps(() => input.getPrimaryAudioTrack())
    const stats = await perhaps(() => video.computePacketStats(ratePackets, { metadataOnly: true }))
    const fps = stats && stats.packetCount > 1 ? rate(stats.averagePacketRate) : undefined
    const videoCodec = await codecOf(video)
    const audioCodec = audio ? await codecOf(audio) : undefined
    return {
      mime: webm ? 'video/webm' : quicktime ? 'video/quicktime' : 'video/mp4',
      width,
      height,
      durationMs: await durationMs(input),
      ...(fps ? { fps } : {}),
      ...(videoCodec ? { videoCodec } : {}),
      ...(audioCodec ? { audioCodec } : {}),
    }
  } finally {
    input.dispose()
  }
}
