/** `POST /{page}/photos` and photo stories (fact sheet facebook.md §3.3, §3.6). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { pull } from '#kit/sandbox/uploads.ts'
import { graphAnswer } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, listPage, param, pickFields } from '../../families/meta/sandbox/params.ts'
import { nextId } from '../../families/meta/sandbox/state.ts'
import { freePhoto, redacted, targeting } from './feed.ts'
import { photo as n, schedule, story as storyLimits, text } from './numbers.ts'
import { addPost, delivered, onPage, type PageCall, read, write } from './page.ts'
import type { FbWorld, Photo } from './state.ts'
import { permalink } from './view.ts'

const tooBig = (c: PageCall) =>
  graphRefuse(400, 100, '(#100) Invalid parameter', {
    subcode: 1366046,
    said: 'Your photos couldn’t be uploaded. Photos should be smaller than 10 MB and saved as JPG, PNG, GIF, TIFF or HEIF files.',
    headers: c.headers,
  })

/** The bytes of `source` or of `url`, as a picture Facebook takes. */
const pictureOf = async (world: FbWorld, c: PageCall): Promise<{ key: string; mime: string }> => {
  const { url } = c.params.fields
  const file = c.params.files.source
  if ((url === undefined) === (file === undefined)) badParam('Exactly one of source and url is required')
  let key: string
  let mime: string
  let bytes: number
  if (url !== undefined) {
    const pulled = await pull(world, url, n.maxBytes)
    if ('problem' in pulled) {
      if (pulled.problem === 'too-big') return tooBig(c)
      return graphRefuse(400, 324, '(#324) Missing or invalid image file', { headers: c.headers })
    }
    key = pulled.key
    mime = pulled.sniffed.mime
    bytes = pulled.bytes
  } else {
    mime = sniff(file!.bytes).mime
    bytes = file!.bytes.length
    key = world.blobs.put(file!.bytes, mime)
  }
  if (bytes > n.maxBytes) tooBig(c)
  if (!n.types.includes(mime))
    return mime.startsWith('image/')
      ? tooBig(c)
      : graphRefuse(400, 324, '(#324) Missing or invalid image file', { headers: c.headers })
  return { key, mime }
}

const upload =
  (world: FbWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const c = onPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    checkParams(c.params, {
      source: param.text,
      url: param.url,
      caption: param.max(text.max),
      message: param.max(text.max),
      alt_text_custom: param.max(n.altMax),
      published: param.bool,
      temporary: param.bool,
      scheduled_publish_time: param.text,
      unpublished_content_type: param.oneOf('DRAFT', 'SCHEDULED', 'PUBLISHED'),
      place: param.id,
      targeting,
      no_story: param.bool,
    })
    const { fields } = c.params
    const published = fields.published === undefined || fields.published === 'true' || fields.published === '1'
    const how = published || fields.scheduled_publish_time ? delivered(world, fields, schedule.postMs) : null
    const picture = await pictureOf(world, c)
    const p: Photo = {
      id: nextId(world),
      page: c.page.id,
      ...picture,
      alt: fields.alt_text_custom ?? '',
      at: world.now(),
      temporary: fields.temporary === 'true' || fields.temporary === '1',
      post: null,
      deleted: false,
    }
    world.state.photos[p.id] = p
    world.changed()
    if (!how) return graphAnswer(c, { id: p.id })
    const message = (fields.caption ?? fields.message ?? '').trim()
    const post = addPost(world, {
      page: c.page.id,
      kind: 'post',
      message,
      link: null,
      photos: [p.id],
      video: null,
      ...how,
      raw: redacted(fields),
    })
    p.post = post.id
    return graphAnswer(c, { id: p.id, post_id: post.id })
  }

const photoStory =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: write, task: 'CREATE_CONTENT' })
    checkParams(c.params, { photo_id: { required: true, check: param.id } })
    const photo = freePhoto(world, c, c.params.fields.photo_id!)
    const post = addPost(world, {
      page: c.page.id,
      kind: 'story',
      message: '',
      link: null,
      photos: [photo.id],
      video: null,
      state: 'published',
      due: null,
      raw: redacted(c.params.fields),
    })
    photo.post = post.id
    return graphAnswer(c, { success: true, post_id: post.id })
  }

const stories =
  (world: FbWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = onPage(world, req, { scopes: read })
    const rows = world.state.posts
      .filter(
        (p) =>
          p.page === c.page.id && p.kind === 'story' && !p.deleted && p.at + world.knob('listLagMs') <= world.now(),
      )
      .reverse()
      .map((p) => ({
        id: p.id,
        post_id: p.id,
        status: world.now() - p.at < storyLimits.liveMs ? 'PUBLISHED' : 'ARCHIVED',
        creation_time: String(Math.floor(p.at / 1000)),
        media_type: p.video ? 'video' : 'photo',
        media_id: p.video ?? p.photos[0],
        url: permalink(world, p),
      }))
    const defaults = ['post_id', 'status', 'creation_time', 'media_type', 'media_id', 'url']
    const shown = rows.map((r) => {
      const { id: _, ...rest } = pickFields(r, req.query.get('fields'), defaults)
      return rest
    })
    return graphAnswer(c, listPage(req, shown))
  }

export const photoRoutes = (world: FbWorld): SandboxRoute[] => [
  route('photo', 'POST graph.facebook.com/:version/:page/photos', upload(world), { writes: true }),
  route('photo-story', 'POST graph.facebook.com/:version/:page/photo_stories', photoStory(world), { writes: true }),
  route('stories', 'GET graph.facebook.com/:version/:page/stories', stories(world)),
]
