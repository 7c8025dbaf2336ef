import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { inspectImage, renderImage } from './images.ts'
import { ImageRefused } from './pictures.ts'

const noise = (width: number, height: number, channels: 3 | 4 = 3) => {
  const raw = Buffer.alloc(width * height * channels)
  let x = 1
  for (let i = 0; i < raw.length; i++) {
    x = (x * 1_103_515_245 + 12_345) & 0x7fffffff
    raw[i] = x >> 16
  }
  return sharp(raw, { raw: { width, height, channels } })
}

const reason = async (run: Promise<unknown>) =>
  run.then(
    () => 'taken',
    (e: unknown) => (e instanceof ImageRefused ? e.reason : e),
  )

const chunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** A PNG of a few hundred bytes whose head promises width x height. */
const bomb = (width: number, height: number) => {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = 1
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

let jpeg: Buffer
let gif: Buffer
beforeAll(async () => {
  // Taken with the camera on its side: 60 x 40 pixels, shown 40 x 60. Carries EXIF with a place.
  jpeg = await noise(60, 40)
    .withExif({ IFD0: { Copyright: 'me' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const frames = await Promise.all(
    [0, 1, 2].map((i) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background: ['red', 'lime', 'blue'][i]! } })
        .png()
        .toBuffer(),
    ),
  )
  gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer()
})

describe('looking at a picture', () => {
  test('gives type, size as shown, and frames', async () => {
    expect(await inspectImage(jpeg)).toEqual({ mime: 'image/jpeg', width: 40, height: 60, pages: 1 })
    expect(await inspectImage(gif)).toEqual({ mime: 'image/gif', width: 20, height: 10, pages: 3 })
    expect((await inspectImage(await noise(8, 8).avif().toBuffer())).mime).toBe('image/avif')
    expect((await inspectImage(await noise(8, 8).webp().toBuffer())).mime).toBe('image/webp')
  })
  test('an animated PNG tells its frames, and goes out as its first', async () => {
    const still = await sharp({ create: { width: 6, height: 4, channels: 3, background: '#0a7' } })
      .png()
      .toBuffer()
    // 33 bytes: the signature and IHDR. Two numbers: frames, repetitions.
    const moving = (frames: number) =>
      Buffer.concat([
        still.subarray(0, 33),
        chunk('acTL', Buffer.from([0, 0, 0, frames, 0, 0, 0, 0])),
        still.subarray(33),
      ])
    expect(await inspectImage(moving(12))).toEqual({ mime: 'image/png', width: 6, height: 4, pages: 12 })
    expect((await inspectImage(moving(1))).pages).toBe(1)
    expect((await inspectImage(still)).pages).toBe(1)
    const made = await renderImage(moving(12), { types: ['image/png'], maxBytes: 100_000 })
    expect((await inspectImage(made.bytes)).pages).toBe(1)
  })

  test('a decompression bomb is refused by its head, before it unpacks', async () => {
    const file = bomb(60_000, 60_000)
    expect(file.length).toBeLessThan(300)
    const before = process.memoryUsage().rss
    expect(await reason(inspectImage(file))).toBe('bomb')
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
    expect(await reason(inspectImage(jpeg, { maxPixels: 2_399 }))).toBe('bomb')
    expect(await reason(inspectImage(gif, { maxPixels: 599 }))).toBe('bomb')
    expect(await reason(renderImage(file, { types: ['image/jpeg'], maxBytes: 1e6 }))).toBe('bomb')
  })

  test('a file cut short is refused', async () => {
    const big = await noise(400, 300).jpeg().toBuffer()
    expect(await reason(inspectImage(big.subarray(0, big.length / 2)))).toBe('broken')
    const png = await noise(400, 300).png().toBuffer()
    expect(await reason(inspectImage(png.subarray(0, png.length / 2)))).toBe('broken')
    expect(await reason(inspectImage(Buffer.from([0xff, 0xd8, 0xff, 0xe0])))).toBe('broken')
  })

  test('SVG, other files and nothing at all are refused', async () => {
    expect(
      await reason(
        inspectImage(
          Buffer.from(
            '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
          ),
        ),
      ),
    ).toBe('unsupported')
    expect(await reason(inspectImage(Buffer.from('hello')))).toBe('not-an-image')
    expect(await reason(inspectImage(Buffer.alloc(0)))).toBe('not-an-image')
    expect(await reason(inspectImage(await noise(4, 4).tiff().toBuffer()))).toBe('not-an-image')
    expect(await reason(inspectImage(jpeg, { maxBytes: 10 }))).toBe('too-large')
  })
})

describe('making one that fits', () => {
  test('orientation is applied and EXIF is gone', async () => {
    const out = await renderImage(jpeg, { types: ['image/jpeg'], maxBytes: 1_000_000 })
    expect([out.width, out.height]).toEqual([40, 60])
    const m = await sharp(out.bytes).metadata()
    expect([m.exif, m.orientation]).toEqual([undefined, undefined])
    expect(out.bytes.includes('me\0')).toBe(false)
  })

  test('quality, then size, step down until it is small enough', async () => {
    const big = await noise(900, 600).png().toBuffer()
    const out = await renderImage(big, { types: ['image/jpeg'], maxBytes: 40_000 })
    expect(out.bytes.length).toBeLessThanOrEqual(40_000)
    expect(out.mime).toBe('image/jpeg')
    expect(out.width / out.height).toBeCloseTo(1.5, 1)
    expect(await inspectImage(out.bytes)).toMatchObject({ width: out.width, height: out.height })
    expect(await reason(renderImage(big, { types: ['image/jpeg'], maxBytes: 100 }))).toBe('cannot-fit')
  })

  test('width, height and their sum are kept, nothing is enlarged', async () => {
    const png = await noise(600, 300).png().toBuffer()
    const limits = { types: ['image/png'], maxBytes: 10_000_000 }
    expect(await renderImage(png, { ...limits, maxWidth: 200 })).toMatchObject({ width: 200, height: 100 })
    expect(await renderImage(png, { ...limits, maxHeight: 30 })).toMatchObject({ width: 60, height: 30 })
    expect(await renderImage(png, { ...limits, maxSides: 450 })).toMatchObject({ width: 300, height: 150 })
    const turned = await noise(300, 600).png().toBuffer()
    for (const [picture, width, height] of [
      [png, 300, 150],
      [turned, 150, 300],
    ] as const)
      expect(await renderImage(picture, { ...limits, maxShort: 150, maxLong: 500 })).toMatchObject({ width, height })
    expect(await renderImage(png, { ...limits, maxShort: 300, maxLong: 400 })).toMatchObject({
      width: 400,
      height: 200,
    })
    expect(await renderImage(png, { ...limits, maxWidth: 5000 })).toMatchObject({
      width: 600,
      height: 300,
      mime: 'image/png',
    })
  })

  test('an animation goes out as it came within the limits for animations; else its first frame goes', async () => {
    const photo = { types: ['image/jpeg', 'image/gif'], maxBytes: 100 }
    const animation = { types: ['image/gif'], maxBytes: gif.length, maxWidth: 20, maxHeight: 10, maxFrames: 3 }
    expect((await renderImage(gif, { ...photo, animation })).bytes).toEqual(gif)
    const still = { types: ['image/jpeg', 'image/gif'], maxBytes: 1e6 }
    for (const less of [
      undefined,
      { ...animation, types: ['image/webp'] },
      { ...animation, maxBytes: gif.length - 1 },
      { ...animation, maxWidth: 19 },
      { ...animation, maxHeight: 9 },
      { ...animation, maxFrames: 2 },
      { ...animation, maxPixels: 599 },
    ])
      expect((await renderImage(gif, { ...still, animation: less })).mime).toBe('image/jpeg')
  })

  test('the first frame of an animation is what it shows first', async () => {
    const still = await renderImage(gif, { types: ['image/png'], maxBytes: 1e6 })
    expect(await inspectImage(still.bytes)).toEqual({ mime: 'image/png', width: 20, height: 10, pages: 1 })
    const [r, g, b] = await sharp(still.bytes).removeAlpha().raw().toBuffer()
    expect([r! > 200, g! < 50, b! < 50]).toEqual([true, true, true])
  })

  test('a type the network does not take becomes its first; transparency becomes white in JPEG', async () => {
    const clear = await sharp({
      create: { width: 10, height: 10, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer()
    const out = await renderImage(clear, { types: ['video/mp4', 'image/jpeg', 'image/webp'], maxBytes: 1e6 })
    expect(out.mime).toBe('image/jpeg')
    expect((await sharp(out.bytes).raw().toBuffer())[0]).toBeGreaterThan(250)
  })
})
