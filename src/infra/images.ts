/**
 * Pictures: look at one without trusting it, make one that fits a network's limits, make a thumbnail. (sharp/libvips)
 * Only five formats are ever decoded; a picture's size is read from its head and judged before a pixel is.
 */
import sharp, { type Sharp } from 'sharp'

export type ImageRefusal =
  | 'not-an-image'
  | 'unsupported'
  | 'too-large'
  | 'bomb'
  | 'broken'
  | 'type-differs'
  | 'cannot-fit'

/** The picture cannot be used; the message is for the person who gave it. */
export class ImageRefused extends Error {
  readonly reason: ImageRefusal
  constructor(reason: ImageRefusal, message: string) {
    super(message)
    this.name = 'ImageRefused'
    this.reason = reason
  }
}

export type InspectLimits = {
  /** What the sender said it is; a difference is refused. `image/jpg` counts as `image/jpeg`. */
  declared?: string
  /** Bytes of the file, default 50 MB. */
  maxBytes?: number
  /** Pixels of all pages together, default 120 million (the largest phone cameras make 108). */
  maxPixels?: number
}

export type Inspected = {
  mime: string
  /** As a person sees it: the camera's orientation is applied. */
  width: number
  height: number
  /** Frames of an animation, 1 otherwise. */
  pages: number
}

export type RenderLimits = {
  /** MIME types the network takes, best first where it matters. */
  types: readonly string[]
  maxBytes: number
  maxWidth?: number
  maxHeight?: number
  /** Limit of width + height. */
  maxSides?: number
}

export type Rendered = { bytes: Buffer; mime: string; width: number; height: number }

const MAX_PIXELS = 120_000_000
const MAX_BYTES = 50_000_000
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
// Many small pictures, one at a time each: the event loop's pool is shared with the disk.
sharp.cache(false)
sharp.concurrency(1)

/** The type by the first bytes, undefined when it is none we take. */
export const sniff = (b: Uint8Array): string | undefined => {
  const ascii = (from: number, to: number) => Buffer.from(b.subarray(from, to)).toString('latin1')
  if (b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff) return 'image/jpeg'
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (/^GIF8[79]a/.test(ascii(0, 6))) return 'image/gif'
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp'
  if (ascii(4, 8) === 'ftyp' && /avif|avis/.test(ascii(8, 32))) return 'image/avif'
  return undefined
}

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

/**
 * What a picture is. Decodes it once, small, to know that it is whole.
 * @throws ImageRefused.
 */
export const inspectImage = async (bytes: Uint8Array, limits: InspectLimits = {}): Promise<Inspected> => {
  const { maxBytes = MAX_BYTES, maxPixels = MAX_PIXELS } = limits
  if (bytes.length > maxBytes)
    throw new ImageRefused('too-large', `The file has ${bytes.length} bytes; at most ${maxBytes} are taken.`)
  const mime = sniff(bytes)
  if (!mime) {
    const head = Buffer.from(bytes.subarray(0, 512)).toString('utf8')
    if (/<svg|<\?xml/i.test(head))
      throw new ImageRefused('unsupported', 'SVG drawings are not taken; export it as PNG.')
    throw new ImageRefused('not-an-image', 'This is not a JPEG, PNG, GIF, WebP or AVIF picture.')
  }
  const said = limits.declared?.split(';')[0]?.trim().toLowerCase().replace('image/jpg', 'image/jpeg')
  if (said && said !== 'application/octet-stream' && said !== mime)
    throw new ImageRefused('type-differs', `The file says it is ${said}, but it is ${mime}.`)
  try {
    const m = await open(bytes).metadata()
    if (formats[m.format ?? ''] !== mime) throw new ImageRefused('unsupported', 'This kind of picture is not taken.')
    const pages = m.pages ?? 1
    // An animation's first frame is what we read, so its head already tells the frame's size.
    if (m.width * (m.pageHeight ?? m.height) * pages > maxPixels)
      throw new ImageRefused(
        'bomb',
        `The picture unpacks to ${m.width} x ${m.pageHeight ?? m.height}${pages > 1 ? ` x ${pages} frames` : ''}; at most ${Math.floor(maxPixels / 1_000_000)} million pixels are taken.`,
      )
    await open(bytes).resize(32, 32, { fit: 'inside' }).raw().toBuffer()
    return { mime, width: m.autoOrient.width, height: m.autoOrient.height, pages }
  } catch (error) {
    return broken(error)
  }
}

/** The size that fits all limits, never larger than it is. */
const within = (width: number, height: number, l: Pick<RenderLimits, 'maxWidth' | 'maxHeight' | 'maxSides'>) => {
  const scale = Math.min(
    1,
    (l.maxWidth ?? Infinity) / width,
    (l.maxHeight ?? Infinity) / height,
    (l.maxSides ?? Infinity) / (width + height),
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

/** Tried in order until the result is small enough; after the last, each further round makes the sides smaller. */
const qualities = [90, 82, 74, 66, 56] as const

/**
 * The picture within the limits: orientation applied, EXIF and other metadata gone, colours in sRGB, quality and then size stepped
 * down until it is under `maxBytes`. Its own type is kept where the network takes it; an animation stays one only as a GIF that
 * already fits, else its first frame is used.
 * @throws ImageRefused `cannot-fit` when nothing legible fits.
 */
export const renderImage = async (bytes: Uint8Array, limits: RenderLimits): Promise<Rendered> => {
  const source = await inspectImage(bytes, { maxBytes: Number.POSITIVE_INFINITY })
  try {
    if (source.pages > 1 && source.mime === 'image/gif' && limits.types.includes('image/gif')) {
      const { scale } = within(source.width, source.height, limits)
      if (scale === 1 && bytes.length <= limits.maxBytes)
        return { bytes: Buffer.from(bytes), mime: source.mime, width: source.width, height: source.height }
    }
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

/** A WebP of at most 480 x 480 for lists, about 20-40 kB. @throws ImageRefused. */
export const thumbnail = async (bytes: Uint8Array): Promise<Rendered> =>
  renderImage(bytes, { types: ['image/webp'], maxBytes: 200_000, maxWidth: 480, maxHeight: 480 })
