/** videos.list, update, delete and batchGetStats (fact sheet §3.3, §5, §6). */
import { json } from '#kit/sandbox/answer.ts'
import { jsonBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, knownQuery, malformed, maxResults, partsOf, refuse } from './door.ts'
import { countsOf } from './metrics.ts'
import * as n from './numbers.ts'
import { type Channel, liveVideo, type Video, type YouTubeWorld } from './state.ts'
import { init, news, put } from './upload.ts'
import { etag, readMeta, resource, settableParts, videoParts } from './video.ts'

const seenBy = (world: YouTubeWorld, c: Channel, id: string): Video | undefined => {
  const v = liveVideo(world, id)
  return v && (v.channel === c.id || v.status.privacyStatus !== 'private') ? v : undefined
}

const idsOf = (req: SandboxRequest): string[] => {
  const ids = req.query
    .getAll('id')
    .flatMap((x) => x.split(','))
    .map((x) => x.trim())
    .filter(Boolean)
  if (ids.length > 50) refuse(400, 'invalidParameter', 'At most 50 ids.', 'id')
  return ids
}

const list = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'read' })
  knownQuery(req, 'part', 'id', 'maxResults', 'pageToken', 'hl', 'chart', 'myRating', 'regionCode', 'videoCategoryId')
  const parts = partsOf(req, videoParts)
  const ids = idsOf(req)
  const size = maxResults(req, 5, 50)
  if (ids.length === 0)
    refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: id, chart, myRating')
  const items = ids
    .flatMap((id) => seenBy(world, c, id) ?? [])
    .map((v) => resource(world, v, parts, v.channel === c.id))
  return json(200, {
    kind: 'youtube#videoListResponse',
    etag: etag(items),
    items,
    pageInfo: { totalResults: items.length, resultsPerPage: Math.min(size, items.length) },
  })
}

/** The caller's own video, or a refusal. */
export const own = (world: YouTubeWorld, c: Channel, id: string): Video => {
  const v = liveVideo(world, id)
  if (!v) return refuse(404, 'videoNotFound', 'The video that you are trying to use cannot be found.', 'id')
  if (v.channel !== c.id) refuse(403, 'forbidden', 'Forbidden')
  return v
}

const update = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'write', units: n.cost.write })
  knownQuery(req, 'part', 'onBehalfOfContentOwner')
  const parts = partsOf(req, settableParts)
  const body = jsonBody(req)
  if (!body) return malformed('Invalid JSON payload received. Parse error.')
  if (typeof body.id !== 'string') return refuse(400, 'missingRequiredParameter', 'id is required', 'id')
  const v = own(world, c, body.id)
  const meta = readMeta(req, body, parts, v)
  if (meta.status.publishAt && v.publicAt !== null)
    refuse(400, 'invalidPublishAt', 'The request metadata specifies an invalid scheduled publishing time.')
  if (meta.status.privacyStatus === 'public' && v.publicAt === null) v.publicAt = world.now()
  Object.assign(v, meta)
  if (v.status.privacyStatus === 'public' && v.uploadStatus === 'processed') news(world, v)
  world.changed()
  return json(200, resource(world, v, parts, true))
}

const remove =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { door: 'write', units: n.cost.write })
    knownQuery(req, 'id', 'onBehalfOfContentOwner')
    const v = own(world, c, req.query.get('id') ?? '')
    v.deleted = true
    for (const x of world.state.comments) if (x.video === v.id) x.deleted = true
    for (const p of world.state.playlists) p.items = p.items.filter((i) => i.video !== v.id)
    if (v.status.privacyStatus === 'public') news(world, v, true)
    world.changed()
    return { status: 204, text: '' }
  }

const batchGetStats = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'read', bucket: 'stats' })
  knownQuery(req, 'part', 'id', 'onBehalfOfContentOwner')
  const parts = partsOf(req, ['id', 'snippet', 'contentDetails', 'statistics'])
  const items = idsOf(req)
    .flatMap((id) => seenBy(world, c, id) ?? [])
    .map((v) => ({
      kind: 'youtube#videoStat',
      etag: etag([v.id, world.now()]),
      id: v.id,
      ...(parts.includes('statistics') ? { statistics: countsOf(world, v) } : {}),
    }))
  return json(200, { kind: 'youtube#batchGetStatsResponse', etag: etag(items), items })
}

export const videoRoutes = (world: YouTubeWorld, host: string): SandboxRoute[] => [
  route('upload-init', `POST ${host}/upload/youtube/v3/videos`, init(world), { writes: true }),
  route('create', `PUT ${host}/upload/youtube/v3/videos`, put(world), { writes: true }),
  route('videos', `GET ${host}/youtube/v3/videos`, list(world)),
  route('update', `PUT ${host}/youtube/v3/videos`, update(world), { writes: true }),
  route('delete', `DELETE ${host}/youtube/v3/videos`, remove(world), { writes: true }),
  route('stats', `GET ${host}/youtube/v3/videos:batchGetStats`, batchGetStats(world)),
]
