/** Media upload v2 (fact sheet x-com.md §3.2): one shot for images, initialize / append / finalize / STATUS for the rest. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { isObject, jsonBody, mimeOf, multipartBody } from '#kit/sandbox/body.ts'
import { checkFields, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { missing, otherWay } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Sniffed, sniff } from '#kit/sandbox/sniff.ts'
import { type Caller, caller, forbidden, invalid, notFound, problem } from './answers.ts'
import { media as n } from './numbers.ts'
import { type Media, nextId, type XWorld } from './state.ts'

const base64 = is.match(/^[A-Za-z0-9+/\s]+={0,2}$/)
const idList = (v: unknown) => (typeof v === 'string' || Array.isArray(v) ? null : 'must be a list of user ids')

/** Fields of a multipart or JSON body, with the bytes of `media`. */
const fieldsOf = (req: SandboxRequest, c: Caller): { fields: Record<string, unknown>; bytes: Buffer | null } => {
  const parts = multipartBody(req)
  if (parts) {
    const fields: Record<string, unknown> = {}
    for (const p of parts) if (p.name !== 'media') fields[p.name] = p.bytes.toString('utf8')
    const file = parts.find((p) => p.name === 'media')
    if (file) fields.media = 'bytes'
    return { fields, bytes: file ? file.bytes : null }
  }
  const body = jsonBody(req)
  if (!body)
    throw new Refused(
      problem(
        415,
        'Unsupported Media Type',
        `Content-Type ${mimeOf(req) || '(none)'} is not supported.`,
        'about:blank',
        c.headers,
      ),
    )
  const problemText = typeof body.media === 'string' ? base64(body.media) : null
  if (problemText)
    throw new Refused(invalid([{ parameter: 'media', value: '', message: `media: ${problemText}` }], c.headers))
  return { fields: body, bytes: typeof body.media === 'string' ? Buffer.from(body.media, 'base64') : null }
}

const refuseFields = (fields: Record<string, unknown>, table: Parameters<typeof checkFields>[1], c: Caller) => {
  const problems = checkFields(fields, table)
  if (problems.length > 0)
    throw new Refused(
      invalid(
        problems.map((p) => ({
          parameter: p.field,
          value: p.field === 'media' ? '' : fields[p.field],
          message: `$.${p.field}: ${p.message}`,
        })),
        c.headers,
      ),
    )
}

const photoLimit = (category: string) =>
  category.endsWith('gif') ? n.gifBytes : category.endsWith('image') ? n.imageBytes : n.videoBytes

const keyPrefix = (category: string) => (category.endsWith('gif') ? '16' : category.endsWith('image') ? '3' : '7')

const newMedia = (world: XWorld, c: Caller, category: string, mediaType: string, total: number): Media => {
  const id = nextId(world)
  const m: Media = {
    id,
    key: `${keyPrefix(category)}_${id}`,
    owner: c.user.id,
    category,
    mediaType,
    total,
    segments: {},
    blob: null,
    width: null,
    height: null,
    alt: '',
    madeAt: world.now(),
    readyAt: null,
    finalizedAt: null,
    failure: null,
  }
  world.state.media[id] = m
  world.changed()
  return m
}

/** Stores the whole and says what is wrong with it as a picture or video, or null. A GIF passes as an image too, and stands still. */
const complete = (world: XWorld, req: SandboxRequest, m: Media, bytes: Buffer): string | null => {
  const seen: Sniffed = sniff(bytes)
  const still = seen.mime === 'image/gif' && m.category === 'tweet_image'
  if (still) otherWay(req, 'a GIF as tweet_image, not tweet_gif')
  const wanted = m.category.endsWith('video')
    ? seen.kind === 'video'
    : m.category.endsWith('gif')
      ? seen.mime === 'image/gif'
      : m.category === 'subtitles'
        ? true
        : still || n.imageTypes.includes(seen.mime)
  m.blob = world.blobs.put(bytes, m.category === 'subtitles' ? 'text/plain' : seen.mime)
  m.durationMs = seen.durationMs
  m.width = seen.width ?? null
  m.height = seen.height ?? null
  m.segments = {}
  m.finalizedAt = world.now()
  const slow = m.category.endsWith('video') || m.category.endsWith('gif')
  m.readyAt = world.now() + (slow ? world.knob('processingMs') : 0)
  world.changed()
  const ms = seen.durationMs
  if (m.category.endsWith('video') && ms !== undefined && ms < n.videoMinMs)
    return `video is shorter than ${n.videoMinMs} ms`
  return wanted ? null : `media type unrecognized: ${seen.mime} is not allowed for ${m.category}`
}

const expires = (world: XWorld, m: Media) => Math.max(0, n.expiresSecs - Math.floor((world.now() - m.madeAt) / 1000))

const upload =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'upload')
    const { fields, bytes } = fieldsOf(req, c)
    refuseFields(
      fields,
      {
        media: { required: true, check: is.string },
        media_category: { required: true, check: is.oneOf(...n.oneShotCategories) },
        media_type: { check: is.oneOf(...n.mediaTypes) },
        additional_owners: { check: idList },
        shared: { check: is.any },
      },
      c,
    )
    if (!bytes || bytes.length === 0)
      return invalid([{ parameter: 'media', value: '', message: 'media is empty' }], c.headers)
    const category = String(fields.media_category)
    if (bytes.length > photoLimit(category))
      return problem(
        413,
        'Payload Too Large',
        `File size exceeds ${photoLimit(category)} bytes.`,
        'about:blank',
        c.headers,
      )
    const m = newMedia(world, c, category, String(fields.media_type ?? ''), bytes.length)
    const wrong = complete(world, req, m, bytes)
    if (wrong) {
      delete world.state.media[m.id]
      return invalid([{ parameter: 'media', value: '', message: wrong }], c.headers)
    }
    const seen = sniff(bytes)
    const image =
      seen.kind === 'image' ? { image: { image_type: seen.mime, w: seen.width ?? 0, h: seen.height ?? 0 } } : {}
    return json(
      200,
      { data: { id: m.id, media_key: m.key, size: bytes.length, expires_after_secs: n.expiresSecs, ...image } },
      c.headers,
    )
  }

const initialize =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'chunk')
    const body = jsonBody(req)
    if (!body) return problem(415, 'Unsupported Media Type', 'Send JSON.', 'about:blank', c.headers)
    refuseFields(
      body,
      {
        media_type: { required: true, check: is.oneOf(...n.mediaTypes) },
        total_bytes: { required: true, check: is.integer(1, n.totalBytes) },
        media_category: { required: true, check: is.oneOf(...n.categories) },
        additional_owners: { check: idList },
        shared: { check: is.boolean },
      },
      c,
    )
    const category = String(body.media_category)
    if (Number(body.total_bytes) > photoLimit(category))
      return invalid(
        [
          {
            parameter: 'total_bytes',
            value: String(body.total_bytes),
            message: `File size exceeds ${photoLimit(category)} bytes.`,
          },
        ],
        c.headers,
      )
    const m = newMedia(world, c, category, String(body.media_type), Number(body.total_bytes))
    return json(200, { data: { id: m.id, expires_after_secs: n.expiresSecs, media_key: m.key } }, c.headers)
  }

/** The caller's own, unexpired upload, or a refusal. */
const own = (world: XWorld, c: Caller, id: string): Media => {
  const m = Object.hasOwn(world.state.media, id) ? world.state.media[id] : undefined
  if (!m || m.owner !== c.user.id || expires(world, m) === 0) throw new Refused(notFound('media', 'id', id, c.headers))
  return m
}

const append =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'chunk')
    const { fields, bytes } = fieldsOf(req, c)
    refuseFields(
      fields,
      {
        media: { required: true, check: is.string },
        segment_index: {
          required: true,
          check: (v) => is.integer(0, n.maxSegment)(typeof v === 'string' && /^\d+$/.test(v) ? Number(v) : v),
        },
      },
      c,
    )
    const m = own(world, c, req.params.id!)
    if (m.finalizedAt !== null)
      return invalid([{ parameter: 'id', value: m.id, message: 'The upload is already finalized.' }], c.headers)
    if (!bytes || bytes.length === 0)
      return invalid([{ parameter: 'media', value: '', message: 'media is empty' }], c.headers)
    // The edge answers before X does, and without a word.
    if (bytes.length > world.knob('appendEdgeBytes') && bytes.length <= n.chunkBytes) return { status: 413, text: '' }
    if (bytes.length > n.chunkBytes)
      return problem(
        413,
        'Payload Too Large',
        `A chunk may have at most ${n.chunkBytes} bytes.`,
        'about:blank',
        c.headers,
      )
    m.segments[String(Number(fields.segment_index))] = {
      blob: world.blobs.put(bytes, 'application/octet-stream'),
      size: bytes.length,
    }
    world.changed()
    return json(200, { data: { expires_at: Math.floor(m.madeAt / 1000) + n.expiresSecs } }, c.headers)
  }

const finalize =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'chunk')
    const m = own(world, c, req.params.id!)
    if (m.finalizedAt === null) {
      const indices = Object.keys(m.segments)
        .map(Number)
        .sort((a, b) => a - b)
      const size = indices.reduce((sum, i) => sum + m.segments[String(i)]!.size, 0)
      if (indices.some((index, i) => index !== i))
        return invalid([{ parameter: 'id', value: m.id, message: 'A segment is missing.' }], c.headers)
      if (size !== m.total)
        return invalid(
          [
            {
              parameter: 'id',
              value: m.id,
              message: `Segments do not add up to provided total file size: ${size} of ${m.total}.`,
            },
          ],
          c.headers,
        )
      const wrong = complete(
        world,
        req,
        m,
        Buffer.concat(indices.map((i) => world.blobs.get(m.segments[String(i)]!.blob)!.bytes)),
      )
      if (wrong) m.failure = { code: 1, name: 'InvalidMedia', message: wrong }
    }
    return json(200, { data: mediaView(world, m) }, c.headers)
  }

/** State of an upload as STATUS and finalize tell it. */
const mediaView = (world: XWorld, m: Media) => {
  const base = { id: m.id, media_key: m.key, size: m.total, expires_after_secs: expires(world, m) }
  const slow = m.readyAt !== null && m.finalizedAt !== null && m.readyAt > m.finalizedAt
  if (!slow && !m.failure) return base
  const left = Math.max(0, m.readyAt! - world.now())
  if (left === 0 && m.failure) return { ...base, processing_info: { state: 'failed', error: m.failure } }
  if (left === 0) return { ...base, processing_info: { state: 'succeeded', progress_percent: 100 } }
  const whole = m.readyAt! - m.finalizedAt!
  const percent = Math.floor((100 * (whole - left)) / whole)
  return {
    ...base,
    processing_info: {
      state: percent === 0 ? 'pending' : 'in_progress',
      check_after_secs: Math.max(1, Math.min(5, Math.ceil(left / 1000))),
      progress_percent: percent,
    },
  }
}

const status =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'status')
    const command = req.query.get('command')
    if (command === null) missing(req, 'command')
    else if (command !== 'STATUS')
      return invalid([{ parameter: 'command', value: command, message: 'command must be STATUS' }], c.headers)
    return json(200, { data: mediaView(world, own(world, c, req.query.get('media_id') ?? '')) }, c.headers)
  }

const metadata =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['media.write'], 'metadata')
    const body = jsonBody(req)
    if (!body) return problem(415, 'Unsupported Media Type', 'Send JSON.', 'about:blank', c.headers)
    const alt = isObject(body.metadata) && isObject(body.metadata.alt_text) ? body.metadata.alt_text : null
    const shape = () => {
      if (!isObject(body.metadata) || !alt) return 'must hold alt_text'
      const extra = [
        ...Object.keys(body.metadata).filter((k) => k !== 'alt_text'),
        ...Object.keys(alt).filter((k) => k !== 'text'),
      ]
      if (extra.length > 0) return `${extra[0]} is not allowed`
      if (typeof alt.text !== 'string' || alt.text.length === 0)
        return 'alt_text.text must be a string with at least one character'
      return alt.text.length > n.altMax ? `alt_text.text may have at most ${n.altMax} characters` : null
    }
    refuseFields(
      body,
      { id: { required: true, check: is.match(/^[0-9]{1,19}$/) }, metadata: { required: true, check: shape } },
      c,
    )
    const m = own(world, c, String(body.id))
    m.alt = String(alt!.text)
    world.changed()
    return json(200, { data: { id: m.id, associated_metadata: { alt_text: { text: m.alt } } } }, c.headers)
  }

/** May the caller put these into a post? Refuses with X's words when not. */
export const checkMedia = (world: XWorld, c: Caller, ids: readonly string[]): Media[] => {
  const found = ids.map((id) => (Object.hasOwn(world.state.media, id) ? world.state.media[id] : undefined))
  const bad = found.some(
    (m) =>
      !m ||
      m.owner !== c.user.id ||
      m.readyAt === null ||
      m.readyAt > world.now() ||
      m.failure !== null ||
      expires(world, m) === 0,
  )
  if (bad || new Set(ids).size !== ids.length)
    throw new Refused(
      invalid(
        [{ parameter: 'media.media_ids', value: JSON.stringify(ids), message: 'Your media IDs are invalid.' }],
        c.headers,
      ),
    )
  const list = found as Media[]
  const photos = list.filter((m) => m.category === 'tweet_image')
  const alone = list.filter((m) => ['tweet_gif', 'tweet_video', 'amplify_video'].includes(m.category))
  const ok =
    photos.length + alone.length === list.length &&
    photos.length <= n.maxPhotos &&
    (alone.length === 0 || list.length === 1)
  if (!ok) throw new Refused(forbidden(undefined, c.headers))
  const most = c.user.premium ? n.videoPremiumMs : n.videoMaxMs
  for (const m of list) {
    if ((m.durationMs ?? 0) > most)
      throw new Refused(
        forbidden(`This user is not allowed to post a video longer than ${most / 60_000} minutes`, c.headers),
      )
  }
  return list
}

export const mediaRoutes = (world: XWorld): SandboxRoute[] => [
  route('upload-init', 'POST api.x.com/2/media/upload/initialize', initialize(world), { writes: true }),
  route('upload-append', 'POST api.x.com/2/media/upload/:id/append', append(world), { writes: true }),
  route('upload-finalize', 'POST api.x.com/2/media/upload/:id/finalize', finalize(world), { writes: true }),
  route('upload', 'POST api.x.com/2/media/upload', upload(world), { writes: true }),
  route('upload-status', 'GET api.x.com/2/media/upload', status(world)),
  route('metadata', 'POST api.x.com/2/media/metadata', metadata(world), { writes: true }),
]
