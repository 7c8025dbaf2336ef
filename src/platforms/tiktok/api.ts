/** TikTok's calls, typed thin. The payload is under `data`; ids are 64 bits wide and stay text (fact sheet §3, §6). */
import { z } from 'zod'
import type { Http, HttpRequest } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'

const base = 'https://open.tiktokapis.com'

export type Access = { http: Http; access: string }

const call = async <T extends z.ZodType>(
  c: Access,
  r: Pick<HttpRequest, 'method' | 'query' | 'json' | 'charge'> & { path: string },
  data: T,
): Promise<z.output<T>> => {
  const { path, ...rest } = r
  const reply = await c.http({
    ...rest,
    url: `${base}${path}`,
    headers: {
      authorization: `Bearer ${c.access}`,
      ...(r.method === 'POST' ? { 'content-type': 'application/json; charset=UTF-8' } : {}),
    },
    expect: z.object({ data }),
  })
  return (reply.body as { data: z.output<T> }).data
}

/** A 64-bit id: a string, or a number small enough to be one. */
const id64 = z.union([z.string().min(1), z.number()]).transform(String)

const user = z.object({
  open_id: z.string().min(1),
  union_id: z.string().optional(),
  avatar_url: z.string().optional(),
  display_name: z.string().optional(),
  username: z.string().optional(),
  is_verified: z.boolean().optional(),
  profile_deep_link: z.string().optional(),
  follower_count: z.number().optional(),
  following_count: z.number().optional(),
  likes_count: z.number().optional(),
  video_count: z.number().optional(),
})
const fieldsOf: Record<string, readonly string[]> = {
  'user.info.basic': ['open_id', 'union_id', 'avatar_url', 'display_name'],
  'user.info.profile': ['username', 'is_verified', 'profile_deep_link'],
  'user.info.stats': ['follower_count', 'following_count', 'likes_count', 'video_count'],
}

/** Asks only for what the scopes allow: one field too many and TikTok refuses the whole call. */
export const userInfo = async (c: Access, scopes: readonly string[]) => {
  const fields = Object.entries(fieldsOf).flatMap(([scope, names]) => (scopes.includes(scope) ? names : []))
  const query = { fields: fields.join() }
  return (await call(c, { method: 'GET', path: '/v2/user/info/', query }, z.object({ user }))).user
}

const creator = z.object({
  creator_avatar_url: z.string().optional(),
  creator_username: z.string(),
  creator_nickname: z.string(),
  privacy_level_options: z.array(z.string()),
  comment_disabled: z.boolean(),
  duet_disabled: z.boolean(),
  stitch_disabled: z.boolean(),
  max_video_post_duration_sec: z.number(),
})
export type Creator = z.output<typeof creator>

/** 20 a minute; needs `video.publish`. Raises `too-fast` or `refused-account` when the account may not post now. */
export const creatorInfo = (c: Access): Promise<Creator> =>
  call(
    c,
    { method: 'POST', path: '/v2/post/publish/creator_info/query/', charge: { bucket: 'creator', units: 1 } },
    creator,
  )

const begun = z.object({ publish_id: z.string().min(1), upload_url: z.string().optional() })
export type InitKind = 'video' | 'inbox-video' | 'photo'
const initPath: Record<InitKind, string> = {
  video: '/v2/post/publish/video/init/',
  'inbox-video': '/v2/post/publish/inbox/video/init/',
  photo: '/v2/post/publish/content/init/',
}

/** Begins a task; 6 a minute. With PULL_FROM_URL it is the post itself and must never be repeated blindly (§4). */
export const init = async (c: Access, kind: InitKind, body: Json) => {
  const a = await call(
    c,
    { method: 'POST', path: initPath[kind], json: body, charge: { bucket: 'begins', units: 1 } },
    begun,
  )
  return { publishId: a.publish_id, uploadUrl: a.upload_url }
}

/** A list, or a lone value in older answers. */
const postIds = z.union([z.array(id64), id64.transform((x) => [x])]).nullish()
const status = z
  .object({
    status: z.enum(['PROCESSING_UPLOAD', 'PROCESSING_DOWNLOAD', 'SEND_TO_USER_INBOX', 'PUBLISH_COMPLETE', 'FAILED']),
    fail_reason: z.string().nullish(),
    // TikTok's own spelling, and the right one should it ever come.
    publicaly_available_post_id: postIds,
    publicly_available_post_id: postIds,
    uploaded_bytes: z.number().nullish(),
    downloaded_bytes: z.number().nullish(),
  })
  .transform((s) => ({
    status: s.status,
    reason: s.fail_reason ?? undefined,
    postId: (s.publicaly_available_post_id ?? s.publicly_available_post_id)?.[0] ?? null,
    uploaded: s.uploaded_bytes ?? undefined,
  }))
export type TaskStatus = z.output<typeof status>

/** What became of a task; 30 a minute. */
export const fetchStatus = (c: Access, publishId: string): Promise<TaskStatus> =>
  call(
    c,
    {
      method: 'POST',
      path: '/v2/post/publish/status/fetch/',
      json: { publish_id: publishId },
      charge: { bucket: 'looks', units: 1 },
    },
    status,
  )

/** A piece of a slow connection's video takes its time (ms). */
const putTimeoutMs = 600_000

/**
 * Sends one chunk to the address `init` gave, unchanged and without our token. 201: complete, 206: more; 400, 403 (the
 * hour is over), 404 and 416 (`range` says what is there) come back as they are.
 */
export const putChunk = async (http: Http, url: string, bytes: Blob, o: { mime: string; range: string }) => {
  const reply = await http({
    method: 'PUT',
    url,
    bytes,
    headers: { 'content-type': o.mime, 'content-range': o.range },
    timeoutMs: putTimeoutMs,
    accept: [400, 403, 404, 416],
  })
  return { status: reply.status, range: reply.headers['content-range'] }
}

/** What may be missing may be `null`, or of another kind one day: one odd member must not hide a list of posts. */
const given = <T>(kind: z.ZodType<T>) => kind.optional().catch(undefined)
const video = z.object({
  id: id64,
  create_time: z.coerce.number(),
  share_url: given(z.string()),
  title: given(z.string()),
  video_description: given(z.string()),
  duration: given(z.number()),
  like_count: given(z.number()),
  comment_count: given(z.number()),
  share_count: given(z.number()),
  view_count: given(z.number()),
})
export type Video = z.output<typeof video>
/** An empty list may come as `null`. */
const videos = z
  .array(video)
  .nullish()
  .transform((list) => list ?? [])
const videoFields =
  'id,create_time,share_url,title,video_description,duration,like_count,comment_count,share_count,view_count'

/** The account's public posts, newest first, one page of 20. `cursor` epoch ms. */
export const listVideos = (c: Access, cursor?: number) =>
  call(
    c,
    {
      method: 'POST',
      path: '/v2/video/list/',
      query: { fields: videoFields },
      json: { max_count: 20, ...(cursor === undefined ? {} : { cursor }) },
    },
    z.object({ videos, cursor: z.coerce.number().optional(), has_more: z.boolean().default(false) }),
  )

/** Up to 20 of the account's own posts; private ones are silently missing. */
export const queryVideos = async (c: Access, ids: readonly string[]): Promise<Video[]> =>
  (
    await call(
      c,
      {
        method: 'POST',
        path: '/v2/video/query/',
        query: { fields: videoFields },
        json: { filters: { video_ids: [...ids] } },
      },
      z.object({ videos }),
    )
  ).videos
