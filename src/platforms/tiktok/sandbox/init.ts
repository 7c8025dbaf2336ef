/**
 * The three calls that begin a post (fact sheet §3.2 to §3.5): strict about every member they know, in TikTok's own codes.
 * What TikTok does not know it drops without a word (§3.5).
 */
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreFields } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { isHome } from '#kit/sandbox/this-machine.ts'
import { openUpload } from '#kit/sandbox/uploads.ts'
import { bodyOf, type Caller, caller, ok, stop } from './answers.ts'
import { checkCreator, optionsOf } from './creator.ts'
import { chunks, daily, photo, text, video } from './numbers.ts'
import type { Task, TikTokWorld } from './state.ts'

const int32 = is.integer(0, 2_147_483_647)
const textUpTo =
  (max: number) =>
  (v: unknown): string | null =>
    typeof v === 'string' && v.length <= max ? null : `must be a string of at most ${max} UTF-16 units`

const directTable: FieldTable = {
  title: { check: textUpTo(text.caption) },
  privacy_level: { required: true, check: is.string },
  disable_duet: { check: is.boolean },
  disable_stitch: { check: is.boolean },
  disable_comment: { check: is.boolean },
  video_cover_timestamp_ms: { check: int32 },
  // Marked required in the reference, left out in its own example: not enforced here.
  brand_content_toggle: { check: is.boolean },
  brand_organic_toggle: { check: is.boolean },
  is_aigc: { check: is.boolean },
}
const photoDirect: FieldTable = {
  title: { check: textUpTo(text.photoTitle) },
  description: { check: textUpTo(text.photoDescription) },
  privacy_level: { required: true, check: is.string },
  disable_comment: { check: is.boolean },
  auto_add_music: { check: is.boolean },
  brand_content_toggle: { check: is.boolean },
  brand_organic_toggle: { check: is.boolean },
}
/** What does not matter for a draft is taken all the same. */
const photoDraft: FieldTable = { ...photoDirect, privacy_level: { check: is.string } }
const fileTable: FieldTable = {
  source: { required: true, check: is.oneOf('FILE_UPLOAD') },
  video_size: { required: true, check: is.integer(1, video.bytes) },
  chunk_size: { required: true, check: is.integer(1, chunks.max) },
  total_chunk_count: { required: true, check: is.integer(1, chunks.count) },
}
const pullTable: FieldTable = {
  source: { required: true, check: is.oneOf('PULL_FROM_URL') },
  video_url: { required: true, check: is.string },
}
const photosTable: FieldTable = {
  source: { required: true, check: is.oneOf('PULL_FROM_URL') },
  photo_cover_index: { required: true, check: is.integer(0, photo.count - 1) },
  photo_images: { required: true, check: is.listOf(is.string, 1, photo.count) },
}

/** A member that must be an object of this shape, or a refusal that names the first thing wrong with it. */
const part = (
  world: TikTokWorld,
  req: SandboxRequest,
  body: JsonObject,
  name: string,
  table: FieldTable,
): JsonObject => {
  const value = body[name]
  if (!isObject(value)) return stop(world, 400, 'invalid_params', `${name} must be an object`)
  const [first] = ignoreFields(req, checkFields(value, table), `${name}.`)
  return first ? stop(world, 400, 'invalid_params', `${name}.${first.field} ${first.message}`) : value
}

/** Members of the body itself; a draft's `post_info` is one that many clients send in vain. */
const only = (req: SandboxRequest, body: JsonObject, names: readonly string[]) =>
  void ignoreFields(req, checkFields(body, Object.fromEntries(names.map((n) => [n, { check: is.any }]))))

/** floor(size / chunk), 5 to 64 MB each, a small file whole, more than 64 MB never whole (§3.4). */
const checkChunks = (world: TikTokWorld, s: JsonObject) => {
  const [size, chunk, count] = [Number(s.video_size), Number(s.chunk_size), Number(s.total_chunk_count)]
  const wrong = (why: string) => stop(world, 400, 'invalid_params', why)
  if (count !== Math.floor(size / chunk)) wrong('The total chunk count is invalid')
  if (size < chunks.min && chunk !== size) wrong('The chunk size is invalid: a small video goes whole')
  if (size >= chunks.min && chunk < chunks.min) wrong('The chunk size is invalid: at least 5 MB')
  if (size > chunks.max && count < 2) wrong('The chunk size is invalid: more than 64 MB go in several chunks')
  if (size - (count - 1) * chunk > chunks.lastMax) wrong('The chunk size is invalid: the last chunk is too big')
}

/** https on a verified domain, never an address in numbers; loopback stands for a verified domain here (§1, item 4). */
const checkUrl = (world: TikTokWorld, address: string) => {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !/^https?:$/.test(url.protocol)) return stop(world, 400, 'invalid_params', 'The URL is invalid')
  const local = isHome(url.hostname)
  if (!local && url.protocol !== 'https:') stop(world, 400, 'invalid_params', 'The URL must be https')
  const known = local || world.state.verified.some((v) => address.startsWith(v) || url.hostname === v)
  if (!known || world.knob('domainVerified') === 0)
    stop(
      world,
      403,
      'url_ownership_unverified',
      'Please review our URL ownership verification rules at https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide#pull_from_url',
    )
}

const checkPrivacy = (world: TikTokWorld, c: Caller, info: JsonObject) => {
  const level = String(info.privacy_level)
  if (!['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'FOLLOWER_OF_CREATOR', 'SELF_ONLY'].includes(level))
    stop(world, 400, 'invalid_params', 'Privacy level is invalid')
  if (!optionsOf(c.user).includes(level))
    stop(world, 403, 'privacy_level_option_mismatch', 'The privacy level is not among the options of the creator')
  // Which code this gets is not documented.
  if (info.brand_content_toggle === true && level === 'SELF_ONLY')
    stop(world, 400, 'invalid_params', 'Branded content cannot be posted with SELF_ONLY')
  if (world.knob('audited') === 0 && (level !== 'SELF_ONLY' || !c.user.private))
    stop(
      world,
      403,
      'unaudited_client_can_only_post_to_private_accounts',
      'Unaudited clients can only post to a private account. The publish attempt will be blocked when calling /publish/.',
    )
}

const checkPending = (world: TikTokWorld, c: Caller) => {
  const since = world.now() - daily.windowMs
  const waiting = Object.values(world.state.tasks).filter((t) => {
    const done = world.state.posts.find((p) => p.id === t.post)
    const open = t.status !== 'FAILED' && (!done || (done.draft && !done.deleted))
    return t.draft && t.owner === c.user.openId && t.madeAt > since && open
  })
  if (waiting.length >= daily.pending && world.knob('duplicateGuard') !== 0)
    stop(world, 403, 'spam_risk_too_many_pending_share', 'There are already 5 pending shares in the last 24 hours.')
}

type Start = Pick<Task, 'media' | 'draft' | 'title' | 'description' | 'privacy' | 'raw'>

const newTask = (world: TikTokWorld, c: Caller, start: Start, prefix: string): Task => {
  const task: Task = {
    ...start,
    publishId: `${prefix}~v2-1.${world.id(19, '123456789')}`,
    owner: c.user.openId,
    cover: null,
    madeAt: world.now(),
    status: prefix.includes('file') ? 'PROCESSING_UPLOAD' : 'PROCESSING_DOWNLOAD',
    failReason: null,
    token: null,
    chunk: 0,
    count: 0,
    upload: null,
    urls: [],
    downloaded: 0,
    held: [],
    readyAt: null,
    post: null,
  }
  world.state.tasks[task.publishId] = task
  for (const t of Object.values(world.state.tasks))
    if (t.madeAt < world.now() - 30 * daily.windowMs) delete world.state.tasks[t.publishId]
  world.changed()
  return task
}

/** A video's source: an upload address to send chunks to, or an address to fetch. */
const startVideo = (world: TikTokWorld, req: SandboxRequest, c: Caller, body: JsonObject, start: Start) => {
  const source = isObject(body.source_info) ? body.source_info.source : undefined
  const word = start.draft ? 'v_inbox' : 'v_pub'
  if (source === 'PULL_FROM_URL') {
    const s = part(world, req, body, 'source_info', pullTable)
    checkUrl(world, String(s.video_url))
    const task = newTask(world, c, start, `${word}_url`)
    task.urls = [String(s.video_url)]
    return ok(world, { publish_id: task.publishId })
  }
  const s = part(world, req, body, 'source_info', fileTable)
  checkChunks(world, s)
  const task = newTask(world, c, start, `${word}_file`)
  task.token = world.id(16)
  task.chunk = Number(s.chunk_size)
  task.count = Number(s.total_chunk_count)
  task.upload = openUpload('', Number(s.video_size))
  const query = new URLSearchParams({ upload_id: task.publishId.split('.').at(-1)!, upload_token: task.token })
  return ok(world, {
    publish_id: task.publishId,
    upload_url: `${req.base}/open-upload.tiktokapis.com/video/?${query}`,
  })
}

const directVideo =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'video.publish', limit: 'init', route: 'init' })
    const body = bodyOf(world, req)
    only(req, body, ['post_info', 'source_info'])
    const info = part(world, req, body, 'post_info', directTable)
    checkPrivacy(world, c, info)
    checkCreator(world, c, 403)
    return startVideo(world, req, c, body, {
      media: 'video',
      draft: false,
      title: String(info.title ?? ''),
      description: '',
      privacy: String(info.privacy_level),
      raw: body,
    })
  }

const inboxVideo =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'video.upload', limit: 'init', route: 'inbox-init' })
    const body = bodyOf(world, req)
    only(req, body, ['source_info'])
    checkPending(world, c)
    const start = { media: 'video', draft: true, title: '', description: '', privacy: null, raw: body } as const
    return startVideo(world, req, c, body, start)
  }

const photos =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const body = bodyOf(world, req)
    const draft = body.post_mode === 'MEDIA_UPLOAD'
    const scope = draft ? 'video.upload' : 'video.publish'
    const c = caller(world, req, { scope, limit: 'init', route: 'content-init' })
    only(req, body, ['media_type', 'post_mode', 'post_info', 'source_info', 'is_aigc'])
    if (body.media_type !== 'PHOTO') stop(world, 400, 'invalid_params', 'media_type must be PHOTO')
    if (!draft && body.post_mode !== 'DIRECT_POST') stop(world, 400, 'invalid_params', 'post_mode is invalid')
    if (body.is_aigc !== undefined && typeof body.is_aigc !== 'boolean')
      stop(world, 400, 'invalid_params', 'is_aigc must be a boolean')
    const info = part(world, req, body, 'post_info', draft ? photoDraft : photoDirect)
    const source = part(world, req, body, 'source_info', photosTable)
    const urls = source.photo_images as string[]
    if (Number(source.photo_cover_index) >= urls.length)
      stop(world, 400, 'invalid_params', 'photo_cover_index is out of range')
    for (const url of urls) checkUrl(world, url)
    if (draft) {
      if (world.knob('oldApp') !== 0)
        stop(world, 400, 'app_version_check_failed', 'The TikTok app must be 31.8 or newer.')
      checkPending(world, c)
    } else {
      checkPrivacy(world, c, info)
      checkCreator(world, c, 403)
    }
    const task = newTask(
      world,
      c,
      {
        media: 'photo',
        draft,
        title: String(info.title ?? ''),
        description: String(info.description ?? ''),
        privacy: draft ? null : String(info.privacy_level),
        raw: body,
      },
      'p_pub_url',
    )
    task.urls = [...urls]
    task.cover = Number(source.photo_cover_index)
    return ok(world, { publish_id: task.publishId })
  }

export const initRoutes = (world: TikTokWorld): SandboxRoute[] => {
  const at = (path: string) => `POST open.tiktokapis.com/v2/post/publish/${path}`
  return [
    route('init', at('video/init/'), directVideo(world), { writes: true }),
    route('inbox-init', at('inbox/video/init/'), inboxVideo(world), { writes: true }),
    route('content-init', at('content/init/'), photos(world), { writes: true }),
  ]
}
