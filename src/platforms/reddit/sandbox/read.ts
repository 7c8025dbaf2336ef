/** Listings: the account's posts, things by fullname, a post with its comments (fact sheet reddit.md §4.5, §5). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { caller, refuseBare, reply } from './answers.ts'
import { infoMax, page } from './numbers.ts'
import type { RedditWorld } from './state.ts'
import { commentView, isUp, listing, postView } from './view.ts'

type Handle = (world: RedditWorld) => (req: SandboxRequest) => SandboxResponse

/** Newest first. The owner goes on seeing what was removed; what was deleted is gone from here. */
const submitted: Handle = (world) => (req) => {
  const c = caller(world, req, 'history')
  const user = world.state.users.find((u) => u.name.toLowerCase() === req.params.name!.toLowerCase())
  if (!user) return refuseBare(c, 404)
  const lag = world.knob('listLagMs')
  const all = world.state.posts
    .filter((p) => p.owner === user.id && !p.deleted && p.at + lag <= world.now())
    .filter((p) => user.id === c.user.id || p.removedBy === null)
    .sort((a, b) => b.at - a.at || Number.parseInt(b.id, 36) - Number.parseInt(a.id, 36))
  const limit = Math.max(1, Math.min(page.max, Number(req.query.get('limit') ?? page.default) || page.default))
  const from = all.findIndex((p) => `t3_${p.id}` === req.query.get('after')) + 1
  const shown = all.slice(from, from + limit)
  const after = from + limit < all.length ? `t3_${shown.at(-1)!.id}` : null
  return reply(
    c,
    listing(
      't3',
      shown.map((p) => postView(world, p)),
      after,
    ),
  )
}

/** Unknown ids are left out; more than a hundred are all ignored. */
const info: Handle = (world) => (req) => {
  const c = caller(world, req, 'read')
  const ids = (req.query.get('id') ?? '').split(',').filter(Boolean)
  const wanted = ids.length > infoMax ? [] : ids
  const children = wanted.flatMap((id) => {
    const comment = world.state.comments.find((x) => `t1_${x.id}` === id)
    const post = world.state.posts.find((x) => `t3_${x.id}` === id && isUp(world, x))
    if (comment) return [{ kind: 't1', data: commentView(world, comment) }]
    return post ? [{ kind: 't3', data: postView(world, post) }] : []
  })
  return reply(c, {
    kind: 'Listing',
    data: { after: null, before: null, dist: children.length, modhash: null, children },
  })
}

const thread: Handle = (world) => (req) => {
  const c = caller(world, req, 'read')
  const post = world.state.posts.find((p) => p.id === req.params.id!.toLowerCase() && isUp(world, p))
  if (!post) return refuseBare(c, 404)
  const lag = world.knob('listLagMs')
  const comments = world.state.comments
    .filter((x) => x.post === post.id && !x.deleted && x.at + lag <= world.now())
    .sort((a, b) => b.at - a.at)
  return reply(c, [
    listing('t3', [postView(world, post)]),
    listing(
      't1',
      comments.map((x) => commentView(world, x)),
    ),
  ])
}

const api = 'oauth.reddit.com'
export const readRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('submitted', `GET ${api}/user/:name/submitted`, submitted(world)),
  route('info', `GET ${api}/api/info`, info(world)),
  route('thread', `GET ${api}/comments/:id`, thread(world)),
]
