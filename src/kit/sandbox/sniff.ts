/** What a file really is, from its first bytes, as networks look: the declared type is only a claim. */

export type Sniffed = { mime: string; kind: 'image' | 'video' | 'other'; width?: number; height?: number }

/** Type, and for pictures width and height in pixels. Unknown bytes give `application/octet-stream`. */
export const sniff = (b: Buffer): Sniffed =>
  png(b) ?? jpeg(b) ?? gif(b) ?? webp(b) ?? isoMedia(b) ?? pdf(b) ?? { mime: 'application/octet-stream', kind: 'other' }

const png = (b: Buffer): Sniffed | undefined =>
  b.length >= 24 && b.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n'
    ? { mime: 'image/png', kind: 'image', width: b.readUInt32BE(16), height: b.readUInt32BE(20) }
    : undefined

/** Walks the segments to the first start-of-frame, which holds the size. */
const jpeg = (b: Buffer): Sniffed | undefined => {
  if (b.length < 4 || b[0] !== 0xff || b[1] !== 0xd8 || b[2] !== 0xff) return undefined
  let at = 2
  while (at + 9 < b.length && b[at] === 0xff) {
    const marker = b[at + 1]!
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame)
      return { mime: 'image/jpeg', kind: 'image', width: b.readUInt16BE(at + 7), height: b.readUInt16BE(at + 5) }
    at += 2 + b.readUInt16BE(at + 2)
  }
  return { mime: 'image/jpeg', kind: 'image' }
}

const gif = (b: Buffer): Sniffed | undefined =>
  b.length >= 10 && /^GIF8[79]a$/.test(b.subarray(0, 6).toString('latin1'))
    ? { mime: 'image/gif', kind: 'image', width: b.readUInt16LE(6), height: b.readUInt16LE(8) }
    : undefined

const webp = (b: Buffer): Sniffed | undefined => {
  if (
    b.length < 30 ||
    b.subarray(0, 4).toString('latin1') !== 'RIFF' ||
    b.subarray(8, 12).toString('latin1') !== 'WEBP'
  )
    return undefined
  const chunk = b.subarray(12, 16).toString('latin1')
  const base = { mime: 'image/webp', kind: 'image' } as const
  if (chunk === 'VP8X') return { ...base, width: 1 + b.readUIntLE(24, 3), height: 1 + b.readUIntLE(27, 3) }
  if (chunk === 'VP8 ') return { ...base, width: b.readUInt16LE(26) & 0x3fff, height: b.readUInt16LE(28) & 0x3fff }
  if (chunk === 'VP8L') {
    const bits = b.readUInt32LE(21)
    return { ...base, width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) }
  }
  return base
}

const isoMedia = (b: Buffer): Sniffed | undefined => {
  if (b.length < 12 || b.subarray(4, 8).toString('latin1') !== 'ftyp') return undefined
  const brand = b.subarray(8, 12).toString('latin1')
  if (brand.startsWith('avif')) return { mime: 'image/avif', kind: 'image' }
  if (/^(heic|heix|mif1)/.test(brand)) return { mime: 'image/heic', kind: 'image' }
  return { mime: brand.startsWith('qt') ? 'video/quicktime' : 'video/mp4', kind: 'video' }
}

const pdf = (b: Buffer): Sniffed | undefined =>
  b.subarray(0, 5).toString('latin1') === '%PDF-' ? { mime: 'application/pdf', kind: 'other' } : undefined
