/** Reddit's calls about posts, typed thin (fact sheet §4, §5). Fullnames (`t3_abc`) name things. */
import { z } from 'zod'
import { type Access, base, headersOf, raw } from './access.ts'

const text = z.string().nullish()
const count = z.number().nullish()

const things = <T extends z.ZodType>(data: T) =>
  z.object({
    kind: z.literal('Listing'),
    data: z.object({ after: text, children: z.array(z.object({ kind: z.string(), data })) }),
  })

const post = z.object({
  name: z.string().regex(/^t3_\w+$/),
  subreddit: z.string(),
  author: text,
  title: z.string(),
  selftext: text,
  url: text,
  permalink: text,
  created_utc: z.number(),
  is_self: z.boolean().nullish(),
  is_video: z.boolean().nullish(),
  is_gallery: z.boolean().nullish(),
  poll_data: z.object({ total_vote_count: count }).loose().nullish(),
  gallery_data: z.object({ items: z.array(z.object({ media_id: z.string() })) }).nullish(),
  score: count,
  ups: count,
  upvote_ratio: count,
  num_comments: count,
  num_crossposts: count,
  total_awards_received: count,
  view_count: count,
  removed_by_category: text,
  locked: z.boolean().nullish(),
  is_robot_indexable: z.boolean().nullish(),
})
export type Post = z.output<typeof post>

const comment = z.object({
  name: z.string().regex(/^t1_\w+$/),
  author: text,
  body: text,
  permalink: text,
  link_id: text,
  parent_id: text,
  created_utc: z.number(),
  score: count,
  ups: count,
})
export type Comment = z.output<typeof comment>

/** What `info` may give: posts and comments. */
const anything = z.object({ name: z.string(), author: text }).loose()

/** Epoch ms of the Date header: Reddit's own clock, when it says. */
const clockOf = (headers: Record<string, string>): number | null => {
  const at = Date.parse(headers.date ?? '')
  return Number.isNaN(at) ? null : at
}

/** The account's own posts, newest first; also those that were removed. Scope `history`. */
export const submitted = async (c: Access, name: string, after?: string) => {
  const { body, headers } = await c.http({
    method: 'GET',
    url: `${base}/user/${encodeURIComponent(name)}/submitted`,
    query: { sort: 'new', limit: 100, after, ...raw },
    headers: headersOf(c),
    expect: things(post),
  })
  return { posts: body.data.children.map((x) => x.data), after: body.data.after ?? undefined, at: clockOf(headers) }
}

const accepted = z.object({
  json: z.object({
    data: z.object({ id: text, name: text, url: text }).loose().default({}),
  }),
})
/** `fullname` null: a picture or video was taken, its post appears by itself (§4.1). */
export type Accepted = { fullname: string | null; url: string | null }

/** `id` is bare in `/api/submit` and a fullname elsewhere. */
const acceptedOf = ({ json: { data } }: z.output<typeof accepted>): Accepted => {
  const id = data.name ?? data.id ?? null
  return { fullname: id === null ? null : /^t3_/.test(id) ? id : `t3_${id}`, url: data.url ?? null }
}

/** A lost answer is answered by looking: Reddit has no idempotency key (§4.5). */
const submitTimeout = 60_000

/** self, link, image, video, videogif. */
export const submit = async (c: Access, form: Record<string, string | undefined>): Promise<Accepted> =>
  acceptedOf(
    (
      await c.http({
        method: 'POST',
        url: `${base}/api/submit`,
        query: raw,
        headers: headersOf(c),
        form: { api_type: 'json', ...form },
        timeoutMs: submitTimeout,
        expect: accepted,
      })
    ).body,
  )

/** Galleries and polls have calls of their own, with a JSON body. */
export const submitJson = async (
  c: Access,
  what: 'submit_gallery_post.json' | 'submit_poll_post',
  body: Record<string, unknown>,
): Promise<Accepted> =>
  acceptedOf(
    (
      await c.http({
        method: 'POST',
        url: `${base}/api/${what}`,
        query: raw,
        headers: headersOf(c),
        json: { api_type: 'json', ...body },
        timeoutMs: submitTimeout,
        expect: accepted,
      })
    ).body,
  )

const made = <T extends z.ZodType>(data: T) =>
  z.object({ json: z.object({ data: z.object({ things: z.array(z.object({ data })).min(1) }) }) })

export const sendComment = async (c: Access, parent: string, body: string): Promise<Comment> =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/api/comment`,
      query: raw,
      headers: headersOf(c),
      form: { api_type: 'json', thing_id: parent, text: body },
      expect: made(comment),
    })
  ).body.json.data.things[0]!.data

const thread = z.tuple([things(post), things(z.union([comment, z.looseObject({})]))])

/** The first level of a post's comments, newest first. */
export const commentsOf = async (c: Access, fullname: string): Promise<Comment[]> => {
  const { body } = await c.http({
    method: 'GET',
    url: `${base}/comments/${fullname.slice(3)}`,
    query: { sort: 'new', depth: 1, limit: 100, ...raw },
    headers: headersOf(c),
    expect: thread,
  })
  return body[1].data.children.flatMap((x) => (x.kind === 't1' ? [x.data as Comment] : []))
}

/** The body of a text post, or a comment. */
export const editText = async (c: Access, fullname: string, body: string): Promise<void> => {
  await c.http({
    method: 'POST',
    url: `${base}/api/editusertext`,
    query: raw,
    headers: headersOf(c),
    form: { api_type: 'json', thing_id: fullname, text: body, validate_on_submit: 'true' },
    expect: made(anything),
  })
}

/** Says `{}` to everything, also to what is not there or not ours: no proof (§4.6). */
export const del = async (c: Access, fullname: string): Promise<void> => {
  await c.http({ method: 'POST', url: `${base}/api/del`, query: raw, headers: headersOf(c), form: { id: fullname } })
}

/** Who wrote it: `[deleted]` when it is gone, undefined when Reddit does not know it. */
export const authorOf = async (c: Access, fullname: string): Promise<string | null | undefined> => {
  const { body } = await c.http({
    method: 'GET',
    url: `${base}/api/info`,
    query: { id: fullname, ...raw },
    headers: headersOf(c),
    expect: things(anything),
  })
  return body.data.children.find((x) => x.data.name === fullname)?.data.author
}

/** A post with its numbers; undefined when Reddit does not know it. */
export const postInfo = async (c: Access, fullname: string): Promise<Post | undefined> => {
  const { body } = await c.http({
    method: 'GET',
    url: `${base}/api/info`,
    query: { id: fullname, ...raw },
    headers: headersOf(c),
    expect: things(post),
  })
  return body.data.children.find((x) => x.data.name === fullname)?.data
}
