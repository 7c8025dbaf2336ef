/** What becomes of a task as time passes: fetching, checking the media, publishing, moderation (fact sheet §3.6, §8). */
import { sniff } from '#kit/sandbox/sniff.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { type Assembled, pull } from '#kit/sandbox/uploads.ts'
import { sayDone, sayFailed, saySeen, send } from './hooks.ts'
import { photo, video } from './numbers.ts'
import { type HeldFile, nextId, type Post, type Task, type TikTokWorld, type User } from './state.ts'

const VIDEO_TYPES = ['video/mp4', 'video/quicktime', 'video/webm']

/** Matroska and WebM begin with these four bytes; the sniffer of the kit does not read further. */
const isWebm = (world: TikTokWorld, key: string) =>
  world.blobs.get(key)?.bytes.subarray(0, 4).toString('hex') === '1a45dfa3'

/** The `fail_reason` of a video, or null. What the file does not tell is not held against it. */
const videoProblem = (world: TikTokWorld, a: Assembled, user: User): string | null => {
  const { mime, fps, width, height, durationMs } = a.sniffed
  if (!VIDEO_TYPES.includes(mime) && !isWebm(world, a.key)) return 'file_format_check_failed'
  if (a.bytes > video.bytes) return 'file_format_check_failed'
  if (durationMs !== undefined && durationMs > Math.min(user.maxSecs, video.maxSecs) * 1000)
    return 'duration_check_failed'
  if (fps !== undefined && (fps < video.minFps - 0.05 || fps > video.maxFps + 0.05)) return 'frame_rate_check_failed'
  const sides = [width, height].filter((x) => x !== undefined)
  return sides.some((x) => x < video.minPixels || x > video.maxPixels) ? 'picture_size_check_failed' : null
}

const photoProblem = (a: Assembled): string | null => {
  const { mime, width = 0, height = 0 } = a.sniffed
  if (mime !== 'image/jpeg' && mime !== 'image/webp') return 'file_format_check_failed'
  if (a.bytes > photo.bytes) return 'picture_size_check_failed'
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  return short > photo.short || long > photo.long ? 'picture_size_check_failed' : null
}

export const fail = (world: TikTokWorld, task: Task, reason: string): void => {
  task.status = 'FAILED'
  task.failReason = reason
  task.readyAt = null
  world.changed()
  sayFailed(world, task)
}

/** The whole of it is there: a first look, and processing begins. */
export const arrived = (world: TikTokWorld, task: Task, files: readonly Assembled[]): void => {
  const user = world.state.users.find((u) => u.openId === task.owner)!
  task.held = files.map((a) => ({
    key: a.key,
    mime: isWebm(world, a.key) ? 'video/webm' : a.sniffed.mime,
    bytes: a.bytes,
    problem: task.media === 'video' ? videoProblem(world, a, user) : photoProblem(a),
  }))
  // What was fetched counts from the asking, whenever the fetch came about: the same play every time.
  task.readyAt = (task.urls.length > 0 ? task.madeAt : world.now()) + world.knob('processingMs')
  world.changed()
}

/** One fetch per task at a time, though every request and every tick may want it. */
const fetching = new WeakMap<TikTokWorld, Map<string, Promise<void>>>()

const fetchAll = async (world: TikTokWorld, task: Task): Promise<void> => {
  const files: Assembled[] = []
  for (const url of task.urls) {
    const got = await pull(world, url, task.media === 'video' ? video.bytes : photo.bytes + 1024 * 1024)
    if (task.status !== 'PROCESSING_DOWNLOAD') return
    if ('problem' in got) {
      const tooBig = got.problem === 'too-big' && task.media === 'photo'
      return fail(world, task, tooBig ? 'picture_size_check_failed' : `${task.media}_pull_failed`)
    }
    task.downloaded += got.bytes
    files.push(got)
  }
  arrived(world, task, files)
}

const fetchOnce = (world: TikTokWorld, task: Task): Promise<void> => {
  const running = fetching.get(world) ?? new Map<string, Promise<void>>()
  fetching.set(world, running)
  const current = running.get(task.publishId)
  if (current) return current
  const work = fetchAll(world, task).finally(() => running.delete(task.publishId))
  running.set(task.publishId, work)
  return work
}

const first = (world: TikTokWorld, held: readonly HeldFile[]) => {
  const bytes = held[0] && world.blobs.get(held[0].key)?.bytes
  const { durationMs = 0, width = 0, height = 0 } = bytes ? sniff(bytes) : {}
  return { durationMs, width, height }
}

/** Processing is over: the post is out, or the draft lies in the inbox. */
const finish = (world: TikTokWorld, task: Task): void => {
  const problem = task.held.find((h) => h.problem !== null)?.problem
  if (problem) {
    fail(world, task, problem)
    return
  }
  const at = task.readyAt ?? world.now()
  const open = !task.draft && task.privacy === 'PUBLIC_TO_EVERYONE'
  const post: Post = {
    id: nextId(world),
    author: task.owner,
    media: task.media,
    title: task.title,
    description: task.description,
    privacy: task.privacy ?? 'SELF_ONLY',
    held: task.held,
    ...first(world, task.held),
    at,
    publicAt: open ? at + world.knob('moderationMs') : null,
    announced: false,
    publishId: task.publishId,
    draft: task.draft,
    deleted: false,
    raw: task.raw,
  }
  world.state.posts.push(post)
  task.post = post.id
  task.readyAt = at
  task.status = task.draft ? 'SEND_TO_USER_INBOX' : 'PUBLISH_COMPLETE'
  world.changed()
  sayDone(world, task)
}

/** Moderation has let it through. */
const announce = (world: TikTokWorld, post: Post): void => {
  post.announced = true
  world.changed()
  saySeen(world, post, true, world.state.tasks[post.publishId]?.draft)
}

export const isPublic = (world: TikTokWorld, p: Post): boolean =>
  !p.deleted && !p.draft && p.publicAt !== null && p.publicAt <= world.now()

/** Everything that happens by itself until now. */
export const tick = async (world: TikTokWorld): Promise<void> => {
  const open = Object.values(world.state.tasks)
  for (const t of open)
    if (t.status === 'PROCESSING_DOWNLOAD' && t.readyAt === null && t.urls.length > 0) await fetchOnce(world, t)
  for (const t of open)
    if (t.status.startsWith('PROCESSING') && t.readyAt !== null && t.readyAt <= world.now()) finish(world, t)
  for (const p of world.state.posts) if (!p.announced && isPublic(world, p)) announce(world, p)
}

/** A person takes the app's rights away: tokens die, tasks under way come to nothing, the app is told. `reason`: §9. */
export const endAuthorization = (world: TikTokWorld, openId: string, reason: number): void => {
  revokeTokens(world.state.tokens, (t) => t.account === openId)
  for (const t of Object.values(world.state.tasks))
    if (t.owner === openId && t.status.startsWith('PROCESSING') && (t.readyAt !== null || t.urls.length > 0))
      fail(world, t, 'auth_removed')
  world.changed()
  send(world, 'authorization.removed', openId, { reason })
}
