/** `POST /{profile}/threads_publish`, the quotas it is counted against (§7), reposts and deletions. */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { answer, caller, notFound, ownProfile } from './door.ts'
import { onDelete, onPublish } from './hooks.ts'
import * as n from './numbers.ts'
import { type Account, accountById, addPost, type Container, type Post, postById, type ThWorld } from './state.ts'
import { statusOf } from './status.ts'

/** Posts, or replies, of the account in the last 24 hours; deleted ones count. */
const used = (world: ThWorld, a: Account, replies: boolean): number =>
  world.state.posts.filter((p) => p.account === a.id && (p.replyTo !== null) === replies && p.at > world.now() - n.DAY)
    .length
const deleted = (world: ThWorld, a: Account): number =>
  (world.state.deletions[a.id] ?? []).filter((at) => at > world.now() - n.DAY).length

/** [7] Which code a used-up quota has is not documented; the sister network's is taken. */
const overQuota = (what: string): never =>
  graphRefuse(400, 9, `The user has reached the maximum number of ${what} in 24 hours.`, { subcode: 2207042 })

/** Makes the post of a container. */
export const goLive = (world: ThWorld, c: Container): Post => {
  const children = c.children.flatMap((id) => world.state.containers[id] ?? [])
  const parts = c.kind === 'CAROUSEL' ? children : [c]
  const post = addPost(world, {
    account: c.account,
    username: accountById(world, c.account)!.username,
    kind: c.kind,
    text: c.text,
    items: parts.flatMap((p) => (p.file ? [{ ...p.file, alt: p.alt, id: nextId(world, '18') }] : [])),
    replyTo: c.replyTo,
    params: c.params,
    raw: { ...c.params, ...(children.length > 0 ? { items: children.map((x) => x.params) } : {}) },
  })
  c.publishedAs = post.id
  onPublish(world, post)
  world.changed()
  return post
}

export const publishContainer =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req, ['threads_content_publish'])
    const a = ownProfile(call, req.params.id)
    checkParams(call.params, { creation_id: { required: true, check: param.id } })
    if (a.restricted) graphRefuse(400, 10, 'The user is restricted.', { subcode: 4279013 })
    const id = call.params.fields.creation_id!
    const c = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (!c || c.account !== a.id) return notFound(id)
    if (c.item) badParam('A carousel item cannot be published by itself')
    const status = statusOf(world, c)
    // Too early, or the publishing machine has not heard of it yet: the commonest error of the real one.
    if (status === 'IN_PROGRESS' || status === 'EXPIRED') notFound(id)
    if (status === 'FINISHED' && c.sends++ < world.knob('lateSends')) notFound(id)
    if (status === 'ERROR') badParam(`The container ${id} could not be processed: ${c.error}`)
    // Nobody documents the second call. Without the guard it makes a second post.
    if (status === 'PUBLISHED' && world.knob('duplicateGuard')) notFound(id)
    if (c.replyTo !== null && !postById(world, c.replyTo)) notFound(c.replyTo)
    const total = world.knob(c.replyTo === null ? 'quotaTotal' : 'replyTotal')
    if (used(world, a, c.replyTo !== null) >= total) overQuota(c.replyTo === null ? 'posts' : 'replies')
    if (a.blocked) {
      // Meta has answered this for posts that were live.
      if (world.knob('blockedButLive')) goLive(world, c)
      graphRefuse(400, 4, 'Action is blocked: we restrict certain activity to protect our community.', {
        subcode: 2207051,
      })
    }
    return answer(call, { id: goLive(world, c).id })
  }

const duration = n.DAY / 1000

/** Each quota is told only with its own permission. */
export const publishingLimit =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req)
    const a = ownProfile(call, req.params.id)
    const config = (quota_total: number) => ({ quota_total, quota_duration: duration })
    const has = (scope: string) => call.token.scopes.includes(scope)
    const whole = {
      quota_usage: used(world, a, false),
      config: config(world.knob('quotaTotal')),
      reply_quota_usage: used(world, a, true),
      reply_config: config(world.knob('replyTotal')),
      delete_quota_usage: deleted(world, a),
      delete_config: config(world.knob('deleteTotal')),
      location_search_quota_usage: 0,
      location_search_config: config(n.quota.searches),
    }
    const { id: _, ...row } = { id: undefined, ...pickFields(whole, req.query.get('fields'), ['quota_usage']) }
    const need = { quota: 'threads_content_publish', reply: 'threads_manage_replies', delete: 'threads_delete' }
    for (const name of Object.keys(row)) {
      const scope = name === 'config' ? need.quota : need[name.split('_')[0] as keyof typeof need]
      if (scope && !has(scope)) graphRefuse(403, 10, `(#10) ${name} requires ${scope}`, { headers: call.headers })
    }
    return answer(call, { data: [row] })
  }

export const repost =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req, ['threads_content_publish'])
    const p = postById(world, req.params.id) ?? notFound(req.params.id)
    checkParams(call.params, {})
    const { account } = call
    const made = addPost(world, {
      account: account.id,
      username: account.username,
      kind: 'REPOST',
      text: '',
      items: [],
      replyTo: null,
      params: {},
      raw: { repost_of: p.id },
    })
    return answer(call, { id: made.id })
  }

export const remove =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req, ['threads_delete'])
    const p = postById(world, req.params.id) ?? notFound(req.params.id)
    if (p.account !== call.account.id) notFound(p.id)
    if (deleted(world, call.account) >= world.knob('deleteTotal')) overQuota('deletes')
    p.deleted = true
    p.deletedAt = world.now()
    world.state.deletions[call.account.id] = [...(world.state.deletions[call.account.id] ?? []), world.now()]
    onDelete(world, p)
    world.changed()
    return answer(call, { success: true, deleted_id: p.id })
  }
