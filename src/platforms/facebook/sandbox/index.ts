/**
 * The imitation of Facebook Pages: Login with several Pages, posts, photos, videos that take time, reels, stories, lists
 * that lag, insights that grow, webhooks that are signed. Facts: fact sheet facebook.md; numbers: `numbers.ts`.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { knowsCaller } from '../../families/meta/sandbox/door.ts'
import { graphFault } from '../../families/meta/sandbox/envelope.ts'
import { issueFor, loginRoutes, revokePage } from '../../families/meta/sandbox/login.ts'
import { findOrInventPage, nextId, pageAccount } from '../../families/meta/sandbox/state.ts'
import { addComment, feedRoutes } from './feed.ts'
import { insightRoutes } from './insights.ts'
import { nodeRoutes } from './node.ts'
import { addPost, tell, throttled } from './page.ts'
import { photoRoutes } from './photos.ts'
import { css, render } from './render.ts'
import { type Comment, type FbState, type FbWorld, type Post, postOf, seed } from './state.ts'
import { tick, videoRoutes } from './videos.ts'
import { permalink } from './view.ts'

const scopes = [
  'pages_show_list',
  'pages_read_engagement',
  'pages_manage_posts',
  'pages_manage_engagement',
  'pages_read_user_content',
  'pages_manage_metadata',
  'read_insights',
  'business_management',
]

const mediaOf = (world: FbWorld, p: Post): LedgerPost['media'] => {
  const video = p.video ? world.state.videos[p.video]?.file : null
  return [
    ...p.photos.flatMap((id) => world.state.photos[id] ?? []).map((x) => ({ key: x.key, mime: x.mime, alt: x.alt })),
    ...(video ? [{ key: video.key, mime: video.mime, alt: '' }] : []),
  ]
}

const postEntry = (world: FbWorld, p: Post): LedgerPost => {
  const url = permalink(world, p)
  return {
    id: p.id,
    account: p.page,
    text: p.message,
    media: mediaOf(world, p),
    kind: p.state === 'published' ? p.kind : p.state,
    replyTo: null,
    at: p.at,
    url: url.startsWith('/') ? `https://www.facebook.com${url}` : url,
    raw: p.raw,
    ...(p.deleted ? { deleted: true } : {}),
  }
}

const commentEntry = (x: Comment): LedgerPost => ({
  id: x.id,
  account: x.from.id,
  text: x.message,
  media: [],
  kind: 'comment',
  replyTo: x.post,
  at: x.at,
  url: `https://www.facebook.com/${x.id}`,
  raw: { message: x.message },
  ...(x.deleted ? { deleted: true } : {}),
})

/** What people do by hand. */
const act = (world: FbWorld, action: { do: string; [k: string]: string }): void => {
  const page = findOrInventPage(world, action.page)
  const post = postOf(world, action.post)
  const stranger = { id: nextId(world), name: action.name ?? 'Zoë Passer-by' }
  if (action.do === 'post')
    addPost(world, {
      page: page.id,
      kind: 'post',
      message: action.text ?? '',
      link: null,
      photos: [],
      video: null,
      state: 'published',
      due: null,
      raw: { byHand: true },
    }).app = '0'
  else if (action.do === 'comment' && post) addComment(world, post, stranger, action.text ?? 'Nice ❤')
  else if (action.do === 'react' && post)
    tell(world, post.page, {
      from: stranger,
      item: 'reaction',
      verb: 'add',
      reaction_type: 'like',
      post_id: post.id,
      created_time: Math.floor(world.now() / 1000),
    })
  else if (action.do === 'password') revokePage(world, page, 460)
  else if (action.do === 'checkpoint') revokePage(world, page, 459)
  else if (action.do === 'lose-role') page.tasks = {}
  else
    throw new Error(
      'on Facebook a person can: post {page, text}, comment {post, text}, react {post}, password {page}, checkpoint {page}, lose-role {page}',
    )
}

export default defineImitation<FbState>({
  platform: 'facebook',
  name: 'Facebook Pages',
  hosts: ['graph.facebook.com', 'graph-video.facebook.com', 'rupload.facebook.com', 'www.facebook.com'],
  seed,
  knobs: {
    /** A new post or comment shows in lists this much later (ms). */
    listLagMs: 5000,
    /** Work on a video (ms of the virtual clock). */
    processingMs: 8000,
    /** 0 takes the duplicate guard away, so that a test sees a blind repeat as two posts. */
    duplicateGuard: 1,
    /** Largest chunk of a video (bytes); 0 = as Facebook asks. */
    videoChunk: 0,
    /** Breaks the first rupload request off after so many bytes; 0 = never. */
    ruploadCutBytes: 0,
    /** Calls a Page has in 24 hours; 0 = as Facebook has it. */
    pageCalls: 0,
  },
  routes: (world) => [
    ...loginRoutes(world, { network: 'Facebook', accent: '#0a66d8' }),
    ...feedRoutes(world),
    ...photoRoutes(world),
    ...videoRoutes(world),
    ...insightRoutes(world),
    ...nodeRoutes(world),
  ],
  answers: knowsCaller,
  posts: (world) =>
    [
      ...world.state.posts.map((p) => postEntry(world, p)),
      ...world.state.comments.filter((x) => isPage(world, x.from.id)).map(commentEntry),
    ].sort((a, b) => a.at - b.at),
  accounts: (world) => world.state.meta.pages.map(pageAccount),
  tokens: (world, account) => {
    const page = findOrInventPage(world, account)
    const { app } = world.state.meta
    return { credentials: { clientId: app.id, clientSecret: app.secret }, tokens: issueFor(world, page, scopes) }
  },
  revoke: (world, account) => revokePage(world, account === undefined ? undefined : findOrInventPage(world, account)),
  faultAnswer: (_world, status) =>
    graphFault(status, {
      ...throttled,
      message: `(#${throttled.code}) ${throttled.message}`,
      headers: {
        'x-business-use-case-usage': JSON.stringify({
          '100000000001001': [
            { type: 'pages', call_count: 100, total_cputime: 23, total_time: 23, estimated_time_to_regain_access: 12 },
          ],
        }),
      },
    }),
  act,
  tick,
  render,
  css,
})

function isPage(world: FbWorld, id: string): boolean {
  return world.state.meta.pages.some((p) => p.id === id)
}
