/**
 * Office documents, as LinkedIn takes them: is this a whole, open PowerPoint or Word file, and how many pages has it? New ones are
 * zip archives (ECMA-376), old ones compound files with named streams ([MS-CFB]). Only directories and one small part are read.
 */
import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import { type DocumentFacts, DocumentRefused } from './document-facts.ts'

/** Bytes of a directory, and of the part with the number of pages, that are read at most. */
const maxDirectory = 4_000_000
const maxPart = 1_000_000
const maxPages = 100_000
const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw)

const readAt = async (file: FileHandle, at: number, bytes: number): Promise<Buffer> => {
  const b = Buffer.alloc(bytes)
  return b.subarray(0, (await file.read(b, 0, bytes, at)).bytesRead)
}
const cut = () => new DocumentRefused('broken', 'The document is cut short or damaged. Save it again.')
const other = () =>
  new DocumentRefused(
    'not-a-document',
    'This seems to be an archive or another Office file; PowerPoint, Word and PDF are taken.',
  )
const locked = () =>
  new DocumentRefused('encrypted', 'The document is protected by a password. Save it without protection.')

const macros = () =>
  new DocumentRefused('not-a-document', 'The document holds macros. Save it as a usual document (.docx, .pptx).')

type Entry = { method: number; packed: number; at: number }

/** The central directory of a zip (APPNOTE 4.3.12, 4.3.16), which stands at its end. */
const directory = async (file: FileHandle, size: number): Promise<Map<string, Entry>> => {
  const tail = await readAt(file, Math.max(0, size - 66_000), Math.min(size, 66_000))
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0 || end + 22 > tail.length) throw cut()
  const [length, from] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)]
  if (length > maxDirectory || from + length > size) throw cut()
  const b = await readAt(file, from, length)
  const out = new Map<string, Entry>()
  for (let at = 0; at + 46 <= b.length && b.readUInt32LE(at) === 0x02014b50; ) {
    const [name, extra, comment] = [b.readUInt16LE(at + 28), b.readUInt16LE(at + 30), b.readUInt16LE(at + 32)]
    out.set(b.toString('utf8', at + 46, at + 46 + name), {
      method: b.readUInt16LE(at + 10),
      packed: b.readUInt32LE(at + 20),
      at: b.readUInt32LE(at + 42),
    })
    at += 46 + name + extra + comment
  }
  return out
}

const part = async (file: FileHandle, e: Entry | undefined): Promise<string> => {
  if (!e || e.packed > maxPart) return ''
  const head = await readAt(file, e.at, 30)
  if (head.length < 30) return ''
  const bytes = await readAt(file, e.at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), e.packed)
  const text = e.method === 0 ? bytes : await unpack(bytes, { maxOutputLength: maxPart }).catch(() => Buffer.alloc(0))
  return text.toString('utf8')
}

const openXml = async (file: FileHandle, size: number): Promise<DocumentFacts> => {
  const entries = await directory(file, size)
  const slides = entries.has('ppt/presentation.xml')
  if (!slides && !entries.has('word/document.xml')) throw other()
  // A .docm renamed to .docx is one still (ECMA-376 part 1 §11, 13: the main part's type, and the project of macros).
  const types = await part(file, entries.get('[Content_Types].xml'))
  if (/macroEnabled/.test(types) || entries.has('word/vbaProject.bin') || entries.has('ppt/vbaProject.bin'))
    throw macros()
  // What the program counted when it saved; a page count of Word's may be old, and is then only somewhat wrong.
  const said = /<(?:Slides|Pages)>(\d{1,6})<\//.exec(await part(file, entries.get('docProps/app.xml')))?.[1]
  const pages = Number(said)
  const base = 'application/vnd.openxmlformats-officedocument'
  return {
    mime: slides ? `${base}.presentationml.presentation` : `${base}.wordprocessingml.document`,
    ...(pages > 0 && pages <= maxPages ? { pages } : {}),
  }
}

const streams = {
  powerpoint: Buffer.from('PowerPoint Document', 'utf16le'),
  word: Buffer.from('WordDocument', 'utf16le'),
  locked: Buffer.from('EncryptedPackage', 'utf16le'),
}
/** Names of streams stand anywhere in a compound file: it is looked through a piece at a time. */
const compound = async (file: FileHandle, size: number): Promise<DocumentFacts> => {
  const piece = 1_000_000
  for (let at = 0; at < size; at += piece) {
    const b = await readAt(file, Math.max(0, at - 64), piece + 64)
    if (b.includes(streams.locked)) throw locked()
    if (b.includes(streams.powerpoint)) return { mime: 'application/vnd.ms-powerpoint' }
    if (b.includes(streams.word)) return { mime: 'application/msword' }
  }
  throw other()
}

/** @throws DocumentRefused. */
export const inspectOffice = async (file: FileHandle, size: number, head: Buffer): Promise<DocumentFacts> =>
  head.readUInt32LE(0) === 0x04034b50 ? openXml(file, size) : compound(file, size)

/** By its first bytes: a zip archive or a compound file. */
export const maybeOffice = (head: Uint8Array): boolean =>
  ['504b0304', 'd0cf11e0'].includes(Buffer.from(head.subarray(0, 4)).toString('hex'))
