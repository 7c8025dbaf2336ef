/** Thumbnails and captions (fact sheet §3.3). */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, mimeOf } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { enter, knownQuery, malformed, onlyMembers, partsOf, refuse } from './door.ts'
import * as n from './numbers.ts'
import type { YouTubeWorld } from './state.ts'
import { etag, isShort, stamp, thumbnails } from './video.ts'
import { own } from './videos.ts'

const setThumbnail =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { door: 'upload', units: n.cost.write })
    knownQuery(req, 'videoId', 'onBehalfOfContentOwner')
    if (req.query.get('uploadType') !== 'media') refuse(400, 'badRequest', 'The sandbox plays uploadType=media only.')
    const v = own(world, c, req.query.get('videoId') ?? '')
    if (!c.verified)
      refuse(
        403,
        'forbidden',
        "The authenticated user doesn't have permissions to upload and set custom video thumbnails.",
      )
    if (req.body.length === 0) refuse(400, 'mediaBodyRequired', 'The request does not include the image content.')
    if (req.body.length > n.thumbnail.maxBytes) refuse(413, 'uploadTooLarge', 'Request is too large.')
    const seen = sniff(req.body)
    if (!n.thumbnail.types.includes(mimeOf(req)) && mimeOf(req) !== 'application/octet-stream')
      refuse(400, 'imageFormatUnsupported', `The provided image content is of an unsupported format: ${mimeOf(req)}`)
    if (!n.thumbnail.types.includes(seen.mime)) refuse(400, 'invalidImage', 'The provided image content is invalid.')
    if (isShort(v) && v.uploadStatus !== 'processed')
      refuse(403, 'forbidden', 'Thumbnails of Shorts can be set once processing has finished.')
    v.thumbnail = world.blobs.put(req.body, seen.mime)
    world.changed()
    return json(200, { kind: 'youtube#thumbnailSetResponse', etag: etag(v.thumbnail), items: [thumbnails(v.id)] })
  }

/** Two parts of `multipart/related`: JSON, then the file; null when it is not that. */
const related = (req: SandboxRequest): { meta: unknown; file: string } | null => {
  const mark = /^multipart\/related;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(req.headers['content-type'] ?? '')
  if (!mark) return null
  const parts = req.body
    .toString('utf8')
    .split(`--${mark[1] ?? mark[2]}`)
    .slice(1)
  if (parts.length !== 3 || !parts[2]!.startsWith('--')) return null
  const bodyOf = (part: string) => {
    const gap = part.indexOf('\r\n\r\n')
    return gap < 0 ? null : part.slice(gap + 4).replace(/\r\n$/, '')
  }
  const [meta, file] = [bodyOf(parts[0]!), bodyOf(parts[1]!)]
  if (meta === null || file === null || !/content-type:\s*application\/json/i.test(parts[0]!)) return null
  try {
    return { meta: JSON.parse(meta) as unknown, file }
  } catch {
    return null
  }
}

const addCaptions =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { door: 'comment', units: n.cost.captionInsert })
    knownQuery(req, 'part', 'sync', 'onBehalfOfContentOwner')
    partsOf(req, ['snippet', 'id'])
    if (req.query.get('uploadType') !== 'multipart')
      refuse(400, 'badRequest', 'The sandbox plays uploadType=multipart only.')
    const sent = related(req)
    const snippet = sent && isObject(sent.meta) && isObject(sent.meta.snippet) ? sent.meta.snippet : null
    if (!sent || !snippet) return malformed('Missing end boundary in multipart body.')
    onlyMembers(
      req,
      'caption.snippet',
      snippet,
      ['videoId', 'language', 'name', 'isDraft', 'trackKind'],
      ['lastUpdated', 'audioTrackType', 'isCC', 'isLarge', 'isEasyReader', 'isAutoSynced', 'status', 'failureReason'],
    )
    const { language, name } = snippet
    if (typeof language !== 'string' || typeof name !== 'string' || !/^[A-Za-z]{2,3}(-\w{2,8})*$/.test(language))
      return refuse(400, 'invalidMetadata', 'The request contains invalid metadata values.')
    if (name.length > n.captions.nameMax)
      refuse(400, 'nameTooLong', 'The snippet.name specifies a value that is too long.')
    if (sent.file.trim() === '')
      refuse(400, 'contentRequired', 'The request does not contain the caption track contents.')
    const v = own(world, c, String(snippet.videoId))
    if (v.captions.some((x) => x.language === language && x.name === name))
      refuse(409, 'captionExists', 'The specified video already has a caption track with the given language and name.')
    const made = { id: `AUieDa${world.id(48)}`, language, name, text: sent.file }
    v.captions.push(made)
    world.changed()
    return json(200, {
      kind: 'youtube#caption',
      etag: etag(made),
      id: made.id,
      snippet: {
        videoId: v.id,
        lastUpdated: stamp(world.now()),
        trackKind: 'standard',
        language,
        name,
        audioTrackType: 'unknown',
        isCC: false,
        isDraft: snippet.isDraft === true,
        status: 'serving',
      },
    })
  }

export const extraRoutes = (world: YouTubeWorld, host: string): SandboxRoute[] => [
  route('thumbnail', `POST ${host}/upload/youtube/v3/thumbnails/set`, setThumbnail(world), { writes: true }),
  route('captions', `POST ${host}/upload/youtube/v3/captions`, addCaptions(world), { writes: true }),
]
