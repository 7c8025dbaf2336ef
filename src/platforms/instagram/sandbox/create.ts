/** `POST /{account}/media`: makes a container, and fetches what its addresses lead to right away (§3.1 to §3.3, §3.6). */

import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { isHome } from '#kit/sandbox/this-machine.ts'
import { type Assembled, openUpload, pull } from '#kit/sandbox/uploads.ts'
import { badParam } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, type ParamTable, param, truthy } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { checkCaption, checkCollaborators, checkImage, checkTags, refuse, videoProblem } from './checks.ts'
import { accountIn, answer, type Call, caller } from './door.ts'
import * as n from './numbers.ts'
import type { Account, Container, IgWorld, Kind } from './state.ts'
import { statusOf } from './status.ts'

/** Every parameter of the union; which kind takes which is in `forKind`. */
const table: ParamTable = {
  image_url: param.url,
  video_url: param.url,
  media_type: param.text,
  caption: param.text,
  alt_text: param.max(n.altMax),
  is_carousel_item: param.bool,
  children: param.text,
  location_id: param.id,
  user_tags: param.text,
  collaborators: param.text,
  cover_url: param.url,
  thumb_offset: param.integer,
  share_to_feed: param.bool,
  audio_name: param.text,
  trial_params: param.text,
  is_ai_generated: param.bool,
  is_paid_partnership: param.bool,
  branded_content_sponsor_ids: param.text,
  upload_type: param.oneOf('resumable'),
}
const labels = ['is_ai_generated', 'is_paid_partnership', 'branded_content_sponsor_ids']
const forKind: Record<Kind | 'ITEM_IMAGE', readonly string[]> = {
  IMAGE: ['image_url', 'caption', 'alt_text', 'location_id', 'user_tags', 'collaborators', ...labels],
  REELS: [
    ...['video_url', 'upload_type', 'caption', 'location_id', 'user_tags', 'collaborators', 'cover_url'],
    ...['thumb_offset', 'share_to_feed', 'audio_name', 'trial_params', ...labels],
  ],
  STORIES: ['image_url', 'video_url', 'upload_type', 'user_tags', ...labels],
  CAROUSEL: ['children', 'caption', 'location_id', 'collaborators', ...labels],
  VIDEO: ['video_url', 'upload_type', 'is_carousel_item', 'thumb_offset'],
  ITEM_IMAGE: ['image_url', 'is_carousel_item', 'alt_text', 'user_tags'],
}

const files = ['image_url', 'video_url', 'children', 'upload_type', 'cover_url']

type Fields = Record<string, string>

const kindOf = (f: Fields): Kind => {
  const item = truthy(f.is_carousel_item)
  const type = f.media_type ?? 'IMAGE'
  if (!['IMAGE', 'REELS', 'STORIES', 'CAROUSEL', 'VIDEO'].includes(type) || (type === 'VIDEO' && !item))
    return refuse(100, 2207023, `The media type ${type} is unknown. Use REELS to publish a single video.`)
  if (item && (type === 'REELS' || type === 'STORIES' || type === 'CAROUSEL'))
    badParam(`A carousel item cannot be of media type ${type}`)
  return type as Kind
}

/** Meta's servers fetch https only; a sandbox on this computer is reached by http too. */
const fetched = async (world: IgWorld, address: string, maxBytes: number): Promise<Assembled | null> => {
  const url = new URL(address)
  if (url.protocol !== 'https:' && !isHome(url.hostname)) return null
  const file = await pull(world, address, maxBytes)
  return 'problem' in file ? null : file
}
const notFetched = () => refuse(9004, 2207052, 'The media could not be fetched from this URI. Check that it is public.')

const childrenOf = (world: IgWorld, a: Account, value: string | undefined): Container[] => {
  const ids = (value ?? '')
    .replace(/[[\]"\s]/g, '')
    .split(',')
    .filter(Boolean)
  if (ids.length < n.carousel.min || ids.length > n.carousel.max)
    refuse(100, 2207028, `A carousel has ${n.carousel.min} to ${n.carousel.max} items; this one has ${ids.length}`)
  return ids.map((id) => {
    const child = Object.hasOwn(world.state.containers, id) ? world.state.containers[id]! : undefined
    if (!child || child.account !== a.id || statusOf(world, child) === 'EXPIRED')
      return refuse(24, 2207008, `The media builder with creation id ${id} does not exist or has been expired.`)
    if (!child.item) return badParam(`The container ${id} is no carousel item`)
    if (statusOf(world, child) !== 'FINISHED') return refuse(9007, 2207027, `Media ID is not available: ${id}`)
    return child
  })
}

const allowance = (world: IgWorld, a: Account) => {
  const since = world.now() - n.DAY
  const made = Object.values(world.state.containers).filter((c) => c.account === a.id && c.madeAt > since)
  if (made.length >= n.containersPerDay) refuse(9, 2207042, `Only ${n.containersPerDay} containers in 24 hours`)
  // Unused ones vanish for good after a while.
  for (const c of Object.values(world.state.containers))
    if (c.publishedAs === null && c.madeAt < world.now() - 7 * n.DAY) delete world.state.containers[c.id]
}

const blank = (world: IgWorld, a: Account, kind: Kind, f: Fields): Container => ({
  id: nextId(world, '178'),
  account: a.id,
  kind,
  item: truthy(f.is_carousel_item),
  caption: f.caption ?? '',
  alt: f.alt_text ?? '',
  file: null,
  cover: null,
  children: [],
  tags: [],
  collaborators: checkCollaborators(f.collaborators),
  params: Object.fromEntries(Object.entries(f).filter(([k]) => k !== 'access_token' && k !== 'appsecret_proof')),
  madeAt: world.now(),
  readyAt: null,
  error: null,
  publishedAs: null,
  upload: null,
  reads: 0,
})

/** The file is here: what processing will find, and when. */
export const fileArrived = (world: IgWorld, c: Container, file: Assembled): void => {
  c.file = { key: file.key, mime: file.sniffed.mime }
  c.readyAt = world.now() + world.knob('videoProcessingMs')
  c.error = videoProblem(c.kind as 'REELS' | 'STORIES' | 'VIDEO', file)
  const offset = Number(c.params.thumb_offset ?? 0)
  if (c.error === null && file.sniffed.durationMs !== undefined && offset > file.sniffed.durationMs) c.error = 2207057
  if (c.error === null && world.state.failed < world.knob('videoFailures')) {
    world.state.failed++
    c.error = 2207082
  }
  world.changed()
}

const addVideo = async (world: IgWorld, c: Container, f: Fields): Promise<void> => {
  const most = n.video[c.kind as 'REELS' | 'STORIES' | 'VIDEO'].maxBytes
  const file = world.knob('pullBroken') ? null : await fetched(world, f.video_url!, most + 1)
  if (file) return fileArrived(world, c, file)
  // Videos are fetched while they are processed: the container tells.
  c.readyAt = world.now() + world.knob('videoProcessingMs')
  c.error = 2207077
}

const addImage = async (world: IgWorld, c: Container, f: Fields): Promise<void> => {
  const file = (await fetched(world, f.image_url!, n.image.maxBytes + 4_000_000)) ?? notFetched()
  checkImage(file, c.kind !== 'STORIES')
  c.file = { key: file.key, mime: file.sniffed.mime }
  c.readyAt = world.now() + world.knob('imageProcessingMs')
}

const trial = (a: Account, value: string | undefined) => {
  if (value === undefined) return
  if (!a.trials) refuse(10, 2207081, 'This account is not eligible for trial reels')
  if (!/"graduation_strategy":"(MANUAL|SS_PERFORMANCE)"/.test(value.replace(/\s/g, '')))
    badParam('Param trial_params graduation_strategy must be one of {MANUAL, SS_PERFORMANCE}')
}

const make = async (world: IgWorld, call: Call, a: Account, req: SandboxRequest): Promise<Record<string, unknown>> => {
  let f = call.params.fields
  checkParams(call.params, table)
  const kind = kindOf(f)
  const item = truthy(f.is_carousel_item)
  const allowed = forKind[kind === 'IMAGE' && item ? 'ITEM_IMAGE' : kind]
  // A file of another kind leaves the container without one; everything else another kind has is passed over (a caption
  // of a story).
  const stray = (k: string) => k !== 'media_type' && Object.hasOwn(table, k) && !allowed.includes(k)
  const file = Object.keys(f).find((k) => files.includes(k) && stray(k))
  if (file) badParam(`Param ${file} is not supported for ${item ? 'carousel items' : kind}`)
  ignoreParameters(call.params, Object.keys(f), (k) => !stray(k))
  f = Object.fromEntries(Object.entries(f).filter(([k]) => !stray(k)))
  checkCaption(f.caption ?? '')
  trial(a, f.trial_params)
  allowance(world, a)
  const c = blank(world, a, kind, f)
  if (kind === 'CAROUSEL') {
    const children = childrenOf(world, a, f.children)
    c.children = children.map((x) => x.id)
    c.readyAt = world.now() + world.knob('imageProcessingMs')
  } else {
    const sources = ['image_url', 'video_url', 'upload_type'].filter((k) => f[k] !== undefined)
    if (sources.length !== 1) badParam('The parameter image_url or video_url is required')
    c.tags = checkTags(f.user_tags, kind === 'IMAGE' ? 'needed' : kind === 'STORIES' ? 'free' : 'none')
    if (f.cover_url !== undefined) {
      const cover = (await fetched(world, f.cover_url, n.image.maxBytes + 4_000_000)) ?? notFetched()
      checkImage(cover, false)
      c.cover = cover.key
    }
    if (f.image_url !== undefined) await addImage(world, c, f)
    else if (f.video_url !== undefined) await addVideo(world, c, f)
    else if (call.way === 'own') badParam('Unknown parameter: upload_type')
    else c.upload = openUpload('video/mp4', null)
  }
  world.state.containers[c.id] = c
  world.changed()
  const uri = `${req.base}/rupload.facebook.com/ig-api-upload/v25.0/${c.id}`
  return c.upload ? { id: c.id, uri } : { id: c.id }
}

/** Restricted accounts are refused before anything is fetched. */
export const createContainer =
  (world: IgWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const call = caller(world, req, ['basic', 'publish'])
    const a = accountIn(call, req.params.id)
    if (a.restricted) refuse(25, 2207050, 'The Instagram account is restricted.')
    return answer(call, await make(world, call, a, req))
  }
