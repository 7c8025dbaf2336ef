/**
 * What lies in a backup once it is open: entries, one after the other. An entry is its head (length as 4 bytes, big-endian,
 * and JSON) and its body in pieces (length and bytes; a length of 0 ends it), since nobody knows beforehand how long a table
 * is. Their order: manifest, keys, every table, every file, end.
 */
import { z } from 'zod'
import { createPuller } from './puller.ts'
import { damaged } from './seal.ts'

const sha256 = z.hex().length(64)
const headSchema = z.discriminatedUnion('what', [
  /** `at`: of the snapshot, UTC. `migrations`: what had run on the database. */
  z.strictObject({
    what: z.literal('manifest'),
    at: z.iso.datetime(),
    clarion: z.string(),
    migrations: z.array(z.strictObject({ version: z.int(), name: z.string(), sha256 })),
  }),
  /** The key ring, as `keys.json` has it. */
  z.strictObject({ what: z.literal('keys') }),
  /** The rows as COPY's text format has them, packed with gzip. */
  z.strictObject({ what: z.literal('table'), name: z.string(), columns: z.array(z.string()) }),
  /** `sha256`: what it must be; null where the database has none. */
  z.strictObject({
    what: z.literal('file'),
    key: z.string(),
    mime: z.string(),
    bytes: z.int(),
    sha256: sha256.nullable(),
  }),
  /** How much there was of everything. `damaged`: files that were in the storage, and not what was uploaded. `missing`: were not there. */
  z.strictObject({
    what: z.literal('end'),
    rows: z.record(z.string(), z.int()),
    files: z.int(),
    bytes: z.int(),
    damaged: z.array(z.string()),
    missing: z.array(z.string()),
  }),
])
export type Head = z.output<typeof headSchema>
export type HeadOf<W extends Head['what']> = Extract<Head, { what: W }>

const mostHeadBytes = 64 * 1024 ** 2
const mostPieceBytes = 1024 ** 2
const length = (n: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}

/** The bytes of one entry. */
export const entry = async function* (head: Head, body?: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const text = Buffer.from(JSON.stringify(head))
  yield length(text.length)
  yield text
  for await (const piece of body ?? [])
    for (let at = 0; at < piece.length; at += mostPieceBytes) {
      const part = piece.subarray(at, at + mostPieceBytes)
      yield length(part.length)
      yield part
    }
  yield length(0)
}

/** A body is read before the next entry is asked for; what is left of it is passed over. @throws CannotStart at damage. */
export type Entry = { head: Head; body: AsyncIterable<Buffer> }

export const readEntries = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const { take, close } = createPuller(source)
  const number = async (most: number) => {
    const bytes = await take(4)
    if (bytes.length === 0) return undefined
    if (bytes.length < 4 || bytes.readUInt32BE() > most) throw damaged('an entry has no end')
    return bytes.readUInt32BE()
  }
  const exactly = async (bytes: number) => {
    const got = await take(bytes)
    if (got.length < bytes) throw damaged('an entry is cut short')
    return got
  }
  const bodyOf = async function* () {
    for (;;) {
      const bytes = await number(mostPieceBytes)
      if (bytes === undefined) throw damaged('an entry is cut short')
      if (bytes === 0) return
      yield await exactly(bytes)
    }
  }
  try {
    for (;;) {
      const bytes = await number(mostHeadBytes)
      if (bytes === undefined) return
      const parsed = headSchema.safeParse(JSON.parse((await exactly(bytes)).toString()))
      if (!parsed.success) throw damaged('an entry is of a kind nobody knows')
      const pieces = bodyOf()
      let over = false
      const body = async function* () {
        for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
        over = true
      }
      yield { head: parsed.data, body: body() }
      while (!over) over = (await pieces.next()).done === true
    }
  } finally {
    await close()
  }
}
