/** Reddit's calls about the account and about communities (fact sheet §2, §3), typed thin. */
import { z } from 'zod'
import { type Access, base, headersOf, raw } from './access.ts'

const text = z.string().nullish()
const count = z.number().nullish()
const flag = z.boolean().nullish()

const me = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  icon_img: text,
  snoovatar_img: text,
  total_karma: count,
  link_karma: count,
  comment_karma: count,
  created_utc: count,
  has_verified_email: flag,
  is_suspended: flag,
})
export type Me = z.output<typeof me>

const get = async <T>(c: Access, path: string, expect: z.ZodType<T>, query: Record<string, string | number> = {}) =>
  (await c.http({ method: 'GET', url: `${base}${path}`, query: { ...query, ...raw }, headers: headersOf(c), expect }))
    .body

export const whoAmI = (c: Access): Promise<Me> => get(c, '/api/v1/me', me)

const subreddit = z.object({
  display_name: z.string(),
  title: text,
  icon_img: text,
  community_icon: text,
  subscribers: count,
  user_is_moderator: flag,
  over18: flag,
  subreddit_type: text,
  submission_type: text,
  allow_images: flag,
  allow_videos: flag,
  allow_galleries: flag,
  allow_polls: flag,
  spoilers_enabled: flag,
  link_flair_enabled: flag,
  can_assign_link_flair: flag,
  user_is_banned: flag,
  user_is_contributor: flag,
  restrict_posting: flag,
  quarantine: flag,
})
export type Subreddit = z.output<typeof subreddit>

const listing = z.object({
  kind: z.literal('Listing'),
  data: z.object({ after: text, children: z.array(z.object({ kind: z.string(), data: subreddit })) }),
})
const listed = (l: z.output<typeof listing>) => l.data.children.filter((x) => x.kind === 't5').map((x) => x.data)

/** Communities the account has joined; a page of 100. Scope `mysubreddits`. */
export const joined = async (c: Access, after?: string) => {
  const page = await get(c, '/subreddits/mine/subscriber', listing, { limit: 100, ...(after ? { after } : {}) })
  return { items: listed(page), after: page.data.after ?? undefined }
}

export const searchSubreddits = async (c: Access, q: string): Promise<Subreddit[]> =>
  listed(await get(c, '/subreddits/search', listing, { q, limit: 10, show_users: 'false' }))

/** Undefined when there is no such community: Reddit then answers an empty listing with 200, or a redirect. */
export const about = async (c: Access, name: string): Promise<Subreddit | undefined> => {
  const { body, status } = await c.http({
    method: 'GET',
    url: `${base}/r/${encodeURIComponent(name)}/about`,
    query: raw,
    headers: headersOf(c),
    accept: [302],
  })
  const found = status === 302 ? undefined : z.object({ kind: z.literal('t5'), data: subreddit }).safeParse(body)
  return found?.success ? found.data.data : undefined
}

const words = z.array(z.string()).nullish()
const requirements = z.object({
  title_text_min_length: count,
  title_text_max_length: count,
  body_text_min_length: count,
  body_text_max_length: count,
  body_restriction_policy: text,
  is_flair_required: flag,
  title_required_strings: words,
  title_blacklisted_strings: words,
  title_regexes: words,
  body_required_strings: words,
  body_blacklisted_strings: words,
  body_regexes: words,
  domain_blacklist: words,
  domain_whitelist: words,
  link_restriction_policy: text,
  link_repost_age: count,
  guidelines_text: text,
  gallery_min_items: count,
  gallery_max_items: count,
  gallery_captions_requirement: text,
})
export type Requirements = z.output<typeof requirements>

/** What Reddit itself will check with `validate_on_submit`. */
export const postRequirements = (c: Access, name: string): Promise<Requirements> =>
  get(c, `/api/v1/${encodeURIComponent(name)}/post_requirements`, requirements)

const rules = z.object({
  rules: z.array(z.object({ kind: text, short_name: z.string(), description: text, priority: count })).default([]),
})
export type Rule = z.output<typeof rules>['rules'][number]

export const rulesOf = async (c: Access, name: string): Promise<Rule[]> =>
  (await get(c, `/r/${encodeURIComponent(name)}/about/rules`, rules)).rules

const choices = z.object({
  choices: z.array(z.object({ flair_template_id: z.string(), flair_text: text, flair_text_editable: flag })).nullish(),
})

/** Flairs this account may choose for a new post. A POST that changes nothing. Scope `flair`. */
export const flairsOf = async (c: Access, name: string) =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/r/${encodeURIComponent(name)}/api/flairselector`,
      query: raw,
      headers: headersOf(c),
      form: { api_type: 'json', is_newlink: 'true' },
      expect: choices,
    })
  ).body.choices ?? []
