/** Imitations tell the facts of files as they are, by their own reading: checked against files another library wrote. */
import { expect, test } from 'vitest'
import { even, recording } from '#kit/testing/recordings.ts'
import { mp4 } from '#kit/testing/video.ts'
import { sniff } from './sniff.ts'

test('fragments and recordings without a length tell their true length, size and rate', async () => {
  for (const as of ['fragmented', 'webm', 'live'] as const) {
    const bytes = await recording({ as, times: even(25, 12), width: 720, height: 1280 })
    expect(sniff(bytes)).toMatchObject({
      mime: as === 'fragmented' ? 'video/mp4' : 'video/webm',
      kind: 'video',
      ...{ width: 720, height: 1280, durationMs: 12_000, fps: 25 },
      codec: as === 'fragmented' ? 'avc1' : 'vp08',
    })
  }
})

test('a plain MP4 as before; bytes after its last box change nothing', () => {
  const plain = { mime: 'video/mp4', durationMs: 5000, fps: 30, codec: 'avc1', width: 720, height: 1280 }
  expect(sniff(mp4())).toMatchObject(plain)
  expect(sniff(Buffer.concat([mp4(), Buffer.from('and some more')]))).toMatchObject(plain)
})

test('a length nobody wrote is unknown, not zero', () => {
  const bytes = Buffer.from(mp4())
  bytes.writeUInt32BE(0, bytes.indexOf('mvhd') + 4 + 16)
  expect(sniff(bytes).durationMs).toBeUndefined()
})

test('whatever stands in a file, sniffing ends with an answer', async () => {
  const webm = await recording({ as: 'live', times: even(25, 2) })
  const fragmented = await recording({ as: 'fragmented', times: even(25, 2) })
  for (const whole of [webm, fragmented])
    for (let at = 0; at < whole.length; at += 7) {
      const b = Buffer.from(whole.subarray(0, whole.length - at))
      if (b.length > at) b[at] = 0xff
      expect(sniff(b).mime).toBeTruthy()
    }
})
