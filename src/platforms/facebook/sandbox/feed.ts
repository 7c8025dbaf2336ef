/** `POST /{page}/feed`, the lists of posts, and comments (fact sheet facebook.md §3.1, §3.2, §3.7, §4). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { graphAnswer } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, listOf, listPage, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { duplicateMs, photo as photoLimits, schedule, text } from './numbers.ts'
import { addPost, asPage, delivered, onPage, ownPost, type PageCall, read, tell, write } from './page.ts'
import { type Comment, type FbWorld, type Photo, type Post, photoOf, videoById } from './state.ts'
import { commentView, postView } from './view.ts'

const MEDIA = /^attached_media(\[\d+\])?$/

/** Ids of `attached_media[0]={"media_fbid":"1"}` or of a JSON array. */
const attachedIds = (fields: Record<string, string>): string[] => {
  const raw = Object.keys(fields)
    .filter((k) => MEDIA.test(k))
    .sort((a, b) => Number(/\d+/.exec(a)?.[0] ?? 0) - Number(/\d+/.exec(b)?.[0] ?? 0))
    .map((k) => fields[k]!)
  return raw.flatMap((value) => {
    try {
      const parsed: unknown = JSON.parse(value)
      return (Array.isArray(parsed) ? parsed : [parsed]).map((x: { media_fbid?: unknown }) => {
        if (typeof x?.media_fbid !== 'string' && typeof x?.media_fbid !== 'number')
          badParam('Param attached_media must hold media_fbid')
        return String(x.media_fbid)
      })
    } catch (error) {
      if (error instanceof SyntaxError) return badParam('Param attached_media must be a JSON object')
      throw error
    }
  })
}

/** A photo of this Page that no post has used and that is not too old. */
export const freePhoto = (world: FbWorld, c: PageCall, id: string): Photo => {
  const p = photoOf(world, id)
  const tooOld = p && !p.temporary && world.now() - p.at > photoLimits.unpublishedMs
  if (!p || p.page !== c.page.id || tooOld)
    return badParam(`Invalid parameter: media_fbid ${id} is no photo of this Page`, { headers: c.headers })
  if (p.post)
    graphRefuse(400, 100, '(#100) Invalid parameter', {
      subcode: 1366051,
      said: 'These photos were already posted.',
      headers: c.headers,
    })
  return p
}

const linkProblem = (c: PageCall, link: string): void => {
  if (!URL.canParse(link) || !/^https?:$/.test(new URL(link).protocol))
    graphRefuse(400, 100, '(#100) Invalid parameter', {
      subcode: 2061006,
      said: 'The link is not a valid URL.',
      headers: c.headers,
    })
  if (/(^|\.)(facebook\.com|fb\.com|fb\.me)$/i.test(new URL(link).hostname))
    graphRefuse(400, 100, '(#100) Invalid parameter', {
      subcode: 1609008,
      said: 'You cannot post links of facebook.com.',
      headers: c.headers,
    })
  // Hosts of RFC 2606 that never resolve stand for pages nobody can read.
  if (/\.invalid$/i.test(new URL(link).hostname))
    graphRefuse(400, 1609005, '(#1609005) There was a problem scraping data from the provided link.', {
      headers: c.headers,
    })
}

const create =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    const { fields } = c.params
    checkParams(
      c.params,
      {
        message: param.max(text.max),
        link: param.text,
        published: param.bool,
        scheduled_publish_time: param.text,
        unpublished_content_type: param.oneOf('DRAFT', 'SCHEDULED', 'PUBLISHED', 'INLINE_CREATED', 'ADS_POST'),
        place: param.id,
        targeting: targeting,
        feed_targeting: targeting,
        backdated_time: param.text,
        text_format_preset_id: param.id,
        formatting: param.oneOf('PLAINTEXT', 'MARKDOWN'),
      },
      MEDIA,
    )
    const { state, due } = delivered(world, fields, schedule.postMs)
    const message = (fields.message ?? '').replace(/\r\n?/g, '\n').trim()
    const ids = attachedIds(fields)
    if (!message && !fields.link && ids.length === 0)
      badParam('The parameter message is required', { said: 'This post has no content.', headers: c.headers })
    if (ids.length > photoLimits.perPost)
      badParam(`Param attached_media must have at most ${photoLimits.perPost} items`)
    if (new Set(ids).size !== ids.length) badParam('Param attached_media names a photo twice')
    const photos = ids.map((id) => freePhoto(world, c, id))
    if (state === 'scheduled' && photos.some((p) => !p.temporary))
      badParam('Photos of a scheduled post must be uploaded with temporary=true')
    if (fields.link) linkProblem(c, fields.link)
    const recent = (p: Post) =>
      p.page === c.page.id &&
      !p.deleted &&
      p.state === 'published' &&
      p.photos.length === 0 &&
      world.now() - p.at < duplicateMs
    if (
      world.knob('duplicateGuard') !== 0 &&
      state === 'published' &&
      photos.length === 0 &&
      world.state.posts.some((p) => recent(p) && p.message === message && p.link === (fields.link ?? null))
    )
      graphRefuse(400, 506, '(#506) Duplicate status message', { headers: c.headers })
    const post = addPost(world, {
      page: c.page.id,
      kind: 'post',
      message,
      link: fields.link ?? null,
      photos: ids,
      video: null,
      state,
      due,
      raw: redacted(fields),
    })
    for (const p of photos) p.post = post.id
    return graphAnswer(c, readAfterWrite(postView(world, post, c.row.scopes), fields.fields))
  }

/** A create may ask for fields of what it makes; without them it gets the id (§3.7). */
const readAfterWrite = (view: Record<string, unknown>, fields: string | undefined) => pickFields(view, fields, ['id'])

/** `{"geo_locations":{"countries":["PL"]}}` */
export const targeting = (value: string): string | null => {
  try {
    const { geo_locations } = JSON.parse(value) as { geo_locations?: { countries?: unknown } }
    const list = geo_locations?.countries
    return Array.isArray(list) && list.every((x) => /^[A-Z]{2}$/.test(String(x))) ? null : 'names no countries'
  } catch {
    return 'must be a JSON object'
  }
}

/** What the client sent, without its secrets. */
export const redacted = (fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).filter(([k]) => !['access_token', 'appsecret_proof'].includes(k)))

/** Newest first; what is younger than the lag is not listed yet. */
const listed = (world: FbWorld, page: string, which: (p: Post) => boolean) =>
  world.state.posts
    .filter(
      (p) =>
        p.page === page &&
        !p.deleted &&
        p.kind !== 'story' &&
        which(p) &&
        p.at + world.knob('listLagMs') <= world.now(),
    )
    .reverse()

const list =
  (world: FbWorld, which: (p: Post) => boolean) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: read })
    const rows = listed(world, c.page.id, which).map((p) =>
      pickFields(postView(world, p, c.row.scopes), req.query.get('fields'), ['message', 'created_time']),
    )
    return graphAnswer(c, listPage(req, rows))
  }

/** The thing a comment may stand under: a post, or a video's post. */
const commented = (world: FbWorld, c: PageCall, id: string): Post => {
  const video = videoById(world, id)
  const post = ownPost(world, c, video?.post ?? id)
  if (post.state !== 'published' || post.kind === 'story') badParam('This post cannot be commented on')
  return post
}

export const addComment = (world: FbWorld, post: Post, from: Comment['from'], message: string): Comment => {
  const comment: Comment = {
    id: `${post.id.split('_').at(-1)}_${nextId(world)}`,
    post: post.id,
    from,
    message,
    at: world.now(),
    deleted: false,
  }
  world.state.comments.push(comment)
  world.changed()
  tell(world, post.page, {
    from,
    item: 'comment',
    verb: 'add',
    post_id: post.id,
    comment_id: comment.id,
    parent_id: post.id,
    created_time: Math.floor(world.now() / 1000),
    message,
  })
  return comment
}

const comment =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = asPage(world, req, { scopes: ['pages_manage_engagement'], task: 'MODERATE' })
    checkParams(c.params, {
      message: { required: true, check: param.max(text.comment) },
      attachment_url: param.url,
      attachment_id: param.id,
      attachment_share_url: param.url,
    })
    const message = c.params.fields.message!.trim()
    if (!message) badParam('The parameter message is required')
    const post = commented(world, c, req.params.id!)
    const made = addComment(world, post, { id: c.page.id, name: c.page.name }, message)
    return graphAnswer(c, readAfterWrite(commentView(made), c.params.fields.fields))
  }

const comments =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = asPage(world, req, { scopes: read })
    const post = commented(world, c, req.params.id!)
    const visible = world.state.comments.filter(
      (x) => x.post === post.id && !x.deleted && x.at + world.knob('listLagMs') <= world.now(),
    )
    const rows = req.query.get('order') === 'reverse_chronological' ? visible.reverse() : visible
    const view = rows.map((x) =>
      pickFields(commentView(x), req.query.get('fields'), ['message', 'from', 'created_time']),
    )
    return graphAnswer(c, listPage(req, view))
  }

const subscribe =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: ['pages_manage_metadata'] })
    const { app } = world.state.meta
    const fields = world.state.subscribed[c.page.id] ?? []
    if (req.method === 'GET')
      return graphAnswer(c, { data: fields.length ? [{ id: app.id, name: app.name, subscribed_fields: fields }] : [] })
    if (req.method === 'DELETE') delete world.state.subscribed[c.page.id]
    else {
      const known = ['feed', 'mention', 'messages', 'ratings', 'videos', 'live_videos', 'name', 'picture']
      const list = (v: string) =>
        listOf(v).every((x) => known.includes(x)) ? null : `must be one of {${known.join(', ')}}`
      checkParams(c.params, { subscribed_fields: { required: true, check: list } })
      world.state.subscribed[c.page.id] = listOf(c.params.fields.subscribed_fields)
    }
    world.changed()
    return graphAnswer(c, { success: true })
  }

export const feedRoutes = (world: FbWorld): SandboxRoute[] => [
  route('create', 'POST graph.facebook.com/:version/:page/feed', create(world), { writes: true }),
  route(
    'list',
    'GET graph.facebook.com/:version/:page/published_posts',
    list(world, (p) => p.state === 'published'),
  ),
  route(
    'list',
    'GET graph.facebook.com/:version/:page/feed',
    list(world, (p) => p.state === 'published'),
  ),
  route(
    'list',
    'GET graph.facebook.com/:version/:page/posts',
    list(world, (p) => p.state === 'published'),
  ),
  route(
    'scheduled',
    'GET graph.facebook.com/:version/:page/scheduled_posts',
    list(world, (p) => p.state === 'scheduled'),
  ),
  route('comment', 'POST graph.facebook.com/:version/:id/comments', comment(world), { writes: true }),
  route('comments', 'GET graph.facebook.com/:version/:id/comments', comments(world)),
  route('subscribe', 'POST|DELETE graph.facebook.com/:version/:page/subscribed_apps', subscribe(world), {
    writes: true,
  }),
  route('subscribe', 'GET graph.facebook.com/:version/:page/subscribed_apps', subscribe(world)),
]
