/** The files the tests are made of must be real: read by libraries nobody here wrote, and by the imitations' own eyes. */
import { BlobSource, Input, MP4 } from 'mediabunny'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { sniff } from '#kit/sandbox/sniff.ts'
import { jpeg, png, sampleFile } from './media.ts'
import { mp4, pdf } from './video.ts'

const sizes = [undefined, 2_000, 65_000, 66_237, 131_774, 1_000_001]

describe('a picture made byte by byte', () => {
  it.each([
    ['png', png, 'image/png'],
    ['jpeg', jpeg, 'image/jpeg'],
  ] as const)('%s: has the size asked for, and decodes', async (format, make, mime) => {
    for (const bytes of sizes) {
      const file = make({ width: 321, height: 200, bytes, shade: 5 })
      if (bytes) expect(file.length).toBe(bytes)
      expect(sniff(file)).toMatchObject({ mime, width: 321, height: 200 })
      const { info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
      expect([info.width, info.height, (await sharp(file).metadata()).format]).toEqual([321, 200, format])
    }
  })
  it('differs by its shade', () => {
    expect(jpeg({ shade: 1 }).equals(jpeg({ shade: 2 }))).toBe(false)
  })
})

describe('a video made byte by byte', () => {
  it('says the same to a library as to an imitation', async () => {
    const file = mp4({ width: 640, height: 360, ms: 7000, bytes: 100_000 })
    expect(file.length).toBe(100_000)
    expect(sniff(file)).toMatchObject({ mime: 'video/mp4', width: 640, height: 360, durationMs: 7000, fps: 30 })
    using input = new Input({ formats: [MP4], source: new BlobSource(new Blob([new Uint8Array(file)])) })
    const track = (await input.getPrimaryVideoTrack())!
    expect([await input.computeDuration(), track.displayWidth, track.displayHeight, track.codec]).toEqual([
      7,
      640,
      360,
      'avc',
    ])
  })
  it('cut short, the imitation knows less and does not break', () => {
    const file = mp4({ ms: 3000 })
    for (let n = 0; n < file.length; n += 7) expect(() => sniff(file.subarray(0, n))).not.toThrow()
  })
})

it('a document has its pages, and samples are what they say', () => {
  expect(sniff(pdf(12))).toMatchObject({ mime: 'application/pdf', pages: 12 })
  for (const file of [
    { kind: 'image', type: 'image/jpeg' },
    { kind: 'image', type: 'image/gif' },
    { kind: 'video' },
    { kind: 'document' },
  ] as const)
    expect(sniff(sampleFile(file, 3).bytes).mime).toBe(sampleFile(file, 3).mime)
})
