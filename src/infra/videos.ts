/**
 * Videos: what a file is, read from its index without loading it. The reading is done by a process of its own with limits
 * on memory and time: an index of hours of video is work, a hostile one is a trap, and posts go out on time meanwhile.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import type { Chroma } from './video-boxes.ts'
import type { OldVideo } from './video-heads.ts'

export type VideoRefusal = 'not-a-video' | 'encrypted' | 'broken' | 'no-picture'

/** The video cannot be used; the message is for the person who gave it. */
export class VideoRefused extends Error {
  readonly reason: VideoRefusal
  constructor(reason: VideoRefusal, message: string) {
    super(message)
    this.name = 'VideoRefused'
    this.reason = reason
  }
}

export type VideoFacts = {
  mime: 'video/mp4' | 'video/quicktime' | 'video/webm' | 'video/x-matroska' | OldVideo
  /** Pixels as people see it: rotation and pixel shape applied. Null when an old container does not tell. */
  width: number | null
  height: number | null
  /** Null when the file does not tell. */
  durationMs: number | null
  /** Frames a second over the whole file, at a common rate where it is one (29.97); absent when unknown. */
  fps?: number
  /** `avc`, `hevc`, `vp8`, `vp9`, `av1`, or the container's own word (`mp4v`). */
  videoCodec?: string
  audioCodec?: string
  /** Bits a second on average, of all the file tells. */
  videoBitrate?: number
  audioBitrate?: number
  audioChannels?: number
  /** Hz. */
  audioRate?: number
  /** How colours are sampled. */
  chroma?: Chroma
  /** Does the index of an MP4 stand before its pictures ("fast start")? */
  indexFirst?: boolean
  /** Has it an edit list that leaves out or delays a part? */
  edited?: boolean
  /** Facts that come from a part of the file: good to show, never to refuse by. */
  estimated?: ('durationMs' | 'fps' | 'videoBitrate' | 'audioBitrate')[]
}

/** What the reading process prints. */
export type VideoAnswer = { facts: VideoFacts } | { refused: VideoRefusal; message: string }

/** ms a look may take; a file that needs more is not one a network would take either. */
const lookMs = 30_000
/** Looks at the same time: each may hold an index in memory. */
const atOnce = 2
let looking = 0
const waiting: (() => void)[] = []

const program = fileURLToPath(new URL('./video-process.ts', import.meta.url))

const look = (path: string, timeoutMs: number): Promise<VideoFacts> =>
  new Promise((resolve, reject) => {
    // It knows nothing of our environment, where secrets may be.
    const child = spawn(process.execPath, ['--max-old-space-size=384', program, path], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {},
    })
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    let printed = ''
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-10_000)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (late) return reject(new VideoRefused('broken', 'The video takes too long to read.'))
      // Out of memory: V8 aborts, or the system kills it.
      if (signal !== null) return reject(new VideoRefused('broken', 'The index of the video is too large to read.'))
      if (code !== 0) return reject(new Error(`the video reader ended with ${code}: ${said}`))
      const answer = JSON.parse(printed.trimEnd().split('\n').at(-1)!) as VideoAnswer
      if ('facts' in answer) resolve(answer.facts)
      else reject(new VideoRefused(answer.refused, answer.message))
    })
  })

/**
 * What the video at `path` is. At most two are looked at at a time, the others wait.
 * @throws VideoRefused.
 */
export const inspectVideo = async (path: string, timeoutMs = lookMs): Promise<VideoFacts> => {
  if (looking >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else looking++
  try {
    return await look(path, timeoutMs)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else looking--
  }
}
