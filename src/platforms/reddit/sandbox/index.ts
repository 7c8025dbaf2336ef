/**
 * The imitation of Reddit's Data API: OAuth with a permanent refresh token, all kinds of posts, files by lease and S3 form
 * whose posts appear late and without an id in the answer, errors inside 200, communities with rules of their own, breaks
 * for accounts with little karma, numbers that grow. Facts: fact sheet reddit.md; numbers: `numbers.ts`. The only guard
 * against doubles is that of communities that take a link once.
 */
import { defineImitation, type LedgerPost, type SandboxRoute } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { faultAnswer } from './answers.ts'
import { mediaRoutes } from './media.ts'
import { mint, oauthRoutes } from './oauth.ts'
import { placeRoutes } from './places.ts'
import { readRoutes } from './read.ts'
import { css, render } from './render.ts'
import {
  accountOf,
  type Comment,
  findOrInvent,
  nextId,
  type RedditState,
  type RedditWorld,
  type Submission,
  seed,
} from './state.ts'
import { submitRoutes } from './submit.ts'
import { permalink } from './view.ts'
import { writeRoutes } from './write.ts'

const SCOPES = ['identity', 'submit', 'edit', 'read', 'history', 'flair', 'mysubreddits']

const ofPost = (world: RedditWorld, p: Submission): LedgerPost => ({
  id: `t3_${p.id}`,
  account: p.owner,
  text: p.text,
  media: p.assets.map((a) => {
    const lease = world.state.leases[a.assetId]
    return { key: lease?.blob ?? '', mime: lease?.mime ?? '', alt: a.caption }
  }),
  kind: p.kind,
  replyTo: null,
  at: p.at,
  url: `https://www.reddit.com${permalink(p)}`,
  raw: p.raw,
  ...(p.deleted ? { deleted: true } : {}),
})

const ofComment = (c: Comment): LedgerPost => ({
  id: `t1_${c.id}`,
  account: c.owner,
  text: c.text,
  media: [],
  kind: 'comment',
  replyTo: `t3_${c.post}`,
  at: c.at,
  url: `https://www.reddit.com/comments/${c.post}/comment/${c.id}/`,
  raw: c.raw,
  ...(c.deleted ? { deleted: true } : {}),
})

/** Clients write the paths of the API as they are, with a stroke at the end, and with `.json`. */
const everyWay = (r: SandboxRoute): SandboxRoute[] =>
  r.host === 'oauth.reddit.com' ? [{ ...r, path: `${r.path}.json` }, r, { ...r, path: `${r.path}/` }] : [r]

export default defineImitation<RedditState>({
  platform: 'reddit',
  name: 'Reddit',
  hosts: [
    'www.reddit.com',
    'oauth.reddit.com',
    'reddit-uploaded-media.s3-accelerate.amazonaws.com',
    'reddit-uploaded-video.s3-accelerate.amazonaws.com',
  ],
  seed,
  knobs: {
    /** A new post or comment shows in lists this much later (ms). */
    listLagMs: 1000,
    /** A post of files appears this much after its submit (ms of the virtual clock). */
    processingMs: 4000,
    /** 0 counts but never refuses. */
    rateLimits: 1,
    /** How long an account with little karma rests after a post (ms); 0: it does not. */
    contentLimitMs: 600_000,
    /** 0: no community refuses a link it had before. */
    duplicateGuard: 1,
    /** 1: Reddit's spam filter takes every new post down silently. */
    spamFilter: 0,
  },
  routes: (world) =>
    [
      ...oauthRoutes(world),
      ...placeRoutes(world),
      ...mediaRoutes(world),
      ...submitRoutes(world),
      ...writeRoutes(world),
      ...readRoutes(world),
    ].flatMap(everyWay),
  posts: (world) =>
    [...world.state.posts.map((p) => ofPost(world, p)), ...world.state.comments.map(ofComment)].sort(
      (a, b) => a.at - b.at,
    ),
  accounts: (world) => world.state.users.map(accountOf),
  tokens: (world, account) => {
    const user = findOrInvent(world, account)
    return {
      credentials: { ...world.state.app, userAgent: 'web:clarion.sandbox:v1.0.0 (by /u/rosehill_bakery)' },
      tokens: { ...mint(world, { user: user.id, scopes: SCOPES, family: world.id(24) }), username: user.name },
    }
  },
  revoke: (world, account) => {
    const user = account === undefined ? undefined : findOrInvent(world, account)
    revokeTokens(world.state.tokens, (t) => user === undefined || t.account === user.id)
    world.changed()
  },
  faultAnswer,
  act: (world, action) => {
    const user = findOrInvent(world, action.account)
    const post = world.state.posts.find((p) => `t3_${p.id}` === action.post)
    const sub = world.state.subs.find((s) => s.name === (action.subreddit ?? 'AllAboutBread'))
    if (action.do === 'post' && sub)
      world.state.posts.push({
        id: nextId(world),
        owner: user.id,
        sub: sub.name,
        kind: action.url ? 'link' : 'self',
        title: action.title ?? 'By hand',
        text: action.text ?? '',
        url: action.url ?? null,
        assets: [],
        poster: null,
        poll: null,
        nsfw: false,
        spoiler: false,
        flairText: null,
        at: world.now(),
        deleted: false,
        removedBy: null,
        locked: false,
        raw: { byHand: true },
      })
    else if (action.do === 'remove' && post) post.removedBy = action.by ?? 'moderator'
    else if (action.do === 'lock' && post) post.locked = true
    else if (action.do === 'delete' && post) post.deleted = true
    else if (action.do === 'ban' && sub) sub.banned.push(user.id)
    else
      throw new Error(
        'on Reddit a person can: post {account, subreddit, title, text, url}, remove {post, by}, lock {post}, delete {post}, ban {account, subreddit}',
      )
    world.changed()
  },
  render,
  css,
})
