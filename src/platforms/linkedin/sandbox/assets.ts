/** Pictures, documents and videos (fact sheet §3.3 to §3.5): announce, PUT, finalize, processing that takes time. */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject, jsonBody, mimeOf } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { otherType, otherWay } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Sniffed, sniff } from '#kit/sandbox/sniff.ts'
import { addPiece, assemble, openUpload } from '#kit/sandbox/uploads.ts'
import {
  actAs,
  bearer,
  type Caller,
  caller,
  invalidField,
  notFound,
  onlyQuery,
  problem,
  stop,
  wrongValue,
} from './answers.ts'
import { files as n } from './numbers.ts'
import type { Asset, AssetKind, LinkedInWorld } from './state.ts'

const writing = ['w_member_social', 'w_organization_social']
const scope = { person: 'w_member_social', page: 'w_organization_social' }

/** The one member of the body, checked by a table; the first problem speaks for it. */
const only = (req: SandboxRequest, name: string, table: FieldTable): JsonObject => {
  const body = jsonBody(req)
  if (!body) return stop(problem(400, 'ILLEGAL_ARGUMENT', 'The body is not JSON sent as application/json'))
  const inner = body[name]
  const extra = Object.keys(body).find((k) => k !== name)
  if (extra) stop(invalidField(`/${extra}`, 'unrecognized field found but not allowed'))
  if (!isObject(inner))
    return stop(invalidField(`/${name}`, 'field is required but not found and has no default value'))
  const [wrong] = checkFields(inner, table)
  if (wrong)
    stop(
      invalidField(
        `/${name}/${wrong.field}`,
        wrong.kind === 'unknown'
          ? 'unrecognized field found but not allowed'
          : wrong.kind === 'missing'
            ? 'field is required but not found and has no default value'
            : wrong.message,
      ),
    )
  return inner
}

const owner = is.match(/^urn:li:(person|organization):[\w-]+$/)

const newAsset = (world: LinkedInWorld, c: Caller, kind: AssetKind, own: string, size: number | null): Asset => {
  const letters = { image: 'C4E10AQ', document: 'D4D10AQ', video: 'C5505AQ' }[kind]
  const urn = `urn:li:${kind}:${letters}${world.id(12)}`
  const asset: Asset = {
    urn,
    kind,
    owner: own,
    member: c.member.id,
    size,
    parts: {},
    uploadToken: '',
    thumbnail: null,
    captions: null,
    blob: null,
    mime: '',
    madeAt: world.now(),
    uploadedAt: null,
    readyAt: null,
    failure: null,
  }
  world.state.assets[urn] = asset
  world.changed()
  return asset
}

const address = (req: SandboxRequest, asset: Asset, slot: string) =>
  `${req.base}/www.linkedin.com/dms-uploads/${asset.urn.split(':').at(-1)}/${slot}?ca=vector_feedshare&m=AQ`

const announce =
  (world: LinkedInWorld, kind: 'image' | 'document') =>
  (req: SandboxRequest): SandboxResponse => {
    const what = `${kind}s.ACTION-initializeUpload`
    const c = caller(world, req, what, writing)
    onlyQuery(req, 'action')
    if (req.query.get('action') !== 'initializeUpload') return problem(400, 'ILLEGAL_ARGUMENT', 'action is not known')
    const asked = only(req, 'initializeUploadRequest', { owner: { required: true, check: owner } })
    const asset = newAsset(world, c, kind, actAs(world, c, asked.owner, what, scope), null)
    asset.parts.upload = { from: 0, to: 0, key: null, etag: '' }
    return json(200, {
      value: {
        uploadUrlExpiresAt: world.now() + n.urlMs,
        uploadUrl: address(req, asset, 'upload'),
        [kind]: asset.urn,
      },
    })
  }

const announceVideo = (world: LinkedInWorld, req: SandboxRequest, c: Caller): SandboxResponse => {
  const asked = only(req, 'initializeUploadRequest', {
    owner: { required: true, check: owner },
    fileSizeBytes: { required: true, check: is.integer(1, 1e13) },
    uploadCaptions: { check: is.boolean },
    uploadThumbnail: { check: is.boolean },
  })
  const own = actAs(world, c, asked.owner, 'videos.ACTION-initializeUpload', scope)
  const size = Number(asked.fileSizeBytes)
  if (size < n.videoMinBytes || size > n.videoMaxBytes)
    return wrongValue(`fileSizeBytes must be between ${n.videoMinBytes} and ${n.videoMaxBytes}, got ${size}`)
  const asset = newAsset(world, c, 'video', own, size)
  const instructions: { uploadUrl: string; firstByte: number; lastByte: number }[] = []
  for (let from = 0; from < size; from += n.partBytes) {
    const to = Math.min(from + n.partBytes, size) - 1
    const slot = `part-${instructions.length}`
    asset.parts[slot] = { from, to, key: null, etag: '' }
    instructions.push({ uploadUrl: address(req, asset, slot), firstByte: from, lastByte: to })
  }
  return json(200, {
    value: {
      uploadUrlsExpireAt: world.now() + n.urlMs,
      video: asset.urn,
      uploadInstructions: instructions,
      uploadToken: asset.uploadToken,
      ...(asked.uploadCaptions === true ? { captionsUploadUrl: address(req, asset, 'captions') } : {}),
      ...(asked.uploadThumbnail === true ? { thumbnailUploadUrl: address(req, asset, 'thumbnail') } : {}),
    },
  })
}

const finalize = (world: LinkedInWorld, req: SandboxRequest, c: Caller): SandboxResponse => {
  const asked = only(req, 'finalizeUploadRequest', {
    video: { required: true, check: is.match(/^urn:li:video:\w+$/) },
    uploadToken: { required: true, check: is.string },
    uploadedPartIds: { required: true, check: is.listOf(is.string, 1, 10_000) },
  })
  const asset = Object.hasOwn(world.state.assets, String(asked.video))
    ? world.state.assets[String(asked.video)]
    : undefined
  if (!asset) return notFound('video')
  actAs(world, c, asset.owner, 'videos.ACTION-finalizeUpload', scope)
  if (asset.uploadedAt !== null) return json(200, {})
  const slots = Object.values(asset.parts)
  const tags = asked.uploadedPartIds as string[]
  if (slots.length !== tags.length || slots.some((p, i) => p.key === null || p.etag !== tags[i]))
    return problem(400, 'INVALID_VALUE_FOR_FIELD', 'uploadedPartIds do not match the uploaded parts')
  const whole = openUpload('video/mp4', asset.size)
  for (const p of slots) addPiece(world, whole, world.blobs.get(p.key!)!.bytes)
  const put = assemble(world, whole)
  arrived(world, asset, put.key, put.sniffed)
  return json(200, {})
}

const videos =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'videos.ACTION', writing)
    onlyQuery(req, 'action')
    const action = req.query.get('action')
    if (action === 'initializeUpload') return announceVideo(world, req, c)
    if (action === 'finalizeUpload') return finalize(world, req, c)
    return problem(400, 'ILLEGAL_ARGUMENT', 'action is not known')
  }

/** Why processing will fail, or null: LinkedIn takes every byte first and looks afterwards. */
const flaw = (kind: AssetKind, s: Sniffed, file: Buffer): string | null => {
  if (kind === 'image') {
    if (!n.imageTypes.includes(s.mime)) return `${s.mime} is not a supported image type`
    return (s.width ?? 0) * (s.height ?? 0) > n.maxPixels ? `image has more than ${n.maxPixels} pixels` : null
  }
  if (kind === 'document') {
    // Office files are zip archives, or the compound files of old.
    const office = ['504b0304', 'd0cf11e0'].includes(file.subarray(0, 4).toString('hex'))
    if (s.mime !== 'application/pdf' && !office) return `${s.mime} is not a supported document type`
    if (file.length > n.documentMaxBytes) return `document is larger than ${n.documentMaxBytes} bytes`
    return (s.pages ?? 0) > n.documentMaxPages ? `document has more than ${n.documentMaxPages} pages` : null
  }
  if (s.mime !== 'video/mp4') return `${s.mime} is not a supported video type`
  const ms = s.durationMs ?? n.videoMinMs
  if (ms < n.videoMinMs || ms > n.videoMaxMs) return 'video duration is not between 3 seconds and 30 minutes'
  const shape = s.width && s.height ? s.width / s.height : 1
  return shape < n.aspectMin || shape > n.aspectMax ? 'video aspect ratio is not between 1:2.4 and 2.4:1' : null
}

const arrived = (world: LinkedInWorld, asset: Asset, key: string, s: Sniffed) => {
  asset.blob = key
  asset.mime = s.mime
  asset.uploadedAt = world.now()
  asset.readyAt = world.now() + world.knob(asset.kind === 'video' ? 'videoProcessingMs' : 'processingMs')
  asset.failure = flaw(asset.kind, s, world.blobs.get(key)?.bytes ?? Buffer.alloc(0))
  for (const p of Object.values(asset.parts)) p.key = p.key === null ? null : key
  world.changed()
}

/**
 * PUT to an address that was handed out. Pictures and documents come with the token, parts of a video without; clients that
 * send it all the same are known to work.
 */
const upload =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const asset = Object.values(world.state.assets).find((a) => a.urn.endsWith(`:${req.params.asset}`))
    const slot = req.params.slot!
    if (!asset) return { status: 404, text: '' }
    if (asset.kind !== 'video') {
      const c = bearer(world, req)
      if (c.member.id !== asset.member) return { status: 403, text: '' }
    } else if (req.headers.authorization) otherWay(req, 'Authorization with a part of a video')
    if (world.now() - asset.madeAt >= n.urlMs) return problem(403, 'EXPIRED_UPLOAD_URL', 'The upload URL has expired')
    // The documents want octet-stream or an image's own type (§3.3); the store behind the address keeps any bytes.
    if (!mimeOf(req).startsWith('image/')) otherType(req, 'application/octet-stream')
    if (req.body.length === 0) return problem(400, 'ILLEGAL_ARGUMENT', 'The body is empty')
    if (slot === 'thumbnail' || slot === 'captions') {
      if (slot === 'thumbnail' && req.headers['media-type-family'] !== 'STILLIMAGE')
        return problem(400, 'ILLEGAL_ARGUMENT', 'media-type-family must be STILLIMAGE')
      asset[slot] = world.blobs.put(req.body, sniff(req.body).mime)
      world.changed()
      return { status: 201, text: '' }
    }
    const part = Object.hasOwn(asset.parts, slot) ? asset.parts[slot]! : null
    if (!part) return { status: 404, text: '' }
    if (asset.kind === 'video' && req.body.length !== part.to - part.from + 1)
      return problem(400, 'ILLEGAL_ARGUMENT', `This part has ${part.to - part.from + 1} bytes, not ${req.body.length}`)
    const seen = sniff(req.body)
    part.key = world.blobs.put(req.body, asset.kind === 'video' ? 'application/octet-stream' : seen.mime)
    part.etag = `/ambry-video/signedId/${part.key.slice(0, 24)}`
    world.changed()
    if (asset.kind !== 'video') {
      if (asset.uploadedAt === null) arrived(world, asset, part.key, seen)
      return { status: 201, text: '' }
    }
    return { status: 200, headers: { etag: `"${part.etag}"` }, text: '' }
  }

const stateOf = (world: LinkedInWorld, a: Asset) =>
  a.uploadedAt === null
    ? 'WAITING_UPLOAD'
    : (a.readyAt ?? 0) > world.now()
      ? 'PROCESSING'
      : a.failure
        ? 'PROCESSING_FAILED'
        : 'AVAILABLE'

/** A member's token may look at videos only; pages at everything of theirs. */
const status =
  (world: LinkedInWorld, kind: AssetKind) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, `${kind}s.GET`, writing)
    const asset = Object.hasOwn(world.state.assets, req.params.urn!) ? world.state.assets[req.params.urn!] : undefined
    if (!asset || asset.kind !== kind) return notFound(kind)
    if (asset.owner.startsWith('urn:li:person:') ? kind !== 'video' : !c.scopes.includes('r_organization_social'))
      return problem(403, 'ACCESS_DENIED', `Not enough permissions to access: ${kind}s.GET`, 100)
    const now = stateOf(world, asset)
    return json(200, {
      id: asset.urn,
      owner: asset.owner,
      status: now,
      ...(now === 'PROCESSING_FAILED' ? { processingFailureReason: asset.failure } : {}),
    })
  }

/** May this author put the file into a post now? Refuses in LinkedIn's words. */
export const usable = (world: LinkedInWorld, urn: unknown, author: string, kinds: readonly AssetKind[]): Asset => {
  const asset = typeof urn === 'string' && Object.hasOwn(world.state.assets, urn) ? world.state.assets[urn] : undefined
  if (!asset || !kinds.includes(asset.kind))
    return stop(problem(400, 'INVALID_URN_ID', `${String(urn)} is not a media asset that can be posted here`))
  if (asset.owner !== author) stop(problem(400, 'INVALID_URN_ID', `${asset.urn} does not belong to ${author}`))
  const now = stateOf(world, asset)
  if (now === 'PROCESSING_FAILED') stop(problem(400, 'MEDIA_ASSET_PROCESSING_FAILED', `${asset.urn}: ${asset.failure}`))
  if (now !== 'AVAILABLE') stop(problem(400, 'MEDIA_ASSET_WAITING_UPLOAD', `${asset.urn} is still processing`))
  return asset
}

export const assetRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('image-init', 'POST api.linkedin.com/rest/images', announce(world, 'image'), { writes: true }),
  route('document-init', 'POST api.linkedin.com/rest/documents', announce(world, 'document'), { writes: true }),
  route('video', 'POST api.linkedin.com/rest/videos', videos(world), { writes: true }),
  route('upload', 'PUT www.linkedin.com/dms-uploads/:asset/:slot', upload(world), { writes: true }),
  route('image-status', 'GET api.linkedin.com/rest/images/:urn', status(world, 'image')),
  route('document-status', 'GET api.linkedin.com/rest/documents/:urn', status(world, 'document')),
  route('video-status', 'GET api.linkedin.com/rest/videos/:urn', status(world, 'video')),
]
