/**
 * What goes out. A picture is rendered once per limits: metadata gone, orientation applied, small enough. A video or a
 * document goes out as it came (`original`); its thumb is a frame or a drawing.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import { type Hold, holding } from '#infra/hold.ts'
import { type PictureSource, type RenderLimits, renderPicture } from '#infra/pictures.ts'
import { findFfmpeg, videoFrame } from '#infra/posters.ts'
import type { Storage } from '#infra/storage.ts'
import { asProblem } from './refusals.ts'
import * as store from './store.ts'

/** A platform's limits and the name they go by. */
export type RenditionProfile = { name: string } & RenderLimits

/** The profile word of a file that goes out as it came. */
export const original = 'original'

const thumbLimits = { types: ['image/webp'], maxBytes: 200_000, maxWidth: 480, maxHeight: 480 }

const labelOf = (mime: string) => (/presentation|powerpoint/.test(mime) ? 'PPT' : /word/.test(mime) ? 'DOC' : 'PDF')

/** Limits that came later stand in the name only where they are set, so that renditions made before keep theirs. */
const later = ({ maxShort, maxLong, animation }: Omit<RenderLimits, 'types' | 'maxBytes'>): unknown[] =>
  maxShort || maxLong || animation ? [maxShort ?? null, maxLong ?? null, animation ?? null] : []

/** The name a rendition is stored and linked by: other limits are another rendition. */
const profileKey = ({ name, types, maxBytes, maxWidth, maxHeight, maxSides, ...rest }: RenditionProfile): string => {
  const limits = createHash('sha256')
    .update(JSON.stringify([types, maxBytes, maxWidth, maxHeight, maxSides, ...later(rest)]))
    .digest('hex')
    .slice(0, 10)
  return `${name.replace(/[^a-z0-9-]/gi, '-').slice(0, 60)}-${limits}`
}
const renditionKey = (id: string, profile: string) => `renditions/${id.slice(-2)}/${id}-${profile}`

export type RenditionDeps = {
  db: Db
  clock: Clock
  storage: Storage
  /** PATH of the process, for ffmpeg. */
  toolPath?: string
}

/** Makes the maker. `of` finds or makes a picture's rendition, `thumb` any file's small picture. */
export const createRenditions = ({ db, clock, storage, toolPath }: RenditionDeps) => {
  /** Looked up once, and not before somebody needs it. */
  let looked: { tool: string | null } | undefined
  const ffmpeg = () => {
    looked ??= { tool: findFfmpeg(toolPath) }
    return looked.tool
  }

  /** The picture a rendition is made of. */
  const picture = async (media: store.MediaRow, hold: Hold): Promise<PictureSource> => {
    if (media.kind === 'image') return { path: await storage.local(media.storage_key, hold) }
    if (media.kind === 'document') return { of: 'document', label: labelOf(media.mime), pages: media.facts.pages }
    const { mime, width, height, duration_ms: durationMs } = media
    const tool = ffmpeg()
    const frame = tool
      ? await videoFrame(await storage.local(media.storage_key, hold), { ffmpeg: tool, mime, durationMs })
      : null
    return frame ? { bytes: frame } : { of: 'video', width, height, durationMs }
  }

  const making = new Map<string, Promise<store.RenditionRow>>()
  const make = async (media: store.MediaRow, limits: RenditionProfile, profile: string) => {
    const key = renditionKey(media.id, profile)
    const out = await holding(async (hold) => {
      const source = await picture(media, hold)
      return storage.make(key, (path) => renderPicture(source, limits, path))
    }).catch(asProblem)
    const row = {
      media_id: media.id,
      profile,
      mime: out.mime,
      bytes: out.bytes,
      width: out.width,
      height: out.height,
      storage_key: key,
      created_at: new Date(clock.now()),
    }
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
  const of = async (media: store.MediaRow, limits: RenditionProfile): Promise<store.RenditionRow> => {
    const profile = profileKey(limits)
    const stored = await store.rendition(db, media.id, profile)
    if (stored && (await storage.size(stored.storage_key)) !== undefined) return stored
    const key = `${media.id}/${profile}`
    const running = making.get(key) ?? make(media, limits, profile).finally(() => making.delete(key))
    making.set(key, running)
    return running
  }

  return {
    of,
    /** A WebP of at most 480 x 480. Drawn ones are drawn again once there is an ffmpeg. */
    thumb: (media: store.MediaRow): Promise<store.RenditionRow> =>
      of(media, {
        name: media.kind === 'image' ? 'thumb' : media.kind === 'video' && ffmpeg() ? 'frame' : 'drawn',
        ...thumbLimits,
      }),
  }
}
