/** X's calls, typed thin. Ids are decimal strings, never numbers. Both field spellings of August 2026 are read (fact sheet §2). */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'

const base = 'https://api.x.com/2'

export type Access = { http: Http; access: string }
const auth = (c: Access) => ({ authorization: `Bearer ${c.access}` })

const id = z.string().regex(/^[0-9]{1,19}$/)
/** Answers come as `{ data }`; recorded ones exist without the wrapper. */
const wrapped = <T extends z.ZodType>(schema: T) =>
  z.preprocess((x) => (x !== null && typeof x === 'object' && 'data' in x ? x.data : x), schema)

const user = z.object({
  id,
  name: z.string(),
  username: z.string(),
  profile_image_url: z.string().optional(),
  verified: z.boolean().optional(),
  verified_type: z.string().optional(),
  subscription_type: z.string().optional(),
})

/** US dollars in thousandths (fact sheet §7, prices of 2026-04-20). */
const price = { post: 15, postWithLink: 200, alt: 5, remove: 10 }

/** 75 calls / 15 min per user; billed. */
export const me = async (c: Access) =>
  (
    await c.http({
      method: 'GET',
      url: `${base}/users/me`,
      query: { 'user.fields': 'id,name,username,profile_image_url,verified,verified_type,subscription_type' },
      headers: auth(c),
      expect: wrapped(user),
    })
  ).body

const processing = z.object({
  state: z.enum(['pending', 'in_progress', 'succeeded', 'failed']),
  check_after_secs: z.number().optional(),
  progress_percent: z.number().optional(),
  error: z
    .object({ code: z.number().optional(), name: z.string().optional(), message: z.string().optional() })
    .optional(),
})
const media = z.object({
  id,
  media_key: z.string().optional(),
  expires_after_secs: z.number().optional(),
  processing_info: processing.optional(),
})
export type Media = z.output<typeof media>

const uploadTimeout = 120_000

/** Pictures and subtitles in one call. */
export const uploadOnce = async (c: Access, bytes: Blob, mime: string): Promise<Media> => {
  const multipart = new FormData()
  multipart.set('media_category', 'tweet_image')
  multipart.set('media', new Blob([bytes], { type: mime }), 'media')
  return (
    await c.http({
      method: 'POST',
      url: `${base}/media/upload`,
      headers: auth(c),
      multipart,
      timeoutMs: uploadTimeout,
      expect: wrapped(media),
    })
  ).body
}

export const uploadInitialize = async (
  c: Access,
  o: { mime: string; bytes: number; category: 'tweet_image' | 'tweet_gif' | 'tweet_video' },
): Promise<Media> =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/media/upload/initialize`,
      headers: auth(c),
      json: { media_type: o.mime, total_bytes: o.bytes, media_category: o.category },
      expect: wrapped(media),
    })
  ).body

/** A segment may be sent again under the same index. */
export const uploadAppend = async (c: Access, mediaId: string, segment: number, bytes: Blob): Promise<void> => {
  const multipart = new FormData()
  multipart.set('segment_index', String(segment))
  multipart.set('media', bytes, 'chunk')
  await c.http({
    method: 'POST',
    url: `${base}/media/upload/${mediaId}/append`,
    headers: auth(c),
    multipart,
    timeoutMs: uploadTimeout,
  })
}

export const uploadFinalize = async (c: Access, mediaId: string): Promise<Media> =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/media/upload/${mediaId}/finalize`,
      headers: auth(c),
      timeoutMs: uploadTimeout,
      expect: wrapped(media),
    })
  ).body

export const uploadStatus = async (c: Access, mediaId: string): Promise<Media> =>
  (
    await c.http({
      method: 'GET',
      url: `${base}/media/upload`,
      query: { command: 'STATUS', media_id: mediaId },
      headers: auth(c),
      expect: wrapped(media),
    })
  ).body

export const setAltText = async (c: Access, mediaId: string, alt: string): Promise<void> => {
  await c.http({
    method: 'POST',
    url: `${base}/media/metadata`,
    headers: auth(c),
    charge: { bucket: 'credits', units: price.alt },
    json: { id: mediaId, metadata: { alt_text: { text: alt } } },
  })
}

/** No idempotency key: a lost answer is answered by looking (fact sheet §4). */
export const createPost = async (c: Access, body: Json, withLink: boolean) =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/tweets`,
      headers: auth(c),
      charge: { bucket: 'credits', units: withLink ? price.postWithLink : price.post },
      json: body,
      expect: wrapped(z.object({ id, text: z.string().optional() })),
    })
  ).body

export const deletePost = async (c: Access, postId: string): Promise<void> => {
  const cost = { bucket: 'credits', units: price.remove }
  await c.http({ method: 'DELETE', url: `${base}/tweets/${postId}`, headers: auth(c), charge: cost })
}

const count = z.number().optional()
const publicMetrics = z.object({
  impression_count: count,
  like_count: count,
  reply_count: count,
  repost_count: count,
  retweet_count: count,
  quote_count: count,
  bookmark_count: count,
})
const ownMetrics = z.object({ impression_count: count, url_link_clicks: count, user_profile_clicks: count })
const numbers = z.object({
  data: z
    .array(
      z.object({
        id,
        public_metrics: publicMetrics.optional(),
        non_public_metrics: ownMetrics.optional(),
        attachments: z.object({ media_keys: z.array(z.string()).optional() }).optional(),
      }),
    )
    .optional(),
  includes: z
    .object({
      media: z
        .array(z.object({ media_key: z.string(), public_metrics: z.object({ view_count: count }).optional() }))
        .optional(),
    })
    .optional(),
})

/** Counts of up to 100 posts; one that is gone is left out. `own`: also the owner's, which X keeps for 30 days. */
export const postNumbers = async (c: Access, ids: readonly string[], own: boolean) => {
  const names = ['public_metrics', 'attachments', ...(own ? ['non_public_metrics'] : [])].join()
  const ask = (query: Record<string, string>) =>
    c.http({
      method: 'GET',
      url: `${base}/tweets`,
      headers: auth(c),
      query: {
        ids: ids.slice(0, 100).join(),
        expansions: 'attachments.media_keys',
        'media.fields': 'public_metrics',
        ...query,
      },
      expect: numbers,
    })
  const { body } = await inEitherSpelling(ask, names, names)
  return (body.data ?? []).map((p) => {
    const keys = new Set(p.attachments?.media_keys)
    const views = (body.includes?.media ?? []).flatMap((m) =>
      keys.has(m.media_key) ? (m.public_metrics?.view_count ?? []) : [],
    )
    return { id: p.id, public: p.public_metrics, own: p.non_public_metrics, videoViews: views[0] }
  })
}

const accountShape = z.object({
  public_metrics: z.object({ followers_count: count, following_count: count, post_count: count, tweet_count: count }),
})

/** Followers and the like of the account itself. */
export const accountNumbers = async (c: Access) =>
  (
    await c.http({
      method: 'GET',
      url: `${base}/users/me`,
      query: { 'user.fields': 'public_metrics' },
      headers: auth(c),
      expect: wrapped(accountShape),
    })
  ).body.public_metrics

/** Asks in the words of August 2026, and once more in the old ones when a server names the parameter it does not know. */
const inEitherSpelling = async <T>(
  ask: (query: Record<string, string>) => Promise<T>,
  now: string,
  before: string,
): Promise<T> => {
  try {
    return await ask({ 'post.fields': now })
  } catch (error) {
    const old = error instanceof PlatformFailure && error.failure.status === 400
    if (!old || !error.failure.raw?.includes('post.fields')) throw error
    return ask({ 'tweet.fields': before })
  }
}

const urlEntity = z.object({
  url: z.string(),
  expanded_url: z.string().optional(),
  unwound_url: z.string().optional(),
  display_url: z.string().optional(),
  media_key: z.string().optional(),
})
const entities = z.object({ urls: z.array(urlEntity).optional() }).optional()
const note = z.object({ text: z.string(), entities }).optional()
const references = z.array(z.object({ type: z.string(), id })).optional()
const timelinePost = z
  .object({
    id,
    text: z.string(),
    created_at: z.string().optional(),
    entities,
    note_post: note,
    note_tweet: note,
    referenced_posts: references,
    referenced_tweets: references,
    attachments: z.object({ media_keys: z.array(z.string()).optional() }).optional(),
  })
  .transform((p) => {
    const long = p.note_post ?? p.note_tweet
    return {
      id: p.id,
      text: long?.text ?? p.text,
      createdAt: p.created_at,
      urls: (long?.entities ?? p.entities)?.urls ?? [],
      replyTo: (p.referenced_posts ?? p.referenced_tweets)?.find((r) => r.type === 'replied_to')?.id ?? null,
      media: p.attachments?.media_keys?.length ?? 0,
    }
  })
export type TimelinePost = z.output<typeof timelinePost>
const timeline = z.object({
  data: z.array(timelinePost).optional(),
  meta: z.object({ next_token: z.string().optional() }).optional(),
})

const fields = ['created_at', 'text', 'conversation_id', 'attachments', 'entities']

/** The account's own posts since `since` (epoch ms), newest first, one page of at most 100. */
export const userPosts = async (c: Access, userId: string, since: number, page?: string) => {
  const ask = async (names: Record<string, string>) =>
    (
      await c.http({
        method: 'GET',
        url: `${base}/users/${userId}/tweets`,
        headers: auth(c),
        query: {
          max_results: 100,
          start_time: `${new Date(since).toISOString().slice(0, 19)}Z`,
          exclude: 'retweets',
          pagination_token: page,
          ...names,
        },
        expect: timeline,
      })
    ).body
  return inEitherSpelling(
    ask,
    [...fields, 'note_post', 'referenced_posts'].join(),
    [...fields, 'note_tweet', 'referenced_tweets'].join(),
  )
}
