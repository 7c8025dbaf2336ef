/** Reading back: the account, its media and stories, one node by its id, collaborators, deleting and switching comments off. */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { missingObject } from '../../families/meta/sandbox/envelope.ts'
import { readPage } from '../../families/meta/sandbox/login.ts'
import { checkParams, listPage, param, pickFields, truthy } from '../../families/meta/sandbox/params.ts'
import { pageById } from '../../families/meta/sandbox/state.ts'
import { refuse } from './checks.ts'
import { commentNode, deleteComment, hideComment } from './comments.ts'
import { accountIn, answer, caller, stamp } from './door.ts'
import { countsAt } from './insights.ts'
import { mediaIn, shown } from './seen.ts'
import { type Account, accountById, avatarOf, type IgWorld, type Media, permalinkOf } from './state.ts'
import { containerNode } from './status.ts'

export const profileOf = (world: IgWorld, a: Account): Record<string, unknown> => ({
  id: a.id,
  username: a.username,
  name: a.name,
  biography: '',
  website: '',
  profile_picture_url: avatarOf(a),
  followers_count: a.followers,
  follows_count: 120,
  media_count: world.state.media.filter((m) => m.account === a.id && m.product !== 'STORY' && !m.deleted).length,
})

const types = { IMAGE: 'IMAGE', STORIES: 'IMAGE', CAROUSEL: 'CAROUSEL_ALBUM', VIDEO: 'VIDEO', REELS: 'VIDEO' } as const

export const mediaNode = (world: IgWorld, m: Media): Record<string, unknown> => {
  const counts = countsAt(world, m)
  const video = m.items[0]?.mime.startsWith('video/')
  const url = (key: string | undefined) => (key ? `${new URL(world.url).origin}${world.blobs.url(key)}` : undefined)
  return {
    id: m.id,
    ig_id: m.id,
    caption: m.product === 'STORY' || m.caption === '' ? undefined : m.caption,
    media_type: m.kind === 'STORIES' && video ? 'VIDEO' : types[m.kind],
    media_product_type: m.product,
    media_url: m.kind === 'CAROUSEL' ? undefined : url(m.items[0]?.key),
    thumbnail_url: video ? url(m.cover ?? undefined) : undefined,
    permalink: permalinkOf(world, m),
    shortcode: m.shortcode,
    timestamp: stamp(m.at),
    username: accountById(world, m.account)?.username,
    owner: { id: m.account },
    alt_text: m.items[0]?.alt || undefined,
    is_comment_enabled: m.comments,
    is_shared_to_feed: m.product === 'REELS' ? true : undefined,
    like_count: counts.likes,
    comments_count: counts.comments,
    children: m.kind === 'CAROUSEL' ? { data: m.items.map((x) => ({ id: x.id })) } : undefined,
  }
}

const list =
  (world: IgWorld, stories: boolean) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic'])
    const a = accountIn(c, req.params.id)
    const bound = (name: string, otherwise: number) => Number(req.query.get(name) ?? otherwise) * 1000
    const [since, until] = [bound('since', 0), bound('until', Number.MAX_SAFE_INTEGER)]
    const rows = world.state.media
      .filter((m) => m.account === a.id && (m.product === 'STORY') === stories && shown(world, m))
      .filter((m) => m.at + world.knob('listLagMs') <= world.now() && m.at >= since && m.at <= until)
      .reverse()
      .map((m) => pickFields(mediaNode(world, m), req.query.get('fields'), ['id']))
    return answer(c, listPage(req, rows))
  }

const node =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    if (pageById(world, id)) return readPage(world, req, id)
    const c = caller(world, req, ['basic'])
    const fields = req.query.get('fields')
    const own = (account: string) => c.accounts.some((a) => a.id === account) || missingObject(id)
    const container = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (container && own(container.account)) {
      // Since May 2026 fresh containers are sometimes "not there" for a read [4].
      if (container.reads++ < world.knob('blindReads')) return missingObject(id)
      return answer(c, pickFields(containerNode(world, container), fields, ['id']))
    }
    const account = c.accounts.find((a) => a.id === id)
    if (account) return answer(c, pickFields(profileOf(world, account), fields, ['id']))
    const comment = commentNode(world, c, id)
    if (comment) return answer(c, pickFields(comment, fields, ['id', 'text']))
    return answer(c, pickFields(mediaNode(world, mediaIn(world, c, id)), fields, ['id']))
  }

/** `POST /{media}?comment_enabled=` and `POST /{comment}?hide=`. */
const update =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic', 'comments'])
    const id = req.params.id!
    if (world.state.comments.some((x) => x.id === id)) return hideComment(world, c, id)
    const m = mediaIn(world, c, id)
    checkParams(c.params, { comment_enabled: { required: true, check: param.bool } })
    m.comments = truthy(c.params.fields.comment_enabled)
    world.changed()
    return answer(c, { success: true })
  }

/** Posts go with Facebook Login only, comments with both [5]. */
const remove =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    if (world.state.comments.some((x) => x.id === id && !x.deleted))
      return deleteComment(world, caller(world, req, ['basic', 'comments']), id)
    const c = caller(world, req, req.host === 'graph.facebook.com' ? ['basic', 'contents'] : ['basic'])
    const m = mediaIn(world, c, id)
    if (c.way === 'own')
      refuse(100, 33, `Unsupported delete request. Object with ID '${id}' does not support this operation.`)
    m.deleted = true
    world.changed()
    return answer(c, { success: true, deleted_id: id })
  }

const collaborators =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic'])
    const m = mediaIn(world, c, req.params.id)
    const rows = m.collaborators.map((username, i) => ({ id: `${m.id}${i}`, username, invite_status: 'Pending' }))
    return answer(c, { data: rows })
  }

const children =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic'])
    return answer(c, { data: mediaIn(world, c, req.params.id).items.map(({ id }) => ({ id })) })
  }

export const handlers = { list, node, update, remove, collaborators, children }
