/**
 * The imitation of TikTok: OAuth with hex PKCE, posts from files in chunks or fetched from our addresses, processing and
 * moderation that take time, 200 answers that are errors, signed webhooks. Facts: fact sheet tiktok.md; numbers:
 * `numbers.ts`. Where TikTok is silent the choice is said beside the code.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { faultAnswer } from './answers.ts'
import { creatorRoutes } from './creator.ts'
import { saySeen } from './hooks.ts'
import { initRoutes } from './init.ts'
import { oauth } from './numbers.ts'
import { mint, oauthRoutes } from './oauth.ts'
import { readRoutes } from './read.ts'
import { css, render } from './render.ts'
import { accountOf, findOrInvent, type Post, seed, type TikTokState, type TikTokWorld } from './state.ts'
import { endAuthorization, fail, isPublic, tick } from './tasks.ts'
import { uploadRoutes } from './upload.ts'

const ledger = (world: TikTokWorld, p: Post): LedgerPost => ({
  id: p.id,
  account: p.author,
  text: p.media === 'video' ? p.title : [p.title, p.description].filter(Boolean).join('\n'),
  media: p.held.map((h) => ({ key: h.key, mime: h.mime, alt: '' })),
  kind: `${p.media}${p.draft ? '-draft' : ''}`,
  replyTo: null,
  at: p.at,
  url: `https://www.tiktok.com/@${world.state.users.find((u) => u.openId === p.author)?.username}/${p.media}/${p.id}`,
  raw: p.raw,
  ...(p.deleted ? { deleted: true } : {}),
})

const flag = (value: string | undefined) => value !== 'false'

export default defineImitation<TikTokState>({
  platform: 'tiktok',
  name: 'TikTok',
  hosts: ['open.tiktokapis.com', 'open-upload.tiktokapis.com', 'www.tiktok.com'],
  seed,
  knobs: {
    /** From the last byte to PUBLISH_COMPLETE (ms of the virtual clock). */
    processingMs: 4000,
    /** From there until a public post is seen by everybody and has an id for us. */
    moderationMs: 45_000,
    /** 0 never names the post of a task, as TikTok often does. */
    namesPosts: 1,
    /** 0 is an app TikTok has not audited. */
    audited: 1,
    /** 0 takes no address of ours. */
    domainVerified: 1,
    /** 1 is a phone with a TikTok app too old for photo drafts. */
    oldApp: 0,
    /** Direct posts of an account in 24 hours. */
    dailyPosts: 15,
    /** 0 lifts the caps of a day (posts, waiting drafts): refusing by them would hide that something was posted twice. */
    duplicateGuard: 1,
    /** 0 counts but never refuses. */
    rateLimits: 1,
  },
  routes: (world) => [
    ...oauthRoutes(world),
    ...creatorRoutes(world),
    ...initRoutes(world),
    ...uploadRoutes(world),
    ...readRoutes(world),
  ],
  posts: (world) => world.state.posts.map((p) => ledger(world, p)),
  accounts: (world) => world.state.users.map(accountOf),
  tokens: (world, account) => {
    const user = findOrInvent(world, account)
    const { clientKey, clientSecret } = world.state.app
    return {
      credentials: { clientId: clientKey, clientSecret, audited: world.knob('audited') === 0 ? 'no' : 'yes' },
      tokens: mint(world, { user: user.openId, scopes: Object.keys(oauth.scopes), family: world.id(24) }),
    }
  },
  revoke: (world, account) => {
    const users = account === undefined ? world.state.users : [findOrInvent(world, account)]
    for (const u of users) endAuthorization(world, u.openId, 1)
  },
  faultAnswer,
  tick,
  act: (world, action) => {
    const post = world.state.posts.findLast((p) => (action.post ? p.id === action.post : true))
    if (action.do === 'account') {
      const user = findOrInvent(world, action.account)
      if (action.private !== undefined) user.private = flag(action.private)
      if (action.banned !== undefined) user.banned = flag(action.banned)
      if (action.comments !== undefined) user.commentDisabled = !flag(action.comments)
      if (action.maxSecs !== undefined) user.maxSecs = Number(action.maxSecs)
    } else if (action.do === 'finish-draft' && post?.draft) {
      post.draft = false
      post.privacy = 'PUBLIC_TO_EVERYONE'
      post.title = action.text ?? post.title
      post.at = world.now()
      post.publicAt = world.now() + world.knob('moderationMs')
    } else if (action.do === 'take-down' && post && isPublic(world, post)) {
      post.deleted = true
      saySeen(world, post, false)
    } else if (action.do === 'fail-task') {
      // Not by hand: TikTok gives up the newest task.
      const task = Object.values(world.state.tasks).at(-1)
      if (task?.status.startsWith('PROCESSING')) fail(world, task, action.reason ?? 'internal')
    } else if (action.do === 'verify-domain' && action.domain) world.state.verified.push(action.domain)
    else
      throw new Error(
        'on TikTok a person can: account {account, private, banned, comments, maxSecs}, finish-draft {post, text}, take-down {post} of a public post, verify-domain {domain}, fail-task {reason}',
      )
    world.changed()
  },
  render,
  css,
})
