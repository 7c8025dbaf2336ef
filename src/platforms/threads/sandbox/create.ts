/** `POST /{profile}/threads`: makes a container, and fetches what its address leads to (§3.1). */

import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { isHome } from '#kit/sandbox/this-machine.ts'
import { type Assembled, pull } from '#kit/sandbox/uploads.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, type ParamTable, param, truthy } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import * as check from './checks.ts'
import { answer, type Call, caller, notFound, ownProfile } from './door.ts'
import * as n from './numbers.ts'
import { goLive } from './publish.ts'
import { type Account, type Container, type Kind, postById, rootOf, type ThWorld } from './state.ts'
import { statusOf } from './status.ts'

const table: ParamTable = {
  media_type: { required: true, check: param.oneOf('TEXT', 'IMAGE', 'VIDEO', 'CAROUSEL') },
  text: param.text,
  image_url: param.url,
  video_url: param.url,
  is_carousel_item: param.bool,
  children: param.text,
  reply_to_id: param.id,
  reply_control: param.oneOf(...n.replyControls),
  enable_reply_approvals: param.bool,
  quote_post_id: param.id,
  link_attachment: param.url,
  poll_attachment: param.text,
  alt_text: param.max(n.altMax),
  topic_tag: param.text,
  text_attachment: param.text,
  text_entities: param.text,
  is_spoiler_media: param.bool,
  gif_attachment: param.text,
  is_ghost_post: param.bool,
  allowlisted_country_codes: param.text,
  location_id: param.id,
  crossreshare_to_ig: param.bool,
  crossreshare_to_ig_dark_mode: param.bool,
  auto_publish_text: param.bool,
}
const everywhere = [
  ...['text', 'reply_to_id', 'reply_control', 'enable_reply_approvals', 'quote_post_id', 'topic_tag', 'text_entities'],
  ...['allowlisted_country_codes', 'location_id', 'crossreshare_to_ig', 'crossreshare_to_ig_dark_mode'],
]
const forKind: Record<Kind, readonly string[]> = {
  TEXT: [
    ...everywhere,
    ...[
      'link_attachment',
      'poll_attachment',
      'text_attachment',
      'gif_attachment',
      'is_ghost_post',
      'auto_publish_text',
    ],
  ],
  IMAGE: [...everywhere, 'image_url', 'is_carousel_item', 'alt_text', 'is_spoiler_media'],
  VIDEO: [...everywhere, 'video_url', 'is_carousel_item', 'alt_text', 'is_spoiler_media'],
  CAROUSEL: [...everywhere, 'children', 'is_spoiler_media'],
}
/** All a ghost post may have. */
const ofGhosts = ['media_type', 'text', 'text_entities', 'is_ghost_post', 'auto_publish_text', 'access_token']

type Fields = Record<string, string>

/** Meta's servers fetch https only; a sandbox on this computer is reached by http too. */
const fetched = async (world: ThWorld, address: string, maxBytes: number): Promise<Assembled | null> => {
  const url = new URL(address)
  if (url.protocol !== 'https:' && !isHome(url.hostname)) return null
  const file = await pull(world, address, maxBytes)
  return 'problem' in file ? null : file
}

const childrenOf = (world: ThWorld, a: Account, value: string | undefined): Container[] => {
  const ids = (value ?? '')
    .replace(/[[\]"\s]/g, '')
    .split(',')
    .filter(Boolean)
  if (ids.length < n.carousel.min || ids.length > n.carousel.max)
    badParam(`Param children must have ${n.carousel.min} to ${n.carousel.max} items`)
  return ids.map((id) => {
    const child = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (!child || child.account !== a.id) return notFound(id)
    if (!child.item) return badParam(`The container ${id} is no carousel item`)
    return statusOf(world, child) === 'FINISHED' ? child : notFound(id)
  })
}

/** The post above, or the quoted one. Fresh ones have not spread to all machines (`parentLagMs`). */
const existing = (world: ThWorld, id: string) => {
  const p = postById(world, id)
  return p && p.at + world.knob('parentLagMs') <= world.now() ? p : notFound(id)
}

const checkReply = (world: ThWorld, c: Call, f: Fields) => {
  if (f.reply_to_id === undefined) return
  const above = existing(world, f.reply_to_id)
  // Reports differ on whether one's own posts need it; others' do.
  if (above.account !== c.account.id && !c.token.scopes.includes('threads_manage_replies'))
    graphRefuse(403, 10, '(#10) Replying requires threads_manage_replies', { headers: c.headers })
  if (rootOf(world, above).params.is_ghost_post !== undefined)
    badParam('A ghost post cannot be replied to from the API')
}

const checkCountries = (a: Account, value: string | undefined) => {
  if (value === undefined) return
  if (!a.geo) check.refuse('This account is not eligible for geo gating.')
  const codes = value.replace(/[[\]"\s]/g, '').split(',')
  if (!codes.every((x) => /^[A-Z]{2}$/.test(x))) badParam('Param allowlisted_country_codes must be ISO 3166-1 codes')
}

const checkAll = (world: ThWorld, c: Call, kind: Kind, f: Fields) => {
  const stray = Object.keys(f).find((k) => k !== 'media_type' && Object.hasOwn(table, k) && !forKind[kind].includes(k))
  if (stray) badParam(`Param ${stray} is not supported for media type ${kind}`)
  const ghostly = truthy(f.is_ghost_post) && Object.keys(f).find((k) => !ofGhosts.includes(k))
  if (ghostly) badParam(`Param ${ghostly} is not supported for ghost posts`)
  if (kind === 'TEXT' && !f.text?.trim()) badParam('The parameter text is required')
  const inLong = f.text_attachment === undefined ? undefined : check.readLongText(f.text_attachment)
  check.checkText(
    f.text ?? '',
    [f.link_attachment, inLong].filter((x) => x !== undefined),
  )
  if (f.poll_attachment !== undefined) check.readPoll(f.poll_attachment)
  if (f.text_attachment !== undefined && f.poll_attachment !== undefined)
    badParam('Param text_attachment cannot be used with poll_attachment')
  if (inLong !== undefined && f.link_attachment !== undefined)
    badParam('Param text_attachment cannot have a link when there is a link_attachment')
  if (f.text_entities !== undefined) check.readSpoilers(f.text_entities, f.text ?? '')
  if (f.gif_attachment !== undefined) check.checkGif(f.gif_attachment)
  if (f.topic_tag !== undefined) check.checkTopic(f.topic_tag)
  if (f.quote_post_id !== undefined) existing(world, f.quote_post_id)
  checkCountries(c.account, f.allowlisted_country_codes)
  for (const [name, scope] of [
    ['location_id', 'threads_location_tagging'],
    ['crossreshare_to_ig', 'threads_share_to_instagram'],
  ] as const)
    if (f[name] !== undefined && !c.token.scopes.includes(scope))
      graphRefuse(403, 10, `(#10) Param ${name} requires ${scope}`, { headers: c.headers })
  checkReply(world, c, f)
}

const addFile = async (world: ThWorld, c: Container, f: Fields): Promise<void> => {
  const video = c.kind === 'VIDEO'
  const address = video ? f.video_url : f.image_url
  if (address === undefined) return badParam(`The parameter ${video ? 'video_url' : 'image_url'} is required`)
  const most = video ? n.video.maxBytes + 1 : n.image.maxBytes + 4_000_000
  const file = world.knob('pullBroken') ? null : await fetched(world, address, most)
  if (!video) {
    if (!file) return graphRefuse(400, 9004, 'The media could not be fetched from this URI.', { subcode: 2207052 })
    check.checkImage(file)
  }
  // Videos are fetched while they are processed: the container tells.
  if (file) c.file = { key: file.key, mime: file.sniffed.mime }
  if (video) c.error = file ? check.videoProblem(file) : 'FAILED_DOWNLOADING_VIDEO'
  if (video && c.error === null && world.knob('videoFailures') > 0) c.error = 'UNKNOWN'
}

const waits: Record<Kind, string> = {
  TEXT: 'textProcessingMs',
  CAROUSEL: 'imageProcessingMs',
  IMAGE: 'imageProcessingMs',
  VIDEO: 'videoProcessingMs',
}

const make = async (world: ThWorld, call: Call): Promise<Container> => {
  const f = call.params.fields
  checkParams(call.params, table)
  const kind = f.media_type as Kind
  checkAll(world, call, kind, f)
  const c: Container = {
    id: nextId(world, '17'),
    account: call.account.id,
    kind,
    item: truthy(f.is_carousel_item),
    text: f.text ?? '',
    alt: f.alt_text ?? '',
    file: null,
    children: [],
    replyTo: f.reply_to_id ?? null,
    params: Object.fromEntries(Object.entries(f).filter(([k]) => k !== 'access_token')),
    madeAt: world.now(),
    readyAt: world.now() + world.knob(waits[kind]),
    error: null,
    publishedAs: null,
    reads: 0,
    sends: 0,
  }
  if (kind === 'CAROUSEL') c.children = childrenOf(world, call.account, f.children).map((x) => x.id)
  else if (kind !== 'TEXT') await addFile(world, c, f)
  // Unused ones vanish for good after a while.
  for (const x of Object.values(world.state.containers))
    if (x.publishedAs === null && x.madeAt < world.now() - 7 * n.DAY) delete world.state.containers[x.id]
  world.state.containers[c.id] = c
  world.changed()
  return c
}

export const createContainer =
  (world: ThWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const call = caller(world, req, ['threads_content_publish'])
    const a = ownProfile(call, req.params.id)
    if (a.restricted) graphRefuse(400, 10, 'The user is restricted.', { subcode: 4279013 })
    const c = await make(world, call)
    // The short way for texts: published at once, and the id is the post's.
    if (truthy(call.params.fields.auto_publish_text)) return answer(call, { id: goLive(world, c).id })
    return answer(call, { id: c.id })
  }
