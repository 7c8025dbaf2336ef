/** LinkedIn's numbers (fact sheet §6): calls only. Brackets and commas of Rest.li stay literal, values are encoded. */
import { z } from 'zod'
import { type Access, enc, listOf, rest } from './rest.ts'

const n = z.coerce.number().optional()
const shareStatistics = z.object({
  elements: z.array(
    z.object({
      totalShareStatistics: z
        .object({
          impressionCount: n,
          uniqueImpressionsCount: n,
          clickCount: n,
          likeCount: n,
          commentCount: n,
          shareCount: n,
          engagement: n,
        })
        .loose(),
    }),
  ),
})

/** Totals of a page over twelve months, or of one of its posts. Null: LinkedIn has none yet. */
export const pageStatistics = async (c: Access, page: string, post?: string) => {
  const key = post?.startsWith('urn:li:ugcPost:') ? 'ugcPosts' : 'shares'
  const which = post ? `&${key}=${listOf([post])}` : ''
  const { body } = await rest(
    c,
    `/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=${enc(page)}${which}`,
    { method: 'GET', restli: 'FINDER', expect: shareStatistics },
  )
  return body.elements[0]?.totalShareStatistics ?? null
}

/** Followers of a page. */
export const followers = async (c: Access, page: string): Promise<number> =>
  (
    await rest(c, `/networkSizes/${enc(page)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER`, {
      method: 'GET',
      expect: z.object({ firstDegreeSize: z.coerce.number() }),
    })
  ).body.firstDegreeSize

/** What a member's post is counted by; one call for each. */
export const memberMetrics = [
  'IMPRESSION',
  'MEMBERS_REACHED',
  'REACTION',
  'COMMENT',
  'RESHARE',
  'POST_SAVE',
  'POST_SEND',
  'LINK_CLICKS',
] as const
export type MemberMetric = (typeof memberMetrics)[number]

const counted = z.object({ elements: z.array(z.object({ count: z.coerce.number() }).loose()) })

/** One number of a member's post, or of all of them. Null: LinkedIn has none yet. */
export const memberCount = async (c: Access, metric: MemberMetric, post?: string): Promise<number | null> => {
  const kind = post?.startsWith('urn:li:ugcPost:') ? 'ugc' : 'share'
  const who = post ? `q=entity&entity=(${kind}:${enc(post)})` : 'q=me'
  const { body } = await rest(c, `/memberCreatorPostAnalytics?${who}&queryType=${metric}&aggregation=TOTAL`, {
    method: 'GET',
    restli: 'FINDER',
    expect: counted,
  })
  return body.elements[0]?.count ?? null
}

const actions = z.object({
  likesSummary: z.object({ totalLikes: n, aggregatedTotalLikes: n }).optional(),
  commentsSummary: z.object({ totalFirstLevelComments: n, aggregatedTotalComments: n }).optional(),
})

/** Likes and comments of a post, where its statistics are not there yet. */
export const socialActions = async (c: Access, post: string) => {
  const { body } = await rest(c, `/socialActions/${enc(post)}`, { method: 'GET', expect: actions })
  return {
    likes: body.likesSummary?.aggregatedTotalLikes ?? body.likesSummary?.totalLikes,
    comments: body.commentsSummary?.aggregatedTotalComments ?? body.commentsSummary?.totalFirstLevelComments,
  }
}
