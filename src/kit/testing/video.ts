/** Videos and documents for tests, made here byte by byte: real MP4 boxes a reader takes, with frames nobody can decode. */

const u32 = (...n: number[]) => {
  const b = Buffer.alloc(n.length * 4)
  for (const [i, x] of n.entries()) b.writeUInt32BE(x >>> 0, i * 4)
  return b
}
const u16 = (...n: number[]) => {
  const b = Buffer.alloc(n.length * 2)
  for (const [i, x] of n.entries()) b.writeUInt16BE(x & 0xffff, i * 2)
  return b
}
const box = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body])
}
const full = (type: string, flags: number, ...parts: Buffer[]) => box(type, u32(flags), ...parts)

/** Units of time in a second; a track counts thirty times finer, so that a frame has a whole number of them. */
const scale = 1000
const perFrame = 1000
const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** A baseline H.264 parameter set good enough for readers that only parse; level 3.1. */
const avcC = box(
  'avcC',
  Buffer.from([1, 0x42, 0, 0x1f, 0xff, 0xe1]),
  u16(4),
  Buffer.from([0x67, 0x42, 0, 0x1f]),
  Buffer.from([1]),
  u16(4),
  Buffer.from([0x68, 0xce, 0x3c, 0x80]),
)

/**
 * An MP4 (H.264, 30 frames a second) of `ms` and `width` x `height`. `bytes`: exact length, reached with a `free` box
 * (never shorter than the boxes need). `shade` makes videos differ.
 */
export const mp4 = (
  o: { width?: number; height?: number; ms?: number; bytes?: number; shade?: number } = {},
): Buffer => {
  const { width = 720, height = 1280, ms = 5000, shade = 1 } = o
  const frames = Math.max(1, Math.round((ms * 30) / 1000))
  const sample = Buffer.from([0, 0, 0, 2, 0x65, shade & 0xff])
  const ftyp = box('ftyp', Buffer.from('isom', 'latin1'), u32(0x200), Buffer.from('isomiso2avc1mp41', 'latin1'))
  const build = (offset: number) => {
    const entry = box(
      'avc1',
      Buffer.alloc(6),
      u16(1),
      Buffer.alloc(16),
      u16(width, height),
      u32(0x480000, 0x480000, 0),
      u16(1),
      Buffer.alloc(32),
      u16(0x18, 0xffff),
      avcC,
    )
    const stbl = box(
      'stbl',
      full('stsd', 0, u32(1), entry),
      full('stts', 0, u32(2, frames - 1, perFrame, 1, ms * 30 - (frames - 1) * perFrame)),
      full('stsc', 0, u32(1, 1, frames, 1)),
      full('stsz', 0, u32(sample.length, frames)),
      full('stco', 0, u32(1, offset)),
      full('stss', 0, u32(1, 1)),
    )
    const minf = box(
      'minf',
      full('vmhd', 1, Buffer.alloc(8)),
      box('dinf', full('dref', 0, u32(1), full('url ', 1))),
      stbl,
    )
    const mdia = box(
      'mdia',
      full('mdhd', 0, u32(0, 0, scale * 30, ms * 30), u16(0x55c4, 0)),
      full('hdlr', 0, u32(0), Buffer.from('vide', 'latin1'), u32(0, 0, 0), Buffer.from('Video\0', 'latin1')),
      minf,
    )
    const tkhd = full('tkhd', 3, u32(0, 0, 1, 0, ms, 0, 0), u16(0, 0, 0, 0), matrix, u32(width * 65536, height * 65536))
    const mvhd = full(
      'mvhd',
      0,
      u32(0, 0, scale, ms, 0x10000),
      u16(0x100, 0),
      u32(0, 0),
      matrix,
      Buffer.alloc(24),
      u32(2),
    )
    return box('moov', mvhd, box('trak', tkhd, mdia))
  }
  const moov = build(ftyp.length + build(0).length + 8)
  const mdat = box('mdat', Buffer.concat(Array.from({ length: frames }, () => sample)))
  const size = ftyp.length + moov.length + mdat.length
  const missing = (o.bytes ?? 0) - size
  return Buffer.concat([ftyp, moov, mdat, ...(missing >= 8 ? [box('free', Buffer.alloc(missing - 8, 7))] : [])])
}

/** A PDF of empty pages. `shade` makes documents differ. */
export const pdf = (pages = 2, shade = 1): Buffer => {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${Array.from({ length: pages }, (_, i) => `${i + 3} 0 R`).join(' ')}] /Count ${pages} >>`,
    ...Array.from({ length: pages }, () => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 ${792 - (shade % 90)}] >>`),
  ]
  let text = '%PDF-1.4\n'
  const at = objects.map((body, i) => {
    const offset = text.length
    text += `${i + 1} 0 obj\n${body}\nendobj\n`
    return offset
  })
  const xref = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${at.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('')}`
  return Buffer.from(
    `${text}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`,
    'latin1',
  )
}
