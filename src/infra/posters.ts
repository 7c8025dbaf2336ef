/** A frame of a video, where ffmpeg is installed. Where it is not, one is drawn (drawings.ts). */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { constants as os, setPriority } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where ffmpeg is, looked up in the folders of a PATH; null when it is not installed. */
export const findFfmpeg = (path: string | undefined): string | null => {
  for (const folder of (path ?? '').split(delimiter)) {
    // A relative entry would mean "whatever lies where we were started".
    if (!folder.startsWith('/')) continue
    const file = join(folder, 'ffmpeg')
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not here; the next one.
    }
  }
  return null
}

/** Containers by ffmpeg's names; all others are MP4 and QuickTime. */
const containers: Record<string, string> = {
  'video/webm': 'matroska',
  'video/x-matroska': 'matroska',
  'video/x-msvideo': 'avi',
  'video/x-ms-wmv': 'asf',
  'video/x-flv': 'flv',
  'video/mpeg': 'mpeg',
}

const maxPicture = 8_000_000

export type FrameOptions = {
  /** From `findFfmpeg`. */
  ffmpeg: string
  /** ms it may run; killed then. Default 15,000. */
  timeoutMs?: number
}

/**
 * One frame of the video at `path` as JPEG, at most 960 wide, or null when ffmpeg cannot make one. The container is named to
 * it (a playlist in disguise is not followed), it may open nothing but this file, and it knows none of our environment.
 */
export const videoFrame = (
  path: string,
  o: FrameOptions & { mime: string; durationMs: number | null },
): Promise<Buffer | null> =>
  new Promise((resolve) => {
    // A little into it: first frames are often black.
    const at = Math.min(1, (o.durationMs ?? 0) / 2000)
    const args = [
      ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-max_alloc', '268435456', '-threads', '1'],
      ...['-protocol_whitelist', 'file', '-f', containers[o.mime] ?? 'mov'],
      ...['-ss', at.toFixed(3), '-i', `file:${path}`, '-map', '0:v:0', '-frames:v', '1'],
      ...['-vf', "scale='min(960,iw)':-2", '-f', 'image2pipe', '-c:v', 'mjpeg', '-threads', '1', 'pipe:1'],
    ]
    const child = spawn(o.ffmpeg, args, { stdio: ['ignore', 'pipe', 'ignore'], env: {}, cwd: '/' })
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => child.kill('SIGKILL'), o.timeoutMs ?? 15_000)
    child.once('spawn', () => {
      try {
        setPriority(child.pid!, os.priority.PRIORITY_LOW)
      } catch {
        // It may be over already.
      }
    })
    child.stdout.on('data', (d: Buffer) => {
      size += d.length
      if (size > maxPicture) child.kill('SIGKILL')
      else chunks.push(d)
    })
    const over = (code: number | null) => {
      clearTimeout(timer)
      resolve(code === 0 && size > 0 && size <= maxPicture ? Buffer.concat(chunks) : null)
    }
    child.once('error', () => over(null))
    child.once('close', over)
  })
