/**
 * How files come in. The first bytes tell the kind, whatever the sender calls it; every file goes straight to the disk and is
 * looked at there by a process of its own, so that neither its size nor what it unpacks to costs our memory.
 *
 * Life of a stream: arriving -> arrived (`incoming/`, not believed yet) -> kept (`media/`, a row) | discarded.
 */
import { mediaLimits } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { MediaFactsJson } from '#infra/db/tables.ts'
import { inspectDocument } from '#infra/documents.ts'
import { peek } from '#infra/files.ts'
import { type FetchPublicOptions, openPublic } from '#infra/guard.ts'
import { type Hold, holding } from '#infra/hold.ts'
import { newId } from '#infra/ids.ts'
import { expectPicture, inspectPicture, sniff } from '#infra/pictures.ts'
import type { Storage } from '#infra/storage.ts'
import { inspectVideo } from '#infra/videos.ts'
import { asProblem, asTooLarge } from './refusals.ts'
import { cleanName, headBytes, kindOf, maxBytesOf, nameOfUrl, saysImage } from './rules.ts'
import { type MediaRow, renditionsOf } from './store.ts'

/** A file that has come in whole and is not kept yet. Whoever does not keep it must `discard` it. */
export type Received = {
  kind: 'image' | 'video' | 'document'
  id: string
  key: string
  size: number
  sha256: Buffer
  discard: () => Promise<void>
}

export type Incoming = {
  source: AsyncIterable<Uint8Array>
  /** The type the sender says it is: only a hint of what was meant, where the bytes say nothing. */
  declared?: string
  /** At least how many bytes will come, when that is known. */
  expected?: number
}
export type Owner = { ws: string; userId: string }
/** `from`: the address it was imported from. */
export type Words = { name: string; alt: string; from?: string }

export type IntakeDeps = {
  db: Db
  clock: Clock
  storage: Storage
  /** For imports: hosts that may be private, a name resolver, a certificate (tests). */
  /** Default: the contract's. */
  maxVideoBytes?: number
  fetch?: Pick<FetchPublicOptions, 'allowPrivate' | 'resolve' | 'ca'>
}

export const originalKey = (id: string): string => `media/${id.slice(-2)}/${id}`
/** ms after which an arrived file nobody kept is litter of a process that died. */
const litterMs = 24 * 60 * 60_000
/** Deleted rows looked at together. */
const batch = 200
/** ms an import may take in all; each silence has its own limit. */
const importMs = 60 * 60_000

const taken = `It takes ${[...mediaLimits.types, ...mediaLimits.videoTypes, ...mediaLimits.documentTypes].join(', ')}.`
/** What is a picture, calls itself one, or looks like a drawing: the picture's reader says best what is wrong with it. */
const mayBeImage = (head: Buffer, declared: string | undefined): boolean =>
  sniff(head) !== undefined || saysImage(declared) || /<svg|<\?xml/i.test(head.toString('latin1', 0, 512))

/** Files on their way in at once in this process, by upload or import: each holds a connection and some buffers. */
export const arrivingLimit = 40

/** Where an imported file came from, as it is kept: without the name and password an address may carry. */
const sourceOf = (url: URL): string => {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  return shown.href
}

/** Makes the ways in. */
export const createIntake = ({ db, clock, storage, fetch, maxVideoBytes = mediaLimits.videoBytes }: IntakeDeps) => {
  const most = { ...maxBytesOf, video: maxVideoBytes }
  /** Being looked at and stored: a sender who hangs up now no longer takes the file back. */
  const keeping = new WeakSet<Received>()
  let arriving = 0

  /**
   * Takes a file in, up to the limit of its kind.
   * @throws Problem `unsupported-media`, `too-large`, `no-space`, `rate-limited`; what the source throws.
   */
  const receive = async (incoming: Incoming): Promise<Received> => {
    if (arriving >= arrivingLimit)
      throw new Problem('rate-limited', 'Too many files are coming in at once. Try again in a few seconds.')
    arriving++
    try {
      return await toDisk(incoming)
    } finally {
      arriving--
    }
  }

  const toDisk = async ({ source, declared, expected }: Incoming): Promise<Received> => {
    const { head, all } = await peek(source, headBytes)
    const { kind, looks } = kindOf(head)
    if (kind === null) throw new Problem('unsupported-media', `This seems to be ${looks}.`)
    if (kind === 'image') {
      if (!mayBeImage(head, declared)) throw new Problem('unsupported-media', `This is no file Clarion takes. ${taken}`)
      expectPicture()
    }
    const id = newId(clock.now())
    const key = `incoming/${id}`
    const written = await storage.putStream(key, all, { maxBytes: most[kind], expected }).catch(asTooLarge(kind))
    let over = false
    const received: Received = {
      kind,
      id,
      key,
      size: written.bytes,
      sha256: written.sha256,
      discard: async () => {
        if (over || keeping.has(received)) return
        over = true
        await storage.remove(key)
      },
    }
    return received
  }

  const look = async (r: Received, hold: Hold) => {
    const path = await storage.local(r.key, hold)
    if (r.kind === 'image') {
      const { mime, width, height, pages } = await inspectPicture(path, {
        maxBytes: maxBytesOf.image,
        maxPixels: mediaLimits.imagePixels,
      })
      if (!(mediaLimits.types as readonly string[]).includes(mime))
        throw new Problem('unsupported-media', `${mime} is not taken; ${mediaLimits.types.join(', ')} are.`)
      return { mime, width, height, duration_ms: null, facts: (pages > 1 ? { frames: pages } : {}) as MediaFactsJson }
    }
    if (r.kind === 'document') {
      const { mime, ...facts } = await inspectDocument(path)
      return { mime, width: null, height: null, duration_ms: null, facts: facts as MediaFactsJson }
    }
    const { mime, width, height, durationMs, ...facts } = await inspectVideo(path)
    return { mime, width, height, duration_ms: durationMs, facts: facts as MediaFactsJson }
  }

  /**
   * Keeps what came in. The file is there before its row says so: a row without its file would be a promise we cannot keep.
   * Until then the row is that of a deleted one, by which the sweep finds the file when we die in between.
   * @throws Problem `unsupported-media`, `bad-image`, `bad-media`, `no-space`; nothing stays then.
   */
  const keep = async (r: Received, { ws, userId }: Owner, words: Words): Promise<MediaRow> => {
    keeping.add(r)
    try {
      const { facts, ...seen } = await holding((hold) => look(r, hold)).catch(asProblem)
      const row = {
        id: r.id,
        bytes: r.size,
        ...seen,
        workspace_id: ws,
        kind: r.kind,
        sha256: r.sha256,
        name: cleanName(words.name),
        alt: words.alt,
        storage_key: originalKey(r.id),
        created_at: new Date(clock.now()),
        version: 1,
        source_url: words.from ?? null,
      }
      await db
        .insertInto('media')
        .values({ ...row, facts: JSON.stringify(facts), created_by: userId, deleted_at: row.created_at })
        .execute()
      try {
        await storage.move(r.key, row.storage_key, { mime: seen.mime, sha256: r.sha256 })
        await db.transaction().execute(async (trx) => {
          await trx.updateTable('media').set({ deleted_at: null }).where('id', '=', r.id).execute()
          await notify(trx, topics.live, { workspaceId: ws, kind: 'media', id: row.id })
        })
      } catch (error) {
        // Where that fails too the sweep comes for it.
        await letGo(r.id).catch(() => undefined)
        throw error
      }
      return { ...row, facts }
    } finally {
      keeping.delete(r)
      await r.discard()
    }
  }

  /** Takes the files of a row that is deleted out of the storage. Gives how many; again is fine. */
  const letGo = async (id: string): Promise<number> => {
    const row = await db
      .selectFrom('media')
      .select('storage_key')
      .where('id', '=', id)
      .where('deleted_at', 'is not', null)
      .executeTakeFirst()
    if (!row) return 0
    const made = await renditionsOf(db, id)
    const keys = [row.storage_key, ...made.map((r) => r.storage_key)]
    for (const key of keys) await storage.remove(key)
    await db.transaction().execute(async (trx) => {
      await trx.deleteFrom('renditions').where('media_id', '=', id).execute()
      await trx.updateTable('media').set({ files_gone: true }).where('id', '=', id).execute()
    })
    return keys.length
  }

  /** Fetches from a public https address; the body goes the same way an upload does. Adds `bad-url`. */
  const importFrom = async (url: URL, owner: Owner, alt: string): Promise<MediaRow> => {
    const got = await openPublic(url, {
      maxBytes: most.video,
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
      return await keep(received, owner, { name: nameOfUrl(new URL(got.url)), alt, from: sourceOf(url) })
    } finally {
      got.body.destroy()
    }
  }

  return {
    receive,
    keep,
    importFrom,
    letGo,
    /** Removes what a process that died left half-way in, and what the storage did not let go of when it was deleted. Gives how many files. */
    sweep: async (): Promise<number> => {
      let gone = await storage.sweep('incoming', litterMs)
      for (;;) {
        const rows = await db
          .selectFrom('media')
          .select('id')
          .where('files_gone', '=', false)
          .where('deleted_at', '<', new Date(clock.now() - litterMs))
          .limit(batch)
          .execute()
        for (const { id } of rows) gone += await letGo(id)
        if (rows.length < batch) return gone
      }
    },
  }
}
