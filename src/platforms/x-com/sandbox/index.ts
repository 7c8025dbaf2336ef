/**
 * The imitation of X: OAuth 2 with rotating refresh, media upload v2, posts that come back with t.co links and a
 * timeline that lags. Facts: fact sheet x.md; numbers: `numbers.ts`. Strict where X is (unknown field, length, owner of
 * media, reply rule, duplicate); where X is silent the choice is said beside the code.
 */

import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { faultAnswer } from './answers.ts'
import { addPost } from './create.ts'
import { tell } from './hooks.ts'
import { mediaRoutes } from './media.ts'
import { media, oauth } from './numbers.ts'
import { mint, oauthRoutes } from './oauth.ts'
import { postRoutes } from './read.ts'
import { css, render } from './render.ts'
import { accountOf, findOrInvent, type Post, seed, type XState, type XWorld } from './state.ts'

const DEFAULT_SCOPES = ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access']

const ledger = (world: XWorld, p: Post): LedgerPost => {
  const media = p.media.flatMap((id) => world.state.media[id] ?? [])
  const user = world.state.users.find((u) => u.id === p.author)
  return {
    id: p.id,
    account: p.author,
    text: p.text,
    media: media.map((m) => ({
      key: m.blob ?? '',
      mime: (m.blob && world.blobs.get(m.blob)?.mime) || m.mediaType,
      alt: m.alt,
    })),
    replyTo: p.replyTo,
    at: p.at,
    url: `https://x.com/${user?.username ?? 'i'}/status/${p.id}`,
    raw: p.raw,
    ...(p.deleted ? { deleted: true } : {}),
  }
}

export default defineImitation<XState>({
  platform: 'x-com',
  name: 'X',
  hosts: ['api.x.com', 'api.twitter.com', 'x.com', 'twitter.com'],
  seed,
  knobs: {
    /** A new post shows in the author's timeline this much later (ms). */
    timelineLagMs: 5000,
    /** Video and GIF processing (ms of the virtual clock). */
    processingMs: 3000,
    /** The largest piece of an upload (bytes) that the edge in front of X lets through. */
    appendEdgeBytes: media.edgeBytes,
    /** 0 takes the duplicate guard away, so that a test sees a blind retry as two posts. */
    duplicateGuard: 1,
    /** 0 counts but never refuses. */
    rateLimits: 1,
    /** 1 refuses `post.fields`, as a server before the renaming would. */
    oldSpellingOnly: 0,
  },
  // Older client libraries use the old host; X still answers there.
  routes: (world) =>
    [...oauthRoutes(world), ...mediaRoutes(world), ...postRoutes(world)].flatMap((r) =>
      r.host === 'api.x.com' ? [r, { ...r, host: 'api.twitter.com' }] : [r],
    ),
  posts: (world) => world.state.posts.map((p) => ledger(world, p)),
  accounts: (world) => world.state.users.map(accountOf),
  tokens: (world, account) => {
    const user = findOrInvent(world, account)
    const pair = mint(world, { user: user.id, scopes: DEFAULT_SCOPES, family: world.id(24) })
    return {
      credentials: { ...world.state.app },
      tokens: { ...pair, user_id: user.id, username: user.username, expires_in: oauth.accessSecs },
    }
  },
  revoke: (world, account) => {
    const user = account === undefined ? undefined : findOrInvent(world, account)
    revokeTokens(world.state.tokens, (t) => user === undefined || t.account === user.id)
    world.changed()
    for (const u of user ? [user] : world.state.users) tell(world, 'oauth.revoke', u.id, {})
  },
  faultAnswer,
  act: (world, action) => {
    if (action.do === 'post') {
      const user = findOrInvent(world, action.account)
      addPost(world, user.id, { text: action.text ?? '', media: [], parent: null, poll: null, raw: { byHand: true } })
    } else if (action.do === 'premium') findOrInvent(world, action.account).premium = action.on !== 'false'
    else throw new Error('on X a person can: post {account, text}, premium {account, on}')
  },
  render,
  css,
})
