/** Threads' calls, typed thin (fact sheet threads.md §2 to §7). The token goes as Bearer, parameters as a form. */
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

export const host = 'graph.threads.net'

/** A call in the name of one profile. */
export type Access = GraphAccess & { user: string }

/** No proof of the secret: Threads documents none. */
export const accessOf = (t: { http: Http; grant: { access: string }; channel: { externalId: string } }): Access => ({
  ...readerOf(t.http, t.grant.access),
  user: t.channel.externalId,
})
export const readerOf = (http: Http, access: string): GraphAccess => ({ http, access, host, version: 'v1.0' })

const profile = z.object({
  id: graphId,
  username: z.string(),
  name: z.string().optional(),
  threads_profile_picture_url: z.string().optional(),
  threads_biography: z.string().optional(),
  is_verified: z.boolean().optional(),
})
export type Profile = z.output<typeof profile>

export const me = (c: GraphAccess): Promise<Profile> =>
  graphGet(c, 'me', {
    query: { fields: 'id,username,name,threads_profile_picture_url,threads_biography,is_verified' },
    expect: profile,
  })

const debug = z.object({ data: z.object({ is_valid: z.boolean().optional(), scopes: z.array(z.string()).optional() }) })

/** What a token may do; the token answer itself does not say. Undefined: Threads did not tell. */
export const grantedScopes = async (c: GraphAccess): Promise<string[] | undefined> =>
  (await graphGet(c, 'debug_token', { query: { input_token: c.access }, expect: debug })).data.scopes

const made = z.object({ id: graphId })

/** `POST /threads`: a container, which expires unused after 24 hours. Pictures and videos are fetched by Threads. */
export const createContainer = async (c: Access, form: Record<string, string | undefined>): Promise<string> =>
  (await graphPost(c, `${c.user}/threads`, { form, timeoutMs: 90_000, expect: made })).id

const container = z.object({
  id: graphId.optional(),
  /** IN_PROGRESS, FINISHED, PUBLISHED, ERROR, EXPIRED. */
  status: z.string(),
  error_message: z.string().optional(),
})
export type Container = z.output<typeof container>

/** Only containers have a status; a post answers 100 "nonexisting field". */
export const readContainer = (c: Access, id: string): Promise<Container> =>
  graphGet(c, id, { query: { fields: 'id,status,error_message' }, expect: container })

/** `POST /threads_publish`. What a second call does is undocumented, so the container is asked before every one. */
export const publishContainer = async (c: Access, id: string, as: 'posts' | 'replies'): Promise<string> =>
  (
    await graphPost(c, `${c.user}/threads_publish`, {
      form: { creation_id: id },
      timeoutMs: 90_000,
      charge: { bucket: as, units: 1 },
      expect: made,
    })
  ).id

const media = z.object({
  id: graphId,
  text: z.string().optional(),
  permalink: z.string().optional(),
  shortcode: z.string().optional(),
  timestamp: z.string().optional(),
  /** TEXT_POST, IMAGE, VIDEO, CAROUSEL_ALBUM, AUDIO, REPOST_FACADE. */
  media_type: z.string().optional(),
  username: z.string().optional(),
  is_quote_post: z.boolean().optional(),
  children: z.object({ data: z.array(z.object({ id: graphId })) }).optional(),
  replied_to: z.object({ id: graphId }).optional(),
})
export type Media = z.output<typeof media>
const fields = 'id,text,permalink,shortcode,timestamp,media_type,username,is_quote_post'

export const readMedia = (c: Access, id: string): Promise<Media> =>
  graphGet(c, id, { query: { fields }, expect: media })

/** Newest first, one page. Replies have a list of their own. `since`: epoch seconds. */
export const listMedia = async (c: Access, edge: 'threads' | 'replies', since?: number): Promise<Media[]> =>
  (
    await graphGet(c, `${c.user}/${edge}`, {
      query: { fields: `${fields},children${edge === 'replies' ? ',replied_to' : ''}`, limit: 50, since },
      expect: graphList(media),
    })
  ).data

/** A post or a reply of the profile; 100 of them in 24 hours. */
export const deleteMedia = async (c: Access, id: string): Promise<void> => {
  await graphDelete(c, id, { expect: graphSuccess })
}

const config = z.object({ quota_total: z.number(), quota_duration: z.number() }).optional()
const limit = z.object({
  quota_usage: z.number().optional(),
  config,
  reply_quota_usage: z.number().optional(),
  reply_config: config,
  delete_quota_usage: z.number().optional(),
  delete_config: config,
})
export type PublishingLimit = z.output<typeof limit>

/** Rolling 24 hours. Each kind of quota is told only with its own permission, so the caller says which. */
export const publishingLimit = async (
  c: Access,
  o: { replies: boolean; deletes: boolean },
): Promise<PublishingLimit> => {
  const names = [
    'quota_usage,config',
    ...(o.replies ? ['reply_quota_usage,reply_config'] : []),
    ...(o.deletes ? ['delete_quota_usage,delete_config'] : []),
  ].join(',')
  const list = await graphGet(c, `${c.user}/threads_publishing_limit`, {
    query: { fields: names },
    expect: graphList(limit),
  })
  return list.data[0] ?? {}
}

const value = z.object({ value: z.unknown() })
const insight = z.object({
  name: z.string(),
  values: z.array(value).optional(),
  total_value: z.object({ value: z.unknown() }).optional(),
  link_total_values: z.array(value).optional(),
})
export type Insight = { name: string; value: Json }

/** A sum where a metric comes by day or by link. */
const sumOf = (list: readonly { value: unknown }[]): number =>
  list.reduce((sum, x) => sum + (typeof x.value === 'number' ? x.value : 0), 0)

/** `of`: `<media>/insights` or `<profile>/threads_insights`. Reposts answer with no rows at all. */
export const readInsights = async (c: Access, of: string, query: Record<string, string | number>): Promise<Insight[]> =>
  (await graphGet(c, of, { query, expect: graphList(insight) })).data.map((x) => ({
    name: x.name,
    value: (x.total_value ? x.total_value.value : sumOf(x.link_total_values ?? x.values ?? [])) as Json,
  }))
