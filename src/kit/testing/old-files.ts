/** Old videos and Office documents for tests, made byte by byte: their heads and directories, nothing anybody could play. */
import { crc32 } from 'node:zlib'

const u32le = (...n: number[]) => {
  const b = Buffer.alloc(n.length * 4)
  for (const [i, x] of n.entries()) b.writeUInt32LE(x >>> 0, i * 4)
  return b
}
const ascii = (text: string) => Buffer.from(text, 'latin1')

/** 640 x 360, 25 frames a second, 250 frames, XviD. */
export const avi = (): Buffer => {
  const avih = Buffer.concat([ascii('avih'), u32le(56, 40_000, 0, 0, 0, 250, 0, 1, 0, 640, 360, 0, 0, 0, 0)])
  const strh = Buffer.concat([ascii('strh'), u32le(56), ascii('vidsXVID'), Buffer.alloc(48)])
  const list = Buffer.concat([ascii('hdrl'), avih, strh])
  const body = Buffer.concat([ascii('AVI LIST'), u32le(list.length), list, ascii('movi'), Buffer.alloc(500)])
  return Buffer.concat([ascii('RIFF'), u32le(body.length), body])
}

/** 640 x 360, 12.5 s. */
export const flv = (): Buffer => {
  const number = (name: string, n: number) => {
    const b = Buffer.alloc(2 + name.length + 9)
    b.writeUInt16BE(name.length)
    b.write(name, 2, 'latin1')
    b.writeDoubleBE(n, 3 + name.length)
    return b
  }
  const data = [number('duration', 12.5), number('width', 640), number('height', 360), number('framerate', 25)]
  return Buffer.concat([
    ascii('FLV\x01\x05\0\0\0\x09\0\0\0\0\x12\0\0\0\0\0\0\0\0\0\0\x02\0\x0aonMetaData\x08\0\0\0\x04'),
    ...data,
    Buffer.alloc(99),
  ])
}

/** 640 x 360, 10 s after a preroll of 3 s. */
export const wmv = (): Buffer => {
  const hex = (text: string) => Buffer.from(text, 'hex')
  const file = Buffer.alloc(80)
  file.writeBigUInt64LE(130_000_000n, 64 - 24)
  file.writeBigUInt64LE(3000n, 80 - 24)
  const video = Buffer.alloc(80)
  hex('c0ef19bc4d5bcf11a8fd00805f5c442b').copy(video, 0)
  video.writeUInt32LE(640, 54)
  video.writeUInt32LE(360, 58)
  return Buffer.concat([
    hex('3026b2758e66cf11a6d900aa0062ce6c'),
    u32le(500, 0, 2, 0x0201),
    hex('a1dcab8c47a9cf118ee400c00c205365'),
    u32le(104, 0),
    file,
    hex('9107dcb7b7a9cf118ee600c00c205365'),
    u32le(104, 0),
    video,
  ])
}

/** 720 x 576, 25 frames a second; a pack header before it. */
export const mpeg = (): Buffer =>
  Buffer.concat([
    Buffer.from('000001ba44000401', 'hex'),
    Buffer.alloc(8),
    Buffer.from('000001b32d024033', 'hex'),
    Buffer.alloc(300),
  ])

/** A zip of stored files. */
export const zip = (files: Record<string, string>): Buffer => {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const [name, text] of Object.entries(files)) {
    const [title, data] = [ascii(name), Buffer.from(text)]
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(title.length, 22)
    const local = Buffer.concat([ascii('PK\x03\x04'), common, title, data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    entries.push(Buffer.concat([ascii('PK\x01\x02'), Buffer.from([20, 0]), common, rest, title]))
    locals.push(local)
    at += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...locals, directory, ascii('PK\x05\x06'), end])
}

/** A PowerPoint of `slides`. */
export const pptx = (slides: number): Buffer =>
  zip({
    '[Content_Types].xml': '<Types/>',
    'ppt/presentation.xml': '<p/>',
    'docProps/app.xml': `<Properties><Slides>${slides}</Slides></Properties>`,
  })
export const docx = (pages: number): Buffer =>
  zip({ 'word/document.xml': '<w/>', 'docProps/app.xml': `<Properties><Pages>${pages}</Pages></Properties>` })

/** A compound file with a stream of that name. */
export const compound = (stream: string): Buffer =>
  Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.alloc(2000),
    Buffer.from(stream, 'utf16le'),
    Buffer.alloc(600),
  ])
