/**
 * Videos in chunks, reels and video stories through rupload (fact sheet facebook.md §3.4 to §3.6).
 *
 * Life of a video: uploading -> upload_complete -> (finish) processing -> ready (its post appears) | error.
 */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { type Assembled, addPiece, assemble, openUpload, pull } from '#kit/sandbox/uploads.ts'
import { graphAnswer, tokenOf, tokenRow } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, listPage, type ParamTable, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { receive } from '../../families/meta/sandbox/rupload.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { redacted, targeting } from './feed.ts'
import { video as n, reel, schedule, text } from './numbers.ts'
import { addPost, announce, asPage, delivered, dueAt, onPage, type PageCall, read, write } from './page.ts'
import { type FbWorld, type Video, videoById } from './state.ts'
import { videoProblem } from './video-rules.ts'
import { videoView } from './view.ts'

const DAY = 86_400_000

const newVideo = (world: FbWorld, c: PageCall, edge: Video['edge'], size: number | null): Video => {
  const v: Video = {
    id: nextId(world),
    page: c.page.id,
    edge,
    session: edge === 'videos' ? nextId(world) : null,
    upload: openUpload('video/mp4', size),
    file: null,
    thumb: null,
    want: null,
    finishedAt: null,
    readyAt: null,
    error: null,
    post: null,
    at: world.now(),
    deleted: false,
  }
  world.state.videos[v.id] = v
  world.changed()
  return v
}

const keep = (world: FbWorld, v: Video, whole: Assembled): void => {
  const s = whole.sniffed
  v.file = {
    key: whole.key,
    mime: s.mime,
    width: s.width,
    height: s.height,
    ms: s.durationMs,
    fps: s.fps,
    codec: s.codec,
  }
  world.changed()
}

/** Code 6000 with the subcode that says what is wrong. */
const refuseVideo = (c: PageCall, subcode: number, said: string) =>
  graphRefuse(400, 6000, '(#6000) There was a problem uploading your video file', { subcode, said, headers: c.headers })

/** The last phase: accepted once, the same answer when it comes again. */
const finish = (world: FbWorld, v: Video, want: NonNullable<Video['want']>): void => {
  if (v.finishedAt !== null) return
  v.want = want
  v.finishedAt = world.now()
  v.readyAt = world.now() + world.knob('processingMs')
  world.changed()
}

const common: ParamTable = {
  title: param.max(255),
  description: param.max(text.max),
  place: param.id,
  targeting,
  feed_targeting: targeting,
  scheduled_publish_time: param.text,
}

const categories = /^[A-Z]+(_[A-Z]+)*$/
const describe: ParamTable = {
  ...common,
  published: param.bool,
  unpublished_content_type: param.oneOf('DRAFT', 'SCHEDULED', 'PUBLISHED'),
  content_category: (v) => (categories.test(v) ? null : 'must be a category'),
  embeddable: param.bool,
  thumb: param.text,
}

const wantOf = (world: FbWorld, c: PageCall): NonNullable<Video['want']> => {
  const { fields } = c.params
  return {
    ...delivered(world, fields, schedule.videoMs),
    description: (fields.description ?? '').trim(),
    title: fields.title ?? '',
    raw: redacted(fields),
  }
}

const thumbOf = (world: FbWorld, c: PageCall, name: string): string | null => {
  const file = c.params.files[name]
  if (!file) return null
  const seen = sniff(file.bytes)
  if (seen.kind !== 'image') graphRefuse(400, 324, '(#324) Missing or invalid image file', { headers: c.headers })
  return world.blobs.put(file.bytes, seen.mime)
}

/** `POST /{page}/videos`: by phases, in one piece, or pulled. */
const videos =
  (world: FbWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const c = onPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    const { fields, files } = c.params
    if (fields.upload_phase === undefined) return oneCall(world, c)
    const phase = fields.upload_phase
    const word = param.oneOf('start', 'transfer', 'finish', 'cancel')
    if (phase === 'start') {
      checkParams(c.params, { upload_phase: word, file_size: { required: true, check: param.integer } })
      const size = Number(fields.file_size)
      if (size > n.maxBytes) refuseVideo(c, 1363023, 'The video file is too large.')
      if (size < n.minBytes)
        graphRefuse(400, 382, '(#382) The video file you tried to upload is too small.', { headers: c.headers })
      const v = newVideo(world, c, 'videos', size)
      return graphAnswer(c, { upload_session_id: v.session, video_id: v.id, ...nextPiece(world, v) })
    }
    const v = Object.values(world.state.videos).find(
      (x) => x.session === fields.upload_session_id && x.page === c.page.id,
    )
    if (!v || v.deleted || world.now() - v.at > DAY) return refuseVideo(c, 1363041, 'The upload session has expired.')
    if (phase === 'transfer') {
      checkParams(c.params, {
        upload_phase: word,
        upload_session_id: param.id,
        start_offset: { required: true, check: param.integer },
        video_file_chunk: { required: true, check: param.text },
      })
      const chunk = files.video_file_chunk?.bytes
      const { start_offset, end_offset } = nextPiece(world, v)
      if (!chunk) return badParam('video_file_chunk must be a file')
      if (fields.start_offset !== start_offset)
        return refuseVideo(c, 1363037, `Fail to upload chunk: start_offset must be ${start_offset}.`)
      if (chunk.length === 0 || chunk.length > Number(end_offset) - Number(start_offset))
        return refuseVideo(c, 1363045, 'The chunk is larger than was asked for.')
      addPiece(world, v.upload, chunk)
      if (v.upload.received === v.upload.size) keep(world, v, assemble(world, v.upload))
      return graphAnswer(c, nextPiece(world, v))
    }
    if (phase === 'cancel') {
      v.deleted = true
      return graphAnswer(c, { success: true })
    }
    checkParams(c.params, { upload_phase: word, upload_session_id: param.id, ...describe })
    if (!v.file) return refuseVideo(c, 1363045, 'The file is not complete.')
    const problem = videoProblem(v)
    if (problem) return refuseVideo(c, problem.code, problem.message)
    const want = wantOf(world, c)
    v.thumb = thumbOf(world, c, 'thumb') ?? v.thumb
    finish(world, v, want)
    return graphAnswer(c, { success: true })
  }

const nextPiece = (world: FbWorld, v: Video) => {
  const end = Math.min(v.upload.size ?? 0, v.upload.received + (world.knob('videoChunk') || n.chunk))
  return { start_offset: String(v.upload.received), end_offset: String(end) }
}

/** `source` or `file_url` in one call. */
const oneCall = async (world: FbWorld, c: PageCall): Promise<SandboxResponse> => {
  checkParams(c.params, { source: param.text, file_url: param.url, ...describe })
  const { fields, files } = c.params
  const v = newVideo(world, c, 'videos', null)
  if (fields.file_url) {
    const pulled = await pull(world, fields.file_url, n.maxBytes)
    if ('problem' in pulled)
      return graphRefuse(400, 389, '(#389) Unable to fetch video file from URL.', { headers: c.headers })
    keep(world, v, pulled)
  } else if (files.source) {
    addPiece(world, v.upload, files.source.bytes)
    keep(world, v, assemble(world, v.upload))
  } else badParam('One of source, file_url and upload_phase is required')
  const problem = videoProblem(v)
  if (problem) return refuseVideo(c, problem.code, problem.message)
  finish(world, v, wantOf(world, c))
  return graphAnswer(c, { id: v.id })
}

/** Reels and video stories: start and finish; the bytes go to rupload in between. */
const hosted =
  (world: FbWorld, edge: 'video_reels' | 'video_stories') =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    const { fields } = c.params
    const word = { required: true, check: param.oneOf('start', 'finish') } as const
    if (fields.upload_phase === 'start') {
      checkParams(c.params, { upload_phase: word })
      const today = Object.values(world.state.videos).filter(
        (v) =>
          v.page === c.page.id && v.edge === 'video_reels' && v.finishedAt !== null && world.now() - v.finishedAt < DAY,
      )
      if (edge === 'video_reels' && today.length >= reel.perDay)
        graphRefuse(400, 613, '(#613) Calls to this api have exceeded the rate limit.', { headers: c.headers })
      const v = newVideo(world, c, edge, null)
      return graphAnswer(c, {
        video_id: v.id,
        upload_url: `${req.base}/rupload.facebook.com/video-upload/v25.0/${v.id}`,
      })
    }
    const own = { upload_phase: word, video_id: { required: true, check: param.id } } as const
    checkParams(
      c.params,
      edge === 'video_reels'
        ? { ...own, ...common, video_state: { required: true, check: param.oneOf('PUBLISHED', 'DRAFT', 'SCHEDULED') } }
        : own,
    )
    const v = videoById(world, fields.video_id)
    if (!v || v.page !== c.page.id || v.edge !== edge) return missingObject(fields.video_id!)
    if (!v.file) return refuseVideo(c, 1363045, 'The file is not complete.')
    // Reels are judged at once, stories while they are processed.
    const problem = edge === 'video_reels' ? videoProblem(v) : null
    if (problem) return refuseVideo(c, problem.code, problem.message)
    const state = ({ PUBLISHED: 'published', DRAFT: 'draft', SCHEDULED: 'scheduled' } as const)[
      fields.video_state ?? 'PUBLISHED'
    ]
    if (state === 'scheduled' && !fields.scheduled_publish_time)
      badParam('The parameter scheduled_publish_time is required')
    if (state !== 'scheduled' && fields.scheduled_publish_time)
      badParam('scheduled_publish_time needs video_state SCHEDULED')
    finish(world, v, {
      state: state ?? 'published',
      due: fields.scheduled_publish_time ? dueAt(world, fields.scheduled_publish_time, schedule.reelMs) : null,
      description: (fields.description ?? '').trim(),
      title: fields.title ?? '',
      raw: redacted(fields),
    })
    if (edge === 'video_reels') return graphAnswer(c, { success: true })
    v.promised ??= nextId(world)
    return graphAnswer(c, { success: true, post_id: v.promised })
  }

const rupload =
  (world: FbWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const row = tokenRow(world, tokenOf(req))
    const v = videoById(world, req.params.id)
    if (!v || v.edge === 'videos' || row.page !== v.page) return missingObject(req.params.id!)
    if (v.file) return json(200, { success: true })
    return receive(world, v.upload, req, {
      maxBytes: n.maxBytes,
      cutBytes: world.knob('ruploadCutBytes'),
      whole: (file) => {
        keep(world, v, file)
        return undefined
      },
    })
  }

const thumbnails =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = asPage(world, req, { scopes: write })
    checkParams(c.params, { is_preferred: param.bool, source: { required: true, check: param.text } })
    const v = videoById(world, req.params.id)
    if (!v || v.page !== c.page.id) return missingObject(req.params.id!)
    v.thumb = thumbOf(world, c, 'source')
    world.changed()
    return graphAnswer(c, { success: true })
  }

const reels =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: read })
    const since = Number(req.query.get('since') ?? 0) * 1000
    const rows = Object.values(world.state.videos)
      .filter((v) => v.page === c.page.id && v.edge === 'video_reels' && !v.deleted && v.post !== null && v.at >= since)
      .reverse()
      .map((v) => pickFields(videoView(world, v), req.query.get('fields'), ['description', 'created_time']))
    return graphAnswer(c, listPage(req, rows))
  }

/** Processing that is over makes a post, or says why not; a schedule that is due goes out. */
export const tick = (world: FbWorld): void => {
  for (const v of Object.values(world.state.videos)) {
    if (v.readyAt === null || v.readyAt > world.now() || v.post || v.error || v.deleted) continue
    const problem = videoProblem(v)
    if (problem) {
      v.error = problem
      world.changed()
      continue
    }
    const { state, due, description, raw } = v.want!
    v.post = addPost(
      world,
      {
        page: v.page,
        kind: v.edge === 'videos' ? 'video' : v.edge === 'video_reels' ? 'reel' : 'story',
        message: v.edge === 'video_stories' ? '' : description,
        link: null,
        photos: [],
        video: v.id,
        state,
        due,
        raw,
      },
      v.promised,
    ).id
  }
  for (const p of world.state.posts)
    if (p.state === 'scheduled' && !p.deleted && p.due !== null && p.due <= world.now()) {
      p.state = 'published'
      p.at = p.due
      world.changed()
      announce(world, p, 'add')
    }
}

const hosts = ['graph.facebook.com', 'graph-video.facebook.com']

export const videoRoutes = (world: FbWorld): SandboxRoute[] => [
  ...hosts.map((h) => route('video', `POST ${h}/:version/:page/videos`, videos(world), { writes: true })),
  route('reel', 'POST graph.facebook.com/:version/:page/video_reels', hosted(world, 'video_reels'), { writes: true }),
  route('video-story', 'POST graph.facebook.com/:version/:page/video_stories', hosted(world, 'video_stories'), {
    writes: true,
  }),
  route('rupload', 'POST rupload.facebook.com/video-upload/:version/:id', rupload(world), { writes: true }),
  route('thumbnail', 'POST graph.facebook.com/:version/:id/thumbnails', thumbnails(world), { writes: true }),
  route('reels', 'GET graph.facebook.com/:version/:page/video_reels', reels(world)),
]
