/** Comments and reactions (fact sheet §5), the numbers of posts and accounts (§6). Comments are plain text. */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, jsonBody } from '#kit/sandbox/body.ts'
import { is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import {
  actAs,
  caller,
  denied,
  invalidField,
  notFound,
  onlyQuery,
  problem,
  readPage,
  stop,
  tooLong,
} from './answers.ts'
import { strict } from './content.ts'
import { notify } from './hooks.ts'
import { post as n } from './numbers.ts'
import { paged } from './people.ts'
import { livePost } from './posts.ts'
import { type Comment, type LinkedInWorld, lastPart, nextId, type Post } from './state.ts'

const writeScope = { person: 'w_member_social_feed', page: 'w_organization_social_feed' }
const activity = (post: Post) => `urn:li:activity:${lastPart(post.urn)}`

const target = (world: LinkedInWorld, req: SandboxRequest): Post =>
  livePost(world, req.params.urn!) ?? stop(notFound(req.params.urn!))

/** Puts a comment under a post and tells who listens. */
export const addComment = (world: LinkedInWorld, post: Post, actor: string, text: string): Comment => {
  const id = nextId(world)
  const made: Comment = {
    id,
    urn: `urn:li:comment:(${activity(post)},${id})`,
    post: post.urn,
    actor,
    text,
    at: world.now(),
    deleted: false,
  }
  world.state.comments.push(made)
  world.changed()
  notify(world, post, actor === post.author ? 'ADMIN_COMMENT' : 'COMMENT', made.urn)
  return made
}

const view = (x: Comment) => ({
  id: x.id,
  actor: x.actor,
  commentUrn: x.urn,
  $URN: x.urn,
  object: x.urn.slice(x.urn.indexOf('(') + 1, x.urn.indexOf(',')),
  message: { attributes: [], text: x.text },
  created: { actor: x.actor, time: x.at },
  lastModified: { actor: x.actor, time: x.at },
})

const comment =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiSocialActions.CREATE', Object.values(writeScope))
    const post = target(world, req)
    const sent = jsonBody(req)
    if (!sent) return problem(400, 'ILLEGAL_ARGUMENT', 'The body is not JSON sent as application/json')
    const body = strict(sent, '', {
      actor: { required: true, check: is.string },
      object: { required: true, check: is.string },
      message: { required: true, check: (v) => (isObject(v) ? null : 'is not a record') },
      parentComment: { check: is.string },
      content: { check: is.listOf(is.any, 0, 1) },
    })
    const actor = actAs(world, c, body.actor, 'partnerApiSocialActions.CREATE', writeScope)
    if (body.object !== post.urn && body.object !== activity(post)) return invalidField('/object', 'is not this post')
    const message = strict(body.message, '/message', {
      text: { required: true, check: is.string },
      attributes: { check: is.listOf(is.any, 0, 30) },
    })
    const text = String(message.text)
    if (text.trim() === '') return problem(400, 'INVALID_VALUE_BLANK_FIELD', 'text must not be blank')
    if (text.length > n.commentMax) return tooLong('/message/text', n.commentMax)
    const made = addComment(world, post, actor, text)
    return json(201, view(made), { 'x-restli-id': made.id })
  }

const comments =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiSocialActions.GET_ALL', ['r_organization_social_feed'])
    onlyQuery(req, 'start', 'count')
    const post = target(world, req)
    readPage(world, c, post.author, 'partnerApiSocialActions.GET_ALL')
    const visible = world.now() - world.knob('timelineLagMs')
    const all = world.state.comments.filter((x) => x.post === post.urn && !x.deleted && x.at <= visible)
    return json(200, paged(req, all.map(view)))
  }

const removeComment =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiSocialActions.DELETE', Object.values(writeScope))
    onlyQuery(req, 'actor')
    const found = world.state.comments.find((x) => x.id === req.params.id && x.post === req.params.urn && !x.deleted)
    if (!found) return notFound('comment')
    const actor = actAs(world, c, req.query.get('actor') ?? c.urn, 'partnerApiSocialActions.DELETE', writeScope)
    if (actor !== found.actor) return denied('partnerApiSocialActions.DELETE')
    found.deleted = true
    world.changed()
    return { status: 204, text: '' }
  }

/** Numbers that grow with the age of a post, different for every post and always the same for the same moment. */
export const numbersOf = (world: LinkedInWorld, post: Post) => {
  const luck = Number(BigInt(lastPart(post.urn)) % 9973n)
  const hours = Math.max(0, (world.now() - post.at) / 3_600_000)
  const impressions = Math.floor((60 + (luck % 500)) * Math.log1p(hours * 2))
  const per = (x: number) => Math.floor(impressions / x)
  const comments = world.state.comments.filter((x) => x.post === post.urn && !x.deleted).length
  return {
    impressions,
    reached: per(1.4),
    clicks: per(18),
    likes: per(26),
    shares: per(150),
    saves: per(210),
    sends: per(190),
    links: per(70),
    comments,
  }
}

const socialActions =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'partnerApiSocialActions.GET', ['r_organization_social_feed'])
    const post = target(world, req)
    readPage(world, c, post.author, 'partnerApiSocialActions.GET')
    const x = numbersOf(world, post)
    return json(200, {
      target: post.urn,
      likesSummary: {
        totalLikes: x.likes,
        aggregatedTotalLikes: x.likes,
        likedByCurrentUser: false,
        selectedLikes: [],
      },
      commentsSummary: { totalFirstLevelComments: x.comments, aggregatedTotalComments: x.comments },
    })
  }

/** `List(a,b)` as it comes decoded. */
const listed = (value: string | null): string[] | null => {
  const inner = /^List\((.*)\)$/.exec(value ?? '')?.[1]
  return inner === undefined ? null : inner.split(',').filter(Boolean)
}

const sum = (world: LinkedInWorld, posts: readonly Post[]) => {
  const all = posts.map((p) => numbersOf(world, p))
  const add = (k: keyof ReturnType<typeof numbersOf>) => all.reduce((s, x) => s + x[k], 0)
  const impressionCount = add('impressions')
  const [clickCount, likeCount, commentCount, shareCount] = [
    add('clicks'),
    add('likes'),
    add('comments'),
    add('shares'),
  ]
  return {
    impressionCount,
    uniqueImpressionsCount: add('reached'),
    clickCount,
    likeCount,
    commentCount,
    shareCount,
    engagement: impressionCount ? (clickCount + likeCount + commentCount + shareCount) / impressionCount : 0,
  }
}

const statistics =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const what = 'organizationalEntityShareStatistics.FINDER-organizationalEntity'
    const c = caller(world, req, what, ['rw_organization_admin'])
    onlyQuery(req, 'q', 'organizationalEntity', 'shares', 'ugcPosts', 'timeIntervals')
    const page = req.query.get('organizationalEntity') ?? ''
    if (req.query.get('q') !== 'organizationalEntity') return problem(400, 'ILLEGAL_ARGUMENT', 'q is not known')
    readPage(world, c, page, what)
    const own = world.state.posts.filter((p) => p.author === page && !p.deleted)
    const wanted = [
      ['shares', 'share', 'urn:li:share:'],
      ['ugcPosts', 'ugcPost', 'urn:li:ugcPost:'],
    ] as const
    if (!wanted.some(([name]) => req.query.has(name)))
      return json(200, paged(req, [{ organizationalEntity: page, totalShareStatistics: sum(world, own) }]))
    const elements: unknown[] = []
    for (const [name, key, prefix] of wanted) {
      if (!req.query.has(name)) continue
      const urns = listed(req.query.get(name))
      if (!urns || urns.some((u) => !u.startsWith(prefix)))
        return problem(400, 'ILLEGAL_ARGUMENT', `${name} must be a List() of ${prefix} URNs`)
      // A post nobody has counted yet is left out.
      for (const p of own)
        if (urns.includes(p.urn) && world.now() - p.at >= world.knob('statisticsLagMs'))
          elements.push({ organizationalEntity: page, [key]: p.urn, totalShareStatistics: sum(world, [p]) })
    }
    return json(200, { elements, paging: { start: 0, count: 10, links: [] } })
  }

const size =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    caller(world, req, 'networkSizes.GET', ['rw_organization_admin', 'r_organization_social'])
    onlyQuery(req, 'edgeType')
    if (req.query.get('edgeType') !== 'COMPANY_FOLLOWED_BY_MEMBER') return problem(400, 'ILLEGAL_ARGUMENT', 'edgeType')
    const page = world.state.pages.find((p) => p.id === lastPart(req.params.urn!))
    return page ? json(200, { firstDegreeSize: page.followers }) : notFound('organization')
  }

const metrics: Record<string, keyof ReturnType<typeof numbersOf>> = {
  IMPRESSION: 'impressions',
  MEMBERS_REACHED: 'reached',
  REACTION: 'likes',
  COMMENT: 'comments',
  RESHARE: 'shares',
  POST_SAVE: 'saves',
  POST_SEND: 'sends',
  LINK_CLICKS: 'links',
}

const creator =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const what = 'memberCreatorPostAnalytics.FINDER'
    const c = caller(world, req, what, ['r_member_postAnalytics'])
    onlyQuery(req, 'q', 'entity', 'queryType', 'aggregation', 'dateRange')
    const metric = metrics[req.query.get('queryType') ?? '']
    if (!metric) return problem(400, 'ILLEGAL_ARGUMENT', 'queryType is not known')
    if (req.query.get('aggregation') !== 'TOTAL') return problem(400, 'ILLEGAL_ARGUMENT', 'aggregation')
    const mine = world.state.posts.filter((p) => p.author === c.urn && !p.deleted)
    const [, kind, urn] = /^\((share|ugc):(.+)\)$/.exec(req.query.get('entity') ?? '') ?? []
    const q = req.query.get('q')
    if (q === 'entity' && !urn?.startsWith(kind === 'ugc' ? 'urn:li:ugcPost:' : 'urn:li:share:'))
      return problem(400, 'ILLEGAL_ARGUMENT', 'entity is not a share or ugc post')
    if (q !== 'entity' && q !== 'me') return problem(400, 'ILLEGAL_ARGUMENT', 'q is not known')
    const posts = q === 'me' ? mine : mine.filter((p) => p.urn === urn)
    if (q === 'entity' && posts.length === 0) return denied(what)
    const count = posts.reduce((s, p) => s + numbersOf(world, p)[metric], 0)
    return json(200, {
      elements: [{ count, metricType: req.query.get('queryType'), ...(urn ? { targetEntity: { [kind!]: urn } } : {}) }],
      paging: { start: 0, count: 10, links: [] },
    })
  }

export const socialRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('comment', 'POST api.linkedin.com/rest/socialActions/:urn/comments', comment(world), { writes: true }),
  route('comments', 'GET api.linkedin.com/rest/socialActions/:urn/comments', comments(world)),
  route('comment-delete', 'DELETE api.linkedin.com/rest/socialActions/:urn/comments/:id', removeComment(world), {
    writes: true,
  }),
  route('social', 'GET api.linkedin.com/rest/socialActions/:urn', socialActions(world)),
  route('statistics', 'GET api.linkedin.com/rest/organizationalEntityShareStatistics', statistics(world)),
  route('followers', 'GET api.linkedin.com/rest/networkSizes/:urn', size(world)),
  route('creator', 'GET api.linkedin.com/rest/memberCreatorPostAnalytics', creator(world)),
]
