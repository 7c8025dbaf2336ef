/** Reading back: the profile, its posts and replies, one node by its id, what is below a post, hiding replies. */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, listPage, param, pickFields, truthy } from '../../families/meta/sandbox/params.ts'
import { readPoll } from './checks.ts'
import { answer, type Call, caller, notFound, ownProfile, stamp } from './door.ts'
import { mediaType } from './hooks.ts'
import { ghostLifeMs } from './numbers.ts'
import { type Account, avatarOf, type Post, permalinkOf, postById, rootOf, type ThWorld } from './state.ts'
import { containerNode } from './status.ts'

const profileOf = (a: Account): Record<string, unknown> => ({
  id: a.id,
  username: a.username,
  name: a.name,
  threads_profile_picture_url: avatarOf(a),
  threads_biography: '',
  is_verified: a.verified,
  is_eligible_for_geo_gating: a.geo,
})

const parsed = (value: string | undefined): unknown => (value === undefined ? undefined : JSON.parse(value))
const pollOf = (value: string | undefined): unknown => {
  if (value === undefined) return undefined
  const options = readPoll(value)
  const letters = ['a', 'b', 'c', 'd']
  return Object.fromEntries(
    options.flatMap((text, i) => [
      [`option_${letters[i]}`, text],
      [`option_${letters[i]}_votes_percentage`, 0],
    ]),
  )
}

/** An inline topic is kept without its sign by the app; how the API tells it is not documented (`hashless`). */
const textOf = (world: ThWorld, p: Post): string | undefined =>
  p.text === '' ? undefined : world.knob('hashless') ? p.text.replace(/(^|\s)#(?=\S)/, '$1') : p.text

export const postNode = (world: ThWorld, p: Post, own: string): Record<string, unknown> => {
  const url = (key: string | undefined) => (key ? `${new URL(world.url).origin}${world.blobs.url(key)}` : undefined)
  const f = p.params
  return {
    id: p.id,
    media_product_type: 'THREADS',
    media_type: mediaType(p),
    media_url: p.kind === 'CAROUSEL' ? undefined : url(p.items[0]?.key),
    permalink: permalinkOf(p),
    owner: { id: p.account ?? `9${p.id.slice(-15)}` },
    username: p.username,
    text: textOf(world, p),
    timestamp: stamp(p.at),
    shortcode: p.shortcode,
    thumbnail_url: undefined,
    children: p.kind === 'CAROUSEL' ? { data: p.items.map((x) => ({ id: x.id })) } : undefined,
    is_quote_post: f.quote_post_id !== undefined,
    quoted_post: f.quote_post_id === undefined ? undefined : { id: f.quote_post_id },
    alt_text: p.items[0]?.alt || undefined,
    link_attachment_url: f.link_attachment,
    poll_attachment: pollOf(f.poll_attachment),
    text_attachment: parsed(f.text_attachment),
    text_entities: parsed(f.text_entities),
    gif_url: undefined,
    topic_tag: f.topic_tag,
    is_spoiler_media: truthy(f.is_spoiler_media),
    has_replies: world.state.posts.some((x) => x.replyTo === p.id && !x.deleted),
    is_reply: p.replyTo !== null,
    is_reply_owned_by_me: p.replyTo !== null && p.account === own,
    root_post: p.replyTo === null ? undefined : { id: rootOf(world, p).id },
    replied_to: p.replyTo === null ? undefined : { id: p.replyTo },
    hide_status: p.hidden ? 'HIDDEN' : 'NOT_HUSHED',
    reply_audience: (f.reply_control ?? 'everyone').toUpperCase(),
    allowlisted_country_codes: f.allowlisted_country_codes?.split(','),
  }
}

/** Ghost posts are archived after a day. */
const shown = (world: ThWorld, p: Post): boolean =>
  !p.deleted && !(truthy(p.params.is_ghost_post) && p.at + ghostLifeMs <= world.now())
const listed = (world: ThWorld, p: Post): boolean => shown(world, p) && p.at + world.knob('listLagMs') <= world.now()

const rows = (world: ThWorld, req: SandboxRequest, c: Call, posts: Post[]): SandboxResponse =>
  answer(
    c,
    listPage(
      req,
      posts.map((p) => pickFields(postNode(world, p, c.account.id), req.query.get('fields'), ['id'])),
    ),
  )

export const me =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req)
    return answer(c, pickFields(profileOf(c.account), req.query.get('fields'), ['id']))
  }

/** `/threads`: what starts a conversation; `/replies`: what answers one. */
export const list =
  (world: ThWorld, replies: boolean) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, replies && req.params.id !== 'me' ? [] : replies ? ['threads_read_replies'] : [])
    const above = replies ? postById(world, req.params.id) : undefined
    if (above) return below(world, req, false)
    if (replies && !c.token.scopes.includes('threads_read_replies')) missing(c, 'threads_read_replies')
    const a = ownProfile(c, req.params.id)
    const bound = (name: string, otherwise: number) => Number(req.query.get(name) ?? otherwise) * 1000
    const [since, until] = [bound('since', 0), bound('until', Number.MAX_SAFE_INTEGER)]
    const mine = world.state.posts.filter(
      (p) =>
        p.account === a.id && (p.replyTo !== null) === replies && listed(world, p) && p.at >= since && p.at <= until,
    )
    return rows(world, req, c, mine.reverse())
  }

const missing = (c: Call, scope: string): never =>
  graphRefuse(403, 10, `(#10) Application does not have permission for this action; missing: ${scope}`, {
    headers: c.headers,
  })

/** What is right below a post, or the whole conversation. */
export const below = (world: ThWorld, req: SandboxRequest, deep: boolean): SandboxResponse => {
  const c = caller(world, req, ['threads_read_replies'])
  const p = postById(world, req.params.id) ?? notFound(req.params.id)
  const under = (x: Post) => (deep ? x.id !== p.id && rootOf(world, x).id === p.id : x.replyTo === p.id)
  const all = world.state.posts.filter((x) => under(x) && listed(world, x))
  return rows(world, req, c, truthy(req.query.get('reverse') ?? 'true') ? all.reverse() : all)
}

export const node =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req)
    const id = req.params.id!
    const fields = req.query.get('fields')
    const container = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (container) {
      if (container.account !== c.account.id || container.reads++ < world.knob('blindReads')) notFound(id)
      world.changed()
      return answer(c, pickFields(containerNode(world, container), fields, ['id', 'status']))
    }
    if (id === c.account.id) return answer(c, pickFields(profileOf(c.account), fields, ['id']))
    const p = postById(world, id)
    if (!p || !shown(world, p) || (p.account !== null && p.account !== c.account.id)) return notFound(id)
    return answer(c, pickFields(postNode(world, p, c.account.id), fields, ['id']))
  }

export const manageReply =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['threads_manage_replies'])
    const p = postById(world, req.params.id) ?? notFound(req.params.id)
    checkParams(c.params, { hide: { required: true, check: param.bool } })
    if (p.replyTo === null || rootOf(world, p).account !== c.account.id) notFound(p.id)
    p.hidden = truthy(c.params.fields.hide)
    world.changed()
    return answer(c, { success: true })
  }
