/**
 * The imitation of Instagram: two logins, containers that really fetch what their addresses lead to, processing that takes
 * virtual time, publishing with its quota, comments, insights that grow, webhooks. Facts: fact sheet instagram.md; numbers:
 * `numbers.ts`. What Meta's networks share comes from families/meta/sandbox.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { knowsCaller } from '../../families/meta/sandbox/door.ts'
import { graphFault } from '../../families/meta/sandbox/envelope.ts'
import { issueFor, revokePage } from '../../families/meta/sandbox/login.ts'
import { commentByHand, notify } from './comments.ts'
import { countsAt } from './insights.ts'
import { login, storyLifeMs } from './numbers.ts'
import { mintOwn } from './oauth.ts'
import { css, render } from './render.ts'
import { routes } from './routes.ts'
import {
  findOrInvent,
  type IgWorld,
  type InstagramState,
  type Media,
  pageOfAccount,
  permalinkOf,
  sandboxAccount,
  seed,
  storyOver,
} from './state.ts'

const facebookScopes = [
  ...['instagram_basic', 'instagram_content_publish', 'instagram_manage_comments', 'instagram_manage_insights'],
  ...['instagram_manage_contents', 'pages_show_list', 'pages_read_engagement', 'pages_manage_metadata'],
]

const kinds = { IMAGE: 'image', CAROUSEL: 'carousel', REELS: 'reel', STORIES: 'story', VIDEO: 'video' } as const

const post = (world: IgWorld, m: Media): LedgerPost => ({
  id: m.id,
  account: m.account,
  text: m.caption,
  media: m.items.map(({ key, mime, alt }) => ({ key, mime, alt })),
  kind: kinds[m.kind],
  replyTo: null,
  at: m.at,
  url: permalinkOf(world, m),
  raw: m.raw,
  ...(m.deleted ? { deleted: true } : {}),
})

/** Our own comments are posts too: they must not come twice either. */
const ledger = (world: IgWorld): LedgerPost[] => [
  ...world.state.media.map((m) => post(world, m)),
  ...world.state.comments.flatMap((c): LedgerPost[] => {
    const under = world.state.media.find((m) => m.id === c.media)
    if (c.account === null || !under) return []
    const gone = c.deleted || under.deleted ? { deleted: true } : {}
    const { id, text, at, account } = c
    const base = { id, account, text, at, media: [], kind: 'comment', replyTo: c.media, raw: { message: text } }
    return [{ ...base, url: permalinkOf(world, under), ...gone }]
  }),
]

/** A story's last numbers leave when it ends (Page-routed, with Facebook Login). */
const tick = (world: IgWorld): void => {
  for (const m of world.state.media) {
    if (m.told || !storyOver(world, m, storyLifeMs)) continue
    m.told = true
    world.changed()
    if (!world.state.installed.includes(pageOfAccount(world, m.account)?.id ?? '')) continue
    const { views, reach, shares, comments } = countsAt(world, m)
    notify(world, m.account, 'story_insights', { media_id: m.id, views, reach, shares, replies: comments })
  }
}

const act = (world: IgWorld, action: { do: string; [k: string]: string }): void => {
  const on = action.on !== 'false'
  const account = () => findOrInvent(world, action.account)
  if (action.do === 'comment') commentByHand(world, { media: action.media, user: action.user, text: action.text })
  else if (action.do === 'block') account().blocked = on
  else if (action.do === 'restrict') account().restricted = on
  else if (action.do === 'trials') account().trials = on
  else
    throw new Error(
      'on Instagram one can: comment {media, user, text}, and Instagram: block, restrict, trials {account, on}',
    )
  world.changed()
}

export default defineImitation<InstagramState>({
  platform: 'instagram',
  name: 'Instagram',
  hosts: [
    ...['graph.instagram.com', 'api.instagram.com', 'www.instagram.com'],
    ...['graph.facebook.com', 'www.facebook.com', 'rupload.facebook.com'],
  ],
  seed,
  knobs: {
    /** Pictures are ready at once; early reads of real ones are rare (ms of the virtual clock). */
    imageProcessingMs: 0,
    videoProcessingMs: 8000,
    /** Posts by apps in 24 hours. */
    quotaTotal: 50,
    /** 0 lets a container be published twice, so that a test sees a blind repeat as two posts. */
    duplicateGuard: 1,
    /** Lists show a new post or comment this much later (ms). */
    listLagMs: 0,
    /** So many reads of every new container are answered "no such object" [4]. */
    blindReads: 0,
    /** So many videos fail their processing with 2207082. */
    videoFailures: 0,
    /** 1: no video can be fetched from its address. */
    pullBroken: 0,
    /** A rupload breaks off after so many bytes; 0 = off. */
    cutUploadBytes: 0,
    /** 1: a blocked account publishes all the same, and is answered 4/2207051. */
    blockedButLive: 0,
  },
  routes,
  posts: ledger,
  accounts: (world) => world.state.accounts.map(sandboxAccount),
  tokens: (world, word) => {
    const account = findOrInvent(world, word)
    const scopes = Object.keys(login.scopes)
    const page = pageOfAccount(world, account.id)!
    return {
      credentials: {
        instagramAppId: world.state.app.id,
        instagramAppSecret: world.state.app.secret,
        metaAppId: world.state.meta.app.id,
        metaAppSecret: world.state.meta.app.secret,
      },
      tokens: {
        access_token: mintOwn(world, { account: account.id, scopes, long: true }),
        user_id: account.id,
        expires_in: login.longSecs,
        facebook: issueFor(world, page, facebookScopes),
      },
    }
  },
  revoke: (world, word) => {
    const account = word === undefined ? undefined : findOrInvent(world, word)
    for (const t of Object.values(world.state.tokens)) if (!account || t.account === account.id) t.dead = true
    revokePage(world, account ? pageOfAccount(world, account.id) : undefined)
    world.changed()
  },
  faultAnswer: (_world, status) =>
    graphFault(status, {
      code: 80002,
      message: '(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.',
      headers: {
        'x-business-use-case-usage': JSON.stringify({
          '17841400000000101': [
            {
              type: 'instagram',
              call_count: 100,
              total_cputime: 23,
              total_time: 23,
              estimated_time_to_regain_access: 19,
            },
          ],
        }),
      },
    }),
  answers: (world, req) => /instagram\.com$/.test(req.host) || knowsCaller(world, req),
  tick,
  act,
  render,
  css,
})
