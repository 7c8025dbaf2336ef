/** Recordings for tests, as browsers, phones and streaming tools write them: fragmented MP4 and WebM, made by a library. */
import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from 'mediabunny'

/** H.264 Baseline, level 3.1. */
const avcC = Buffer.from('0142001fffe100046742001f01000468ce3c80', 'hex')

/**
 * `fragmented`: an MP4 of half-second fragments. `live`: a WebM as browsers record it, without sizes and duration. `times`:
 * when each frame begins (s); the last is as long as the one before.
 */
export const recording = async (o: {
  as: 'fragmented' | 'webm' | 'live'
  times: readonly number[]
  width?: number
  height?: number
}): Promise<Buffer> => {
  const { as, times, width = 640, height = 360 } = o
  const target = new BufferTarget()
  const format =
    as === 'fragmented'
      ? new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 0.5 })
      : new WebMOutputFormat({ appendOnly: as === 'live' })
  const output = new Output({ format, target })
  const source = new EncodedVideoPacketSource(as === 'fragmented' ? 'avc' : 'vp8')
  output.addVideoTrack(source)
  await output.start()
  for (const [n, at] of times.entries()) {
    const length = (times[n + 1] ?? at + (at - (times[n - 1] ?? 0))) - at
    const size = { codedWidth: width, codedHeight: height }
    const key = n % 25 === 0
    await source.add(
      new EncodedPacket(Buffer.from([0, 0, 0, 2, key ? 0x65 : 0x41, n & 0xff]), key ? 'key' : 'delta', at, length),
      {
        decoderConfig:
          as === 'fragmented' ? { codec: 'avc1.42001f', ...size, description: avcC } : { codec: 'vp8', ...size },
      },
    )
  }
  await output.finalize()
  return Buffer.from(target.buffer!)
}

/** Frames at an even rate. */
export const even = (fps: number, seconds: number): number[] =>
  Array.from({ length: Math.round(fps * seconds) }, (_, n) => n / fps)
