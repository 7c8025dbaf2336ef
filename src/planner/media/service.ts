/**
 * Media: pictures come in once, are looked at before they are believed, and are kept as they came. What a network gets
 * is a rendition, made once per limits: metadata gone, orientation applied, small enough.
 */
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { pageQuery } from '#contract/common.ts'
import { type Media as MediaView, mediaLimits } from '#contract/media.ts'
import { Problem, type ProblemCode } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { channels, type Database, type Db, notify } from '#infra/db/database.ts'
import { AddressRefused, type FetchPublicOptions, fetchPublic } from '#infra/guard.ts'
import { newId } from '#infra/ids.ts'
import { type ImageRefusal, ImageRefused, inspectImage, type RenderLimits, renderImage } from '#infra/images.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { NotStored, type Storage } from '#infra/storage.ts'
import { readCursor, writeCursor } from '../paging/cursor.ts'
import { checkLink, signLink } from './links.ts'
import { cleanName, nameOfUrl } from './rules.ts'
import * as store from './store.ts'

/** A platform's limits and the name they go by. */
export type RenditionProfile = { name: string } & RenderLimits
export type Rendition = {
  mime: string
  bytes: number
  width: number | null
  height: number | null
  blob: () => Promise<Blob>
}
export type NewMedia = { ws: string; userId: string; bytes: Buffer; name: string; declared?: string; alt: string }

export type MediaDeps = {
  database: Pick<Database, 'db'>
  clock: Clock
  storage: Storage
  keys: Pick<KeyRing, 'derive'>
  /** Base of signed links, without a slash at its end; a function where the port is known late. */
  publicUrl: string | (() => string)
  /** For `importFrom`: hosts that may be private, a name resolver, a certificate (tests). */
  fetch?: Pick<FetchPublicOptions, 'allowPrivate' | 'resolve' | 'ca'>
}

const thumb: RenditionProfile = {
  name: 'thumb',
  types: ['image/webp'],
  maxBytes: 200_000,
  maxWidth: 480,
  maxHeight: 480,
}

const refusals: Record<ImageRefusal, ProblemCode> = {
  'not-an-image': 'unsupported-media',
  unsupported: 'unsupported-media',
  'type-differs': 'unsupported-media',
  'too-large': 'too-large',
  bomb: 'bad-image',
  broken: 'bad-image',
  'cannot-fit': 'bad-image',
}
const asProblem = (error: unknown): never => {
  if (error instanceof ImageRefused) throw new Problem(refusals[error.reason], error.message)
  if (error instanceof AddressRefused)
    throw new Problem(error.reason === 'too-large' ? 'too-large' : 'bad-url', error.message)
  throw error
}

/** The name a rendition is stored and linked by: other limits are another rendition. */
const profileKey = ({ name, types, maxBytes, maxWidth, maxHeight, maxSides }: RenditionProfile): string => {
  const limits = createHash('sha256')
    .update(JSON.stringify([types, maxBytes, maxWidth, maxHeight, maxSides]))
    .digest('hex')
    .slice(0, 10)
  return `${name.replace(/[^a-z0-9-]/gi, '-').slice(0, 60)}-${limits}`
}
const originalKey = (id: string) => `media/${id.slice(-2)}/${id}`
const renditionKey = (id: string, profile: string) => `renditions/${id.slice(-2)}/${id}-${profile}`

const view = (r: store.MediaRow): MediaView => ({
  id: r.id,
  kind: r.kind,
  mime: r.mime,
  bytes: r.bytes,
  width: r.width,
  height: r.height,
  durationMs: r.duration_ms,
  name: r.name,
  alt: r.alt,
  url: `/api/v1/workspaces/${r.workspace_id}/media/${r.id}/content`,
  thumbUrl: `/api/v1/workspaces/${r.workspace_id}/media/${r.id}/thumb`,
  createdAt: r.created_at.toISOString(),
})

/** The noun's face. Raises `unsupported-media`, `bad-image`, `too-large`, `bad-url`, `not-found`, `conflict`. */
export const createMedia = ({ database, clock, storage, keys, publicUrl, fetch }: MediaDeps) => {
  const db: Db = database.db
  const linkKey = keys.derive('media-links')
  const gone = () => new Problem('not-found', 'There is no such picture.')
  const stale = (trx: Db, ws: string, id: string) => notify(trx, channels.live, { workspaceId: ws, kind: 'media', id })

  const upload = async ({ ws, userId, bytes, name, declared, alt }: NewMedia): Promise<MediaView> => {
    const limits = {
      maxBytes: mediaLimits.imageBytes,
      maxPixels: mediaLimits.imagePixels,
      ...(declared ? { declared } : {}),
    }
    const seen = await inspectImage(bytes, limits).catch(asProblem)
    if (!(mediaLimits.types as readonly string[]).includes(seen.mime))
      throw new Problem('unsupported-media', `${seen.mime} is not taken; ${mediaLimits.types.join(', ')} are.`)
    const id = newId(clock.now())
    const row = {
      id,
      workspace_id: ws,
      kind: 'image' as const,
      mime: seen.mime,
      bytes: bytes.length,
      width: seen.width,
      height: seen.height,
      duration_ms: null,
      sha256: createHash('sha256').update(bytes).digest(),
      name: cleanName(name),
      alt,
      storage_key: originalKey(id),
      created_at: new Date(clock.now()),
    }
    // The file first: a row without its file would be a promise we cannot keep; a file without a row is only litter.
    await storage.put(row.storage_key, bytes)
    try {
      await db.transaction().execute(async (trx) => {
        await trx
          .insertInto('media')
          .values({ ...row, created_by: userId, deleted_at: null })
          .execute()
        await stale(trx, ws, id)
      })
    } catch (error) {
      await storage.remove(row.storage_key)
      throw error
    }
    return view(row)
  }

  const importFrom = async ({
    ws,
    userId,
    url,
    alt,
  }: {
    ws: string
    userId: string
    url: URL
    alt: string
  }): Promise<MediaView> => {
    const got = await fetchPublic(url, {
      maxBytes: mediaLimits.imageBytes,
      timeoutMs: 20_000,
      headers: { accept: 'image/*' },
      ...fetch,
    }).catch(asProblem)
    if (got.status !== 200) throw new Problem('bad-url', `${url.host} answered ${got.status}.`)
    return upload({
      ws,
      userId,
      bytes: got.bytes,
      name: nameOfUrl(new URL(got.url)),
      declared: got.headers['content-type'],
      alt,
    })
  }

  const list = async (ws: string, { cursor, limit }: z.output<typeof pageQuery>) => {
    const after = cursor === undefined ? null : readCursor(cursor, 'media')
    const rows = await store.list(db, ws, { after, limit })
    const last = rows.length > limit ? rows[limit - 1]! : null
    return {
      items: rows.slice(0, limit).map(view),
      nextCursor: last && writeCursor({ list: 'media', at: last.created_at, id: last.id }),
    }
  }

  const describe = (ws: string, id: string, alt: string): Promise<MediaView> =>
    db.transaction().execute(async (trx) => {
      const row = await store.lock(trx, ws, id)
      if (!row) throw gone()
      await trx.updateTable('media').set({ alt }).where('id', '=', id).execute()
      await stale(trx, ws, id)
      return view({ ...row, alt })
    })

  const remove = async (ws: string, id: string): Promise<void> => {
    const files = await db.transaction().execute(async (trx) => {
      const row = await store.lock(trx, ws, id)
      if (!row) throw gone()
      if (await store.inUse(trx, ws, id))
        throw new Problem(
          'conflict',
          'A post that is not over uses this picture. Take it out of the post, or delete the post, first.',
        )
      const made = await store.renditionsOf(trx, id)
      await trx
        .updateTable('media')
        .set({ deleted_at: new Date(clock.now()) })
        .where('id', '=', id)
        .execute()
      await trx.deleteFrom('renditions').where('media_id', '=', id).execute()
      await stale(trx, ws, id)
      return [row.storage_key, ...made.map((r) => r.storage_key)]
    })
    for (const key of files) await storage.remove(key)
  }

  const making = new Map<string, Promise<store.RenditionRow>>()
  const make = async (
    media: store.MediaRow,
    limits: RenditionProfile,
    profile: string,
  ): Promise<store.RenditionRow> => {
    const out = await renderImage(await storage.read(media.storage_key), limits).catch(asProblem)
    const row = {
      media_id: media.id,
      profile,
      mime: out.mime,
      bytes: out.bytes.length,
      width: out.width,
      height: out.height,
      storage_key: renditionKey(media.id, profile),
      created_at: new Date(clock.now()),
    }
    await storage.put(row.storage_key, out.bytes)
    // Another process may have made the same one; both files are equal in all that matters.
    await db
      .insertInto('renditions')
      .values(row)
      .onConflict((c) =>
        c
          .columns(['media_id', 'profile'])
          .doUpdateSet({ mime: row.mime, bytes: row.bytes, width: row.width, height: row.height }),
      )
      .execute()
    return row
  }
  /** Made once: by one of several callers at a time, and found again by the later ones. */
  const renditionRow = async (media: store.MediaRow, limits: RenditionProfile): Promise<store.RenditionRow> => {
    const profile = profileKey(limits)
    const stored = await store.rendition(db, media.id, profile)
    if (stored && (await storage.size(stored.storage_key)) !== undefined) return stored
    const key = `${media.id}/${profile}`
    const running = making.get(key) ?? make(media, limits, profile).finally(() => making.delete(key))
    making.set(key, running)
    return running
  }

  const renditionFor = async (mediaId: string, limits: RenditionProfile): Promise<Rendition> => {
    const media = await store.anywhere(db, mediaId)
    if (!media) throw gone()
    const r = await renditionRow(media, limits)
    return {
      mime: r.mime,
      bytes: r.bytes,
      width: r.width,
      height: r.height,
      blob: () => storage.blob(r.storage_key, r.mime),
    }
  }

  const read = async (key: string, mime: string) => {
    try {
      return { mime, bytes: await storage.read(key) }
    } catch (error) {
      throw error instanceof NotStored ? gone() : error
    }
  }
  const mine = async (ws: string, id: string) => {
    const row = await store.one(db, ws, id)
    if (!row) throw gone()
    return row
  }

  return {
    upload,
    importFrom,
    list,
    /** One of the workspace's pictures. */
    get: async (ws: string, id: string): Promise<MediaView> => view(await mine(ws, id)),
    /** Changes the alt text. */
    describe,
    /** Deletes; refused (`conflict`) while a post that is not over shows it. */
    remove,
    /** The picture as it came. */
    content: async (ws: string, id: string) => {
      const row = await mine(ws, id)
      return read(row.storage_key, row.mime)
    },
    /** A WebP of at most 480 x 480. */
    thumb: async (ws: string, id: string) => {
      const r = await renditionRow(await mine(ws, id), thumb)
      return read(r.storage_key, r.mime)
    },
    renditionFor,
    /** A public address of the rendition (made when it is not there yet), good for a day. */
    signedUrl: async (mediaId: string, limits: RenditionProfile): Promise<string> => {
      const media = await store.anywhere(db, mediaId)
      if (!media) throw gone()
      const { profile } = await renditionRow(media, limits)
      return `${typeof publicUrl === 'string' ? publicUrl : publicUrl()}${signLink(linkKey, { mediaId, profile, now: clock.now() })}`
    },
    /** What a signed link opens; a wrong or expired one is `not-found`. */
    openSigned: async (o: { mediaId: string; profile: string; exp: string; sig: string }) => {
      if (!checkLink(linkKey, { ...o, now: clock.now() }))
        throw new Problem('not-found', 'This link is not valid, or has expired.')
      const row = (await store.anywhere(db, o.mediaId)) && (await store.rendition(db, o.mediaId, o.profile))
      if (!row) throw gone()
      return read(row.storage_key, row.mime)
    },
  }
}

export type Media = ReturnType<typeof createMedia>
