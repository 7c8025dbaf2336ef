/** `POST /{account}/media_publish`, the quota it is counted against (§3.4), and bytes by rupload (§3.6). */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { tokenOf, tokenRow } from '../../families/meta/sandbox/door.ts'
import { badParam, debugInfo } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { receive } from '../../families/meta/sandbox/rupload.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { refuse } from './checks.ts'
import { fileArrived } from './create.ts'
import { accountIn, answer, caller } from './door.ts'
import * as n from './numbers.ts'
import { type Account, type Container, type IgWorld, type Media, pageOfAccount, shortcodeOf } from './state.ts'
import { statusOf } from './status.ts'

const products = { IMAGE: 'FEED', CAROUSEL: 'FEED', VIDEO: 'FEED', REELS: 'REELS', STORIES: 'STORY' } as const

/** Posts of the account by apps in the last 24 hours. */
const used = (world: IgWorld, a: Account): number =>
  world.state.media.filter((m) => m.account === a.id && m.at > world.now() - n.DAY).length

const items = (world: IgWorld, c: Container): Media['items'] => {
  const parts = c.kind === 'CAROUSEL' ? c.children.map((id) => world.state.containers[id]!) : [c]
  return parts.flatMap((p) => (p.file ? [{ ...p.file, alt: p.alt, id: nextId(world, '180') }] : []))
}

/** Makes the media of a container. Reads of it lag by `listLagMs`. */
const goLive = (world: IgWorld, c: Container): Media => {
  const id = nextId(world, '180')
  const media: Media = {
    id,
    account: c.account,
    product: products[c.kind],
    kind: c.kind,
    caption: c.caption,
    items: items(world, c),
    cover: c.cover,
    tags: c.kind === 'CAROUSEL' ? c.children.flatMap((x) => world.state.containers[x]!.tags) : c.tags,
    collaborators: c.collaborators,
    at: world.now(),
    shortcode: shortcodeOf(id),
    comments: true,
    deleted: false,
    told: false,
    raw: {
      ...c.params,
      ...(c.children.length > 0 ? { items: c.children.map((x) => world.state.containers[x]!.params) } : {}),
    },
  }
  world.state.media.push(media)
  c.publishedAs = id
  world.changed()
  return media
}

export const publishContainer =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req, ['basic', 'publish'])
    const a = accountIn(call, req.params.id)
    checkParams(call.params, { creation_id: { required: true, check: param.id } })
    if (a.restricted) refuse(25, 2207050, 'The Instagram account is restricted.')
    const id = call.params.fields.creation_id!
    const c = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (!c || c.account !== a.id)
      return refuse(24, 2207008, `The media builder with creation id ${id} does not exist or has been expired.`)
    const status = statusOf(world, c)
    if (c.item) badParam('A carousel item cannot be published by itself')
    if (status === 'EXPIRED') refuse(-2, 2207020, 'The media has expired. Create a new container.')
    if (status === 'ERROR') refuse(-1, 2207032, 'Create media failed')
    if (status === 'IN_PROGRESS') refuse(9007, 2207027, 'Media ID is not available')
    // Nobody documents the second call; one of the answers seen. Without the guard it makes a second post.
    if (status === 'PUBLISHED' && world.knob('duplicateGuard'))
      refuse(24, 2207008, `The media builder with creation id ${id} does not exist or has been expired.`)
    if (used(world, a) >= world.knob('quotaTotal'))
      refuse(9, 2207042, 'The user has reached the maximum number of posts that can be published.')
    if (a.blocked) {
      // Instagram has answered this for posts that were live.
      if (world.knob('blockedButLive')) goLive(world, c)
      refuse(4, 2207051, 'Action is blocked: we restrict certain activity to protect our community.')
    }
    return answer(call, { id: goLive(world, c).id })
  }

export const publishingLimit =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const call = caller(world, req, ['basic', 'publish'])
    const a = accountIn(call, req.params.id)
    const whole = {
      quota_usage: used(world, a),
      config: { quota_total: world.knob('quotaTotal'), quota_duration: n.DAY / 1000 },
    }
    const { id: _, ...row } = { id: undefined, ...pickFields(whole, req.query.get('fields'), ['quota_usage']) }
    return answer(call, { data: [row] })
  }

export const rupload =
  (world: IgWorld) =>
  (req: SandboxRequest): Promise<SandboxResponse> | SandboxResponse => {
    const row = tokenRow(world, tokenOf(req))
    const c = Object.hasOwn(world.state.containers, req.params.id ?? '')
      ? world.state.containers[req.params.id!]!
      : undefined
    const page = c ? pageOfAccount(world, c.account) : undefined
    if (!c?.upload || !page || !Object.hasOwn(page.tasks, row.person))
      return debugInfo('NotAuthorizedError', 'The upload does not exist or is not yours', false)
    return receive(world, c.upload, req, {
      maxBytes: n.video[c.kind as 'REELS' | 'STORIES' | 'VIDEO'].maxBytes,
      cutBytes: world.knob('cutUploadBytes'),
      whole: (file) => {
        fileArrived(world, c, file)
        return json(200, { success: true, message: 'Upload successful.' })
      },
    })
  }
