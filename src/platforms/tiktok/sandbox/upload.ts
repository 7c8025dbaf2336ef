/** Where chunks go, and what a task says of itself (fact sheet §3.4, §3.6). */

import { mimeOf } from '#kit/sandbox/body.ts'
import { checkFields, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreFields } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { addPiece, assemble } from '#kit/sandbox/uploads.ts'
import { bodyOf, caller, ok, stop } from './answers.ts'
import { chunks } from './numbers.ts'
import type { Task, TikTokWorld } from './state.ts'
import { arrived, fail, isPublic } from './tasks.ts'

const VIDEO_TYPES = ['video/mp4', 'video/quicktime', 'video/webm']

/** The upload host answers with a status and headers; its bodies are not documented. */
const bare = (status: number, headers?: Record<string, string>): SandboxResponse => ({ status, headers, text: '' })

const put =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const token = req.query.get('upload_token')
    const task = Object.values(world.state.tasks).find((t) => t.token !== null && t.token === token)
    const { upload } = task ?? {}
    if (!task || !upload || !task.publishId.endsWith(`.${req.query.get('upload_id')}`)) return bare(404)
    // A task that has all it needs is no upload any more.
    if (task.status !== 'PROCESSING_UPLOAD' || task.readyAt !== null) return bare(404)
    if (world.now() - task.madeAt > chunks.urlMs) return bare(403)
    const total = upload.size!
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(req.headers['content-range'] ?? '')
    if (!range || !VIDEO_TYPES.includes(mimeOf(req)) || req.headers.authorization !== undefined) return bare(400)
    const [from, to, size] = range.slice(1).map(Number) as [number, number, number]
    if (size !== total || to - from + 1 !== req.body.length) return bare(400)
    if (from !== upload.received)
      return bare(416, { 'content-range': `bytes 0-${Math.max(0, upload.received - 1)}/${total}` })
    const n = Math.floor(from / task.chunk)
    const last = n === task.count - 1
    if (!last && req.body.length !== task.chunk) return bare(400)
    if (last && to !== total - 1) return bare(400)
    upload.mime = mimeOf(req)
    const received = addPiece(world, upload, req.body)
    if (received < total) return bare(206, { 'content-range': `bytes 0-${received - 1}/${total}` })
    arrived(world, task, [assemble(world, upload)])
    return bare(201, { 'content-range': `bytes 0-${received - 1}/${total}` })
  }

/** The caller's own task, or TikTok's two refusals. */
const own = (world: TikTokWorld, req: SandboxRequest, route: string): Task => {
  const c = caller(world, req, { limit: 'status', route })
  if (!c.scopes.includes('video.publish') && !c.scopes.includes('video.upload'))
    stop(world, 401, 'scope_not_authorized', 'The user did not authorize the scope required.')
  const body = bodyOf(world, req)
  const [wrong] = ignoreFields(req, checkFields(body, { publish_id: { required: true, check: is.string } }))
  if (wrong) stop(world, 400, 'invalid_params', `${wrong.field} ${wrong.message}`)
  const id = String(body.publish_id)
  const task = Object.hasOwn(world.state.tasks, id) ? world.state.tasks[id]! : undefined
  if (!task) return stop(world, 400, 'invalid_publish_id', 'The publish_id does not exist.')
  if (task.owner !== c.user.openId)
    stop(world, 400, 'token_not_authorized_for_specified_publish_id', 'The token does not own this publish_id.')
  return task
}

/** 64-bit ids go out as bare numbers, which JSON.stringify cannot write. */
const withIds = (r: SandboxResponse, ids: readonly string[]): SandboxResponse => ({
  status: r.status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  text: JSON.stringify(r.json).replace('"@ids"', `[${ids.join()}]`),
})

const status =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const task = own(world, req, 'status')
    const post = world.state.posts.find((p) => p.id === task.post)
    return withIds(
      ok(world, {
        status: task.status,
        ...(task.failReason === null ? {} : { fail_reason: task.failReason }),
        publicaly_available_post_id: '@ids',
        ...(task.upload ? { uploaded_bytes: task.upload.received } : { downloaded_bytes: task.downloaded }),
      }),
      post && isPublic(world, post) && world.knob('namesPosts') !== 0 ? [post.id] : [],
    )
  }

/** Best effort, and only for what TikTok fetches. */
const cancel =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const task = own(world, req, 'cancel')
    if (task.status !== 'PROCESSING_DOWNLOAD') stop(world, 400, 'publish_not_cancellable', 'It cannot be cancelled.')
    fail(world, task, 'publish_cancelled')
    const { error } = ok(world, {}).json as { error: unknown }
    return { status: 200, json: { error } }
  }

export const uploadRoutes = (world: TikTokWorld): SandboxRoute[] => [
  route('upload', 'PUT open-upload.tiktokapis.com/video/', put(world), { writes: true }),
  route('status', 'POST open.tiktokapis.com/v2/post/publish/status/fetch/', status(world)),
  route('cancel', 'POST open.tiktokapis.com/v2/post/publish/cancel/', cancel(world), { writes: true }),
]
