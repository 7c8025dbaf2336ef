/** What is inside files, against the limits of a made-up network; `motion` and what a person may accept. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Draft, type DraftMedia, type PlatformPure, preflight } from './preflight.ts'
import type { ImageLimits, PlatformSpec, VideoLimits } from './spec.ts'
import { textRules } from './text.ts'

const video: VideoLimits = {
  types: ['video/mp4'],
  maxBytes: 1e9,
  chroma: ['4:2:0'],
  maxBitrate: 25_000_000,
  audioCodecs: ['aac'],
  maxAudioRate: 48_000,
  maxAudioChannels: 2,
  advised: {
    codecs: ['avc'],
    audioCodecs: ['aac'],
    indexFirst: true,
    uncut: true,
    aspect: { value: 9 / 16, name: '9:16' },
  },
}
const image: ImageLimits = {
  types: ['image/jpeg'],
  maxBytes: 5_000_000,
  advised: { minWidth: 200, minHeight: 200 },
  animation: {
    types: ['image/gif'],
    maxBytes: 15_000_000,
    maxWidth: 1280,
    maxHeight: 1080,
    maxFrames: 350,
    maxPixels: 3e8,
  },
}
const pure: PlatformPure = {
  spec: {
    id: 'net',
    name: 'Net',
    text: { max: 100, unit: 'utf16', optionalWithMedia: true },
    thread: { max: 1 },
    media: { max: 4, mix: 'free', image, video },
    settings: { version: 1, schema: z.object({}) },
    can: { firstComment: true },
  } as unknown as PlatformSpec,
  text: textRules('utf16'),
}
const file = (o: Partial<DraftMedia>): DraftMedia => ({
  ...{ id: 'm', kind: 'video', mime: 'video/mp4', bytes: 1000, width: 1080, height: 1920, durationMs: 5000, alt: 'a' },
  ...o,
})
const findings = (item: DraftMedia, o: Partial<Draft> = {}) =>
  preflight(pure, {
    segments: [{ text: 'x', media: [item] }],
    settings: {},
    channel: { kind: 'profile', facts: {} },
    ...o,
  })
const said = (item: DraftMedia) => findings(item).map((f) => `${f.level} ${f.kind}: ${f.message}`)

const good = {
  videoCodec: 'avc',
  audioCodec: 'aac',
  chroma: '4:2:0',
  videoBitrate: 25_000_000,
  audioRate: 48_000,
} as const
test('what fits, and what could not be read, is not found fault with', () => {
  expect(said(file({ facts: { ...good, audioChannels: 2, indexFirst: true, edited: false } }))).toEqual([])
  expect(said(file({}))).toEqual([])
})

test.each<[DraftMedia['facts'], string]>([
  [{ chroma: '4:2:2' }, 'error video.chroma: The colours of the video are sampled 4:2:2; Net takes 4:2:0.'],
  [{ videoBitrate: 25_000_001 }, 'error video.bitrate: The video has 25.1 Mbit a second; Net takes 25.'],
  [
    { videoBitrate: 3e7, estimated: ['videoBitrate'] },
    'warning video.bitrate: The video has 30 Mbit a second; Net takes 25.',
  ],
  [{ audioRate: 96_000 }, 'error video.sound-rate: The sound has 96 kHz; Net takes 48.'],
  [{ audioChannels: 6 }, 'error video.sound-channels: The sound has 6 channels; Net takes 2.'],
  [
    { indexFirst: false },
    'warning video.index: The index stands at the end of the file; Net asks for it at the front.',
  ],
  [
    { edited: true },
    'warning video.edits: The file leaves out or delays a part of the video (an edit list); Net asks for none.',
  ],
  [{ videoCodec: 'hevc' }, 'warning video.advised-codec: The video is coded as hevc; Net advises avc.'],
])('%j', (facts, sentence) => {
  expect(said(file({ facts }))).toEqual([sentence])
})

test('advice on sound speaks of the sound', () => {
  const item = file({ facts: { videoCodec: 'avc', audioCodec: 'opus' } })
  const advising: PlatformPure = {
    ...pure,
    limitsFor: ({ text, media }) => ({
      text,
      media: { ...media, video: { ...media.video!, audioCodecs: undefined, advised: { audioCodecs: ['aac'] } } },
    }),
  }
  const draft: Draft = {
    segments: [{ text: 'x', media: [item] }],
    settings: {},
    channel: { kind: 'profile', facts: {} },
  }
  expect(preflight(advising, draft).map((f) => `${f.level} ${f.kind}: ${f.message}`)).toEqual([
    'warning video.advised-sound: The sound is coded as opus; Net advises aac.',
  ])
})

test('sound in another codec, and a shape that is not shown whole', () => {
  expect(said(file({ facts: { audioCodec: 'pcm-s16' } }))[0]).toBe(
    'error video.sound-codec: The sound is coded as pcm-s16; Net takes aac.',
  )
  expect(said(file({ width: 1920, height: 1080 }))).toEqual([
    'warning video.advised-shape: The video is 1920 x 1080; Net shows 9:16 here and fills the rest with bars or cuts it.',
  ])
  expect(said(file({ width: 1080, height: 1900 }))).toEqual([])
})

const gif = (o: Partial<DraftMedia> & { frames?: number }) =>
  file({
    kind: 'image',
    mime: 'image/gif',
    width: 400,
    height: 300,
    durationMs: null,
    facts: { frames: o.frames ?? 12 },
    ...o,
  })
test('a moving picture has limits of its own; outside them it would stand still, and that must be accepted', () => {
  // Above the limit of a photo, and of a type that photos may not have: it goes out as it came.
  expect(said(gif({ bytes: 15_000_000 }))).toEqual([])
  for (const still of [
    gif({ bytes: 15_000_001 }),
    gif({ width: 1281 }),
    gif({ height: 1081 }),
    gif({ frames: 351 }),
    gif({ width: 1200, height: 1000, frames: 251 }),
    gif({ mime: 'image/webp' }),
  ]) {
    const [first] = findings(still)
    expect(first).toMatchObject({ kind: 'image.still', level: 'error', acceptable: true })
    expect(first!.message).toMatch(/it will not move/)
    const after = findings(still, { accepts: ['image.still'] })
    expect(after.map((f) => f.level)).not.toContain('error')
    expect(after[0]).toMatchObject({ kind: 'image.still', level: 'warning' })
  }
  // One frame never moved.
  expect(said(gif({ frames: 1 }))).toEqual(['warning image.type: image/gif is not taken by Net.'])
})

test('what may not be accepted stays an error, whatever is accepted', () => {
  const wrong = file({ facts: { chroma: '4:4:4' } })
  expect(findings(wrong, { accepts: ['video.chroma', 'image.still'] })[0]).toMatchObject({ level: 'error' })
  expect(findings(wrong)[0]!.acceptable).toBeUndefined()
})

test('a picture smaller than advised is only warned of', () => {
  const small = file({ kind: 'image', mime: 'image/jpeg', width: 199, height: 300, durationMs: null })
  expect(said(small)).toEqual(['warning image.advised-size: The picture is 199 x 300; Net advises at least 200 x 200.'])
})
