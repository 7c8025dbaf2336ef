/**
 * What goes out, as it was when the first attempt began. Later edits of the post change nothing: a repetition must send
 * the very same thing, or networks that dedupe by content would see two posts.
 */
import { sql } from 'kysely'
import { z } from 'zod'
import type { LatePolicy } from '#contract/people.ts'
import { Problem } from '#contract/problems.ts'
import type { StepName } from '#contract/steps.ts'
import type { Db } from '#infra/db/database.ts'
import type { ContentJson } from '#infra/db/tables.ts'
import type { Hold } from '#infra/hold.ts'
import { FileChanged, StorageAway, StorageFull } from '#infra/storage.ts'
import type { Platform } from '#kit/client/platform.ts'
import { plan, type StepMedia, type StepView } from '#kit/client/steps.ts'
import { type Failure, PlatformFailure } from '#kit/facts/failures.ts'
import { shownText } from '#kit/facts/text.ts'
import type { MediaPort, RenditionProfile } from './deps.ts'
import { operators, type StepRecord } from './rules.ts'

export type FrozenMedia = Omit<StepMedia, 'blob' | 'url'>
export type Frozen = {
  segments: { text: string; media: FrozenMedia[] }[]
  firstComment?: string
  settings: unknown
  /** Media the settings point at, by id. Absent in copies taken before there were any. */
  attachments?: Record<string, FrozenMedia>
  plan: string[]
}

export type StepRow = StepRecord & {
  key: string
  name: StepName
  prepared: unknown
  saved: unknown
  checkpoint: unknown
  firstBegunAt: number
  endedAt: number | null
}

export type Loaded = {
  workspaceId: string
  frozen: Frozen | null
  content: ContentJson
  settings: Record<string, unknown>
  tries: number
  /** Has a create step begun that is not proven refused? */
  begun: boolean
  latePolicy: LatePolicy
  channel: {
    id: string
    externalId: string
    kind: string
    handle: string
    name: string
    facts: Record<string, unknown>
    realm: 'live' | 'sandbox'
  }
  steps: Map<string, StepRow>
}

type Row = {
  id: string
  frozen: Frozen | null
  workspace_id: string
  content: ContentJson | null
  base: ContentJson
  settings: Record<string, unknown>
  tries: number
  begun: boolean
  late_policy: LatePolicy
  channel: Loaded['channel']
  steps: {
    key: string
    name: StepName
    state: StepRow['state']
    times: number
    prepared: unknown
    saved: unknown
    checkpoint: unknown
    failure: Failure | null
    first_begun_at: string
    begun_at: string
    ended_at: string | null
  }[]
}

const loadedOf = (r: Row): Loaded => {
  const steps = r.steps.map(
    (s): StepRow => ({
      key: s.key,
      name: s.name,
      state: s.state,
      times: s.times,
      prepared: s.prepared,
      saved: s.saved ?? undefined,
      checkpoint: s.checkpoint,
      failure: s.failure,
      firstBegunAt: Date.parse(s.first_begun_at),
      begunAt: Date.parse(s.begun_at),
      endedAt: s.ended_at ? Date.parse(s.ended_at) : null,
    }),
  )
  return {
    workspaceId: r.workspace_id,
    frozen: r.frozen,
    content: r.content ?? r.base,
    settings: r.settings,
    tries: r.tries,
    begun: r.begun,
    latePolicy: r.late_policy,
    channel: r.channel,
    steps: new Map(steps.map((s) => [s.key, s])),
  }
}

/** What a step needs to know of its channel `c`, as `Loaded` has it. */
export const channelSql = sql`json_build_object('id', c.id, 'externalId', c.external_id, 'kind', c.kind, 'handle', c.handle, 'name', c.name,
  'facts', c.facts, 'realm', c.realm)`

/** Everything attempts need to start, in one read, by publication. What has vanished is absent. */
export const load = async (db: Db, publicationIds: readonly string[]): Promise<Map<string, Loaded>> => {
  const { rows } = await sql<Row>`
    select p.id, p.frozen, p.workspace_id, p.content, b.content as base, p.settings, p.tries, p.begun, coalesce(b.late_policy, w.late_policy) as late_policy,
      ${channelSql} as channel,
      coalesce((select json_agg(s) from steps s where s.publication_id = p.id), '[]') as steps
    from publications p join posts b on b.id = p.post_id join channels c on c.id = p.channel_id join workspaces w on w.id = p.workspace_id
    where p.id = any(${publicationIds}::uuid[])`.execute(db)
  return new Map(rows.map((r) => [r.id, loadedOf(r)]))
}

/**
 * The rendition a platform's limits call for; the name changes with the limits, so a changed limit makes a new one.
 * `image`: the limits of an attachment that has its own (a thumbnail).
 */
export const profileOf = (platform: Platform, image = platform.spec.media.image): RenditionProfile => {
  const limits = {
    types: image?.types ?? ['image/jpeg'],
    maxBytes: image?.maxBytes ?? 5_000_000,
    maxWidth: image?.maxWidth,
    maxHeight: image?.maxHeight,
    maxSides: image?.maxSides,
    maxShort: image?.maxShort,
    maxLong: image?.maxLong,
    animation: image?.animation,
  }
  const sides = [limits.maxWidth, limits.maxHeight, limits.maxSides ?? limits.maxShort].map((n) => n ?? 0).join('x')
  return { name: `${limits.types.map((t) => t.split('/')[1]).join('-')}-${limits.maxBytes}-${sides}`, ...limits }
}

const mediaFacts = async (
  db: Db,
  media: MediaPort,
  ws: string,
  wanted: ReadonlyMap<string, RenditionProfile>,
  before: ReadonlyMap<string, FrozenMedia>,
): Promise<Map<string, FrozenMedia>> => {
  const ids = [...wanted.keys()]
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('media').selectAll().where('workspace_id', '=', ws).where('id', 'in', ids).execute()
  const facts = await Promise.all(
    rows.map(async (m): Promise<FrozenMedia> => {
      const base = { id: m.id, kind: m.kind, durationMs: m.duration_ms, alt: m.alt, facts: m.facts }
      if (m.kind !== 'image') return { ...base, mime: m.mime, bytes: m.bytes, width: m.width, height: m.height }
      const r = await media.renditionFor(m.id, wanted.get(m.id)!).catch((error: unknown) => {
        const known = before.get(m.id)
        if (known && notPrepared(error)) return known
        throw error
      })
      return { ...base, mime: r.mime, bytes: r.bytes, width: r.width, height: r.height }
    }),
  )
  return new Map(facts.map((f) => [f.id, f]))
}

/** Pictures by id, as an earlier copy has them. */
const picturesOf = (media: readonly FrozenMedia[]) => new Map(media.map((m) => [m.id, m]))

/**
 * Takes the copy. Renditions are made here at the latest (the engine makes them ahead of time). `before`: a copy taken
 * earlier. A picture's rendition stays what it was, so where it cannot be asked for at this moment that copy is believed:
 * what the network has already needs no file of ours.
 */
export const freeze = async (
  db: Db,
  media: MediaPort,
  platform: Platform,
  loaded: Loaded,
  before?: Frozen | null,
): Promise<Frozen> => {
  const { content } = loaded
  const settings = platform.spec.settings.schema.parse(loaded.settings)
  const attached = platform.spec.settings.media?.(settings) ?? []
  const own = await mediaFacts(
    db,
    media,
    loaded.workspaceId,
    new Map(content.segments.flatMap((s) => s.mediaIds).map((id) => [id, profileOf(platform)])),
    picturesOf(before?.segments.flatMap((s) => s.media) ?? []),
  )
  const pointedAt = await mediaFacts(
    db,
    media,
    loaded.workspaceId,
    new Map(attached.map((a) => [a.id, profileOf(platform, a.limits)])),
    picturesOf(Object.values(before?.attachments ?? {})),
  )
  const attachments = Object.fromEntries(
    attached.map(({ id, field }) => {
      const fact = pointedAt.get(id)
      if (!fact) throw new MediaGone(`media ${id} of ${field} is gone`)
      return [id, fact]
    }),
  )
  const segments = content.segments.map((s) => ({
    text: shownText(s.text),
    media: s.mediaIds.map((id) => {
      const fact = own.get(id)
      if (!fact) throw new MediaGone(`media ${id} is gone`)
      return fact
    }),
  }))
  const firstComment = shownText(content.firstComment ?? '') ? { firstComment: content.firstComment } : {}
  const bare = { segments, ...firstComment, settings, ...(attached.length > 0 ? { attachments } : {}) }
  return {
    ...bare,
    plan: plan(
      platform.publish,
      viewOf('', bare, loaded, media, platform, () => undefined),
    ).map((p) => p.key),
  }
}

/**
 * A storage that is away says nothing about the post: the publication waits for it, and uses up no try, for a day (`waitedOut`).
 * Nor does a full disk, where a file is to be brought for a step, or a file that is not what was stored; these are tried again
 * a few times, and then told.
 */
const present = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask()
  } catch (error) {
    throw changedFailure(error) ?? storageFailure(error) ?? fullFailure(error) ?? error
  }
}

/** The failure a storage that is away means to a publication; null for any other error. */
const storageFailure = (error: unknown): PlatformFailure | null =>
  error instanceof StorageAway
    ? new PlatformFailure({
        kind: 'too-fast',
        code: operators.storage,
        message: 'The storage of files does not answer. It goes out as soon as the files are there.',
      })
    : null

const changedFailure = (error: unknown): PlatformFailure | null =>
  error instanceof FileChanged
    ? new PlatformFailure({
        kind: 'try-later',
        code: 'clarion.file-changed',
        message:
          'A file of this post is no longer what was uploaded: somebody changed it in the storage. Upload it again.',
      })
    : null

const fullFailure = (error: unknown): PlatformFailure | null =>
  error instanceof StorageFull || (error instanceof Problem && error.code === 'no-space')
    ? new PlatformFailure({
        kind: 'try-later',
        code: 'clarion.no-space',
        message: 'There is no room on the disk to work with the file.',
      })
    : null

/** A file of the post is no longer there. */
class MediaGone extends Error {}

/**
 * What an error while preparing means: null when it speaks of the content, and will say the same for ever. Anything else
 * (the database away, no room on the disk, a picture process that died) says nothing about the post, so it is tried again.
 */
export const notPrepared = (error: unknown): Failure | null => {
  const away = changedFailure(error) ?? storageFailure(error)
  if (away) return away.failure
  if (error instanceof MediaGone || error instanceof z.ZodError) return null
  if (error instanceof Problem && error.code !== 'no-space') return null
  return {
    kind: 'try-later',
    code: 'clarion.not-prepared',
    message: 'Clarion could not prepare the content at that moment. It tries again by itself.',
  }
}

/** The frozen content as steps see it: with signed URLs, and with bytes that can be read while `hold` lasts. */
export const viewOf = (
  publicationId: string,
  frozen: Omit<Frozen, 'plan'>,
  loaded: Loaded,
  media: MediaPort,
  platform: Platform,
  hold: Hold,
): StepView => {
  const open = (m: FrozenMedia, profile: RenditionProfile): StepMedia => ({
    ...m,
    blob: () => present(async () => (await media.renditionFor(m.id, profile)).blob(hold)),
    url: () => present(async () => media.signedUrl(m.id, profile, platform.spec.media)),
  })
  const limits = new Map((platform.spec.settings.media?.(frozen.settings) ?? []).map((a) => [a.id, a.limits]))
  const attached = Object.values(frozen.attachments ?? {})
  return {
    publicationId,
    segments: frozen.segments.map((s) => ({ text: s.text, media: s.media.map((m) => open(m, profileOf(platform))) })),
    firstComment: frozen.firstComment,
    settings: frozen.settings,
    attachments: Object.fromEntries(attached.map((m) => [m.id, open(m, profileOf(platform, limits.get(m.id)))])),
    channel: {
      externalId: loaded.channel.externalId,
      kind: loaded.channel.kind,
      handle: loaded.channel.handle,
      name: loaded.channel.name,
      facts: loaded.channel.facts,
    },
  }
}
