/** Copies of unsaved drafts in this browser: written at every keystroke, removed when the server has them. */
import { z } from 'zod'
import { prose } from '#contract/common.ts'
import { latePolicy } from '#contract/people.ts'
import { acceptable } from '#contract/posts.ts'
import { type Draft, newSegment } from './draft.ts'

const segment = z.object({ text: z.string(), mediaIds: z.array(z.string()) })
/** Copies written before December 2026 call segments `parts`; settings may have a `parts` of their own, left as it is. */
const oldWord = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'parts' in value ? { segments: value.parts, ...value } : value
const version = <T extends z.ZodRawShape>(shape: T) => z.preprocess(oldWord, z.object(shape))

const copy = z.object({
  baseVersion: z.number().nullable(),
  draft: version({
    segments: z.array(segment).min(1),
    firstComment: z.string(),
    channels: z.array(
      version({
        channelId: z.string(),
        segments: z.array(segment).nullable(),
        firstComment: z.string().default(''),
        settings: z.record(z.string(), z.unknown()),
      }),
    ),
    tags: z.array(prose(50)),
    latePolicy: latePolicy.nullable(),
    alts: z.record(z.string(), z.string()),
    accepts: z.array(z.enum(acceptable)).default([]),
  }),
})
export type LocalCopy = { baseVersion: number | null; draft: Draft }

/** The channels of the last post this browser scheduled in a workspace: most posts go where the last one went. */
export const lastChannels = (ws: string, storage: Pick<Storage, 'getItem' | 'setItem'>) => {
  const key = `clarion.channels.${ws}`
  return {
    read: (): string[] => (storage.getItem(key) ?? '').split(' ').filter(Boolean),
    /** A browser that keeps nothing only costs a few clicks. */
    write: (ids: readonly string[]): void => {
      try {
        storage.setItem(key, ids.join(' '))
      } catch {
        // Told elsewhere, where it matters: the saver says so.
      }
    },
  }
}

export type LocalKeep = {
  read: (id: string | null) => LocalCopy | null
  /** False when the browser refuses (storage full or off): the screen then says that only the server copy counts. */
  write: (id: string | null, copy: LocalCopy) => boolean
  remove: (id: string | null) => void
}

/** Kept per workspace and post; `null` is the post that has no id yet. */
export const localKeep = (ws: string, storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): LocalKeep => {
  const key = (id: string | null) => `clarion.draft.${ws}.${id ?? 'new'}`
  return {
    read: (id) => {
      const text = storage.getItem(key(id))
      if (!text) return null
      let raw: unknown
      try {
        raw = JSON.parse(text)
      } catch {
        return null
      }
      const parsed = copy.safeParse(raw)
      if (!parsed.success) return null
      const { baseVersion, draft } = parsed.data
      const keyed = (segments: z.output<typeof segment>[]) => segments.map((p) => newSegment(p.text, p.mediaIds))
      return {
        baseVersion,
        draft: {
          ...draft,
          segments: keyed(draft.segments),
          channels: draft.channels.map((c) => ({ ...c, segments: c.segments && keyed(c.segments) })),
        },
      }
    },
    write: (id, value) => {
      try {
        storage.setItem(key(id), JSON.stringify(value))
        return true
      } catch {
        return false
      }
    },
    remove: (id) => storage.removeItem(key(id)),
  }
}
