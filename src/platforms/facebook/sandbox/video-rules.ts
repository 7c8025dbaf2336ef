/** What Facebook finds wrong with a video, by kind (fact sheet facebook.md §3.4 to §3.6, §8). */
import { codecs, video as n, reel, story, upright } from './numbers.ts'
import type { Video } from './state.ts'

type Problem = { code: number; message: string } | null

/** Facts a file does not tell are not held against it. */
export const videoProblem = (v: Video): Problem => {
  const f = v.file
  if (!f?.mime.startsWith('video/')) return { code: 1363024, message: 'The video format is not supported.' }
  const { ms, width, height, fps, codec } = f
  if (v.edge === 'videos') {
    if (ms !== undefined && ms < n.minMs) return { code: 1363031, message: 'The video is too short.' }
    return ms !== undefined && ms > n.maxMs ? { code: 1363026, message: 'The video is too long.' } : null
  }
  const longest = v.edge === 'video_reels' ? reel.maxMs : story.maxMs
  if (ms !== undefined && (ms < reel.minMs || ms > longest))
    return { code: 1363128, message: `The video must run ${reel.minMs / 1000} to ${longest / 1000} seconds.` }
  if (codec !== undefined && !codecs.includes(codec)) return { code: 1363024, message: 'The codec is not supported.' }
  if (fps !== undefined && (fps < reel.minFps || fps > reel.maxFps))
    return { code: 1363129, message: 'The frame rate must be 24 to 60 frames a second.' }
  if (width === undefined || height === undefined) return null
  if (Math.abs(width / height - upright.ratio) > upright.slack)
    return { code: 1363040, message: 'The aspect ratio must be 9:16.' }
  return width < reel.minWidth || height < reel.minHeight
    ? { code: 1363127, message: 'The resolution must be at least 540 x 960.' }
    : null
}
