/** LinkedIn's calls about people, pages and posts, typed thin (fact sheet §2, §3.1, §5). No decisions here. */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'
import { type Access, enc, madeId, rest } from './rest.ts'

const bearer = (access: string) => ({ authorization: `Bearer ${access}` })
const urn = z.string().startsWith('urn:li:')

const userinfo = z.object({ sub: z.string().min(1), name: z.string(), picture: z.string().optional() })

/** Who signed in, by OpenID Connect. */
export const me = async (http: Http, access: string) =>
  (
    await http({
      method: 'GET',
      url: 'https://api.linkedin.com/v2/userinfo',
      headers: bearer(access),
      expect: userinfo,
    })
  ).body

const basic = z.object({
  id: z.string().min(1),
  localizedFirstName: z.string().default(''),
  localizedLastName: z.string().default(''),
  vanityName: z.string().optional(),
})

/** The same for apps that may not have OpenID Connect beside the Community Management API (`r_basicprofile`). */
export const meBasic = async (http: Http, access: string) =>
  (await http({ method: 'GET', url: 'https://api.linkedin.com/v2/me', headers: bearer(access), expect: basic })).body

const acls = z.object({
  elements: z.array(
    z
      .object({
        role: z.string(),
        state: z.string().optional(),
        organization: urn.optional(),
        organizationTarget: urn.optional(),
      })
      .transform((a) => ({
        role: a.role,
        state: a.state,
        organization: a.organization ?? a.organizationTarget ?? null,
      })),
  ),
})

/** The caller's roles on pages, 100 a page. */
export const roles = async (c: Access, start = 0) =>
  (
    await rest(c, `/organizationAcls?q=roleAssignee&state=APPROVED&start=${start}&count=100`, {
      method: 'GET',
      restli: 'FINDER',
      expect: acls,
    })
  ).body.elements

const organizationShape = z.object({
  id: z.coerce.string().optional(),
  localizedName: z.string(),
  vanityName: z.string().optional(),
})

/** Name and short name of a page; `id` is the number at the end of its URN. */
export const organization = async (c: Access, id: string) =>
  (await rest(c, `/organizations/${enc(id)}`, { method: 'GET', expect: organizationShape })).body

/** Pages by the short name in their address; none or one. */
export const organizationsNamed = async (c: Access, vanityName: string) =>
  (
    await rest(c, `/organizations?q=vanityName&vanityName=${enc(vanityName)}`, {
      method: 'GET',
      restli: 'FINDER',
      expect: z.object({ elements: z.array(organizationShape) }),
    })
  ).body.elements

const logo = z.object({
  logoV2: z
    .object({
      'original~': z
        .object({
          elements: z.array(z.object({ identifiers: z.array(z.object({ identifier: z.url() })) })),
        })
        .optional(),
    })
    .optional(),
})

/** The page's logo; only the old API gives an address for it. It expires. */
export const organizationLogo = async (http: Http, access: string, id: string): Promise<string | null> => {
  const { body } = await http({
    method: 'GET',
    url: `https://api.linkedin.com/v2/organizations/${enc(id)}?projection=(id,localizedName,vanityName,logoV2(original~:playableStreams))`,
    headers: { ...bearer(access), 'x-restli-protocol-version': '2.0.0' },
    expect: logo,
  })
  return body.logoV2?.['original~']?.elements[0]?.identifiers[0]?.identifier ?? null
}

const introspection = z.object({
  active: z.boolean(),
  status: z.string().optional(),
  scope: z.string().optional(),
  expires_at: z.coerce.number().optional(),
})

/** What LinkedIn holds of a token: whether it is alive, its scopes, its end (epoch seconds). */
export const introspect = async (http: Http, o: { access: string; clientId: string; clientSecret: string }) =>
  (
    await http({
      method: 'POST',
      url: 'https://www.linkedin.com/oauth/v2/introspectToken',
      form: { client_id: o.clientId, client_secret: o.clientSecret, token: o.access },
      expect: introspection,
    })
  ).body

/** No idempotency key: what may follow a lost answer is said in `publish.ts`. Null: made, and no id was given. */
export const createPost = async (c: Access, body: Json): Promise<string | null> =>
  madeId(await rest(c, '/posts', { method: 'POST', json: body }))

export const editPost = async (c: Access, post: string, commentary: string): Promise<void> => {
  const json = { patch: { $set: { commentary } } }
  await rest(c, `/posts/${enc(post)}`, { method: 'POST', restli: 'PARTIAL_UPDATE', json })
}

/** A post that is gone already counts as deleted for LinkedIn too. */
export const deletePost = async (c: Access, post: string): Promise<void> => {
  await rest(c, `/posts/${enc(post)}`, { method: 'DELETE', restli: 'DELETE' })
}

/** Pages also hold what apps cannot make. One post of a kind nobody knows must not hide all others. */
const known = <T>(kind: z.ZodType<T>) => kind.optional().catch(undefined)
const content = z.object({
  media: known(z.object({ id: z.string() })),
  multiImage: known(z.object({ images: z.array(z.object({ id: z.string() })) })),
  article: known(z.object({ source: z.string().optional() })),
  poll: known(z.object({ question: z.string().optional() })),
})
const listed = z
  .object({
    id: urn,
    commentary: z.string().nullish(),
    createdAt: z.coerce.number().optional(),
    publishedAt: z.coerce.number().optional(),
    content: known(content),
    reshareContext: known(z.object({ parent: z.string() })),
  })
  .transform((p) => ({
    id: p.id,
    commentary: p.commentary ?? '',
    at: p.createdAt ?? p.publishedAt ?? null,
    media: p.content?.media ? [p.content.media.id] : (p.content?.multiImage?.images.map((i) => i.id) ?? []),
    article: p.content?.article?.source ?? null,
    poll: p.content?.poll?.question ?? null,
    reshareOf: p.reshareContext?.parent ?? null,
  }))
export type ListedPost = z.output<typeof listed>

export const pageOfPosts = 20
/** Posts of a page, newest first. Needs `r_organization_social`; for people the permission is closed. */
export const postsOf = async (c: Access, author: string, start = 0): Promise<ListedPost[]> =>
  (
    await rest(c, `/posts?q=author&author=${enc(author)}&start=${start}&count=${pageOfPosts}&sortBy=CREATED`, {
      method: 'GET',
      restli: 'FINDER',
      expect: z.object({ elements: z.array(listed) }),
    })
  ).body.elements

const comment = z
  .object({
    id: z.coerce.string(),
    commentUrn: z.string().optional(),
    $URN: z.string().optional(),
    actor: z.string().optional(),
    message: z.object({ text: z.string().default('') }).optional(),
    created: z.object({ time: z.coerce.number() }).optional(),
  })
  .transform((x) => ({
    id: x.id,
    urn: x.commentUrn ?? x.$URN ?? null,
    actor: x.actor ?? null,
    text: x.message?.text ?? '',
    at: x.created?.time ?? null,
  }))
export type Comment = z.output<typeof comment>

/** Comments are plain text, never little text (§3.2). */
export const createComment = async (
  c: Access,
  o: { actor: string; post: string; text: string },
): Promise<{ id: string | null; urn: string | null }> => {
  const reply = await rest(c, `/socialActions/${enc(o.post)}/comments`, {
    method: 'POST',
    json: { actor: o.actor, object: o.post, message: { text: o.text } },
  })
  const parsed = comment.safeParse(reply.body)
  return {
    id: madeId(reply) ?? (parsed.success ? parsed.data.id : null),
    urn: parsed.success ? parsed.data.urn : null,
  }
}

/** At most 100 comments of a post. Needs a `*_social_feed` read scope. */
export const commentsOf = async (c: Access, post: string): Promise<Comment[]> =>
  (
    await rest(c, `/socialActions/${enc(post)}/comments?start=0&count=100`, {
      method: 'GET',
      expect: z.object({ elements: z.array(comment) }),
    })
  ).body.elements

export const deleteComment = async (c: Access, o: { post: string; id: string; actor: string }): Promise<void> => {
  await rest(c, `/socialActions/${enc(o.post)}/comments/${enc(o.id)}?actor=${enc(o.actor)}`, { method: 'DELETE' })
}
