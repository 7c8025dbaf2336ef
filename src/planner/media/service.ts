/**
 * Media: files come in once, are looked at before they are believed, and are kept as they came. What a network gets is a
 * rendition of a picture within its limits, or the video or document itself.
 */

import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { pageQuery } from '#contract/common.ts'
import { type IfMatch, isWanted } from '#contract/etag.ts'
import type { Media as MediaView } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Database, type Db, notify, topics } from '#infra/db/database.ts'
import type { FetchPublicOptions } from '#infra/guard.ts'
import type { Hold } from '#infra/hold.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { NotStored, type Storage, StorageAway } from '#infra/storage.ts'
import { readCursor, writeCursor } from '../paging/cursor.ts'
import { goesOut, mustPublish, type Reach } from '../people/effect.ts'
import { dropPrepared } from '../publishing/prepared.ts'
import { createIntake, type Owner, type Received, type Words } from './intake.ts'
import { checkLink, linkMs, signLink } from './links.ts'
import { createRenditions, original, type RenditionProfile } from './renditions.ts'
import * as store from './store.ts'

export type { Received, RenditionProfile }
export type Rendition = {
  mime: string
  bytes: number
  width: number | null
  height: number | null
  /** Reads from the disk when it is read, while `hold` lasts; `slice` it for chunks. */
  blob: (hold: Hold) => Promise<Blob>
}
export type NewMedia = Owner & Words & { bytes: Buffer; declared?: string }

/** A file as doors send it: nothing is read before `open`. */
export type StoredFile = {
  kind: MediaView['kind']
  mime: string
  name: string
  bytes: number
  /** Strong, quoted: the same tag is the same bytes. */
  etag: string
  /** From and to are both included. */
  open: (range?: { from: number; to: number }) => Promise<Readable>
}

export type MediaDeps = {
  database: Pick<Database, 'db'>
  clock: Clock
  storage: Storage
  keys: Pick<KeyRing, 'derive'>
  /** Base of signed links, without a slash at its end; a function where the port is known late. */
  publicUrl: string | (() => string)
  /** For `importFrom`: hosts that may be private, a name resolver, a certificate (tests). */
  fetch?: Pick<FetchPublicOptions, 'allowPrivate' | 'resolve' | 'ca'>
  /** Most bytes of a video; default the contract's. */
  maxVideoBytes?: number
  /** PATH of the process: where ffmpeg is looked for (poster frames). */
  toolPath?: string
}

const view = (r: store.MediaRow): MediaView => ({
  id: r.id,
  kind: r.kind,
  mime: r.mime,
  bytes: r.bytes,
  width: r.width,
  height: r.height,
  durationMs: r.duration_ms,
  facts: r.facts,
  name: r.name,
  alt: r.alt,
  sourceUrl: r.source_url,
  url: `/api/v1/workspaces/${r.workspace_id}/media/${r.id}/content`,
  thumbUrl: `/api/v1/workspaces/${r.workspace_id}/media/${r.id}/thumb`,
  createdAt: r.created_at.toISOString(),
  version: r.version,
})

/**
 * The noun's face. Raises `unsupported-media`, `bad-image`, `bad-media`, `too-large`, `no-space`, `bad-url`, `not-found`,
 * `conflict`.
 */
export const createMedia = ({
  database,
  clock,
  storage,
  keys,
  publicUrl,
  fetch,
  toolPath,
  maxVideoBytes,
}: MediaDeps) => {
  const db: Db = database.db
  const linkKey = keys.derive('media-links')
  const intake = createIntake({ db, clock, storage, fetch, maxVideoBytes })
  const renditions = createRenditions({ db, clock, storage, toolPath })
  const current = (row: store.MediaRow, ifMatch: IfMatch) => {
    if (!isWanted(ifMatch, row.version)) throw new Problem('version-mismatch')
  }
  const gone = () => new Problem('not-found', 'There is no such file.')
  const stale = (trx: Db, ws: string, id: string) => notify(trx, topics.live, { workspaceId: ws, kind: 'media', id })

  const list = async (ws: string, { cursor, limit }: z.output<typeof pageQuery>) => {
    const after = cursor === undefined ? null : readCursor(cursor, 'media')
    const rows = await store.list(db, ws, { after, limit })
    const last = rows.length > limit ? rows[limit - 1]! : null
    return {
      items: rows.slice(0, limit).map(view),
      nextCursor: last && writeCursor({ list: 'media', at: last.created_at, id: last.id }),
    }
  }

  const describe = (
    ws: string,
    id: string,
    alt: string,
    who: Reach = {},
    ifMatch: IfMatch = null,
  ): Promise<MediaView> =>
    db.transaction().execute(async (trx) => {
      const row = await store.lock(trx, ws, id)
      if (!row) throw gone()
      if (who.scopes && (await store.shownBy(trx, ws, id, goesOut)))
        mustPublish(who, 'A planned publication shows this file, with its alt text.')
      current(row, ifMatch)
      const version = row.version + 1
      await trx.updateTable('media').set({ alt, version }).where('id', '=', id).execute()
      // What a network was given in advance says the old words.
      const shows = sql`publications.workspace_id = ${ws} and position(${id} in publications.frozen::text) > 0`
      await dropPrepared(trx, shows, 'changed', new Date(clock.now()))
      await stale(trx, ws, id)
      return view({ ...row, alt, version })
    })

  const remove = async (ws: string, id: string, ifMatch: IfMatch = null): Promise<void> => {
    await db.transaction().execute(async (trx) => {
      const row = await store.lock(trx, ws, id)
      if (!row) throw gone()
      current(row, ifMatch)
      if (await store.inUse(trx, ws, id))
        throw new Problem(
          'conflict',
          'A post that is not over uses this file. Take it out of the post, or delete the post, first.',
        )
      await trx
        .updateTable('media')
        .set({ deleted_at: new Date(clock.now()) })
        .where('id', '=', id)
        .execute()
      await stale(trx, ws, id)
    })
    // It is deleted whatever the storage says: the sweep asks it again.
    await intake.letGo(id).catch((error: unknown) => {
      if (!(error instanceof StorageAway)) throw error
    })
  }

  const mine = async (ws: string, id: string) => {
    const row = await store.one(db, ws, id)
    if (!row) throw gone()
    return row
  }
  const anywhere = async (id: string) => {
    const row = await store.anywhere(db, id)
    if (!row) throw gone()
    return row
  }

  const stored = async (
    media: store.MediaRow,
    file: { mime: string; storage_key: string },
    tag: string,
  ): Promise<StoredFile> => {
    const bytes = await storage.size(file.storage_key)
    if (bytes === undefined) throw gone()
    const open = async (range?: { from: number; to: number }) => {
      try {
        return await storage.stream(file.storage_key, range)
      } catch (error) {
        throw error instanceof NotStored ? gone() : error
      }
    }
    return { kind: media.kind, mime: file.mime, name: media.name, bytes, etag: `"${tag}"`, open }
  }
  const asItCame = (media: store.MediaRow) => stored(media, media, media.sha256.toString('base64url'))
  const asMade = (media: store.MediaRow, r: store.RenditionRow) =>
    stored(media, r, `${r.profile}-${r.bytes}-${r.created_at.getTime().toString(36)}`)

  return {
    /** A file from memory, of any kind. Larger ones come by `receive` and `keep`. */
    upload: async ({ ws, userId, bytes, name, declared, alt }: NewMedia): Promise<MediaView> => {
      const source = (async function* () {
        yield bytes
      })()
      const received = await intake.receive({ source, declared })
      return view(await intake.keep(received, { ws, userId }, { name, alt }))
    },
    /** Takes a stream in, videos and documents straight to the disk. `keep` or `discard` what it gives. */
    receive: intake.receive,
    /** Looks at what came in and makes it one of the workspace's files. */
    keep: async (received: Received, owner: Owner, words: Words): Promise<MediaView> =>
      view(await intake.keep(received, owner, words)),
    /** Fetches a file from a public https address. */
    importFrom: async ({ url, alt, ...owner }: Owner & { url: URL; alt: string }): Promise<MediaView> =>
      view(await intake.importFrom(url, owner, alt)),
    /** Removes uploads that a process left half-way when it died. Gives how many files. */
    sweep: intake.sweep,
    list,
    /** One of the workspace's files. */
    get: async (ws: string, id: string): Promise<MediaView> => view(await mine(ws, id)),
    /** Changes the alt text; of a file that a planned publication shows, only for who may publish. */
    describe,
    /** Deletes; refused (`conflict`) while a post that is not over uses it. */
    remove,
    /** The file as it came. */
    content: async (ws: string, id: string): Promise<StoredFile> => asItCame(await mine(ws, id)),
    /** A WebP of at most 480 x 480: the picture, a frame of the video, or a drawing. */
    thumb: async (ws: string, id: string): Promise<StoredFile> => {
      const media = await mine(ws, id)
      return asMade(media, await renditions.thumb(media))
    },
    /** What a network with these limits gets: a rendition of a picture (made once), or the video or document itself. */
    renditionFor: async (mediaId: string, limits: RenditionProfile): Promise<Rendition> => {
      const media = await anywhere(mediaId)
      const r = media.kind === 'image' ? await renditions.of(media, limits) : media
      const { mime, bytes, width, height, storage_key: key } = r
      return { mime, bytes, width, height, blob: (hold) => storage.blob(key, hold, mime) }
    },
    /**
     * A public address of the same, good for a day: of the storage where it has such, of the CDN before it, else ours, where
     * a video or document goes by the profile word `original`. `pullFrom`: the network fetches from no other address.
     */
    signedUrl: async (
      mediaId: string,
      limits: RenditionProfile,
      { pullFrom }: { pullFrom?: 'own-address' } = {},
    ): Promise<string> => {
      const media = await anywhere(mediaId)
      const made = media.kind === 'image' ? await renditions.of(media, limits) : null
      if (!pullFrom) {
        const { mime, storage_key: key } = made ?? media
        const link = await storage.link(key, { mime, forMs: linkMs })
        if (link) return link
      }
      const profile = made?.profile ?? original
      return `${typeof publicUrl === 'string' ? publicUrl : publicUrl()}${signLink(linkKey, { mediaId, profile, now: clock.now() })}`
    },
    /** Do networks fetch from the storage itself, so that our own address need not be in their reach? */
    handsOut: storage.handsOut,
    /** What a signed link opens; a wrong or expired one is `not-found`. */
    openSigned: async (o: { mediaId: string; profile: string; exp: string; sig: string }): Promise<StoredFile> => {
      if (!checkLink(linkKey, { ...o, now: clock.now() }))
        throw new Problem('not-found', 'This link is not valid, or has expired.')
      const media = await anywhere(o.mediaId)
      if (o.profile === original) return asItCame(media)
      const row = await store.rendition(db, o.mediaId, o.profile)
      if (!row) throw gone()
      return asMade(media, row)
    },
  }
}

export type Media = ReturnType<typeof createMedia>
