/** `GET | POST | DELETE /{id}`: whatever the id names (fact sheet facebook.md §5). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { graphAnswer } from '../../families/meta/sandbox/door.ts'
import { badParam, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { readPage } from '../../families/meta/sandbox/people.ts'
import { pageById } from '../../families/meta/sandbox/state.ts'
import { schedule, text } from './numbers.ts'
import { announce, asPage, dueAt, ownPost, type PageCall, read, write } from './page.ts'
import { commentOf, type FbWorld, type Post, photoOf, postOf, videoById } from './state.ts'
import { commentView, photoView, postView, videoView } from './view.ts'

const get =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    if (pageById(world, id)) return readPage(world, req, id)
    const c = asPage(world, req, { scopes: read })
    const fields = req.query.get('fields')
    const video = videoById(world, id)
    if (video?.page === c.page.id)
      return graphAnswer(c, pickFields(videoView(world, video), fields, ['description', 'created_time']))
    const photo = photoOf(world, id)
    if (photo?.page === c.page.id) return graphAnswer(c, pickFields(photoView(photo), fields, ['created_time']))
    const comment = commentOf(world, id)
    if (comment && postOf(world, comment.post)?.page === c.page.id)
      return graphAnswer(c, pickFields(commentView(comment), fields, ['message', 'from', 'created_time']))
    return graphAnswer(
      c,
      pickFields(postView(world, ownPost(world, c, id), c.row.scopes), fields, ['message', 'created_time']),
    )
  }

/** Takes a post away, and with it what it was made of. */
const takeDown = (world: FbWorld, post: Post): void => {
  post.deleted = true
  for (const id of post.photos) if (world.state.photos[id]) world.state.photos[id].deleted = true
  if (post.video && world.state.videos[post.video]) world.state.videos[post.video]!.deleted = true
  for (const x of world.state.comments) if (x.post === post.id) x.deleted = true
  announce(world, post, 'remove')
}

const remove =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    const c = asPage(world, req, { scopes: write })
    const video = videoById(world, id)
    const photo = photoOf(world, id)
    const comment = commentOf(world, id)
    if (video?.page === c.page.id) {
      video.deleted = true
      const post = postOf(world, video.post ?? undefined)
      if (post) takeDown(world, post)
    } else if (photo?.page === c.page.id) {
      photo.deleted = true
      const post = postOf(world, photo.post ?? undefined)
      if (post?.photos.every((p) => world.state.photos[p]?.deleted)) takeDown(world, post)
    } else if (comment && postOf(world, comment.post)?.page === c.page.id) comment.deleted = true
    else takeDown(world, ownPost(world, c, id))
    world.changed()
    return graphAnswer(c, { success: true })
  }

const editPost = (world: FbWorld, c: PageCall, post: Post): void => {
  checkParams(c.params, {
    message: param.max(text.max),
    scheduled_publish_time: param.text,
    is_published: param.bool,
  })
  const { message, scheduled_publish_time, is_published } = c.params.fields
  if (post.kind === 'story') badParam('A story cannot be edited')
  if (post.app !== world.state.meta.app.id) badParam('Only posts created by this app can be edited')
  if (message !== undefined) {
    if (!message.trim() && post.photos.length === 0 && !post.video && !post.link)
      badParam('The parameter message is required')
    post.message = message.trim()
  }
  if (scheduled_publish_time !== undefined) post.due = dueAt(world, scheduled_publish_time, schedule.postMs)
  if (is_published === 'true') {
    post.state = 'published'
    post.at = world.now()
  }
  announce(world, post, 'edited')
}

const edit =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    const c = asPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    const video = videoById(world, id)
    const comment = commentOf(world, id)
    if (video?.page === c.page.id) {
      checkParams(c.params, { description: param.max(text.max), title: param.max(255) })
      const post = postOf(world, video.post ?? undefined)
      if (video.want && c.params.fields.description !== undefined) {
        video.want.description = c.params.fields.description.trim()
        if (post) post.message = video.want.description
      }
    } else if (comment && postOf(world, comment.post)?.page === c.page.id) {
      checkParams(c.params, { message: param.max(text.comment), is_hidden: param.bool })
      if (c.params.fields.message) comment.message = c.params.fields.message
    } else editPost(world, c, postOf(world, id)?.page === c.page.id ? postOf(world, id)! : missingObject(id))
    world.changed()
    return graphAnswer(c, { success: true })
  }

/** Last in the table: the pattern takes any id. */
export const nodeRoutes = (world: FbWorld): SandboxRoute[] => [
  route('node', 'GET graph.facebook.com/:version/:id', get(world)),
  route('delete', 'DELETE graph.facebook.com/:version/:id', remove(world), { writes: true }),
  route('edit', 'POST graph.facebook.com/:version/:id', edit(world), { writes: true }),
]
