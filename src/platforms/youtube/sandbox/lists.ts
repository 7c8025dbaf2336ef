/** Channels, categories, playlists and what is in them; the uploads playlist lags a little (fact sheet §2, §3.3, §4). */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, jsonBody } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, knownQuery, malformed, maxResults, onlyMembers, paged, partsOf, refuse } from './door.ts'
import { viewsAt } from './metrics.ts'
import * as n from './numbers.ts'
import { avatarOf, type Channel, liveVideo, type Video, type YouTubeWorld } from './state.ts'
import { etag, stamp, thumbnails } from './video.ts'
import { own } from './videos.ts'

/** Three significant digits, as YouTube rounds subscribers. */
const rounded = (x: number) => {
  const unit = 10 ** Math.max(0, String(x).length - 3)
  return String(Math.floor(x / unit) * unit)
}

const channels = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'read', withoutChannel: true })
  knownQuery(req, 'part', 'mine', 'id', 'maxResults', 'pageToken', 'hl', 'forHandle', 'forUsername')
  const parts = partsOf(req, ['id', 'snippet', 'contentDetails', 'statistics', 'status', 'brandingSettings'])
  const asked = channelsAsked(world, req, c)
  // A Google account without a channel: no items at all.
  const shown = asked.filter((x) => x.uploads !== '').map((x) => channelItem(world, x, parts))
  const items = shown.length === 0 ? {} : { items: shown }
  return json(200, {
    kind: 'youtube#channelListResponse',
    etag: etag(items),
    pageInfo: { totalResults: shown.length, resultsPerPage: 5 },
    ...items,
  })
}

/** By one filter: the person's own, by ids, by handle. Others' channels are public. */
const channelsAsked = (world: YouTubeWorld, req: SandboxRequest, c: Channel): Channel[] => {
  const { channels: all } = world.state
  const { query } = req
  if (query.get('mine') === 'true') return [c]
  const ids = query.getAll('id').join(',').split(',').filter(Boolean)
  if (ids.length > 50) refuse(400, 'invalidParameter', 'Too many ids', 'id')
  if (ids.length > 0) return ids.flatMap((id) => all.find((x) => x.id === id) ?? [])
  const handle = query.get('forHandle') ?? query.get('forUsername')
  if (handle)
    return all.filter((x) => x.handle.replace('@', '').toLowerCase() === handle.replace('@', '').toLowerCase())
  return refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: id, mine, forHandle')
}

const channelItem = (world: YouTubeWorld, c: Channel, parts: readonly string[]): Record<string, unknown> => {
  const videos = world.state.videos.filter((v) => v.channel === c.id && !v.deleted)
  const all: Record<string, () => unknown> = {
    snippet: () => ({
      title: c.title,
      description: '',
      customUrl: c.handle,
      publishedAt: '2019-03-04T09:12:00Z',
      thumbnails: { default: { url: avatarOf(c), width: 88, height: 88 } },
      localized: { title: c.title, description: '' },
      country: c.country,
    }),
    contentDetails: () => ({ relatedPlaylists: { likes: '', uploads: c.uploads } }),
    statistics: () => ({
      viewCount: String(videos.reduce((sum, v) => sum + viewsAt(v, world.now()), 40_211)),
      subscriberCount: rounded(c.subscribers + Math.floor(videos.length / 3)),
      hiddenSubscriberCount: false,
      videoCount: String(videos.length),
    }),
    status: () => ({
      privacyStatus: 'public',
      isLinked: true,
      longUploadsStatus: c.verified ? 'allowed' : 'eligible',
      madeForKids: false,
    }),
  }
  const item: Record<string, unknown> = { kind: 'youtube#channel', etag: etag(c.id), id: c.id }
  for (const p of parts) if (all[p]) item[p] = all[p]()
  return item
}

const categories = (world: YouTubeWorld) => (req: SandboxRequest) => {
  enter(world, req, { door: 'read', withoutChannel: true })
  knownQuery(req, 'part', 'regionCode', 'id', 'hl')
  partsOf(req, ['snippet'])
  // XX stands for the countries YouTube has no list for.
  if (!/^(?!XX)[A-Z]{2}$/.test(req.query.get('regionCode') ?? ''))
    refuse(400, 'invalidRegionCode', 'The regionCode parameter specifies an invalid region code.', 'regionCode')
  const items = n.categories.map((x) => ({
    kind: 'youtube#videoCategory',
    etag: etag(x),
    id: x.id,
    snippet: { title: x.title, assignable: x.assignable, channelId: 'UCBR8-60-B28hp2BmDPdntcQ' },
  }))
  return json(200, { kind: 'youtube#videoCategoryListResponse', etag: etag(items), items })
}

const playlists = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'read' })
  knownQuery(req, 'part', 'mine', 'id', 'channelId', 'maxResults', 'pageToken', 'hl')
  partsOf(req, ['id', 'snippet', 'status', 'contentDetails', 'localizations'])
  const { query } = req
  const ids = query.getAll('id').join(',').split(',').filter(Boolean)
  const of = query.get('mine') === 'true' ? c.id : query.get('channelId')
  if (of === null && ids.length === 0)
    refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: id, mine, channelId')
  const mine = world.state.playlists
    .filter((p) => p.channel === c.id || p.privacy === 'public')
    .filter((p) => (of === null ? ids.includes(p.id) : p.channel === of))
  const { items, page } = paged(req, mine, maxResults(req, 5, 50))
  return json(200, {
    kind: 'youtube#playlistListResponse',
    etag: etag(items),
    ...page,
    items: items.map((p) => ({
      kind: 'youtube#playlist',
      etag: etag(p),
      id: p.id,
      snippet: {
        publishedAt: '2020-01-01T00:00:00Z',
        channelId: c.id,
        title: p.title,
        description: '',
        thumbnails: {},
        channelTitle: c.title,
      },
      status: { privacyStatus: p.privacy },
      contentDetails: { itemCount: p.items.length },
    })),
  })
}

const itemOf = (c: Channel, playlistId: string, v: Video, id: string, at: number, position: number) => ({
  kind: 'youtube#playlistItem',
  etag: etag([id, position]),
  id,
  snippet: {
    publishedAt: stamp(at),
    channelId: c.id,
    title: v.snippet.title,
    description: v.snippet.description,
    thumbnails: thumbnails(v.id),
    channelTitle: c.title,
    playlistId,
    position,
    resourceId: { kind: 'youtube#video', videoId: v.id },
  },
  contentDetails: { videoId: v.id, videoPublishedAt: stamp(v.publicAt ?? v.at) },
  status: { privacyStatus: v.status.privacyStatus },
})

const playlistItems = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'read' })
  knownQuery(req, 'part', 'playlistId', 'maxResults', 'pageToken', 'videoId', 'id')
  partsOf(req, ['id', 'snippet', 'contentDetails', 'status'])
  const id = req.query.get('playlistId') ?? ''
  if (!id) refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: id, playlistId')
  const known = world.state.playlists.find((p) => p.id === id && (p.channel === c.id || p.privacy !== 'private'))
  if (!known && id !== c.uploads)
    refuse(
      404,
      'playlistNotFound',
      "The playlist identified with the request's <code>playlistId</code> parameter cannot be found.",
      'playlistId',
    )
  const shown = world.now() - world.knob('uploadsLagMs')
  const rows = known
    ? known.items.map((i) => ({ id: i.id, at: i.at, v: liveVideo(world, i.video) }))
    : world.state.videos
        .filter((v) => v.channel === c.id && !v.deleted && v.at <= shown)
        .map((v) => ({ id: `UEx${v.id}`, at: v.at, v }))
        .reverse()
  const only = req.query.get('videoId')
  const all = rows.flatMap((r, i) => (r.v && (!only || r.v.id === only) ? [itemOf(c, id, r.v, r.id, r.at, i)] : []))
  const { items, page } = paged(req, all, maxResults(req, 5, 50))
  return json(200, { kind: 'youtube#playlistItemListResponse', etag: etag(items), ...page, items })
}

const object = (v: unknown) => (isObject(v) ? null : 'must be an object')

const itemTable: FieldTable = {
  playlistId: { required: true, check: is.string },
  resourceId: { required: true, check: object },
  position: { check: is.integer(0, n.playlistMax) },
}
const itemOutputs = [
  ...['publishedAt', 'channelId', 'title', 'description', 'thumbnails', 'channelTitle'],
  ...['videoOwnerChannelTitle', 'videoOwnerChannelId'],
]

const addItem = (world: YouTubeWorld) => (req: SandboxRequest) => {
  const c = enter(world, req, { door: 'write', units: n.cost.write })
  knownQuery(req, 'part')
  partsOf(req, ['id', 'snippet', 'contentDetails', 'status'])
  const body = jsonBody(req)
  const snippet = body && isObject(body.snippet) ? body.snippet : null
  if (!body || !snippet) return malformed('Invalid JSON payload received. Parse error.')
  onlyMembers(req, 'playlist_item', body, ['snippet', 'contentDetails'], ['status'])
  onlyMembers(req, 'playlist_item.snippet', snippet, Object.keys(itemTable), itemOutputs)
  const wrong = checkFields(snippet, itemTable).find((p) => p.kind !== 'unknown')
  if (wrong) return malformed(`Invalid JSON payload received. "${wrong.field}" ${wrong.message}`)
  const resourceId = snippet.resourceId as Record<string, unknown>
  if (resourceId.kind !== 'youtube#video')
    refuse(400, 'invalidResourceType', 'The type specified for the resource is not supported.')
  const playlist = world.state.playlists.find((p) => p.id === snippet.playlistId)
  if (!playlist) return refuse(404, 'playlistNotFound', 'Playlist not found.', 'playlistId')
  if (playlist.channel !== c.id) refuse(403, 'playlistItemsNotAccessible', 'Forbidden')
  const v = own(world, c, String(resourceId.videoId))
  if (playlist.items.some((i) => i.video === v.id))
    refuse(
      409,
      'videoAlreadyInPlaylist',
      'The video that you are trying to add to the playlist is already in the playlist.',
    )
  if (playlist.items.length >= n.playlistMax)
    refuse(
      403,
      'playlistContainsMaximumNumberOfVideos',
      'The playlist already contains the maximum allowed number of items.',
    )
  const item = { id: `UEw${world.id(40)}`, video: v.id, at: world.now() }
  playlist.items.push(item)
  world.changed()
  return json(200, itemOf(c, playlist.id, v, item.id, item.at, playlist.items.length - 1))
}

export const listRoutes = (world: YouTubeWorld, host: string): SandboxRoute[] => [
  route('channels', `GET ${host}/youtube/v3/channels`, channels(world)),
  route('categories', `GET ${host}/youtube/v3/videoCategories`, categories(world)),
  route('playlists', `GET ${host}/youtube/v3/playlists`, playlists(world)),
  route('uploads', `GET ${host}/youtube/v3/playlistItems`, playlistItems(world)),
  route('playlist-add', `POST ${host}/youtube/v3/playlistItems`, addItem(world), { writes: true }),
]
