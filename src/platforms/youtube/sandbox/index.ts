/**
 * The imitation of YouTube: Google sign-in with brand accounts, resumable uploads, processing that takes time, daily
 * quotas that end at midnight in California, comments, playlists, captions, reports that lag, and the WebSub hub.
 * Facts: fact sheet youtube.md; numbers: `numbers.ts`.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { googleFault } from '../../families/google/sandbox/answers.ts'
import { googleOAuthHosts, googleOAuthRoutes, meantForGoogle, mintGoogle } from '../../families/google/sandbox/oauth.ts'
import { analyticsRoutes } from './analytics.ts'
import { commentRoutes } from './comments.ts'
import { hubRoutes, hubTick } from './hub.ts'
import { listRoutes } from './lists.ts'
import * as n from './numbers.ts'
import { css, render } from './render.ts'
import {
  accountOf,
  avatarOf,
  type Comment,
  findOrInvent,
  seed,
  type Video,
  type YouTubeState,
  type YouTubeWorld,
} from './state.ts'
import { extraRoutes } from './thumbnails-captions.ts'
import { timePasses } from './upload.ts'
import { isShort, videoUrl } from './video.ts'
import { videoRoutes } from './videos.ts'

/** Both names of the Data API. */
const apiHosts = ['www.googleapis.com', 'youtube.googleapis.com'] as const

const videoPost = (v: Video): LedgerPost => ({
  id: v.id,
  account: v.channel,
  text: v.snippet.description,
  media: [{ key: v.blob, mime: v.mime, alt: '' }],
  kind: isShort(v) ? 'short' : 'video',
  replyTo: null,
  at: v.at,
  url: videoUrl(v),
  raw: v.raw,
  // What YouTube refused after the upload nobody can see.
  ...(v.deleted || v.uploadStatus === 'failed' || v.uploadStatus === 'rejected' ? { deleted: true } : {}),
})

const commentPost = (c: Comment): LedgerPost => ({
  id: c.id,
  account: c.channel,
  text: c.text,
  media: [],
  kind: 'comment',
  replyTo: c.video,
  at: c.at,
  url: `https://www.youtube.com/watch?v=${c.video}&lc=${c.id}`,
  raw: c.raw,
  ...(c.deleted ? { deleted: true } : {}),
})

const act = (world: YouTubeWorld, action: { do: string; [k: string]: string }): void => {
  if (action.do === 'doom') world.state.doom.push(action.reason ?? 'inappropriate')
  else if (action.do === 'verify') findOrInvent(world, action.account).verified = action.on !== 'false'
  else if (action.do === 'forget-sessions') world.state.sessions = {}
  else
    throw new Error(
      'on YouTube one can: doom {reason} (what becomes of the next upload), verify {account, on}, forget-sessions',
    )
  world.changed()
}

export default defineImitation<YouTubeState>({
  platform: 'youtube',
  name: 'YouTube',
  hosts: [
    ...new Set([...apiHosts, ...googleOAuthHosts]),
    'youtubeanalytics.googleapis.com',
    'pubsubhubbub.appspot.com',
  ],
  seed,
  knobs: {
    /** Processing of a video (ms of the virtual clock). */
    processingMs: 12_000,
    /** A new video shows in the list of uploads this much later (ms), a comment under its video so. */
    uploadsLagMs: 4_000,
    commentsLagMs: 3_000,
    /** 0 takes the duplicate guard away: the same file twice is not rejected. */
    duplicateGuard: 1,
    /** 0 counts but never refuses. */
    quotas: 1,
    /** Uploads of the whole app in a day. */
    uploadsADay: n.quota.uploads,
    /** Videos one channel may upload in 24 hours. */
    channelUploads: n.channelUploads.limit,
    /** How long an upload session is remembered (ms). */
    sessionLifeMs: n.upload.sessionMs,
    /** Bytes of each piece but the last that are not stored. */
    storeLess: 0,
    /** 0: the last piece is answered 200 instead of 201. */
    answer201: 1,
  },
  routes: (world) => [
    ...googleOAuthRoutes(world, {
      network: 'YouTube',
      scopes: n.scopeWords,
      accounts: () => world.state.channels.map(accountOf),
      person: (account) => {
        const c = world.state.channels.find((x) => x.id === account)
        return (
          c && { sub: `1${c.subscribers}${c.hue}`.padEnd(21, '7'), name: c.title, email: c.email, picture: avatarOf(c) }
        )
      },
    }),
    ...apiHosts.flatMap((host) => [
      ...videoRoutes(world, host),
      ...listRoutes(world, host),
      ...commentRoutes(world, host),
      ...extraRoutes(world, host),
    ]),
    ...analyticsRoutes(world),
    ...hubRoutes(world),
  ],
  answers: meantForGoogle,
  posts: (world) =>
    [...world.state.videos.map(videoPost), ...world.state.comments.map(commentPost)].sort((a, b) => a.at - b.at),
  accounts: (world) => world.state.channels.filter((c) => c.uploads !== '').map(accountOf),
  tokens: (world, account) => {
    const c = findOrInvent(world, account)
    const scopes = [n.SCOPE.manage, n.SCOPE.analytics]
    return {
      credentials: { ...world.state.google.app },
      tokens: { ...mintGoogle(world, { account: c.id, scopes, offline: true }), channel_id: c.id },
    }
  },
  revoke: (world, account) => {
    const c = account === undefined ? undefined : findOrInvent(world, account)
    revokeTokens(world.state.google.tokens, (t) => c === undefined || t.account === c.id)
    world.changed()
  },
  faultAnswer: (_world, status) => googleFault(status, 'legacy'),
  tick: async (world) => {
    timePasses(world)
    await hubTick(world)
  },
  act,
  render,
  css,
})
