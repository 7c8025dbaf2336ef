/** Comments (§3.5): making, listing, hiding, deleting, and what people write, with the webhook that follows. */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { badParam, graphRefuse, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { sendHook } from '../../families/meta/sandbox/hooks.ts'
import { checkParams, listPage, param, pickFields, truthy } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { checkComment } from './checks.ts'
import { answer, type Call, caller, stamp } from './door.ts'
import { mediaIn } from './seen.ts'
import { accountById, type Comment, type IgWorld, type Media, pageOfAccount } from './state.ts'

const node = (x: Comment): Record<string, unknown> => ({
  id: x.id,
  text: x.text,
  username: x.username,
  from: { id: x.account ?? `9${x.id.slice(-15)}`, username: x.username },
  timestamp: stamp(x.at),
  like_count: 0,
  hidden: x.hidden,
  parent_id: x.parent ?? undefined,
})

const live = (world: IgWorld, id: string) => world.state.comments.find((x) => x.id === id && !x.deleted)
/** The comment, when it is under a media the token may see. */
const commentIn = (world: IgWorld, c: Call, id: string): Comment => {
  const x = live(world, id) ?? missingObject(id)
  mediaIn(world, c, x.media)
  return x
}
export const commentNode = (world: IgWorld, c: Call, id: string): Record<string, unknown> | null =>
  live(world, id) ? node(commentIn(world, c, id)) : null

const add = (world: IgWorld, o: Pick<Comment, 'media' | 'account' | 'username' | 'text' | 'parent'>): Comment => {
  const comment: Comment = { ...o, id: nextId(world, '179'), at: world.now(), hidden: false, deleted: false }
  world.state.comments.push(comment)
  world.changed()
  return comment
}

const create =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic', 'comments'])
    const parent = live(world, req.params.id!) ? commentIn(world, c, req.params.id!) : null
    const m = mediaIn(world, c, parent?.media ?? req.params.id)
    checkParams(c.params, { message: { required: true, check: param.text } })
    const text = c.params.fields.message!
    checkComment(text)
    if (m.product === 'STORY') badParam('Comments are not supported on stories')
    if (!m.comments) badParam('Comments are disabled on this media')
    const username = accountById(world, m.account)!.username
    const made = add(world, { media: m.id, account: m.account, username, text, parent: parent?.id ?? null })
    // Seen live: with `fields` Meta makes the comment and fails all the same.
    if (c.params.fields.fields !== undefined)
      graphRefuse(400, 20, 'Error creating comment', { subcode: 1772107, headers: c.headers })
    return answer(c, { id: made.id })
  }

const list =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic', 'comments'])
    const m = mediaIn(world, c, req.params.id)
    const rows = world.state.comments
      .filter((x) => x.media === m.id && !x.deleted && x.at + world.knob('listLagMs') <= world.now())
      .reverse()
      .map((x) => pickFields(node(x), req.query.get('fields'), ['timestamp', 'text']))
    return answer(c, listPage(req, rows, 50))
  }

export const hideComment = (world: IgWorld, c: Call, id: string): SandboxResponse => {
  checkParams(c.params, { hide: { required: true, check: param.bool } })
  commentIn(world, c, id).hidden = truthy(c.params.fields.hide)
  world.changed()
  return answer(c, { success: true })
}

export const deleteComment = (world: IgWorld, c: Call, id: string): SandboxResponse => {
  commentIn(world, c, id).deleted = true
  world.changed()
  return answer(c, { success: true })
}

/** Sends a change to the app, signed with the secret of the way it subscribed by. */
export const notify = (world: IgWorld, account: string, field: string, value: unknown): void => {
  const own = accountById(world, account)?.subscribed.includes(field) ?? false
  const installed = world.state.installed.includes(pageOfAccount(world, account)?.id ?? '')
  if (own || installed)
    sendHook(world, {
      object: 'instagram',
      entry: account,
      changes: [{ field, value }],
      secret: own ? world.state.app.secret : world.state.meta.app.secret,
    })
}

/** Somebody comments in the app. `media`: an id, or none for the newest. */
export const commentByHand = (world: IgWorld, o: { media?: string; user?: string; text?: string }): void => {
  const m: Media | undefined = o.media
    ? world.state.media.find((x) => x.id === o.media)
    : world.state.media.findLast((x) => x.product !== 'STORY' && !x.deleted)
  if (!m?.comments) throw new Error('there is no post that takes comments')
  const made = add(world, {
    media: m.id,
    account: null,
    username: o.user ?? 'alice',
    text: o.text ?? 'Nice! 🍞',
    parent: null,
  })
  notify(world, m.account, 'comments', {
    from: { id: `9${made.id.slice(-15)}`, username: made.username },
    media: { id: m.id, media_product_type: m.product },
    id: made.id,
    text: made.text,
  })
}

export const commentHandlers = { create, list }
