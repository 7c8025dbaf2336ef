/**
 * Pictures: look at one without trusting it, make one that fits a network's limits, make a thumbnail. (sharp/libvips)
 * Only five formats are ever decoded; a picture's size is read from its head and judged before a pixel is. Runs in the
 * processes of `pictures.ts`: nothing else imports it.
 */
import sharp, { type Metadata, type Sharp } from 'sharp'
import { ImageRefused, type Inspected, type InspectLimits, maxDecoded, type RenderLimits, sniff } from './pictures.ts'

export type Rendered = { bytes: Buffer; mime: string; width: number; height: number }

const MAX_PIXELS = 120_000_000
const MAX_BYTES = 50_000_000
/** Pixels of a rendition: a camera's 6000 x 4000. No network shows more, and encoding holds ten bytes a pixel. */
const maxMade = 24_000_000
const formats: Record<string, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  heif: 'image/avif',
}

// libvips can also read SVG, PDF, TIFF, its own files and whatever ImageMagick reads. None of that is for strangers' bytes.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
})
// One picture at a time and process, by one thread: which pictures go side by side is decided in pictures.ts.
sharp.cache(false)
sharp.concurrency(1)

const open = (bytes: Uint8Array, o: { animated?: boolean } = {}): Sharp =>
  sharp(bytes, {
    limitInputPixels: MAX_PIXELS,
    failOn: 'truncated',
    sequentialRead: true,
    animated: o.animated ?? false,
  })

const broken = (error: unknown): never => {
  if (error instanceof ImageRefused) throw error
  const text = (error as Error).message ?? ''
  if (/pixel limit/i.test(text)) throw new ImageRefused('bomb', 'The picture unpacks to far too many pixels.')
  throw new ImageRefused('broken', 'The picture is damaged or cut short.')
}

/** Rows that a decoder which goes from top to bottom keeps at a time, about. */
const rowsKept = 512

/**
 * Bytes that decoding holds at once, about (measured: the process grows by this much and up to a third more). Baseline JPEG
 * and plain PNG come row by row; interlaced, progressive, WebP, GIF and AVIF are unpacked whole first.
 */
const heldBytes = (m: Metadata, height: number): number => {
  const rows = { all: height, some: Math.min(height, rowsKept) }
  const pixel = m.channels * (m.depth === 'uchar' ? 1 : 2)
  switch (m.format) {
    case 'png':
      return m.width * (m.isProgressive ? rows.all : rows.some) * pixel
    // The coefficients of all scans: two bytes each, of half as many colour as light values unless it is 4:4:4.
    case 'jpeg':
      return m.width * (m.isProgressive ? rows.all * 2 * (m.chromaSubsampling === '4:2:0' ? 1.5 : 3) : rows.some * 3)
    default:
      return m.width * rows.all * 4
  }
}

/** Frames of an animated PNG, by its `acTL` chunk before the picture's data; the decoder knows its first frame alone. */
const pngFrames = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8; at + 16 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (type === 'acTL') return Math.max(1, view.getUint32(at + 8))
    if (type === 'IDAT') return 1
  }
  return 1
}

/** What the head tells, judged: nothing is decoded yet. @throws ImageRefused. */
const judge = async (bytes: Uint8Array, limits: InspectLimits): Promise<Inspected> => {
  const { maxBytes = MAX_BYTES, maxPixels = MAX_PIXELS } = limits
  if (bytes.length > maxBytes)
    throw new ImageRefused('too-large', `The file has ${bytes.length} bytes; at most ${maxBytes} are taken.`)
  const mime = sniff(bytes)
  if (!mime) {
    const head = Buffer.from(bytes.subarray(0, 512)).toString('utf8')
    if (/<svg|<\?xml/i.test(head))
      throw new ImageRefused('unsupported', 'SVG drawings are not taken; export it as PNG.')
    throw new ImageRefused('not-an-image', 'This is not a JPEG, PNG, GIF or WebP picture.')
  }
  const m = await open(bytes).metadata()
  if (formats[m.format ?? ''] !== mime) throw new ImageRefused('unsupported', 'This kind of picture is not taken.')
  const pages = m.pages ?? 1
  // An animation's first frame is what we read, so its head already tells the frame's size.
  const height = m.pageHeight ?? m.height
  if (m.width * height * pages > maxPixels)
    throw new ImageRefused(
      'bomb',
      `The picture unpacks to ${m.width} x ${height}${pages > 1 ? ` x ${pages} frames` : ''}; at most ${Math.floor(maxPixels / 1_000_000)} million pixels are taken.`,
    )
  const held = heldBytes(m, height)
  if (held > maxDecoded)
    throw new ImageRefused(
      'bomb',
      `The picture needs ${Math.ceil(held / 1_000_000)} MB of memory to be unpacked; at most ${maxDecoded / 1_000_000} are given. Save it ${m.isProgressive ? 'without interlacing (not "progressive")' : 'smaller'}${m.depth === 'uchar' ? '' : ' or with 8 bits a channel'}.`,
    )
  await limits.admit?.(held)
  return {
    mime,
    width: m.autoOrient.width,
    height: m.autoOrient.height,
    pages: mime === 'image/png' ? pngFrames(bytes) : pages,
  }
}

/**
 * What a picture is. Decodes it once, small, to know that it is whole.
 * @throws ImageRefused.
 */
export const inspectImage = async (bytes: Uint8Array, limits: InspectLimits = {}): Promise<Inspected> => {
  try {
    const seen = await judge(bytes, limits)
    await open(bytes).resize(32, 32, { fit: 'inside' }).raw().toBuffer()
    return seen
  } catch (error) {
    return broken(error)
  }
}

/** The size that fits all limits, never larger than it is. */
const within = (width: number, height: number, l: RenderLimits) => {
  const scale = Math.min(
    1,
    Math.sqrt(maxMade / (width * height)),
    (l.maxWidth ?? Infinity) / width,
    (l.maxHeight ?? Infinity) / height,
    (l.maxSides ?? Infinity) / (width + height),
    (l.maxShort ?? Infinity) / Math.min(width, height),
    (l.maxLong ?? Infinity) / Math.max(width, height),
  )
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)), scale }
}

const encode = (image: Sharp, mime: string, quality: number): Sharp => {
  switch (mime) {
    case 'image/png':
      return image.png({ compressionLevel: 9, palette: quality < 70, quality })
    case 'image/webp':
      return image.webp({ quality, effort: 4 })
    case 'image/avif':
      return image.avif({ quality, effort: 3 })
    case 'image/gif':
      return image.gif()
    default:
      // Transparent areas become white, not black.
      return image.flatten({ background: '#fff' }).jpeg({ quality })
  }
}

const mayMove = ({ mime, width, height, pages }: Inspected, bytes: number, l: RenderLimits['animation']): boolean =>
  l !== undefined &&
  pages > 1 &&
  l.types.includes(mime) &&
  bytes <= l.maxBytes &&
  width <= (l.maxWidth ?? Infinity) &&
  height <= (l.maxHeight ?? Infinity) &&
  pages <= (l.maxFrames ?? Infinity) &&
  width * height * pages <= (l.maxPixels ?? Infinity)

/** Tried in order until the result is small enough; after the last, each further round makes the sides smaller. */
const qualities = [90, 82, 74, 66, 56] as const

/**
 * The picture within the limits: orientation applied, EXIF and other metadata gone, colours in sRGB, quality and then size stepped
 * down until it is under `maxBytes`. Its own type is kept where the network takes it; an animation goes out as it came where it
 * is within `animation`, else its first frame is used.
 * @throws ImageRefused `cannot-fit` when nothing legible fits.
 */
export const renderImage = async (
  bytes: Uint8Array,
  limits: RenderLimits,
  admit?: InspectLimits['admit'],
): Promise<Rendered> => {
  try {
    const source = await judge(bytes, { maxBytes: Number.POSITIVE_INFINITY, admit })
    if (mayMove(source, bytes.length, limits.animation))
      return { bytes: Buffer.from(bytes), mime: source.mime, width: source.width, height: source.height }
    const mime = pickType(source, limits.types)
    const target = within(source.width, source.height, limits)
    let { width, height } = target
    for (let round = 0; round < 12; round++) {
      let last = 0
      for (const quality of mime === 'image/gif' ? [90] : round === 0 ? qualities : ([74, 56] as const)) {
        const image = open(bytes)
          .autoOrient()
          .toColourspace('srgb')
          .resize(width, height, { fit: 'fill', withoutEnlargement: true })
        const out = await encode(image, mime, quality).toBuffer({ resolveWithObject: true })
        last = out.data.length
        if (last <= limits.maxBytes) return { bytes: out.data, mime, width: out.info.width, height: out.info.height }
        // Far too large: quality alone will not do it.
        if (last > limits.maxBytes * 4) break
      }
      // Bytes go roughly with the area; a little below the guess, so that few rounds are needed.
      const shrink = Math.min(0.85, Math.max(0.25, Math.sqrt(limits.maxBytes / last) * 0.95))
      width = Math.max(1, Math.floor(width * shrink))
      height = Math.max(1, Math.floor(height * shrink))
      if (Math.max(width, height) < 64) break
    }
  } catch (error) {
    return broken(error)
  }
  throw new ImageRefused(
    'cannot-fit',
    `The picture cannot be made smaller than ${limits.maxBytes} bytes and still be seen.`,
  )
}

const pickType = (source: Inspected, types: readonly string[]): string => {
  const can = types.filter((t) => Object.values(formats).includes(t))
  // A frame of 256 colours is the last resort.
  const good = can.filter((t) => t !== 'image/gif')
  const found = good.includes(source.mime) ? source.mime : (good[0] ?? can[0])
  if (!found)
    throw new ImageRefused('cannot-fit', `None of the types the network takes can be made: ${types.join(', ')}.`)
  return found
}
