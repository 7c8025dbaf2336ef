import { expect, test } from 'vitest'
import type { DraftMedia } from './draft.ts'
import { findingList } from './preflight.ts'
import { mediaFindings } from './preflight-media.ts'
import type { MediaLimits, PlatformSpec } from './spec.ts'

const limits: MediaLimits = {
  max: 2,
  min: 1,
  mix: 'alone',
  image: { types: ['image/jpeg'], maxBytes: 5_000_000, minWidth: 100, aspect: { min: 0.8, max: 1.91 }, altMax: 100 },
  video: {
    types: ['video/mp4'],
    maxBytes: 1e9,
    minMs: 4000,
    maxMs: 60_000,
    maxFps: 60,
    codecs: ['avc', 'hevc'],
    max: 1,
  },
}
const image: DraftMedia = {
  id: 'm',
  kind: 'image',
  mime: 'image/jpeg',
  bytes: 1,
  width: 1000,
  height: 1000,
  durationMs: null,
  alt: 'a',
}
const video: DraftMedia = { ...image, kind: 'video', mime: 'video/mp4', durationMs: 10_000 }
const found = (...media: DraftMedia[]) => {
  const { out, add } = findingList('net')
  mediaFindings({ spec: { id: 'net', name: 'Net', media: limits } as PlatformSpec, limits, media, segment: 0, add })
  return out
}
const said = (...media: DraftMedia[]) => found(...media).map((f) => `${f.kind}: ${f.message} ${f.remedy}`)

test('what fits is not found fault with', () => {
  expect(found(image)).toEqual([])
  expect(found(video)).toEqual([])
})

test.each<[DraftMedia[], string]>([
  [[image, image, image], 'media.count: 3 items; Net takes 2 in one post. Remove 1.'],
  [[], 'media.required: Net needs at least 1 picture or video. Add media.'],
  [[image, video], 'media.mix: On Net a video stands alone in its post. Keep the video or the pictures, not both.'],
  [[{ ...image, mime: 'image/webp' }], 'image.type: image/webp is not taken by Net. Clarion sends it as image/jpeg.'],
  [
    [{ ...image, bytes: 5_000_001 }],
    'image.bytes: The picture is 5.000001 MB; Net takes 5 MB. Clarion sends a smaller rendition.',
  ],
  [
    [{ ...image, width: 99, height: 99 }],
    'image.too-small: The picture is 99 x 99; Net wants at least 100 x 1. Use a larger picture.',
  ],
  [
    [{ ...image, width: 7999, height: 10_000 }],
    "image.aspect-ratio: The picture's shape 0.7999:1 is outside 0.8:1 to 1.91:1. Crop or pad the picture.",
  ],
  [
    [{ ...image, alt: '' }],
    'image.alt-missing: This picture has no alt text. Describe it for people who cannot see it.',
  ],
  [[{ ...video, durationMs: 3960 }], 'video.too-short: The video is 3.96 s; Net wants at least 4 s. Use a longer one.'],
  [[{ ...video, durationMs: 3700 }], 'video.too-short: The video is 3.7 s; Net wants at least 4 s. Use a longer one.'],
  [[{ ...video, durationMs: 60_004 }], 'video.duration: The video is 60.004 s; Net takes 60 s. Trim it.'],
  [[{ ...video, durationMs: 90_400 }], 'video.duration: The video is 90 s; Net takes 60 s. Trim it.'],
  [
    [{ ...video, facts: { fps: 60.304 } }],
    'video.frame-rate: The video has 60.3 frames a second; Net takes 1 to 60. Export it with another frame rate.',
  ],
  [
    [{ ...video, facts: { videoCodec: 'vp9' } }],
    'video.codec: The video is coded as vp9; Net takes avc, hevc. Export it as avc.',
  ],
  [[{ ...video, mime: 'video/webm' }], 'video.type: video/webm is not taken by Net. Export it as mp4.'],
  [
    [{ ...image, kind: 'document', mime: 'application/pdf' }],
    'document.unsupported: Net takes no such document here. Remove the document for this channel.',
  ],
])('%#: %s', (media, sentence) => expect(said(...media)).toEqual([sentence]))

test('a file that tells neither length nor size is warned of, where a rule would have asked', () => {
  const dumb = { ...video, durationMs: null, width: null, height: null }
  expect(found(dumb).map((f) => [f.rule, f.level])).toEqual([['net.video.unmeasured', 'warning']])
})

test('a recording measures slightly off its rate, and is not refused for that', () => {
  for (const fps of [60_000 / 1001, 59.92, 60.04, 60.3]) expect(found({ ...video, facts: { fps } })).toEqual([])
  for (const fps of [60.31, 61, 90])
    expect(found({ ...video, facts: { fps } }).map((f) => f.params.actual)).toEqual([fps])
})

test('what was counted in a part of the file never refuses', () =>
  expect(
    found({ ...video, durationMs: 3700, facts: { fps: 100, estimated: ['durationMs', 'fps'] } }).map((f) => f.level),
  ).toEqual(['warning', 'warning']))

test('a finding names the network, the place and the values', () =>
  expect(found({ ...video, durationMs: 3700 })).toMatchObject([
    {
      rule: 'net.video.too-short',
      level: 'error',
      params: { limit: 4, actual: 3.7, platform: 'Net' },
      segment: 0,
      media: 'm',
    },
  ]))
