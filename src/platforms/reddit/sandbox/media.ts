/** Files: a lease, a form for S3, and what Reddit will make of the bytes (fact sheet reddit.md §4.2). */
import { eitherForm, multipartBody } from '#kit/sandbox/body.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters, otherType, otherWay } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Sniffed, sniff } from '#kit/sandbox/sniff.ts'
import { caller, flat, reply } from './answers.ts'
import { media as n } from './numbers.ts'
import type { Lease, RedditWorld } from './state.ts'

const IMAGES = 'reddit-uploaded-media.s3-accelerate.amazonaws.com'
const VIDEOS = 'reddit-uploaded-video.s3-accelerate.amazonaws.com'
const endings: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
}
const isVideo = (mime: string) => n.videoTypes.includes(mime)

/** POST /api/media/asset.json. Pictures get the older key with a folder, so that nobody builds on its absence. */
const lease =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'submit')
    const form = eitherForm(req)
    if (form) {
      otherType(req, 'application/x-www-form-urlencoded')
      ignoreParameters(req, form.keys(), ['filepath', 'mimetype', 'api_type'])
    }
    const mime = form?.get('mimetype') ?? ''
    if (!form?.get('filepath')) return flat(c, 400, 'PARAMETER_REQUIRED', 'filepath is required', ['filepath'])
    if (!n.imageTypes.includes(mime) && !isVideo(mime))
      return flat(c, 400, 'INVALID_OPTION', 'that mimetype is not supported', ['mimetype'])
    const assetId = `${world.id(13, 'abcdefghijklmnopqrstuvwxyz0123456789')}`
    const host = isVideo(mime) ? VIDEOS : IMAGES
    const stamp = new Date(world.now()).toISOString().replace(/[-:]|\.\d+/g, '')
    const fields = Object.entries({
      acl: 'private',
      key: isVideo(mime) ? assetId : `rte_images/${assetId}`,
      'X-Amz-Credential': `ASIASANDBOX/${stamp.slice(0, 8)}/us-east-1/s3/aws4_request`,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': stamp,
      success_action_status: '201',
      'content-type': mime,
      'x-amz-storage-class': 'STANDARD',
      'x-amz-meta-ext': endings[mime]!,
      policy: Buffer.from(JSON.stringify({ expiration: new Date(world.now() + n.leaseMs).toISOString() })).toString(
        'base64',
      ),
      'X-Amz-Signature': world.id(64, '0123456789abcdef'),
      'x-amz-security-token': world.id(60),
    }).map(([name, value]) => ({ name, value }))
    const blank = { uploaded: false, blob: null, width: null, height: null, wrong: null }
    world.state.leases[assetId] = { assetId, owner: c.user.id, mime, host, fields, madeAt: world.now(), ...blank }
    world.changed()
    return reply(c, {
      args: { action: `//${host}`, fields },
      asset: {
        asset_id: assetId,
        processing_state: 'incomplete',
        payload: { filepath: form.get('filepath') },
        websocket_url: `wss://ws-sandbox.wss.redditmedia.com/${assetId}?m=sandbox`,
      },
    })
  }

const s3 = (status: number, word: string, message: string, more = ''): SandboxResponse => ({
  status,
  headers: { 'content-type': 'application/xml' },
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${word}</Code><Message>${esc(message)}</Message>${more}</Error>`,
})

/** Why Reddit would make no post of the file; null: it would. */
const wrongWith = (mime: string, f: Sniffed): string | null => {
  if (!isVideo(mime)) return f.mime === mime ? null : 'not the picture it claims to be'
  if (f.kind !== 'video') return 'not a video'
  const { durationMs: ms, codec } = f
  if (ms === undefined || ms < n.videoMinMs || ms > n.videoMaxMs) return 'duration'
  return codec && !n.videoCodecs.includes(codec) ? 'codec' : null
}

/** What S3 says against the form, or the lease it is for. S3 knows no tokens, reads nothing behind the file, and takes a key again. */
const formOf = (
  world: RedditWorld,
  req: SandboxRequest,
): { answer: SandboxResponse } | { lease: Lease; bytes: Buffer } => {
  const no = (...a: Parameters<typeof s3>) => ({ answer: s3(...a) })
  if (req.headers.authorization)
    return no(400, 'InvalidArgument', 'Only one auth mechanism allowed; the form is one already.')
  if (req.headers['content-length'] === undefined)
    return no(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.')
  const parts = multipartBody(req)
  if (!parts)
    return no(400, 'MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.')
  const given = parts.filter((p) => p.filename === undefined).map((p) => ({ name: p.name, value: p.bytes.toString() }))
  const key = given.find((p) => p.name === 'key')?.value
  const found = Object.values(world.state.leases).find(
    (l) => l.host === req.host && l.fields.some((f) => f.name === 'key' && f.value === key),
  )
  if (!found) return no(403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed: key')
  const differs = found.fields.find((f) => given.find((p) => p.name === f.name)?.value !== f.value)
  if (differs || given.length !== found.fields.length)
    return no(403, 'AccessDenied', `Invalid according to Policy: ${differs?.name ?? 'Extra input fields'}`)
  // The documents want the order of the lease; S3 wants only the file last.
  if (found.fields.some((f, i) => given[i]?.name !== f.name)) otherWay(req, 'fields in another order than the lease')
  if (world.now() > found.madeAt + n.leaseMs)
    return no(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.')
  const file = parts.at(-1)!
  if (file.name !== 'file' || file.filename === undefined)
    return no(400, 'InvalidArgument', 'POST requires exactly one file upload per request, last.')
  const max = isVideo(found.mime) ? n.videoBytes : n.imageBytes
  if (file.bytes.length > max)
    return no(
      400,
      'EntityTooLarge',
      'Your proposed upload exceeds the maximum allowed size',
      `<ProposedSize>${file.bytes.length}</ProposedSize><MaxSizeAllowed>${max}</MaxSizeAllowed>`,
    )
  return { lease: found, bytes: file.bytes }
}

const store =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const read = formOf(world, req)
    if ('answer' in read) return read.answer
    const { lease: l, bytes } = read
    const seen = sniff(bytes)
    l.uploaded = true
    l.blob = world.blobs.put(bytes, seen.mime)
    l.width = seen.width ?? null
    l.height = seen.height ?? null
    l.wrong = wrongWith(l.mime, seen)
    world.changed()
    const key = l.fields.find((f) => f.name === 'key')!.value
    return {
      status: 201,
      headers: { 'content-type': 'application/xml' },
      text: `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>https://${l.host}/${encodeURIComponent(key)}</Location><Bucket>${l.host.split('.')[0]}</Bucket><Key>${key}</Key></PostResponse>`,
    }
  }

/** The uploaded file a submit names by its address. */
export const leaseOfUrl = (world: RedditWorld, owner: string, url: string | null, video: boolean): Lease | undefined =>
  Object.values(world.state.leases).find(
    (l) =>
      l.uploaded &&
      l.owner === owner &&
      isVideo(l.mime) === video &&
      url === `https://${l.host}/${l.fields.find((f) => f.name === 'key')!.value}`,
  )

export const mediaRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('upload-lease', 'POST oauth.reddit.com/api/media/asset', lease(world), { writes: true }),
  ...[IMAGES, VIDEOS].map((host) => route('upload-file', `POST ${host}/`, store(world), { writes: true })),
]
