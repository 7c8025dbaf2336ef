/** localPosts of v4: create with a photo that is really fetched, list that lags, read, change, delete (fact sheet §3, §5). */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject, jsonBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { pull } from '#kit/sandbox/uploads.ts'
import {
  countEdit,
  enter,
  invalidArgument,
  invalidPost,
  knownQuery,
  malformed,
  notFound,
  ownPlace,
  paged,
  refuse,
  webPage,
} from './door.ts'
import { pages, photo, photosMax } from './numbers.ts'
import { type GbpWorld, nameOf, number, type Place, type Post, stateOf } from './state.ts'
import { readFields } from './validate.ts'

const host = 'mybusiness.googleapis.com'
const at = `${host}/v4/accounts/:a/locations/:l/localPosts`
const stamp = (ms: number) => new Date(ms).toISOString()

/** Every answer says Google's time. */
const answer = (world: GbpWorld, body: unknown): SandboxResponse =>
  json(200, body, { date: new Date(world.now()).toUTCString() })

/** `searchUrl` and pictures come when the post is out. */
const shown = (world: GbpWorld, p: Post) => {
  const state = stateOf(world, p)
  const out = state === 'LIVE' || state === 'RECURRING'
  const { languageCode, summary, callToAction, event, offer, topicType, scheduledTime } = p
  return {
    name: nameOf(p),
    ...(languageCode ? { languageCode } : {}),
    summary,
    ...(callToAction ? { callToAction } : {}),
    state,
    ...(event ? { event } : {}),
    createTime: stamp(p.at),
    updateTime: stamp(p.updatedAt),
    ...(out ? { searchUrl: `https://local.google.com/place?id=${p.place}&use=posts&lpsid=${p.id}` } : {}),
    ...(p.photos.length > 0
      ? {
          media: p.photos.map((m) => ({
            name: `accounts/${p.holder}/locations/${p.place}/media/localPosts/${m.id}`,
            mediaFormat: 'PHOTO',
            ...(out ? { googleUrl: `https://lh3.googleusercontent.com/p/${m.id}` } : {}),
          })),
        }
      : {}),
    topicType,
    ...(offer ? { offer } : {}),
    ...(scheduledTime ? { scheduledTime } : {}),
  }
}

const photoProblem = (message: string): never => invalidPost([{ code: 1000, message }])

const fetched = async (world: GbpWorld, item: unknown): Promise<Post['photos'][number]> => {
  if (!isObject(item)) return malformed('media', "Invalid value at 'media'")
  const odd = Object.keys(item).find((k) => k !== 'mediaFormat' && k !== 'sourceUrl')
  if (odd !== undefined)
    return invalidPost([
      { code: 13, field: `media.${odd}`, message: 'UNSUPPORTED_VALUE: only sourceUrl is supported.' },
    ])
  // What everybody meets who tries: the enum has it, the service breaks.
  if (item.mediaFormat === 'VIDEO') refuse(500, 'Internal error encountered.')
  if (item.mediaFormat !== 'PHOTO') invalidPost([{ code: 2, field: 'media.media_format', message: 'MISSING_VALUE' }])
  const source = typeof item.sourceUrl === 'string' ? item.sourceUrl : ''
  const url = URL.canParse(source) ? new URL(source) : null
  if (!url || !httpsOrHome(url)) return photoProblem('Fetching image failed.')
  const got = await pull(world, source, photo.maxBytes)
  if ('problem' in got)
    return photoProblem(got.problem === 'too-big' ? 'PHOTO_TOO_LARGE: image size too large.' : 'Fetching image failed.')
  const bytes = world.blobs.get(got.key)!.bytes
  const seen = sniff(bytes)
  if (!photo.types.includes(seen.mime)) photoProblem('PHOTO_WRONG_FORMAT: image format not supported.')
  if (bytes.length < photo.minBytes) photoProblem('PHOTO_TOO_SMALL: image size too small.')
  if ((seen.width ?? 0) < photo.minSide || (seen.height ?? 0) < photo.minSide)
    photoProblem('PHOTO_TOO_SMALL: image dimensions too small.')
  return { id: `AF1Qip${world.id(24)}`, blob: world.blobs.put(bytes, seen.mime), mime: seen.mime }
}

const photosOf = async (world: GbpWorld, body: JsonObject): Promise<Post['photos']> => {
  const { media } = body
  if (media === undefined) return []
  if (!Array.isArray(media)) return malformed('media', "Invalid value at 'media'")
  if (media.length > photosMax)
    return invalidPost([{ code: 7, field: 'media', message: `TOO_MANY_ITEMS: at most ${photosMax}.` }])
  const out: Post['photos'] = []
  for (const item of media) out.push(await fetched(world, item))
  return out
}

const mayPost = (place: Place, topic: string): void => {
  if (place.voice !== 'yes')
    invalidPost([
      { code: 1301, message: 'LOCATION_DISABLED_FOR_LOCAL_POST_API: this location is disabled for local post API.' },
    ])
  if (topic === 'OFFER' && place.category.name.endsWith('hotel'))
    invalidPost([{ code: 13, field: 'topic_type', message: 'UNSUPPORTED_VALUE: no offers in this category.' }])
}

const bodyOf = (req: SandboxRequest): JsonObject =>
  jsonBody(req) ?? malformed('local_post', 'Root element must be a message.')

const create = (world: GbpWorld) => async (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req)
  const { holder, place } = ownPlace(world, sub, req)
  const raw = bodyOf(req)
  const fields = readFields(raw, world.now())
  mayPost(place, fields.topicType)
  const photos = await photosOf(world, raw)
  countEdit(world, req, place)
  const doom = world.state.doom.shift()
  const now = world.now()
  const post: Post = {
    ...fields,
    id: number(world, 19),
    holder: holder.id,
    place: place.id,
    at: now,
    updatedAt: now,
    photos,
    fate: doom === undefined ? 'live' : 'rejected',
    decidedAt: doom === 'reject' ? now : now + world.knob('processingMs'),
    deleted: false,
    raw,
  }
  world.state.posts.push(post)
  world.changed()
  return answer(world, shown(world, post))
}

const list = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req, 'pageSize', 'pageToken')
  const { place } = ownPlace(world, sub, req)
  const since = world.now() - world.knob('listLagMs')
  const all = world.state.posts.filter((p) => p.place === place.id && !p.deleted && p.at <= since).reverse()
  const { items, next } = paged(req, all, pages.posts)
  return answer(world, { ...(items.length > 0 ? { localPosts: items.map((p) => shown(world, p)) } : {}), ...next })
}

const one = (world: GbpWorld, req: SandboxRequest) => {
  const sub = enter(world, req)
  const { place } = ownPlace(world, sub, req)
  const post = world.state.posts.find((p) => p.id === req.params.p && p.place === place.id && !p.deleted)
  return { place, post: post ?? notFound() }
}

const read = (world: GbpWorld) => (req: SandboxRequest) => {
  const { post } = one(world, req)
  knownQuery(req)
  return answer(world, shown(world, post))
}

const changeable: Record<string, string> = {
  summary: 'summary',
  call_to_action: 'callToAction',
  event: 'event',
  offer: 'offer',
  language_code: 'languageCode',
  topic_type: 'topicType',
}
const asMember = (path: string) => changeable[path] ?? Object.values(changeable).find((m) => m === path)

const patch = (world: GbpWorld) => (req: SandboxRequest) => {
  const { place, post } = one(world, req)
  knownQuery(req, 'updateMask')
  const mask = (req.query.get('updateMask') ?? '').split(',').filter(Boolean)
  // A photo cannot be changed, and without a mask nothing can.
  if (mask.length === 0 || mask.some((m) => !asMember(m))) invalidArgument()
  const raw = bodyOf(req)
  const { summary, topicType, languageCode, callToAction, event, offer } = post
  const now: JsonObject = { summary, topicType, languageCode, callToAction, event, offer }
  for (const path of mask) now[asMember(path)!] = raw[asMember(path)!]
  const left = Object.keys(raw).find((k) => !Object.hasOwn(now, k))
  if (left !== undefined) malformed('local_post', `Unknown name "${left}": Cannot find field.`)
  const fields = readFields(Object.fromEntries(Object.entries(now).filter(([, v]) => v !== undefined)), world.now())
  countEdit(world, req, place)
  const doom = world.state.doom.shift()
  Object.assign(post, fields, {
    updatedAt: world.now(),
    fate: doom === undefined ? 'live' : 'rejected',
    decidedAt: doom === 'reject' ? world.now() : world.now() + world.knob('processingMs'),
  })
  world.changed()
  return answer(world, shown(world, post))
}

const remove = (world: GbpWorld) => (req: SandboxRequest) => {
  const { place, post } = one(world, req)
  knownQuery(req)
  countEdit(world, req, place)
  post.deleted = true
  world.changed()
  return answer(world, {})
}

export const postRoutes = (world: GbpWorld): SandboxRoute[] => [
  route('create', `POST ${at}`, create(world), { writes: true }),
  route('list', `GET ${at}`, list(world)),
  route('read', `GET ${at}/:p`, read(world)),
  route('edit', `PATCH ${at}/:p`, patch(world), { writes: true }),
  route('delete', `DELETE ${at}/:p`, remove(world), { writes: true }),
  // A bare `locations/2`, a v1 path on v4, and what was retired: a page.
  route('elsewhere', `GET|POST|PATCH|PUT|DELETE ${host}/*`, (req) => webPage(req.path)),
]
