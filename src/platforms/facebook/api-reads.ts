/** What Clarion reads of a Page: posts, stories, comments, counts (fact sheet §4, §6). Nothing here changes anything. */
import { z } from 'zod'
import { graphGet, graphId, graphList } from '../families/meta/graph.ts'
import type { Access } from './api.ts'

const named = z.object({ id: graphId })

/** `2026-07-04T19:50:58+0000`, or seconds, or seconds as text -> epoch ms. */
const instant = z
  .union([z.number(), z.string()])
  .transform((v) =>
    /^\d+$/.test(String(v)) ? Number(v) * 1000 : Date.parse(String(v).replace(/([+-]\d\d)(\d\d)$/, '$1:$2')),
  )

/** A link's target has an address only; what it is must not spoil the list. */
const target = z.object({ id: graphId.optional().catch(undefined) }).optional()
const attachment = z.looseObject({
  media_type: z.string().optional(),
  target,
  subattachments: z.object({ data: z.array(z.looseObject({ target })).default([]) }).optional(),
})
const post = z
  .object({
    id: graphId,
    message: z.string().optional(),
    created_time: instant.optional(),
    permalink_url: z.string().optional(),
    application: z.object({ id: graphId }).nullish(),
    attachments: z.object({ data: z.array(attachment).default([]) }).optional(),
  })
  .transform((p) => ({
    id: p.id,
    message: p.message ?? '',
    createdAt: p.created_time ?? null,
    url: p.permalink_url ?? null,
    app: p.application?.id ?? null,
    /** Photos and videos it shows. */
    media: (p.attachments?.data ?? [])
      .filter((a) => a.media_type !== 'link' && a.media_type !== undefined)
      .flatMap((a) => (a.subattachments?.data.length ? a.subattachments.data : [a]))
      .flatMap((a) => (a.target?.id ? [a.target.id] : [])),
  }))
export type PagePost = z.output<typeof post>

const postFields =
  'id,message,created_time,permalink_url,is_published,application,attachments{media_type,target{id},subattachments{target{id}}}'

/** Anything with an id; raises when it is not there, or not for us. */
export const readNode = (c: Access, id: string) => graphGet(c, id, { query: { fields: 'id' }, expect: named })

/** The newest posts, or those Facebook holds. */
export const listPosts = async (
  c: Access,
  page: string,
  edge: 'published_posts' | 'scheduled_posts',
): Promise<PagePost[]> =>
  (await graphGet(c, `${page}/${edge}`, { query: { fields: postFields, limit: 50 }, expect: graphList(post) })).data

/** The post that used this photo; null when none did. */
export const postOfPhoto = async (c: Access, photo: string): Promise<string | null> =>
  (
    await graphGet(c, photo, {
      query: { fields: 'id,page_story_id' },
      expect: z.object({ page_story_id: graphId.optional() }),
    })
  ).page_story_id ?? null

export const listStories = async (c: Access, page: string) =>
  (
    await graphGet(c, `${page}/stories`, {
      query: { fields: 'post_id,media_id,status,creation_time,url' },
      expect: graphList(
        z.object({
          post_id: graphId,
          media_id: graphId.optional(),
          status: z.string().optional(),
          url: z.string().optional(),
        }),
      ),
    })
  ).data

/** Newest comments first. `from` is shown for the Page's own. */
export const listComments = async (c: Access, parent: string) =>
  (
    await graphGet(c, `${parent}/comments`, {
      query: {
        fields: 'id,message,from,created_time,permalink_url',
        order: 'reverse_chronological',
        filter: 'stream',
        limit: 50,
      },
      expect: graphList(
        z.object({
          id: graphId,
          message: z.string().default(''),
          from: z.object({ id: graphId }).optional(),
          created_time: instant.optional(),
          permalink_url: z.string().optional(),
        }),
      ),
    })
  ).data

const pageFacts = z.object({
  id: graphId,
  name: z.string().optional(),
  fan_count: z.number().optional(),
  followers_count: z.number().optional(),
})
export const readPage = (c: Access, page: string) =>
  graphGet(c, page, { query: { fields: 'id,name,fan_count,followers_count' }, expect: pageFacts })

/** Reels since (epoch ms); their number is what the daily quota counts. */
export const reelsSince = async (c: Access, page: string, since: number): Promise<number> =>
  (
    await graphGet(c, `${page}/video_reels`, {
      query: { fields: 'id', since: Math.floor(since / 1000), limit: 100 },
      expect: graphList(named),
    })
  ).data.length

const insightValue = z.union([z.number(), z.record(z.string(), z.union([z.number(), z.unknown()]))])
const insight = z.object({
  name: z.string(),
  period: z.string().optional(),
  values: z.array(z.looseObject({ value: insightValue.optional() })).default([]),
})
export type Insight = z.output<typeof insight>

export const readInsights = async (
  c: Access,
  node: string,
  edge: 'insights' | 'video_insights',
  query: Record<string, string | number>,
): Promise<Insight[]> =>
  (await graphGet(c, `${node}/${edge}`, { query, expect: z.object({ data: z.array(insight).default([]) }) })).data

const summary = z.object({ summary: z.object({ total_count: z.number().optional() }).optional() }).optional()
export const readCounts = (c: Access, post: string) =>
  graphGet(c, post, {
    query: { fields: 'id,shares,comments.limit(0).summary(true),reactions.limit(0).summary(true)' },
    expect: z
      .object({ shares: z.object({ count: z.number().optional() }).optional(), comments: summary, reactions: summary })
      .transform((x) => ({
        shares: x.shares?.count ?? null,
        comments: x.comments?.summary?.total_count ?? null,
        reactions: x.reactions?.summary?.total_count ?? null,
      })),
  })

export const readViews = async (c: Access, id: string): Promise<number | null> =>
  (await graphGet(c, id, { query: { fields: 'id,views' }, expect: z.object({ views: z.number().optional() }) }))
    .views ?? null
