/** The door of calls on a Page, and what happens when something appears on one. */
import type { SandboxRequest } from '#kit/sandbox/imitation.ts'
import { type DoorOptions, enter, type GraphCall, type UseCase } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { sendHook } from '../../families/meta/sandbox/hooks.ts'
import { type MetaPage, nextId, pageById } from '../../families/meta/sandbox/state.ts'
import { pageCalls, schedule } from './numbers.ts'
import { type FbWorld, type Post, postOf, type Visibility } from './state.ts'

export const throttled = {
  code: 80001,
  message:
    'There have been too many calls to this Page account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.',
}

const useCase = (world: FbWorld): UseCase => ({
  type: 'pages',
  ...throttled,
  calls: world.knob('pageCalls') || pageCalls,
})

export const read = ['pages_read_engagement'] as const
export const write = ['pages_read_engagement', 'pages_manage_posts'] as const

export type PageCall = GraphCall & { page: MetaPage }

/** Any call with a Page token. */
export const asPage = (world: FbWorld, req: SandboxRequest, o: DoorOptions = {}): PageCall => {
  const c = enter(world, req, { ...o, useCase: useCase(world) })
  const { page } = c
  if (!page)
    return graphRefuse(403, 210, '(#210) A page access token is required to request this resource.', {
      headers: c.headers,
    })
  return { ...c, page }
}

/** A call on the Page of the path; `me` is the Page of the token. */
export const onPage = (world: FbWorld, req: SandboxRequest, o: DoorOptions = {}): PageCall => {
  const c = asPage(world, req, o)
  const asked = req.params.page
  if (asked !== 'me' && asked !== c.page.id) {
    if (!pageById(world, asked)) missingObject(asked ?? '')
    graphRefuse(403, 200, '(#200) The token belongs to another Page', { headers: c.headers })
  }
  return c
}

/** `published`, `scheduled_publish_time`, `unpublished_content_type` -> what becomes of it, and when. */
export const delivered = (
  world: FbWorld,
  fields: Record<string, string>,
  maxMs: number,
): { state: Visibility; due: number | null } => {
  const published = fields.published === undefined || fields.published === 'true' || fields.published === '1'
  const time = fields.scheduled_publish_time
  const kind = fields.unpublished_content_type
  if (published && time !== undefined) badParam('You cannot schedule a published post: set published to false')
  if (published && kind !== undefined && kind !== 'PUBLISHED')
    badParam('unpublished_content_type needs published=false')
  if (published) return { state: 'published', due: null }
  if (kind === 'DRAFT' && time === undefined) return { state: 'draft', due: null }
  if (time === undefined) return { state: 'draft', due: null }
  return { state: 'scheduled', due: dueAt(world, time, maxMs) }
}

/** Unix seconds or ISO 8601, from 10 minutes ahead on. */
export const dueAt = (world: FbWorld, time: string, maxMs: number): number => {
  const due = /^\d+$/.test(time) ? Number(time) * 1000 : Date.parse(time)
  const ahead = due - world.now()
  if (!Number.isFinite(due) || ahead < schedule.minMs || ahead > maxMs)
    badParam('The specified scheduled publish time is invalid.', {
      said: 'The time must be at least 10 minutes ahead and not too far.',
    })
  return due
}

/** Puts a post down; what is published at once is announced. `number`: where its id was given before. */
export const addPost = (
  world: FbWorld,
  post: Omit<Post, 'id' | 'at' | 'deleted' | 'app'>,
  number = nextId(world),
): Post => {
  const made: Post = {
    ...post,
    id: post.kind === 'story' ? number : `${post.page}_${number}`,
    at: world.now(),
    app: world.state.meta.app.id,
    deleted: false,
  }
  world.state.posts.push(made)
  world.changed()
  if (made.state === 'published') announce(world, made, 'add')
  return made
}

/** The feed event of a post, for Pages that subscribed. */
export const announce = (world: FbWorld, post: Post, verb: 'add' | 'edited' | 'remove'): void => {
  const page = pageById(world, post.page)
  if (!page || post.kind === 'story') return
  const item = post.video ? 'video' : post.photos.length > 0 ? 'photo' : 'status'
  tell(world, post.page, {
    from: { id: page.id, name: page.name },
    item,
    verb,
    post_id: post.id,
    created_time: Math.floor(world.now() / 1000),
    ...(post.message ? { message: post.message } : {}),
    ...(post.link ? { link: post.link } : {}),
    ...(verb === 'remove' ? {} : { published: 1 }),
  })
}

/** One `feed` change of a Page. */
export const tell = (world: FbWorld, page: string, value: unknown): void => {
  if (world.state.subscribed[page]?.includes('feed'))
    sendHook(world, { object: 'page', entry: page, changes: [{ field: 'feed', value }] })
}

/** The post, when this Page may see it. */
export const ownPost = (world: FbWorld, c: PageCall, id: string): Post => {
  const post = postOf(world, id)
  return post && post.page === c.page.id ? post : missingObject(id)
}
