/**
 * Documents: is this a whole, open PDF, and how many pages has it? The file is read once, a piece at a time; a count that
 * cannot be found is unknown, never guessed. (ISO 32000-1 §7.5.7 object streams, §7.7.3 page tree)
 */
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { type DocumentFacts, DocumentRefused } from './document-facts.ts'
import { inspectOffice, maybeOffice } from './office.ts'

/** Bytes read at a time, and how much of the piece before is seen again: no object of the page tree is longer. */
const piece = 1_000_000
const overlap = 64_000
/** What object streams may unpack to: each, and all together (bytes). */
const maxUnpacked = 16_000_000
const maxUnpackedAll = 128_000_000
const maxPages = 100_000

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)

/** Counts pages over pieces of text: the root of the page tree says how many; else its leaves are counted. */
const pageCounter = () => {
  let root: number | undefined
  let leaves = 0
  const number = (s: string | undefined) => {
    const n = Number(s)
    return Number.isInteger(n) && n > 0 && n <= maxPages ? n : undefined
  }
  return {
    /** `fresh`: leave out what begins before it, as it was seen in the piece before. */
    see: (text: string, fresh = 0) => {
      for (const m of text.matchAll(/\/Type\s*\/Page(s)?(?![A-Za-z])/g)) {
        if (m.index < fresh) continue
        if (!m[1]) {
          leaves++
          continue
        }
        // The dictionary around the word: from the object's beginning to its end.
        const before = text.slice(Math.max(0, m.index - 8000), m.index)
        const from = Math.max(before.lastIndexOf(' obj'), before.lastIndexOf('endobj'), 0)
        const after = text.slice(m.index, m.index + overlap / 2)
        const to = /endobj|\/Type\s*\/Pages?(?![A-Za-z])/.exec(after.slice(5))
        const dictionary = before.slice(from) + after.slice(0, to ? to.index + 5 : 8000)
        if (/\/Parent\s+\d/.test(dictionary)) continue
        // A later root replaces an earlier one: PDFs are changed by appending.
        root = number(/\/Count\s+(\d+)/.exec(dictionary)?.[1]) ?? root
      }
    },
    pages: () => root ?? (leaves > 0 && leaves <= maxPages ? leaves : undefined),
  }
}

const readAt = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  const b = Buffer.alloc(length)
  const { bytesRead } = await file.read(b, 0, length, at)
  return b.subarray(0, bytesRead)
}

/** Object streams that begin in `text`, which lies at `at` in the file: where their bytes are. */
const objectStreams = (text: string, at: number) =>
  [...text.matchAll(/\/Type\s*\/ObjStm(?![A-Za-z])/g)].flatMap((m) => {
    const from = Math.max(0, text.lastIndexOf(' obj', m.index))
    const found = /stream\r?\n/.exec(text.slice(m.index, m.index + 4000))
    if (!found) return []
    const start = m.index + found.index + found[0].length
    const dictionary = text.slice(from, start)
    const length = Number(/\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(dictionary)?.[1])
    return [{ at: at + start, length: length > 0 ? length : undefined, packed: /\/FlateDecode/.test(dictionary) }]
  })

const counted = async (file: FileHandle, size: number): Promise<number | undefined> => {
  const counter = pageCounter()
  let unpackedAll = 0
  for (let at = 0; at < size; at += piece) {
    const from = Math.max(0, at - overlap)
    const text = (await readAt(file, from, at - from + piece)).toString('latin1')
    // What begins in the last part of a piece is seen whole in the next one.
    const fresh = at === 0 ? 0 : at - from - overlap / 2
    const until = at + piece >= size ? text.length : text.length - overlap / 2
    const own = text.slice(0, until)
    counter.see(own, fresh)
    for (const s of objectStreams(own, from)) {
      if (s.at - from < fresh || !s.packed || unpackedAll > maxUnpackedAll) continue
      const bytes = await readAt(file, s.at, Math.min(s.length ?? maxUnpacked, maxUnpacked))
      // A stream that does not unpack hides its pages; the count may then be unknown, which is no reason to refuse.
      const out = await unpack(bytes, { maxOutputLength: maxUnpacked }).catch(() => undefined)
      if (!out) continue
      unpackedAll += out.length
      counter.see(out.toString('latin1'))
    }
  }
  return counter.pages()
}

/** `/Encrypt` in a trailer or in a cross-reference stream's dictionary (§7.6.1): near the end, or of a linearized file near the start. */
const isLocked = (text: string): boolean =>
  [...text.matchAll(/trailer|\/Type\s*\/XRef(?![A-Za-z])/g)].some((m) => {
    const around = text.slice(Math.max(0, m.index - 600), m.index + 1500)
    return /\/Encrypt\s+\d+\s+\d+\s+R|\/Encrypt\s*<</.test(around.split(/startxref/)[0]!)
  })

/**
 * Looks at the document at `path`: a PDF, PowerPoint or Word.
 * @throws DocumentRefused.
 */
export const inspectDocument = async (path: string): Promise<DocumentFacts> => {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const head = await readAt(file, 0, Math.min(size, 8))
    if (maybeOffice(head)) return await inspectOffice(file, size, head)
  } finally {
    await file.close()
  }
  return inspectPdf(path)
}

const inspectPdf = async (path: string): Promise<DocumentFacts> => {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const first = (await readAt(file, 0, Math.min(size, 64_000))).toString('latin1')
    if (!/^%PDF-\d/.test(first)) throw new DocumentRefused('not-a-document', 'This is not a PDF document.')
    const end = (await readAt(file, Math.max(0, size - 256_000), Math.min(size, 256_000))).toString('latin1')
    if (!/%%EOF/.test(end.slice(-8_000)))
      throw new DocumentRefused('broken', 'The PDF is cut short: its end is missing. Export it again.')
    if (isLocked(end) || isLocked(first))
      throw new DocumentRefused('encrypted', 'The PDF is protected by a password. Save it without protection.')
    const pages = await counted(file, size)
    return { mime: 'application/pdf', ...(pages ? { pages } : {}) }
  } finally {
    await file.close()
  }
}
