/**
 * The resumable upload (fact sheet §3.2): a session takes bytes in order, answers 308 with what it has, and makes the
 * video with the last byte. Asked again after that it gives the finished video. Where Google is silent (bytes sent to a
 * session that is complete) it does the same, as its upload servers do.
 */
import { createHash } from 'node:crypto'
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken, type JsonObject, jsonBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { readRelated } from '#kit/sandbox/multipart.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { addPiece, assemble, openUpload } from '#kit/sandbox/uploads.ts'
import { legacyError, unauthenticated } from '../../families/google/sandbox/answers.ts'
import { enter, knownQuery, malformed, partsOf, refuse } from './door.ts'
import * as n from './numbers.ts'
import { type Channel, isPublic, type Session, type Video, videoId, type YouTubeWorld } from './state.ts'
import { readMeta, resource, settableParts } from './video.ts'

const boolean = (req: SandboxRequest, name: string, usual: boolean): boolean => {
  const v = req.query.get(name)
  if (v !== null && v !== 'true' && v !== 'false') refuse(400, 'invalidParameter', `Invalid value '${v}'.`, name)
  return v === null ? usual : v === 'true'
}

/** What is sent about a video before its bytes, judged. `size` NaN: not told. Gives a session that waits for the bytes. */
const announce = (
  world: YouTubeWorld,
  req: SandboxRequest,
  o: { channel: Channel; body: JsonObject | null; mime: string; size: number },
): Session => {
  const parts = partsOf(req, settableParts)
  if (!o.body) throw new Refused(malformed('Invalid JSON payload received. Parse error.'))
  if (!/^video\/|^application\/octet-stream$/.test(o.mime))
    refuse(
      400,
      'badRequest',
      `Media type '${o.mime}' is not supported. Valid media types: [video/*, application/octet-stream]`,
    )
  if (o.size > n.upload.maxBytes) refuse(413, 'uploadTooLarge', 'Request is too large.')
  if (o.size === 0) refuse(400, 'mediaBodyRequired', 'The request does not include the video content.')
  const meta = readMeta(req, o.body, parts)
  const since = world.now() - n.channelUploads.windowMs
  const today = world.state.videos.filter((v) => v.channel === o.channel.id && v.at > since).length
  if (today >= world.knob('channelUploads'))
    refuse(400, 'uploadLimitExceeded', 'The user has exceeded the number of videos they may upload.')
  return {
    id: world.id(86),
    channel: o.channel.id,
    meta,
    part: parts,
    notify: boolean(req, 'notifySubscribers', true),
    upload: openUpload(o.mime, Number.isFinite(o.size) ? o.size : null),
    openedAt: world.now(),
    video: null,
    raw: o.body,
  }
}

/** POST: metadata in, the address of a session out - or metadata and bytes in one body, as Google's own libraries send them. */
export const init =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const channel = enter(world, req, { door: 'upload', bucket: 'uploads' })
    knownQuery(req, 'part', 'notifySubscribers', 'autoLevels', 'stabilize', 'onBehalfOfContentOwner', 'upload_id')
    if (req.query.get('uploadType') === 'multipart') return whole(world, req, channel)
    if (req.query.get('uploadType') !== 'resumable')
      refuse(400, 'uploadProtocolNotPlayed', 'The sandbox plays uploadType=resumable and multipart.', 'uploadType')
    const s = announce(world, req, {
      channel,
      body: jsonBody(req),
      mime: (req.headers['x-upload-content-type'] ?? 'application/octet-stream').toLowerCase(),
      size: Number(req.headers['x-upload-content-length'] ?? Number.NaN),
    })
    world.state.sessions[s.id] = s
    const old = world.now() - 2 * n.upload.sessionMs
    for (const [key, x] of Object.entries(world.state.sessions)) if (x.openedAt < old) delete world.state.sessions[key]
    world.changed()
    const query = new URLSearchParams({ uploadType: 'resumable', part: s.part.join(), upload_id: s.id })
    return {
      status: 200,
      headers: {
        location: `${req.base}/${req.host}/upload/youtube/v3/videos?${query}`,
        'x-guploader-uploadid': s.id,
      },
      text: '',
    }
  }

const whole = (world: YouTubeWorld, req: SandboxRequest, channel: Channel): SandboxResponse => {
  const parts = readRelated(req.headers['content-type'] ?? '', req.body)
  const [about, media] = parts ?? []
  if (!about || !media || parts!.length !== 2)
    return malformed('Multipart must have exactly two parts: the metadata and the media.')
  const body = jsonBody({ ...req, headers: { 'content-type': about.mime }, body: about.bytes })
  const s = announce(world, req, { channel, body, mime: media.mime, size: media.bytes.length })
  addPiece(world, s.upload, media.bytes)
  return json(200, resource(world, make(world, s), s.part, true))
}

const gone = (): SandboxResponse => ({ status: 404, text: 'Not Found' })

const more = (s: Session): SandboxResponse => ({
  status: 308,
  headers: s.upload.received > 0 ? { range: `bytes=0-${s.upload.received - 1}` } : {},
  text: '',
})

const wrongRange = (why: string) =>
  legacyError(400, { reason: 'badContent', message: `Failed to parse Content-Range header: ${why}` })

/** PUT: bytes, or the question how many there are. */
export const put =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const token = authToken(req, 'bearer')
    if (token && lookToken(world.state.google.tokens, token, 'access', world.now()).problem !== null)
      return unauthenticated()
    const id = req.query.get('upload_id') ?? ''
    const s = Object.hasOwn(world.state.sessions, id) ? world.state.sessions[id] : undefined
    if (!s || world.now() - s.openedAt > world.knob('sessionLifeMs')) return gone()
    if (s.video !== null) {
      const v = world.state.videos.find((x) => x.id === s.video)
      return v ? json(200, resource(world, v, s.part, true)) : gone()
    }
    const range = req.headers['content-range']
    const asked = /^bytes \*\/(\d+|\*)$/.exec(range ?? '')
    if (asked) return req.body.length > 0 ? wrongRange('a question has no body') : more(s)
    const given = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? `bytes 0-${req.body.length - 1}/${req.body.length}`)
    if (!given) return wrongRange(range ?? '')
    const [from, to, total] = [Number(given[1]), Number(given[2]), Number(given[3])]
    if (to - from + 1 !== req.body.length) return wrongRange('it does not fit the length of the body')
    if (s.upload.size !== null && total !== s.upload.size) return wrongRange('the total is not what was announced')
    if (from > s.upload.received) return wrongRange('bytes are missing before these')
    const last = to === total - 1
    if (!last && req.body.length % n.upload.piece !== 0)
      return legacyError(400, {
        reason: 'badContent',
        message: 'Invalid request. The size of a piece must be a multiple of 256 KiB.',
      })
    const fresh = req.body.subarray(s.upload.received - from)
    // A server may keep less than it was sent; what it keeps it says.
    const kept = last ? fresh : fresh.subarray(0, Math.max(0, fresh.length - world.knob('storeLess')))
    if (kept.length > 0) addPiece(world, s.upload, kept)
    if (s.upload.received < total) return more(s)
    const v = make(world, s)
    return json(world.knob('answer201') === 0 ? 200 : 201, resource(world, v, s.part, true))
  }

const make = (world: YouTubeWorld, s: Session): Video => {
  const whole = assemble(world, s.upload)
  const { sniffed } = whole
  const channel = world.state.channels.find((c) => c.id === s.channel)!
  const hash = createHash('sha256')
    .update(world.blobs.get(whole.key)?.bytes ?? '')
    .digest('hex')
  const twin = world.state.videos.some((v) => v.channel === s.channel && v.hash === hash && !v.deleted)
  const durationMs = sniffed.durationMs ?? 0
  const doom = world.state.doom.shift()
  const longest = channel.verified ? n.lengths.maxMs : n.lengths.unverifiedMs
  const fate =
    doom ??
    (sniffed.kind !== 'video'
      ? 'invalidFile'
      : durationMs > longest
        ? 'length'
        : twin && world.knob('duplicateGuard') !== 0
          ? 'duplicate'
          : undefined)
  const v: Video = {
    ...structuredClone(s.meta),
    id: videoId(world),
    channel: s.channel,
    at: world.now(),
    publicAt: s.meta.status.privacyStatus === 'public' ? world.now() : null,
    blob: whole.key,
    hash,
    fileSize: whole.bytes,
    mime: sniffed.mime,
    width: sniffed.width ?? 0,
    height: sniffed.height ?? 0,
    durationMs,
    uploadStatus: 'uploaded',
    ...(fate ? (failureReasons.includes(fate) ? { failureReason: fate } : { rejectionReason: fate }) : {}),
    processedAt: world.now() + world.knob('processingMs'),
    thumbnail: null,
    captions: [],
    notify: s.notify,
    deleted: false,
    raw: s.raw,
  }
  world.state.videos.push(v)
  s.video = v.id
  world.changed()
  return v
}

const failureReasons = ['conversion', 'invalidFile', 'emptyFile', 'tooSmall', 'codec', 'uploadAborted']

/** Processing ends, and what was to be public becomes so. */
export const timePasses = (world: YouTubeWorld): void => {
  const now = world.now()
  for (const v of world.state.videos) {
    if (v.deleted) continue
    const due = v.status.publishAt ? Date.parse(v.status.publishAt) : null
    if (v.uploadStatus === 'uploaded' && now >= v.processedAt) {
      v.uploadStatus = v.failureReason ? 'failed' : v.rejectionReason ? 'rejected' : 'processed'
      if (isPublic(v)) news(world, v)
      world.changed()
    }
    if (v.uploadStatus === 'processed' && due !== null && now >= due && v.status.privacyStatus === 'private') {
      v.status = { ...v.status, privacyStatus: 'public' }
      delete v.status.publishAt
      v.publicAt = due
      news(world, v)
      world.changed()
    }
  }
}

/** Something for the feed of the channel. */
export const news = (world: YouTubeWorld, v: Video, deleted = false): void => {
  world.state.news.push({ channel: v.channel, video: v.id, deleted, at: world.now() })
  world.changed()
}
