/** The app view: profiles, posts with counts, an author's feed (fact sheet bluesky.md §2d, §6). No token needed on its public host. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { olderName } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { caller, fail, spendAny } from './answers.ts'
import { lookupMax } from './numbers.ts'
import { type Account, avatarOf, type BskyWorld, find, type StoredRecord } from './state.ts'

const POST = 'app.bsky.feed.post'

/** Counts that grow with a post's age, different for every post and the same for the same moment. */
export const countsAt = (world: BskyWorld, uri: string, at: number) => {
  let seed = 7
  for (const ch of uri.slice(-13)) seed = (seed * 33 + ch.charCodeAt(0)) % 9973
  const hours = Math.max(0, (world.now() - at) / 3_600_000)
  const likes = Math.floor((3 + (seed % 40)) * Math.log1p(hours))
  const replies = Object.values(world.state.records).filter((r) => parentOf(r) === uri).length
  return {
    replyCount: replies,
    repostCount: Math.floor(likes / 5),
    likeCount: likes,
    quoteCount: Math.floor(likes / 19),
    bookmarkCount: Math.floor(likes / 7),
  }
}

const parentOf = (r: StoredRecord): string | undefined =>
  (r.value.reply as { parent?: { uri?: string } } | undefined)?.parent?.uri

const basic = (a: Account) => ({
  did: a.did,
  handle: a.handle,
  displayName: a.name,
  avatar: avatarOf(a),
  labels: [],
  createdAt: '2024-02-06T00:00:00.000Z',
})

const postView = (world: BskyWorld, r: StoredRecord) => {
  const uri = `at://${r.did}/${r.collection}/${r.rkey}`
  const author = world.state.accounts.find((a) => a.did === r.did)!
  return {
    uri,
    cid: r.cid,
    author: basic(author),
    record: r.value,
    ...countsAt(world, uri, r.at),
    indexedAt: new Date(r.at).toISOString(),
    labels: [],
  }
}

const profileOf = (world: BskyWorld, a: Account) => ({
  ...basic(a),
  description: a.bio,
  followersCount: 120 + a.hue,
  followsCount: 88,
  postsCount: Object.values(world.state.records).filter((r) => r.did === a.did && r.collection === POST).length,
  indexedAt: '2024-02-06T00:00:00.000Z',
})

const getProfile =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = find(world, req.query.get('actor') ?? '')
    if (!a) return fail(400, 'InvalidRequest', 'Profile not found', headers)
    return json(200, profileOf(world, a), headers)
  }

/** Up to 25 at once; whom nobody knows is left out. */
const getProfiles =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const actors = [...req.query.getAll('actors'), ...req.query.getAll('actors[]')]
    if (actors.length === 0) return fail(400, 'InvalidRequest', 'Missing required key "actors" at $', headers)
    if (actors.length > lookupMax)
      return fail(
        400,
        'InvalidRequest',
        `array too big (maximum ${lookupMax}, got ${actors.length}) at $.actors`,
        headers,
      )
    const profiles = actors.flatMap((word) => find(world, word) ?? []).map((a) => profileOf(world, a))
    return json(200, { profiles }, headers)
  }

/** By the beginning of a handle or a word of the name; `term` is the older name of `q`. */
const searchActors =
  (world: BskyWorld, most: number) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const given = req.query.get('q') ?? req.query.get('term') ?? ''
    if (!req.query.has('q') && req.query.has('term')) olderName(req, 'term', 'q')
    const q = given.trim().toLowerCase().replace(/^@/, '')
    const limit = Number(req.query.get('limit') ?? most)
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      return fail(400, 'InvalidRequest', `integer out of range (got ${req.query.get('limit')}) at $.limit`, headers)
    const hit = (a: Account) =>
      `${a.handle} ${a.name}`
        .toLowerCase()
        .split(/\s+/)
        .some((word) => word.startsWith(q))
    const actors = q === '' ? [] : world.state.accounts.filter((a) => a.status === null && hit(a))
    return json(200, { actors: actors.slice(0, limit).map((a) => ({ ...basic(a), description: a.bio })) }, headers)
  }

const getPosts =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const uris = [...req.query.getAll('uris'), ...req.query.getAll('uris[]')]
    if (uris.length === 0) return fail(400, 'InvalidRequest', 'Missing required key "uris" at $', headers)
    if (uris.length > lookupMax)
      return fail(400, 'InvalidRequest', `array too big (maximum ${lookupMax}, got ${uris.length}) at $.uris`, headers)
    const found = uris.flatMap((u) => (Object.hasOwn(world.state.records, u) ? [world.state.records[u]!] : []))
    return json(200, { posts: found.map((r) => postView(world, r)) }, headers)
  }

const getAuthorFeed =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = find(world, req.query.get('actor') ?? '')
    if (!a) return fail(400, 'InvalidRequest', 'Profile not found', headers)
    const limit = Math.min(100, Math.max(1, Number(req.query.get('limit') ?? 50) || 50))
    const own = Object.values(world.state.records)
      .filter((r) => r.did === a.did && r.collection === POST)
      .sort((x, y) => y.at - x.at || (x.rkey < y.rkey ? 1 : -1))
    return json(200, { feed: own.slice(0, limit).map((r) => ({ post: postView(world, r) })) }, headers)
  }

type ThreadView = { $type: string; post: unknown; parent?: ThreadView; replies?: ThreadView[] }

/** Up to the root, or down as far as `depth`. */
const threadView = (world: BskyWorld, r: StoredRecord, o: { up: boolean; depth: number }): ThreadView => {
  const view: ThreadView = { $type: 'app.bsky.feed.defs#threadViewPost', post: postView(world, r) }
  const above = world.state.records[parentOf(r) ?? '']
  if (o.up && above) view.parent = threadView(world, above, { up: true, depth: 0 })
  if (o.depth > 0)
    view.replies = Object.values(world.state.records)
      .filter((x) => parentOf(x) === `at://${r.did}/${r.collection}/${r.rkey}`)
      .map((x) => threadView(world, x, { up: false, depth: o.depth - 1 }))
  return view
}

const getPostThread =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const uri = req.query.get('uri') ?? ''
    const record = Object.hasOwn(world.state.records, uri) ? world.state.records[uri]! : null
    if (!record) return fail(400, 'NotFound', `Post not found: ${uri}`, headers)
    const depth = Math.min(1000, Number(req.query.get('depth') ?? 6) || 0)
    return json(200, { thread: threadView(world, record, { up: true, depth }) }, headers)
  }

/** On the PDS the same reads are passed on, for a caller with a token. */
const proxied = (world: BskyWorld, handle: (req: SandboxRequest) => SandboxResponse) => (req: SandboxRequest) => {
  caller(world, req, 'access')
  return handle(req)
}

export const viewRoutes = (world: BskyWorld): SandboxRoute[] =>
  Object.entries({
    profile: ['app.bsky.actor.getProfile', getProfile(world)] as const,
    profiles: ['app.bsky.actor.getProfiles', getProfiles(world)] as const,
    search: ['app.bsky.actor.searchActors', searchActors(world, 25)] as const,
    typeahead: ['app.bsky.actor.searchActorsTypeahead', searchActors(world, 10)] as const,
    posts: ['app.bsky.feed.getPosts', getPosts(world)] as const,
    feed: ['app.bsky.feed.getAuthorFeed', getAuthorFeed(world)] as const,
    thread: ['app.bsky.feed.getPostThread', getPostThread(world)] as const,
  }).flatMap(([name, [nsid, handle]]) => [
    route(name, `GET public.api.bsky.app/xrpc/${nsid}`, handle),
    route(name, `GET bsky.social/xrpc/${nsid}`, proxied(world, handle)),
  ])
