/**
 * The imitation of Pinterest API v5: OAuth with rotating refresh on two hosts (production and Pinterest's own sandbox,
 * each with its boards and tokens), pins of pictures in the call or fetched from an address, carousels, videos by way of
 * an S3 form, lists that lag, analytics that grow. Facts: fact sheet pinterest.md and its OpenAPI file; numbers:
 * `numbers.ts`. There is no guard against doubles, as there is none there.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { analyticsRoutes } from './analytics.ts'
import { faultAnswer } from './answers.ts'
import { mediaRoutes } from './media.ts'
import { mint, oauthRoutes } from './oauth.ts'
import { pinRoutes } from './read.ts'
import { css, render } from './render.ts'
import { accountOf, findOrInvent, nextId, type Pin, type PinterestState, type PinterestWorld, seed } from './state.ts'

const SCOPES = ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read']

const ledger = (world: PinterestWorld, p: Pin): LedgerPost => {
  const film = p.mediaId === null ? undefined : world.state.media[p.mediaId]
  const shown = p.items.map((i) => ({ key: i.blob, mime: i.mime, alt: p.alt ?? '' }))
  return {
    id: p.id,
    account: p.owner,
    text: p.description ?? '',
    media: p.kind === 'video' ? [{ key: film?.blob ?? '', mime: 'video/mp4', alt: p.alt ?? '' }] : shown,
    kind: p.kind,
    replyTo: null,
    at: p.at,
    url: `https://www.pinterest.com/pin/${p.id}/`,
    raw: p.raw,
    ...(p.deleted ? { deleted: true } : {}),
  }
}

export default defineImitation<PinterestState>({
  platform: 'pinterest',
  name: 'Pinterest',
  hosts: [
    'api.pinterest.com',
    'api-sandbox.pinterest.com',
    'www.pinterest.com',
    'pinterest-media-upload.s3-accelerate.amazonaws.com',
  ],
  seed,
  knobs: {
    /** A new pin shows in lists this much later (ms). */
    listLagMs: 3000,
    /** Video processing (ms of the virtual clock). */
    processingMs: 12_000,
    /** 0 counts but never refuses. */
    rateLimits: 1,
    /** 1: the app has Trial access; production takes no pins, and 1,000 calls make a day. */
    trialApp: 0,
    /** 0: Pinterest has not enabled the app. */
    appEnabled: 1,
    /** 0: the app is not let into editing pins. */
    editBeta: 1,
  },
  routes: (world) => [...oauthRoutes(world), ...mediaRoutes(world), ...analyticsRoutes(world), ...pinRoutes(world)],
  posts: (world) => world.state.pins.map((p) => ledger(world, p)),
  accounts: (world) => world.state.users.map(accountOf),
  tokens: (world, account) => {
    const user = findOrInvent(world, account)
    const pair = (environment: 'production' | 'sandbox') =>
      mint(world, { user: user.id, scopes: SCOPES, family: world.id(24), environment, type: 'authorization_code' })
    const boards = world.state.boards.filter((b) => b.owner === user.id && b.environment === 'production')
    return {
      credentials: { ...world.state.app },
      tokens: {
        ...pair('production'),
        sandbox: pair('sandbox'),
        user_id: user.id,
        username: user.username,
        board_id: boards[0]?.id,
      },
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
    const board =
      world.state.boards.find((b) => b.id === action.board) ?? world.state.boards.find((b) => b.owner === user.id)
    if (action.do === 'pin' && board) {
      const blank = { sectionId: null, title: action.title ?? null, link: action.link ?? null, alt: null }
      world.state.pins.push({
        id: nextId(world),
        owner: user.id,
        environment: board.environment,
        boardId: board.id,
        ...blank,
        description: action.text ?? null,
        dominantColor: null,
        kind: 'image',
        items: [],
        mediaId: null,
        at: world.now(),
        deleted: false,
        raw: { byHand: true },
      })
    } else if (action.do === 'delete-board')
      world.state.boards = world.state.boards.filter((b) => b.id !== action.board)
    else throw new Error('on Pinterest a person can: pin {account, board, title, text, link}, delete-board {board}')
    world.changed()
  },
  render,
  css,
})
