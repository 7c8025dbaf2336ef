/**
 * The imitation of LinkedIn: two apps (one for pages, one self-serve), versioned REST, little text that is cut off where
 * it is not escaped, uploads that take time, a guard against doubles that names the post, lists that lag, numbers that
 * grow, signed webhooks. Facts: fact sheet linkedin.md; numbers: `numbers.ts`. Strict where LinkedIn is.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { faultAnswer } from './answers.ts'
import { assetRoutes } from './assets.ts'
import { assetsIn } from './content.ts'
import { hookRoutes, notify } from './hooks.ts'
import { daily, hookActions, oauth } from './numbers.ts'
import { mint, oauthRoutes, scopesOf } from './oauth.ts'
import { peopleRoutes } from './people.ts'
import { livePost, postRoutes, textOf } from './posts.ts'
import { css, render } from './render.ts'
import { addComment, socialRoutes } from './social.ts'
import {
  accountOf,
  type Comment,
  findOrInvent,
  type LinkedInState,
  type LinkedInWorld,
  lastPart,
  nextId,
  type Post,
  pageUrn,
  personUrn,
  seed,
} from './state.ts'

const kindOf = (p: Post): string => {
  const [asset] = assetsIn(p.content)
  if (p.content?.multiImage) return 'multi-image'
  if (p.content?.article) return 'article'
  if (p.content?.poll) return 'poll'
  return asset?.split(':')[2] ?? (p.parent ? 'reshare' : 'text')
}

const altOf = (p: Post, n: number): string => {
  const { media, multiImage } = (p.content ?? {}) as {
    media?: { altText?: string }
    multiImage?: { images: { altText?: string }[] }
  }
  return media?.altText ?? multiImage?.images[n]?.altText ?? ''
}

export const postUrl = (urn: string) => `https://www.linkedin.com/feed/update/${urn}/`

const ofPost = (world: LinkedInWorld, p: Post): LedgerPost => ({
  id: p.urn,
  account: p.author,
  text: textOf(world, p),
  media: assetsIn(p.content).flatMap((urn, n) => {
    const a = world.state.assets[urn]
    return a ? [{ key: a.blob ?? '', mime: a.mime, alt: altOf(p, n) }] : []
  }),
  kind: kindOf(p),
  replyTo: null,
  at: p.at,
  url: postUrl(p.urn),
  raw: p.raw,
  ...(p.deleted ? { deleted: true } : {}),
})

const ofComment = (x: Comment): LedgerPost => ({
  id: x.urn,
  account: x.actor,
  text: x.text,
  media: [],
  kind: 'comment',
  replyTo: x.post,
  at: x.at,
  url: `${postUrl(x.post)}?commentUrn=${encodeURIComponent(x.urn)}`,
  raw: { message: { text: x.text } },
  ...(x.deleted ? { deleted: true } : {}),
})

/** The post a person acts on: by URN, or the newest of all. */
const acted = (world: LinkedInWorld, urn: string | undefined): Post => {
  const found = urn ? livePost(world, urn) : world.state.posts.findLast((p) => !p.deleted)
  if (!found) throw new Error('there is no such post on LinkedIn')
  return found
}

export default defineImitation<LinkedInState>({
  platform: 'linkedin',
  name: 'LinkedIn',
  hosts: ['api.linkedin.com', 'www.linkedin.com'],
  seed,
  knobs: {
    /** A new post or comment shows in lists this much later (ms). */
    timelineLagMs: 5000,
    /** Pictures and documents (ms of the virtual clock). */
    processingMs: 2000,
    videoProcessingMs: 8000,
    /** Share statistics of a post begin this much later (ms). */
    statisticsLagMs: 3_600_000,
    /** 0 takes the guard against doubles away, so that a test sees a blind retry as two posts. */
    duplicateGuard: 1,
    /** 1 gives long links back as lnkd.in. */
    shortLinks: 0,
    /** 0 counts but never refuses. */
    rateLimits: 1,
    /** Posts the app may create in a day. */
    appDaily: daily.app,
    /** The API versions that are switched on, YYYYMM. */
    oldestVersion: 202_601,
    newestVersion: 202_609,
  },
  routes: (world) => [
    ...oauthRoutes(world),
    ...peopleRoutes(world),
    ...assetRoutes(world),
    ...postRoutes(world),
    ...socialRoutes(world),
    ...hookRoutes(world),
  ],
  posts: (world) =>
    [...world.state.posts.map((p) => ofPost(world, p)), ...world.state.comments.map(ofComment)].sort(
      (a, b) => a.at - b.at,
    ),
  accounts: (world) => world.state.members.map(accountOf),
  tokens: (world, account) => {
    const member = findOrInvent(world, account)
    const [pages, self] = world.state.apps
    const token = mint(world, { app: pages!, member: member.id, scopes: scopesOf(pages!) })
    return {
      credentials: {
        clientId: self!.clientId,
        clientSecret: self!.clientSecret,
        pagesClientId: pages!.clientId,
        pagesClientSecret: pages!.clientSecret,
        applicationId: pages!.id,
        // Of the app's scopes those a planner has use for.
        pagesScopes:
          'r_basicprofile w_member_social w_member_social_feed w_organization_social_feed r_organization_social_feed r_member_postAnalytics',
      },
      tokens: {
        ...token,
        expires_in: oauth.accessSecs,
        person: personUrn(member.id),
        organizations: world.state.roles.filter((r) => r.member === member.id).map((r) => pageUrn(r.page)),
      },
    }
  },
  revoke: (world, account) => {
    const all = account === undefined
    const page = account?.startsWith('urn:li:organization:') ? lastPart(account) : null
    const who = all
      ? []
      : page
        ? world.state.roles.filter((r) => r.page === page).map((r) => r.member)
        : [findOrInvent(world, account).id]
    revokeTokens(world.state.tokens, (t) => all || who.includes(t.account))
    world.changed()
  },
  faultAnswer,
  act: (world, action) => {
    if (action.do === 'restrict') findOrInvent(world, action.account).restricted = action.on !== 'false'
    else if (action.do === 'comment')
      addComment(world, acted(world, action.post), personUrn(findOrInvent(world, action.account).id), action.text ?? '')
    else if (action.do === 'react') {
      const wanted = action.action ?? 'LIKE'
      if (!hookActions.includes(wanted)) throw new Error(`on LinkedIn people can: ${hookActions.join(', ')}`)
      const post = acted(world, action.post)
      notify(world, post, wanted, `urn:li:reaction:(${personUrn(findOrInvent(world, action.account).id)},${post.urn})`)
    } else if (action.do === 'post') {
      const member = findOrInvent(world, action.account)
      world.state.posts.push({
        urn: `urn:li:share:${nextId(world)}`,
        author: action.page ?? personUrn(member.id),
        commentary: action.text ?? '',
        visibility: 'PUBLIC',
        content: null,
        parent: null,
        reshareDisabled: false,
        at: world.now(),
        editedAt: null,
        deleted: false,
        raw: { byHand: true },
      })
    } else
      throw new Error(
        'on LinkedIn a person can: post {account, page, text}, comment {account, post, text}, react {account, post, action}, restrict {account, on}',
      )
    world.changed()
  },
  render,
  css,
})
