/** Videos: registered, posted to S3 as a form, processed (fact sheet pinterest.md §3 "Video upload"). */
import { json } from '#kit/sandbox/answer.ts'
import { jsonBody, multipartBody } from '#kit/sandbox/body.ts'
import { is } from '#kit/sandbox/fields.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Sniffed, sniff } from '#kit/sandbox/sniff.ts'
import { caller, problem } from './answers.ts'
import { media as n } from './numbers.ts'
import { schemaProblems } from './schema.ts'
import { type Media, nextId, type PinterestWorld } from './state.ts'

const S3 = 'pinterest-media-upload.s3-accelerate.amazonaws.com'

export type Status = 'registered' | 'processing' | 'succeeded' | 'failed'

export const statusOf = (world: PinterestWorld, m: Media): Status => {
  if (m.uploadedAt === null) return 'registered'
  if (world.now() < m.uploadedAt + world.knob('processingMs')) return 'processing'
  return m.wrong === null ? 'succeeded' : 'failed'
}

const register =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['pins:read', 'pins:write'], 'org_write')
    const body = jsonBody(req)
    if (!body) return problem(400, 1, 'Invalid request: the body is not a JSON object.', c.headers)
    schemaProblems(body, { media_type: { required: true, check: is.oneOf('video') } }, c)
    const id = nextId(world)
    const stamp = new Date(world.now()).toISOString().replace(/[-:]|\.\d+/g, '')
    const form = {
      'x-amz-date': stamp,
      'x-amz-signature': world.id(64, '0123456789abcdef'),
      'x-amz-security-token': world.id(80),
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      key: `uploads/${id.slice(-2)}/${id.slice(-4, -2)}/3:video:${c.user.id}:${id}`,
      policy: Buffer.from(JSON.stringify({ expiration: new Date(world.now() + n.formMs).toISOString() })).toString(
        'base64',
      ),
      'x-amz-credential': `ASIASANDBOX/${stamp.slice(0, 8)}/us-east-1/s3/aws4_request`,
      'Content-Type': 'multipart/form-data',
    }
    const blank = { blob: null, bytes: 0, width: null, height: null, durationMs: null, wrong: null, uploadedAt: null }
    world.state.media[id] = {
      id,
      owner: c.user.id,
      environment: c.environment,
      form,
      madeAt: world.now(),
      ...blank,
    }
    world.changed()
    return json(
      201,
      { media_id: id, media_type: 'video', upload_url: `${req.base}/${S3}/`, upload_parameters: form },
      c.headers,
    )
  }

const status =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['pins:read'], 'org_read')
    const m = Object.hasOwn(world.state.media, req.params.id!) ? world.state.media[req.params.id!] : undefined
    if (!m || m.owner !== c.user.id || m.environment !== c.environment)
      return problem(404, 2, 'Media upload not found.', c.headers)
    return json(200, { media_id: m.id, media_type: 'video', status: statusOf(world, m) }, c.headers)
  }

const s3 = (code: number, word: string, message: string): SandboxResponse => ({
  status: code,
  headers: { 'content-type': 'application/xml' },
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${word}</Code><Message>${esc(message)}</Message></Error>`,
})

/** Why Pinterest would fail to process the file; null: it would not. */
const wrongWith = (f: Sniffed, bytes: number): string | null => {
  if (f.kind !== 'video') return 'not a video'
  if (bytes > n.videoBytes) return 'too large'
  const { durationMs: ms, width: w, height: h } = f
  if (ms === undefined || ms < n.videoMinMs || ms > n.videoMaxMs) return 'duration'
  if (!w || !h || w / h < n.videoAspect.min || w / h > n.videoAspect.max) return 'shape'
  if (f.codec && !n.videoCodecs.includes(f.codec)) return 'codec'
  return null
}

/** S3 is not Pinterest: it knows the form and its length, and no token. */
const store =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    if (req.headers.authorization)
      return s3(400, 'InvalidArgument', 'Only one auth mechanism allowed; the form is one already.')
    if (req.headers['content-length'] === undefined)
      return s3(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.')
    const parts = multipartBody(req)
    if (!parts) return s3(400, 'MalformedPOSTRequest', 'The body of your POST request is not well-formed.')
    const field = (name: string) => parts.find((p) => p.name === name && p.filename === undefined)?.bytes.toString()
    const m = Object.values(world.state.media).find((x) => x.form.key === field('key'))
    if (!m) return s3(403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed: key')
    for (const [name, value] of Object.entries(m.form))
      if (field(name) !== value)
        return s3(403, 'SignatureDoesNotMatch', `The request signature we calculated does not match: ${name}`)
    const extra = parts.find((p) => p.name !== 'file' && !Object.hasOwn(m.form, p.name))
    if (extra) return s3(403, 'AccessDenied', `Invalid according to Policy: Extra input fields: ${extra.name}`)
    if (world.now() > m.madeAt + n.formMs)
      return s3(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.')
    // What stands behind the file is not read by S3.
    if (parts.at(-1)!.name !== 'file') return s3(400, 'InvalidArgument', 'POST requires exactly one file upload, last.')
    if (m.uploadedAt !== null) return s3(403, 'AccessDenied', 'Invalid according to Policy: the key is taken.')
    const { bytes } = parts.at(-1)!
    if (bytes.length === 0) return s3(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum.')
    const seen = sniff(bytes)
    m.uploadedAt = world.now()
    m.blob = world.blobs.put(bytes, seen.mime)
    m.bytes = bytes.length
    m.width = seen.width ?? null
    m.height = seen.height ?? null
    m.durationMs = seen.durationMs ?? null
    m.wrong = wrongWith(seen, bytes.length)
    world.changed()
    return { status: 204, text: '' }
  }

export const mediaRoutes = (world: PinterestWorld): SandboxRoute[] => [
  ...['api.pinterest.com', 'api-sandbox.pinterest.com'].flatMap((host) => [
    route('media-register', `POST ${host}/v5/media`, register(world), { writes: true }),
    route('media-status', `GET ${host}/v5/media/:id`, status(world)),
  ]),
  route('media-upload', `POST ${S3}/`, store(world), { writes: true }),
]
