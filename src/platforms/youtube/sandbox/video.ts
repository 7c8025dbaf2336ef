/** The Video resource: what may be set, and how it looks from outside (fact sheet §3.1, discovery 20260924). */
import { createHash } from 'node:crypto'
import { Refused } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest } from '#kit/sandbox/imitation.ts'
import { ignoreMember } from '#kit/sandbox/notices.ts'
import { malformed, refuse } from './door.ts'
import { countsOf } from './metrics.ts'
import * as n from './numbers.ts'
import type { Meta, Video, YouTubeWorld } from './state.ts'

const object = (v: unknown) => (isObject(v) ? null : 'must be an object')
const language = is.match(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)

/** What YouTube only tells itself: ignored, and noticed. */
const output = is.any

/** Members that can be set, and those that are output only. */
const tables: Record<string, FieldTable> = {
  '': {
    id: { check: is.string },
    kind: { check: is.string },
    etag: { check: is.string },
    snippet: { check: object },
    status: { check: object },
    paidProductPlacementDetails: { check: object },
    recordingDetails: { check: object },
    localizations: { check: object },
  },
  snippet: {
    title: { check: is.string },
    description: { check: is.string },
    tags: { check: is.listOf(is.string, 0, 1000) },
    categoryId: { check: is.string },
    defaultLanguage: { check: language },
    defaultAudioLanguage: { check: language },
    channelId: { check: output },
    channelTitle: { check: output },
    publishedAt: { check: output },
    thumbnails: { check: output },
    liveBroadcastContent: { check: output },
    localized: { check: output },
  },
  status: {
    privacyStatus: { check: is.oneOf('public', 'unlisted', 'private') },
    publishAt: { check: is.match(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/) },
    license: { check: is.oneOf('youtube', 'creativeCommon') },
    embeddable: { check: is.boolean },
    publicStatsViewable: { check: is.boolean },
    selfDeclaredMadeForKids: { check: is.boolean },
    containsSyntheticMedia: { check: is.boolean },
    madeForKids: { check: output },
    uploadStatus: { check: output },
  },
  paidProductPlacementDetails: { hasPaidProductPlacement: { check: is.boolean } },
}

const strict = (req: SandboxRequest, name: string, value: unknown) => {
  const table = tables[name]
  if (!table || !isObject(value)) return
  for (const key of Object.keys(value))
    if (Object.hasOwn(table, key) && table[key]!.check === output) ignoreMember(req, `video.${name}.${key}`)
  const [wrong] = checkFields(value, table)
  if (!wrong) return
  if (wrong.kind === 'unknown')
    throw new Refused(
      malformed(
        `Invalid JSON payload received. Unknown name "${wrong.field}"${name ? ` at 'video.${name}'` : ''}: Cannot find field.`,
      ),
    )
  if (wrong.field === 'publishAt')
    refuse(400, 'invalidPublishAt', 'The request metadata specifies an invalid scheduled publishing time.')
  throw new Refused(malformed(`Invalid value at 'video.${name}.${wrong.field}': ${wrong.message}`))
}

const tagsLength = (tags: readonly string[]) => tags.map((t) => (t.includes(' ') ? `"${t}"` : t)).join(',').length

/** Reads what a client sent over what is there. Parts not named must not be in the body. */
export const readMeta = (req: SandboxRequest, body: JsonObject, parts: readonly string[], old?: Meta): Meta => {
  strict(req, '', body)
  for (const name of Object.keys(tables)) if (name) strict(req, name, body[name])
  for (const name of Object.keys(body))
    if (isObject(body[name]) && !parts.includes(name)) refuse(400, 'unexpectedPart', `'${name}'`, 'part')
  const snippet = isObject(body.snippet) ? body.snippet : null
  const status = isObject(body.status) ? body.status : null
  if (!old && !snippet) refuse(400, 'invalidTitle', 'The request metadata specifies an invalid or empty video title.')
  return {
    snippet: parts.includes('snippet') && snippet ? readSnippet(snippet, old !== undefined) : old!.snippet,
    status: parts.includes('status') && status ? readStatus(status, old?.status) : (old?.status ?? readStatus({})),
    paid: isObject(body.paidProductPlacementDetails)
      ? body.paidProductPlacementDetails.hasPaidProductPlacement === true
      : (old?.paid ?? false),
  }
}

const readSnippet = (s: JsonObject, update: boolean): Meta['snippet'] => {
  const title = typeof s.title === 'string' ? s.title.trim() : ''
  if (title === '' || [...title].length > n.title.max || /[<>]/.test(title))
    refuse(400, 'invalidTitle', 'The request metadata specifies an invalid or empty video title.')
  const description = (typeof s.description === 'string' ? s.description : '').replace(/\r\n?/g, '\n').trim()
  if (Buffer.byteLength(description) > n.description.maxBytes || /[<>]/.test(description))
    refuse(400, 'invalidDescription', 'The request metadata specifies an invalid video description.')
  const tags = Array.isArray(s.tags) ? s.tags.map(String) : []
  if (tagsLength(tags) > n.tags.max || tags.some((t) => /[<>]/.test(t) || t.trim() === ''))
    refuse(400, 'invalidTags', 'The request metadata specifies invalid video keywords.')
  const categoryId = typeof s.categoryId === 'string' ? s.categoryId : update ? '' : '22'
  if (!n.categories.some((c) => c.id === categoryId && c.assignable))
    refuse(400, 'invalidCategoryId', 'The <code>snippet.categoryId</code> property specifies an invalid category ID.')
  return {
    title,
    description,
    tags,
    categoryId,
    ...(typeof s.defaultLanguage === 'string' ? { defaultLanguage: s.defaultLanguage } : {}),
    ...(typeof s.defaultAudioLanguage === 'string' ? { defaultAudioLanguage: s.defaultAudioLanguage } : {}),
  }
}

const readStatus = (s: JsonObject, old?: Meta['status']): Meta['status'] => {
  // Left out: public (2026-11-02).
  const privacyStatus = typeof s.privacyStatus === 'string' ? s.privacyStatus : (old?.privacyStatus ?? 'public')
  const publishAt = typeof s.publishAt === 'string' ? s.publishAt : undefined
  if (publishAt && privacyStatus !== 'private')
    refuse(400, 'invalidPublishAt', 'The request metadata specifies an invalid scheduled publishing time.')
  return {
    privacyStatus,
    ...(publishAt ? { publishAt: new Date(publishAt).toISOString() } : {}),
    license: typeof s.license === 'string' ? s.license : 'youtube',
    embeddable: s.embeddable !== false,
    publicStatsViewable: s.publicStatsViewable !== false,
    ...(typeof s.selfDeclaredMadeForKids === 'boolean' ? { selfDeclaredMadeForKids: s.selfDeclaredMadeForKids } : {}),
    containsSyntheticMedia: s.containsSyntheticMedia === true,
  }
}

export const isShort = (v: Pick<Video, 'width' | 'height' | 'durationMs'>): boolean =>
  v.width > 0 && v.width <= v.height && v.durationMs <= n.shorts.maxMs

export const videoUrl = (v: Video): string =>
  isShort(v) ? `https://www.youtube.com/shorts/${v.id}` : `https://www.youtube.com/watch?v=${v.id}`

const iso = (at: number) => new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z')
export const stamp = iso

export const thumbnails = (id: string) => ({
  default: { url: `https://i.ytimg.com/vi/${id}/default.jpg`, width: 120, height: 90 },
  medium: { url: `https://i.ytimg.com/vi/${id}/mqdefault.jpg`, width: 320, height: 180 },
  high: { url: `https://i.ytimg.com/vi/${id}/hqdefault.jpg`, width: 480, height: 360 },
})

export const etag = (value: unknown): string => createHash('sha1').update(JSON.stringify(value)).digest('base64url')

/** `PT4M13S`. */
const duration = (ms: number) => {
  const s = Math.round(ms / 1000)
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)]
  return `PT${h ? `${h}H` : ''}${m ? `${m}M` : ''}${s % 60 || s === 0 ? `${s % 60}S` : ''}`
}

/** The parts of a video. `owner`: file and processing details are for nobody else. */
export const resource = (world: YouTubeWorld, v: Video, parts: readonly string[], owner: boolean) => {
  const channel = world.state.channels.find((c) => c.id === v.channel)
  const processing = v.uploadStatus === 'uploaded'
  const all: Record<string, () => unknown> = {
    snippet: () => ({
      publishedAt: iso(v.publicAt ?? v.at),
      channelId: v.channel,
      title: v.snippet.title,
      description: v.snippet.description,
      thumbnails: thumbnails(v.id),
      channelTitle: channel?.title ?? '',
      ...(v.snippet.tags.length > 0 ? { tags: v.snippet.tags } : {}),
      categoryId: v.snippet.categoryId,
      liveBroadcastContent: 'none',
      ...(v.snippet.defaultLanguage ? { defaultLanguage: v.snippet.defaultLanguage } : {}),
      ...(v.snippet.defaultAudioLanguage ? { defaultAudioLanguage: v.snippet.defaultAudioLanguage } : {}),
      localized: { title: v.snippet.title, description: v.snippet.description },
    }),
    status: () => ({
      uploadStatus: v.uploadStatus,
      ...(v.failureReason ? { failureReason: v.failureReason } : {}),
      ...(v.rejectionReason ? { rejectionReason: v.rejectionReason } : {}),
      privacyStatus: v.status.privacyStatus,
      ...(v.status.publishAt && v.status.privacyStatus === 'private' ? { publishAt: v.status.publishAt } : {}),
      license: v.status.license,
      embeddable: v.status.embeddable,
      publicStatsViewable: v.status.publicStatsViewable,
      madeForKids: v.status.selfDeclaredMadeForKids ?? false,
      ...(v.status.selfDeclaredMadeForKids === undefined
        ? {}
        : { selfDeclaredMadeForKids: v.status.selfDeclaredMadeForKids }),
      ...(v.status.containsSyntheticMedia ? { containsSyntheticMedia: true } : {}),
    }),
    contentDetails: () => ({
      duration: duration(v.durationMs),
      dimension: '2d',
      definition: v.height >= 720 ? 'hd' : 'sd',
      caption: String(v.captions.length > 0),
    }),
    statistics: () => ({ ...countsOf(world, v), favoriteCount: '0' }),
    paidProductPlacementDetails: () => ({ hasPaidProductPlacement: v.paid }),
    processingDetails: () => ({
      processingStatus: v.uploadStatus === 'failed' ? 'failed' : processing ? 'processing' : 'succeeded',
      fileDetailsAvailability: processing ? 'notAvailable' : 'available',
    }),
    fileDetails: () =>
      processing
        ? {}
        : {
            fileName: 'unknown',
            fileSize: String(v.fileSize),
            fileType: 'video',
            container: 'mov',
            durationMs: String(v.durationMs),
          },
  }
  const hidden = owner ? [] : ['processingDetails', 'fileDetails']
  const body: Record<string, unknown> = { kind: 'youtube#video', etag: etag([v.id, v.snippet, v.status]), id: v.id }
  for (const p of parts) if (all[p] && !hidden.includes(p)) body[p] = all[p]()
  return body
}

export const videoParts = [
  'id',
  'snippet',
  'status',
  'contentDetails',
  'statistics',
  'paidProductPlacementDetails',
  'processingDetails',
  'fileDetails',
  'localizations',
  'recordingDetails',
  'player',
  'topicDetails',
  'suggestions',
]
export const settableParts = [
  'id',
  'snippet',
  'status',
  'paidProductPlacementDetails',
  'localizations',
  'recordingDetails',
  'contentDetails',
  'statistics',
  'processingDetails',
  'fileDetails',
]
