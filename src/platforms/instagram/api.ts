/** Instagram's calls, typed thin (fact sheet §2 to §6). One client for both ways to connect: only host and proof differ. */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'
import {
  type GraphAccess,
  graphDelete,
  graphGet,
  graphId,
  graphList,
  graphPost,
  graphSuccess,
} from '../families/meta/graph.ts'

export const instagramHost = 'graph.instagram.com'
export type WayId = 'instagram-login' | 'facebook-login'

/** A call in the name of one account. `user`: the id of the professional account. */
export type Access = GraphAccess & { user: string; way: WayId }

export const wayOf = (grant: { extra?: Record<string, string> }): WayId =>
  grant.extra?.way === 'facebook-login' ? 'facebook-login' : 'instagram-login'

/** Who calls: tokens of Instagram Login go to graph.instagram.com, Page tokens to graph.facebook.com with their proof. */
export const accessOf = (t: {
  http: Http
  grant: { access: string; extra?: Record<string, string> }
  credentials: Record<string, string>
  channel: { externalId: string }
}): Access => {
  const base = { http: t.http, access: t.grant.access, user: t.channel.externalId }
  return wayOf(t.grant) === 'facebook-login'
    ? { ...base, way: 'facebook-login', secret: t.credentials.metaAppSecret }
    : { ...base, way: 'instagram-login', host: instagramHost }
}

/** The flat answer, or the documented `{ data: [{...}] }`. */
const unwrapped = <T extends z.ZodType>(schema: T) =>
  z.preprocess((x) => {
    const data = x !== null && typeof x === 'object' && 'data' in x ? x.data : undefined
    return Array.isArray(data) ? data[0] : x
  }, schema)

const profile = z.object({
  /** The id used everywhere else; `id` is the app's own name for the person (Instagram Login). */
  user_id: graphId.optional(),
  id: graphId.optional(),
  username: z.string(),
  name: z.string().optional(),
  account_type: z.string().optional(),
  profile_picture_url: z.string().optional(),
  followers_count: z.number().optional(),
  follows_count: z.number().optional(),
  media_count: z.number().optional(),
})
export type Profile = z.output<typeof profile>

/** Instagram Login only: who is behind the token. */
export const me = (c: GraphAccess): Promise<Profile> =>
  graphGet(c, 'me', {
    query: {
      fields: 'id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count',
    },
    expect: unwrapped(profile),
  })

export const account = (c: Access): Promise<Profile> =>
  graphGet(c, c.user, {
    query: { fields: 'id,username,name,profile_picture_url,followers_count,follows_count,media_count' },
    expect: unwrapped(profile),
  })

const limit = z.object({
  quota_usage: z.number(),
  config: z.object({ quota_total: z.number(), quota_duration: z.number() }).optional(),
})

/** Posts by apps in the rolling window (§3.4); the total differs by account, so it is never assumed. */
export const publishingLimit = (c: Access) =>
  graphGet(c, `${c.user}/content_publishing_limit`, {
    query: { fields: 'quota_usage,config' },
    expect: unwrapped(limit),
  })

const made = z.object({ id: graphId, uri: z.string().optional() })
export type Made = z.output<typeof made>

/** `POST /media`: a container, which expires unused after 24 hours. Meta fetches the URLs in it right away. */
export const createContainer = (c: Access, form: Record<string, string | undefined>): Promise<Made> =>
  graphPost(c, `${c.user}/media`, { form, timeoutMs: 90_000, expect: made })

const container = z.object({
  id: graphId.optional(),
  /** IN_PROGRESS, FINISHED, PUBLISHED, ERROR, EXPIRED. */
  status_code: z.string(),
  status: z.string().optional(),
})
export type Container = z.output<typeof container>

export const readContainer = (c: Access, id: string): Promise<Container> =>
  graphGet(c, id, { query: { fields: 'id,status_code,status' }, expect: container })

const videoStatus = z.object({
  video_status: z
    .object({
      uploading_phase: z
        .object({ status: z.string().optional(), bytes_transferred: z.coerce.number().optional() })
        .optional(),
    })
    .optional(),
})

/** Bytes Instagram holds of a resumable upload; 0 when it does not say. */
export const bytesUploaded = async (c: Access, id: string): Promise<number> =>
  (await graphGet(c, id, { query: { fields: 'video_status' }, expect: videoStatus })).video_status?.uploading_phase
    ?.bytes_transferred ?? 0

/** `POST /media_publish`. Never repeated without asking the container first: what a second call does is undocumented. */
export const publishContainer = async (c: Access, id: string): Promise<string> =>
  (await graphPost(c, `${c.user}/media_publish`, { form: { creation_id: id }, timeoutMs: 90_000, expect: made })).id

const media = z.object({
  id: graphId,
  caption: z.string().optional(),
  permalink: z.string().optional(),
  timestamp: z.string().optional(),
  media_type: z.string().optional(),
  /** FEED, REELS, STORY, AD. Reels say media_type VIDEO. */
  media_product_type: z.string().optional(),
  children: z.object({ data: z.array(z.object({ id: graphId })) }).optional(),
})
export type Media = z.output<typeof media>
const mediaFields = 'id,caption,permalink,timestamp,media_type,media_product_type'

export const readMedia = (c: Access, id: string): Promise<Media> =>
  graphGet(c, id, { query: { fields: mediaFields }, expect: media })

const counts = z.object({ like_count: z.number().optional(), comments_count: z.number().optional() })

/** Counters of the media itself, told without the scope for insights. */
export const mediaCounts = (c: Access, id: string) =>
  graphGet(c, id, { query: { fields: 'like_count,comments_count' }, expect: counts })

/** Newest first, one page. Stories have a list of their own, of the last 24 hours. */
export const listMedia = async (c: Access, edge: 'media' | 'stories'): Promise<Media[]> =>
  (
    await graphGet(c, `${c.user}/${edge}`, {
      query: { fields: edge === 'media' ? `${mediaFields},children{id}` : mediaFields, limit: 25 },
      expect: graphList(media),
    })
  ).data

/** No `fields` here: Meta then makes the comment and fails with 20/1772107 (§3.5). */
export const createComment = async (c: Access, mediaId: string, message: string): Promise<string> =>
  (await graphPost(c, `${mediaId}/comments`, { form: { message }, expect: made })).id

const comment = z.object({
  id: graphId,
  text: z.string().default(''),
  username: z.string().optional(),
  from: z.object({ id: graphId.optional(), username: z.string().optional() }).optional(),
  timestamp: z.string().optional(),
})

export const listComments = async (c: Access, mediaId: string) =>
  (
    await graphGet(c, `${mediaId}/comments`, {
      query: { fields: 'id,text,from,username,timestamp', limit: 50 },
      expect: graphList(comment),
    })
  ).data

export const setComments = async (c: Access, mediaId: string, enabled: boolean): Promise<void> => {
  await graphPost(c, mediaId, { form: { comment_enabled: String(enabled) }, expect: graphSuccess })
}

/** A post (Facebook Login only) or a comment (both ways). */
export const deleteObject = async (c: Access, id: string): Promise<void> => {
  await graphDelete(c, id, { expect: graphSuccess })
}

const insight = z.object({
  name: z.string(),
  values: z.array(z.object({ value: z.unknown() })).optional(),
  total_value: z.object({ value: z.unknown().optional() }).optional(),
})
export type Insight = { name: string; value: Json }

/** One unknown metric fails the whole call. `of`: a media id or the account. */
export const readInsights = async (c: Access, of: string, query: Record<string, string | number>): Promise<Insight[]> =>
  (await graphGet(c, `${of}/insights`, { query, expect: graphList(insight) })).data.map((x) => ({
    name: x.name,
    value: (x.total_value?.value ?? x.values?.at(-1)?.value ?? null) as Json,
  }))
