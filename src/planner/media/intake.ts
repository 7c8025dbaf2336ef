/**
 * How files come in. The first bytes tell the kind. A picture is collected (it is small, and must be decoded to be
 * believed); a video or a document goes straight to the disk and is looked at there, so that its size costs no memory.
 *
 * Life of a stream: arriving -> arrived (`incoming/`, not believed yet) -> kept (`media/`, a row) | discarded.
 */
import { createHash } from 'node:crypto'
import { mediaLimits } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { MediaFactsJson } from '#infra/db/tables.ts'
import { inspectPdf } from '#infra/documents.ts'
import { peek } from '#infra/files.ts'
import { type FetchPublicOptions, openPublic } from '#infra/guard.ts'
import { newId } from '#infra/ids.ts'
import { inspectImage, sniff } from '#infra/images.ts'
import type { Storage } from '#infra/storage.ts'
import { inspectVideo } from '#infra/videos.ts'
import { asProblem, asTooLarge, tooLarge } from './refusals.ts'
import { agrees, cleanName, headBytes, kindOf, maxBytesOf, nameOfUrl, saysImage } from './rules.ts'
import type { MediaRow } from './store.ts'

/** A file that has come in whole and is not kept yet. Whoever does not keep it must `discard` it. */
export type Received = { sha256: Buffer; declared: string | undefined } & (
  | { kind: 'image'; bytes: Buffer; discard: () => Promise<void> }
  | { kind: 'video' | 'document'; id: string; key: string; size: number; discard: () => Promise<void> }
)

export type Incoming = {
  source: AsyncIterable<Uint8Array>
  /** The type the sender says it is. */
  declared?: string
  /** At least how many bytes will come, when that is known. */
  expected?: number
  /** Called once, before more than the first bytes are read: is there room in memory for a picture (`image`) or a stream? May throw. */
  admit?: (kind: 'image' | 'stream') => void
}
export type Owner = { ws: string; userId: string }
export type Words = { name: string; alt: string }

export type IntakeDeps = {
  db: Db
  clock: Clock
  storage: Storage
  /** For imports: hosts that may be private, a name resolver, a certificate (tests). */
  fetch?: Pick<FetchPublicOptions, 'allowPrivate' | 'resolve' | 'ca'>
}

export const originalKey = (id: string): string => `media/${id.slice(-2)}/${id}`
/** ms after which an arrived file nobody kept is litter of a process that died. */
const litterMs = 24 * 60 * 60_000
/** ms an import may take in all; each silence has its own limit. */
const importMs = 60 * 60_000

const taken = `It takes ${[...mediaLimits.types, ...mediaLimits.videoTypes, ...mediaLimits.documentTypes].join(', ')}.`
/** What is a picture, calls itself one, or looks like a drawing: the picture's reader says best what is wrong with it. */
const mayBeImage = (head: Buffer, declared: string | undefined): boolean =>
  sniff(head) !== undefined || saysImage(declared) || /<svg|<\?xml/i.test(head.toString('latin1', 0, 512))

/** Makes the ways in. */
export const createIntake = ({ db, clock, storage, fetch }: IntakeDeps) => {
  /** Being looked at and stored: a sender who hangs up now no longer takes the file back. */
  const keeping = new WeakSet<Received>()

  /**
   * Takes a file in, up to the limit of its kind.
   * @throws Problem `unsupported-media`, `too-large`, `no-space`; what `admit` and the source throw.
   */
  const receive = async ({ source, declared, expected, admit }: Incoming): Promise<Received> => {
    if (saysImage(declared)) admit?.('image')
    const { head, all } = await peek(source, headBytes)
    const seen = kindOf(head)
    if (seen.kind === null) throw new Problem('unsupported-media', `This seems to be ${seen.looks}.`)
    if (seen.kind === 'image') {
      if (!mayBeImage(head, declared)) throw new Problem('unsupported-media', `This is no file Clarion takes. ${taken}`)
      if (!saysImage(declared)) admit?.('image')
      return collect(all, declared)
    }
    if (!agrees(declared, seen.mime))
      throw new Problem('unsupported-media', `The file says it is ${declared}, but it is ${seen.mime}.`)
    if (!saysImage(declared)) admit?.('stream')
    const id = newId(clock.now())
    const key = `incoming/${id}`
    const written = await storage
      .putStream(key, all, { maxBytes: maxBytesOf[seen.kind], expected })
      .catch(asTooLarge(seen.kind))
    let over = false
    const received: Received = {
      kind: seen.kind,
      id,
      key,
      size: written.bytes,
      sha256: written.sha256,
      declared,
      discard: async () => {
        if (over || keeping.has(received)) return
        over = true
        await storage.remove(key)
      },
    }
    return received
  }

  const collect = async (all: AsyncIterable<Uint8Array>, declared: string | undefined): Promise<Received> => {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of all) {
      size += chunk.length
      if (size > maxBytesOf.image) throw tooLarge('image', maxBytesOf.image)
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    const sha256 = createHash('sha256').update(bytes).digest()
    return { kind: 'image', bytes, sha256, declared, discard: async () => undefined }
  }

  /** Looks at what came, puts the file where it stays, and gives what the row needs of it. */
  const settle = async (r: Received) => {
    if (r.kind === 'image') {
      const limits = { maxBytes: maxBytesOf.image, maxPixels: mediaLimits.imagePixels }
      const seen = await inspectImage(r.bytes, { ...limits, ...(r.declared ? { declared: r.declared } : {}) }).catch(
        asProblem,
      )
      if (!(mediaLimits.types as readonly string[]).includes(seen.mime))
        throw new Problem('unsupported-media', `${seen.mime} is not taken; ${mediaLimits.types.join(', ')} are.`)
      const id = newId(clock.now())
      await storage.put(originalKey(id), r.bytes).catch(asProblem)
      const { mime, width, height } = seen
      return { id, mime, bytes: r.bytes.length, width, height, duration_ms: null, facts: {} as MediaFactsJson }
    }
    const base = { id: r.id, bytes: r.size }
    if (r.kind === 'document') {
      const { mime, ...facts } = await inspectPdf(storage.path(r.key)).catch(asProblem)
      await storage.move(r.key, originalKey(r.id))
      return { ...base, mime, width: null, height: null, duration_ms: null, facts: facts as MediaFactsJson }
    }
    const { mime, width, height, durationMs, ...facts } = await inspectVideo(storage.path(r.key)).catch(asProblem)
    await storage.move(r.key, originalKey(r.id))
    return { ...base, mime, width, height, duration_ms: durationMs, facts: facts as MediaFactsJson }
  }

  /**
   * Keeps what came in. The file is there before its row: a row without its file would be a promise we cannot keep.
   * @throws Problem `unsupported-media`, `bad-image`, `bad-media`, `no-space`; nothing stays then.
   */
  const keep = async (r: Received, { ws, userId }: Owner, words: Words): Promise<MediaRow> => {
    keeping.add(r)
    try {
      const { facts, ...file } = await settle(r)
      const row = {
        ...file,
        workspace_id: ws,
        kind: r.kind,
        sha256: r.sha256,
        name: cleanName(words.name),
        alt: words.alt,
        storage_key: originalKey(file.id),
        created_at: new Date(clock.now()),
      }
      try {
        await db.transaction().execute(async (trx) => {
          await trx
            .insertInto('media')
            .values({ ...row, facts: JSON.stringify(facts), created_by: userId, deleted_at: null })
            .execute()
          await notify(trx, topics.live, { workspaceId: ws, kind: 'media', id: row.id })
        })
      } catch (error) {
        await storage.remove(row.storage_key)
        throw error
      }
      return { ...row, facts }
    } finally {
      keeping.delete(r)
      await r.discard()
    }
  }

  /** Fetches from a public https address; the body goes the same way an upload does. Adds `bad-url`. */
  const importFrom = async (url: URL, owner: Owner, alt: string): Promise<MediaRow> => {
    const got = await openPublic(url, {
      maxBytes: mediaLimits.videoBytes,
      timeoutMs: importMs,
      headers: { accept: 'image/*, video/*, application/pdf' },
      ...fetch,
    }).catch(asProblem)
    try {
      if (got.status !== 200) throw new Problem('bad-url', `${url.host} answered ${got.status}.`)
      const said = Number(got.headers['content-length'])
      const received = await receive({
        source: got.body,
        declared: got.headers['content-type'],
        ...(said > 0 ? { expected: said } : {}),
      }).catch(asProblem)
      return await keep(received, owner, { name: nameOfUrl(new URL(got.url)), alt })
    } finally {
      got.body.destroy()
    }
  }

  return {
    receive,
    keep,
    importFrom,
    /** Removes what a process that died left half-way in. Gives how many files. */
    sweep: (): Promise<number> => storage.sweep('incoming', litterMs),
  }
}
