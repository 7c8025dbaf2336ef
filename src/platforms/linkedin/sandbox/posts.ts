/** Posts (fact sheet §3.1, §4, §5): create, edit, delete, and the list of a page's posts, which lags. */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, jsonBody } from '#kit/sandbox/body.ts'
import { is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import {
  actAs,
  type Caller,
  caller,
  countCreate,
  denied,
  invalidField,
  needMethod,
  notFound,
  onlyQuery,
  problem,
  readPage,
  stop,
  tooLong,
  wrongValue,
} from './answers.ts'
import { assetsIn, checkContent, strict } from './content.ts'
import { echoed, shown } from './littletext.ts'
import { duplicateMs, post as n } from './numbers.ts'
import { paged } from './people.ts'
import { type LinkedInWorld, nextId, type Post, whoIs } from './state.ts'

const scope = { person: 'w_member_social', page: 'w_organization_social' }
const writing = Object.values(scope)

export const nameOf = (world: LinkedInWorld) => (urn: string) => whoIs(world, urn)?.name ?? null
/** What people see of a post. */
export const textOf = (world: LinkedInWorld, p: Post) => shown(p.commentary, nameOf(world))

export const livePost = (world: LinkedInWorld, urn: string): Post | undefined =>
  world.state.posts.find((p) => p.urn === urn && !p.deleted)

const checkText = (world: LinkedInWorld, commentary: string) => {
  if (shown(commentary, nameOf(world)).length > n.textMax) stop(tooLong('/commentary', n.textMax))
}

/** LinkedIn refuses what the same author has said before, and names it. */
const refuseDouble = (
  world: LinkedInWorld,
  body: { author: string; commentary: string; content: unknown; parent: string | null },
) => {
  if (world.knob('duplicateGuard') === 0) return
  const since = world.now() - duplicateMs
  const same = JSON.stringify(body.content ?? null)
  const twin = world.state.posts.find(
    (p) =>
      p.author === body.author &&
      !p.deleted &&
      p.at > since &&
      p.commentary === body.commentary &&
      p.parent === body.parent &&
      JSON.stringify(p.content) === same,
  )
  if (twin) stop(problem(422, null, `Content is a duplicate of ${twin.urn}`))
}

/** Videos, documents and polls are ugcPosts, the rest are shares. */
const urnOf = (world: LinkedInWorld, content: Record<string, unknown> | null): string => {
  const assets = assetsIn(content)
  const ugc = content?.poll !== undefined || assets.some((a) => !a.startsWith('urn:li:image:'))
  return `urn:li:${ugc ? 'ugcPost' : 'share'}:${nextId(world)}`
}

const create =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiPostsExternal.CREATE', writing)
    const sent = jsonBody(req)
    if (!sent) return problem(400, 'ILLEGAL_ARGUMENT', 'The body is not JSON sent as application/json')
    const body = strict(sent, '', {
      author: { required: true, check: is.string },
      commentary: { required: true, check: is.string },
      visibility: { required: true, check: is.oneOf('PUBLIC', 'CONNECTIONS', 'LOGGED_IN') },
      distribution: { required: true, check: (v) => (isObject(v) ? null : 'is not a record') },
      content: { check: () => null },
      reshareContext: { check: () => null },
      lifecycleState: { required: true, check: is.oneOf('PUBLISHED') },
      isReshareDisabledByAuthor: { check: is.boolean },
      contentCallToActionLabel: { check: is.string },
      contentLandingPage: { check: is.string },
    })
    strict(body.distribution, '/distribution', {
      feedDistribution: { required: true, check: is.oneOf('MAIN_FEED', 'NONE') },
      targetEntities: { check: is.listOf(is.any, 0, 100) },
      thirdPartyDistributionChannels: { check: is.listOf(is.any, 0, 0) },
    })
    const author = actAs(world, c, body.author, 'partnerApiPostsExternal.CREATE', scope)
    if (author.startsWith('urn:li:organization:') && body.visibility !== 'PUBLIC')
      return wrongValue('visibility of an organization post must be PUBLIC')
    const commentary = String(body.commentary)
    checkText(world, commentary)
    const content = body.content === undefined ? null : (body.content as Record<string, unknown>)
    if (content) checkContent(world, content, author)
    const parent = parentOf(world, body.reshareContext)
    if (content && parent) return invalidField('/reshareContext', 'cannot be combined with content')
    if (!content && !parent && commentary.trim() === '')
      return problem(400, 'INVALID_VALUE_BLANK_FIELD', 'commentary must not be blank without content')
    refuseDouble(world, { author, commentary, content, parent })
    countCreate(world, c)
    const post: Post = {
      urn: urnOf(world, content),
      author,
      commentary,
      visibility: String(body.visibility),
      content,
      parent,
      reshareDisabled: body.isReshareDisabledByAuthor === true,
      at: world.now(),
      editedAt: null,
      deleted: false,
      raw: sent,
    }
    world.state.posts.push(post)
    world.changed()
    return { status: 201, headers: { 'x-restli-id': post.urn, 'x-linkedin-id': post.urn }, text: '' }
  }

const parentOf = (world: LinkedInWorld, context: unknown): string | null => {
  if (context === undefined) return null
  const { parent } = strict(context, '/reshareContext', {
    parent: { required: true, check: is.match(/^urn:li:(share|ugcPost):\d+$/) },
  })
  const found = livePost(world, String(parent))
  if (!found) return stop(notFound(String(parent)))
  if (found.reshareDisabled) stop(wrongValue('The author does not allow reshares of this post'))
  return found.urn
}

/** The caller's own post, or a refusal. */
const own = (world: LinkedInWorld, c: Caller, urn: string, what: string): Post | null => {
  const post = world.state.posts.find((p) => p.urn === urn)
  if (post) actAs(world, c, post.author, what, scope)
  return post && !post.deleted ? post : null
}

const edit =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiPostsExternal.PARTIAL_UPDATE', writing)
    needMethod(req, 'PARTIAL_UPDATE')
    const post = own(world, c, req.params.urn!, 'partnerApiPostsExternal.PARTIAL_UPDATE')
    if (!post) return notFound(req.params.urn!)
    const body = jsonBody(req)
    if (!body) return problem(400, 'ILLEGAL_ARGUMENT', 'The body is not JSON sent as application/json')
    const { patch } = strict(body, '', { patch: { required: true, check: () => null } })
    const { $set } = strict(patch, '/patch', { $set: { required: true, check: () => null } })
    const set = strict($set, '/patch/$set', {
      commentary: { check: is.string },
      contentCallToActionLabel: { check: is.string },
      contentLandingPage: { check: is.string },
      lifecycleState: { check: is.oneOf('PUBLISHED') },
    })
    if (typeof set.commentary === 'string') {
      checkText(world, set.commentary)
      post.commentary = set.commentary
    }
    post.editedAt = world.now()
    world.changed()
    return { status: 204, text: '' }
  }

/** Idempotent: what is gone is gone. */
const remove =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiPostsExternal.DELETE', writing)
    needMethod(req, 'DELETE')
    const post = own(world, c, req.params.urn!, 'partnerApiPostsExternal.DELETE')
    if (post) {
      post.deleted = true
      for (const x of world.state.comments) if (x.post === post.urn) x.deleted = true
      world.changed()
    }
    return { status: 204, text: '' }
  }

/** Long links as LinkedIn may show them. */
const short = (world: LinkedInWorld, text: string) =>
  world.knob('shortLinks') === 0 ? text : text.replace(/https?:\/\/\S{20,}/g, 'https://lnkd.in/dK7s')

const view = (world: LinkedInWorld, p: Post) => ({
  id: p.urn,
  author: p.author,
  commentary: short(world, echoed(p.commentary, nameOf(world))),
  visibility: p.visibility,
  lifecycleState: 'PUBLISHED',
  createdAt: p.at,
  publishedAt: p.at,
  lastModifiedAt: p.editedAt ?? p.at,
  isReshareDisabledByAuthor: p.reshareDisabled,
  distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
  ...(p.content ? { content: p.content } : {}),
  ...(p.parent ? { reshareContext: { parent: p.parent, root: p.parent } } : {}),
  lifecycleStateInfo: { isEditedByAuthor: p.editedAt !== null },
})

const list =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const what = 'partnerApiPostsExternal.FINDER-author'
    const c = caller(world, req, what, ['r_organization_social'])
    needMethod(req, 'FINDER')
    onlyQuery(req, 'q', 'author', 'start', 'count', 'sortBy', 'isDsc')
    const author = req.query.get('author') ?? ''
    if (req.query.get('q') !== 'author') return problem(400, 'ILLEGAL_ARGUMENT', 'q must be author')
    // Posts of people: r_member_social, which is closed.
    if (!author.startsWith('urn:li:organization:')) return denied(what)
    readPage(world, c, author, what)
    const visible = world.now() - world.knob('timelineLagMs')
    const all = world.state.posts.filter((p) => p.author === author && !p.deleted && p.at <= visible).reverse()
    const page = paged(req, all)
    return json(200, { ...page, elements: page.elements.map((p) => view(world, p)) })
  }

const single =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const what = 'partnerApiPostsExternal.GET'
    const c = caller(world, req, what, ['r_organization_social'])
    const post = livePost(world, req.params.urn!)
    if (!post) return notFound(req.params.urn!)
    readPage(world, c, post.author, what)
    return json(200, view(world, post))
  }

export const postRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('create', 'POST api.linkedin.com/rest/posts', create(world), { writes: true }),
  route('edit', 'POST api.linkedin.com/rest/posts/:urn', edit(world), { writes: true }),
  route('delete', 'DELETE api.linkedin.com/rest/posts/:urn', remove(world), { writes: true }),
  route('list', 'GET api.linkedin.com/rest/posts', list(world)),
  route('post', 'GET api.linkedin.com/rest/posts/:urn', single(world)),
]
