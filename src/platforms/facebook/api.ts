/** Facebook's calls on a Page, typed thin (fact sheet §3, §4). All with the Page token; ids are text. */
import { z } from 'zod'
import { type GraphAccess, graphDelete, graphGet, graphId, graphPost, graphSuccess } from '../families/meta/graph.ts'

export type Access = GraphAccess
type Form = Record<string, string | undefined>

/** Binary calls of `/videos` go to a host of their own. */
const videoHost = 'graph-video.facebook.com'
const uploadTimeout = 10 * 60_000

const named = z.object({ id: graphId })

/** Text, a link, or uploaded photos -> `<page>_<post>`. No key against doubles (§4). */
export const createFeed = async (c: Access, page: string, form: Form): Promise<string> =>
  (await graphPost(c, `${page}/feed`, { form, expect: named })).id

/** A photo nobody sees yet; gone after about a day. `temporary`: for a post that Facebook holds. */
export const uploadPhoto = async (
  c: Access,
  page: string,
  file: Blob,
  o: { mime: string; alt: string; temporary: boolean },
): Promise<string> => {
  const multipart = new FormData()
  multipart.set('published', 'false')
  if (o.temporary) multipart.set('temporary', 'true')
  if (o.alt) multipart.set('alt_text_custom', o.alt)
  multipart.set('source', new Blob([file], { type: o.mime }), 'photo')
  return (await graphPost(c, `${page}/photos`, { multipart, timeoutMs: uploadTimeout, expect: named })).id
}

const offsets = z.object({ start_offset: z.coerce.number(), end_offset: z.coerce.number() })
const started = offsets.extend({ upload_session_id: graphId, video_id: graphId })

/** Opens a chunked upload: which bytes Facebook wants first. */
export const startVideo = (c: Access, page: string, bytes: number) =>
  graphPost({ ...c, host: videoHost }, `${page}/videos`, {
    form: { upload_phase: 'start', file_size: String(bytes) },
    expect: started,
  })

/** One chunk; gives which bytes come next (equal offsets: all are there). */
export const transferVideo = (c: Access, page: string, session: string, start: number, chunk: Blob) => {
  const multipart = new FormData()
  multipart.set('upload_phase', 'transfer')
  multipart.set('upload_session_id', session)
  multipart.set('start_offset', String(start))
  multipart.set('video_file_chunk', chunk, 'chunk')
  return graphPost({ ...c, host: videoHost }, `${page}/videos`, {
    multipart,
    timeoutMs: uploadTimeout,
    expect: offsets,
  })
}

/** Publishes a chunked upload. With a cover the call carries its bytes. */
export const finishVideo = async (c: Access, page: string, form: Form, thumb?: Blob): Promise<void> => {
  const fields: Form = { upload_phase: 'finish', ...form }
  if (!thumb) {
    await graphPost({ ...c, host: videoHost }, `${page}/videos`, { form: fields, expect: graphSuccess })
    return
  }
  const multipart = new FormData()
  for (const [k, v] of Object.entries(fields)) if (v !== undefined) multipart.set(k, v)
  multipart.set('thumb', thumb, 'cover')
  await graphPost({ ...c, host: videoHost }, `${page}/videos`, {
    multipart,
    timeoutMs: uploadTimeout,
    expect: graphSuccess,
  })
}

export type HostedEdge = 'video_reels' | 'video_stories'

/** First phase of reels and video stories: where the bytes go. */
export const startHosted = (c: Access, page: string, edge: HostedEdge) =>
  graphPost(c, `${page}/${edge}`, {
    form: { upload_phase: 'start' },
    expect: z.object({ video_id: graphId, upload_url: z.url() }),
  })

/** Last phase. Stories name their post; reels sometimes. */
export const finishHosted = (c: Access, page: string, edge: HostedEdge, form: Form) =>
  graphPost(c, `${page}/${edge}`, {
    form: { upload_phase: 'finish', ...form },
    ...(edge === 'video_reels' ? { charge: { bucket: 'reels-day', units: 1 } } : {}),
    expect: z.looseObject({ post_id: graphId.optional() }),
  })

export const setThumbnail = async (c: Access, video: string, picture: Blob): Promise<void> => {
  const multipart = new FormData()
  multipart.set('is_preferred', 'true')
  multipart.set('source', picture, 'cover')
  await graphPost(c, `${video}/thumbnails`, { multipart, timeoutMs: uploadTimeout, expect: graphSuccess })
}

export const createPhotoStory = async (c: Access, page: string, photo: string): Promise<string | null> =>
  (
    await graphPost(c, `${page}/photo_stories`, {
      form: { photo_id: photo },
      expect: z.looseObject({ post_id: graphId.optional() }),
    })
  ).post_id ?? null

const error = z.looseObject({ code: z.number().optional(), message: z.string().optional() })
const phase = z.looseObject({
  status: z.string().optional(),
  error: error.optional(),
  errors: z.array(error).optional(),
})
const video = z.object({
  id: graphId,
  post_id: graphId.optional(),
  permalink_url: z.string().optional(),
  published: z.boolean().optional(),
  status: z
    .object({
      video_status: z.string().optional(),
      // The guide spells it one way, the official specification the other.
      uploading_phase: phase
        .extend({ bytes_transfered: z.coerce.number().optional(), bytes_transferred: z.coerce.number().optional() })
        .optional(),
      processing_phase: phase.optional(),
      publishing_phase: phase.extend({ publish_status: z.string().optional() }).optional(),
    })
    .default({}),
})
export type Video = z.output<typeof video>

export const readVideo = (c: Access, id: string): Promise<Video> =>
  graphGet(c, id, { query: { fields: 'id,status,post_id,permalink_url,published' }, expect: video })

/** Bytes of an upload that Facebook has. */
export const bytesThere = (v: Video): number | undefined =>
  v.status.uploading_phase?.bytes_transfered ?? v.status.uploading_phase?.bytes_transferred

export const createComment = async (c: Access, parent: string, message: string): Promise<string> =>
  (await graphPost(c, `${parent}/comments`, { form: { message }, expect: named })).id

export const deleteNode = async (c: Access, id: string): Promise<void> => {
  await graphDelete(c, id, { expect: graphSuccess })
}

export const editNode = async (c: Access, id: string, form: Form): Promise<void> => {
  await graphPost(c, id, { form, expect: graphSuccess })
}
