/**
 * Reads what a video is. Its boxes or elements are walked first, by us, so that nothing large, cut short or encrypted reaches
 * the library, and so that counts come from the whole file; then mediabunny tells what is in it. Runs in the process of
 * `videos.ts`.
 */
import { type FileHandle, open } from 'node:fs/promises'
import {
  FilePathSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny'
import { locked, readBoxes } from './video-boxes.ts'
import { readEbml } from './video-ebml.ts'
import { oldVideo, readOldVideo } from './video-heads.ts'
import { type VideoFacts, VideoRefused } from './videos.ts'

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

/** What our own walk tells; times in ms. */
type Counted = {
  durationMs: number | null
  fps?: number
  bitrates: { videoBitrate?: number; audioBitrate?: number }
  shape: Pick<VideoFacts, 'chroma' | 'indexFirst' | 'edited'>
  all: boolean
  /** Of an EBML file: `webm` or `matroska`. */
  docType?: string
}

const bitrate = (bytes: number, seconds: number): number | undefined =>
  bytes > 0 && seconds > 0 ? Math.round((bytes * 8) / seconds) : undefined
const bitrates = (video: number | undefined, audio: number | undefined) => ({
  ...(video ? { videoBitrate: video } : {}),
  ...(audio ? { audioBitrate: audio } : {}),
})

const countBoxes = async (file: FileHandle, size: number): Promise<Counted> => {
  const { tracks, indexFirst, fragmented } = await readBoxes(file, size)
  const video = tracks.find((t) => t.kind === 'vide')
  const audio = tracks.find((t) => t.kind === 'soun')
  const longest = Math.max(0, ...tracks.filter((t) => t === video || t === audio).map((t) => t.seconds))
  const fps = video && video.samples > 1 && video.seconds > 0 ? rate(video.samples / video.seconds) : undefined
  return {
    // An index says how long the whole is; fragments say it only together.
    durationMs: fragmented && longest > 0 ? Math.round(longest * 1000) : null,
    ...(fps ? { fps } : {}),
    bitrates: bitrates(video && bitrate(video.bytes, video.seconds), audio && bitrate(audio.bytes, audio.seconds)),
    shape: { indexFirst, edited: tracks.some((t) => t.edited), ...(video?.chroma ? { chroma: video.chroma } : {}) },
    all: true,
  }
}

/** Ms by which a head and its blocks may differ: the last block's own length. */
const nearMs = 500
const countEbml = async (file: FileHandle, size: number): Promise<Counted> => {
  const { docType, tracks, all, encrypted, saidMs } = await readEbml(file, size)
  if (encrypted) throw locked()
  const timed = tracks.filter((t) => t.blocks > 0)
  const video = timed.find((t) => t.kind === 'video')
  const audio = timed.find((t) => t.kind === 'audio')
  const gap = (t: (typeof timed)[number]) => (t.blocks > 1 ? (t.lastMs - t.firstMs) / (t.blocks - 1) : 0)
  const walked = Math.max(0, ...timed.map((t) => t.lastMs + gap(t)))
  const between = video ? gap(video) : 0
  const fps = between > 0 ? rate(1000 / between) : undefined
  const seconds = (t: (typeof timed)[number]) => (t.lastMs - t.firstMs + gap(t)) / 1000
  // A head that disagrees with what is there is wrong; a walk that did not reach the end knows less than the head.
  const ms = saidMs && (!all || Math.abs(saidMs - walked) <= nearMs) ? saidMs : walked
  return {
    durationMs: ms > 0 ? Math.round(ms) : null,
    ...(fps ? { fps } : {}),
    bitrates: bitrates(video && bitrate(video.bytes, seconds(video)), audio && bitrate(audio.bytes, seconds(audio))),
    shape: {},
    all,
    docType,
  }
}

const durationMs = async (input: Input, counted: Counted): Promise<number | null> => {
  if (counted.durationMs !== null) return Math.min(2 ** 31 - 1, counted.durationMs)
  const told = await perhaps(() => input.getDurationFromMetadata())
  // An index without a length: the last packet tells.
  const s = told ? told : await perhaps(() => input.computeDuration(undefined, { metadataOnly: true }))
  return s !== undefined && Number.isFinite(s) && s > 0 ? Math.min(2 ** 31 - 1, Math.round(s * 1000)) : null
}

const soundOf = async (audio: InputAudioTrack | null | undefined): Promise<Partial<VideoFacts>> => {
  if (!audio) return {}
  const codec = await codecOf(audio)
  const channels = await perhaps(async () => audio.getNumberOfChannels())
  const hertz = await perhaps(async () => audio.getSampleRate())
  return {
    ...(codec ? { audioCodec: codec } : {}),
    ...(channels ? { audioChannels: channels } : {}),
    ...(hertz ? { audioRate: hertz } : {}),
  }
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
  let counted: Counted
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(64)
    await file.read(head, 0, 64, 0)
    webm = head.readUInt32BE(0) === 0x1a45dfa3
    quicktime = head.toString('latin1', 4, 12) === 'ftypqt  '
    const old = oldVideo(head)
    if (old) return await readOldVideo(file, old)
    if (!webm && head.toString('latin1', 4, 8) !== 'ftyp')
      throw new VideoRefused('not-a-video', 'This is no video Clarion knows.')
    counted = webm ? await countEbml(file, size) : await countBoxes(file, size)
  } finally {
    await file.close()
  }

  const mimeOf = (): VideoFacts['mime'] => {
    if (webm) return counted.docType === 'matroska' ? 'video/x-matroska' : 'video/webm'
    return quicktime ? 'video/quicktime' : 'video/mp4'
  }
  const source = new FilePathSource(path, { maxCacheSize: 4_000_000, handleUnhandledError: () => undefined })
  const input = new Input({ source, formats: [MP4, QTFF, WEBM, MATROSKA] })
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
    const videoCodec = await codecOf(video)
    const facts = {
      mime: mimeOf(),
      width,
      height,
      durationMs: await durationMs(input, counted),
      ...(counted.fps ? { fps: counted.fps } : {}),
      ...(videoCodec ? { videoCodec } : {}),
      ...(await soundOf(await perhaps(() => input.getPrimaryAudioTrack()))),
      ...counted.bitrates,
      ...counted.shape,
    }
    const estimated = (['durationMs', 'fps', 'videoBitrate', 'audioBitrate'] as const).filter((f) => facts[f])
    return counted.all ? facts : { ...facts, estimated }
  } finally {
    input.dispose()
  }
}
