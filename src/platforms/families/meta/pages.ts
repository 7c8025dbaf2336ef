/**
 * The Pages a person manages, each with a token of its own (fact sheets facebook.md §2, instagram.md §2.2). Pages held by
 * a business may be missing from `/me/accounts`; they are asked of the businesses when that is permitted.
 */
import { z } from 'zod'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type GraphAccess, graphGet, graphId, graphList } from './graph.ts'

const picture = z.object({ data: z.object({ url: z.string().optional() }).optional() }).optional()
const page = z
  .object({
    id: graphId,
    name: z.string(),
    username: z.string().optional(),
    access_token: z.string().optional(),
    category: z.string().optional(),
    tasks: z.array(z.string()).default([]),
    picture,
    fan_count: z.number().optional(),
    followers_count: z.number().optional(),
    instagram_business_account: z
      .object({
        id: graphId,
        username: z.string().optional(),
        name: z.string().optional(),
        profile_picture_url: z.string().optional(),
        followers_count: z.number().optional(),
      })
      .optional(),
  })
  .transform(({ access_token, picture: p, ...rest }) => ({
    ...rest,
    token: access_token ?? null,
    avatarUrl: p?.data?.url ?? null,
  }))
/** `token` null: the person sees the Page but has no role that gives a token. `tasks`: `CREATE_CONTENT`, `MODERATE`, ... */
export type ManagedPage = z.output<typeof page>

export const pageFields = 'id,name,username,access_token,category,tasks,picture{url},fan_count,followers_count'
/** With the professional account linked to each Page. */
export const linkedAccountFields = 'instagram_business_account{id,username,name,profile_picture_url,followers_count}'

/** Pages of a list a person could scroll through; beyond that something is wrong. */
const maxLists = 20

const all = async (c: GraphAccess, path: string, fields: string): Promise<ManagedPage[]> => {
  const out: ManagedPage[] = []
  let after: string | undefined
  for (let n = 0; n < maxLists; n++) {
    const list = await graphGet(c, path, { query: { fields, limit: 100, after }, expect: graphList(page) })
    out.push(...list.data)
    after = list.after
    if (!after) break
  }
  return out
}

/** Without `business_management`, or with none, there is nothing to add. */
const ofBusinesses = async (c: GraphAccess, fields: string): Promise<ManagedPage[]> => {
  const { data } = await graphGet(c, 'me/businesses', {
    query: { fields: 'id,name', limit: 100 },
    expect: graphList(z.object({ id: graphId })),
  })
  const out: ManagedPage[] = []
  for (const b of data)
    for (const edge of ['owned_pages', 'client_pages']) out.push(...(await all(c, `${b.id}/${edge}`, fields)))
  return out
}

/**
 * Every Page of the person behind the user token, once each, those of `/me/accounts` first. `businesses`: ask them too
 * (the scope `business_management` was granted); a refusal there is no reason to show none.
 */
export const managedPages = async (
  c: GraphAccess,
  o: { linked?: boolean; businesses?: boolean } = {},
): Promise<ManagedPage[]> => {
  const fields = o.linked ? `${pageFields},${linkedAccountFields}` : pageFields
  const pages = await all(c, 'me/accounts', fields)
  if (o.businesses)
    try {
      pages.push(...(await ofBusinesses(c, fields)))
    } catch (error) {
      if (!(error instanceof PlatformFailure) || error.failure.kind !== 'not-permitted') throw error
    }
  const byId = new Map<string, ManagedPage>()
  for (const p of pages) if (!byId.get(p.id)?.token) byId.set(p.id, p)
  return [...byId.values()]
}

/** May this person publish on the Page? New Pages say `PROFILE_PLUS_CREATE_CONTENT`. No tasks told: let Meta judge. */
export const mayPublish = (p: Pick<ManagedPage, 'tasks'>): boolean =>
  p.tasks.length === 0 || p.tasks.some((x) => /(^|_)(CREATE_CONTENT|MANAGE|FULL_CONTROL)$/.test(x))
