/**
 * The imitation of Bluesky: a PDS (bsky.social), the public app view and the PLC directory. Facts: fact sheet
 * bluesky.md and the answers recorded from a real PDS 0.5.35; numbers: `numbers.ts`. It signs in by app password and by
 * OAuth with DPoP, and has the video service beside it.
 */
import { isObject } from '#kit/sandbox/body.ts'
import { defineImitation, type LedgerPost, type SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { faultAnswer } from './answers.ts'
import { oauthRoutes } from './oauth.ts'
import { css, render } from './render.ts'
import { repoRoutes } from './repo.ts'
import { appSession, revokeAll, sessionRoutes } from './session.ts'
import {
  type Appeared,
  accountOf,
  type BskyState,
  type BskyWorld,
  findOrInvent,
  newAppPassword,
  seed,
} from './state.ts'
import { isBlobRef } from './validate.ts'
import { videoRoutes } from './video.ts'
import { viewRoutes } from './view.ts'

/** Pictures and videos of an embed, with their alt text, in order. */
const mediaOf = (world: BskyWorld, embed: unknown): LedgerPost['media'] => {
  if (!isObject(embed)) return []
  const item = (blob: unknown, alt: unknown) => {
    const stored = isBlobRef(blob) ? world.state.blobs[blob.ref.$link] : undefined
    return stored ? [{ key: stored.key, mime: stored.mime, alt: typeof alt === 'string' ? alt : '' }] : []
  }
  const many = (list: unknown) =>
    Array.isArray(list) ? list.flatMap((i: unknown) => (isObject(i) ? item(i.image, i.alt) : [])) : []
  if (isObject(embed.media)) return mediaOf(world, embed.media)
  return [...many(embed.images), ...many(embed.items), ...item(embed.video, embed.alt)]
}

/** XRPC decodes the parameters its lexicon names and passes over the rest. */
const parameters: Record<string, readonly string[]> = {
  'com.atproto.server.getServiceAuth': ['aud', 'exp', 'lxm'],
  'com.atproto.identity.resolveHandle': ['handle'],
  'com.atproto.repo.getRecord': ['repo', 'collection', 'rkey', 'cid'],
  'com.atproto.repo.listRecords': ['repo', 'collection', 'limit', 'cursor', 'reverse'],
  'com.atproto.repo.describeRepo': ['repo'],
  'com.atproto.sync.getBlob': ['did', 'cid'],
  'app.bsky.actor.getProfile': ['actor'],
  'app.bsky.actor.getProfiles': ['actors', 'actors[]'],
  'app.bsky.actor.searchActors': ['q', 'term', 'limit', 'cursor'],
  'app.bsky.actor.searchActorsTypeahead': ['q', 'term', 'limit'],
  'app.bsky.feed.getPosts': ['uris', 'uris[]'],
  'app.bsky.feed.getAuthorFeed': ['actor', 'limit', 'cursor', 'filter', 'includePins'],
  'app.bsky.feed.getPostThread': ['uri', 'depth', 'parentHeight'],
  'app.bsky.video.uploadVideo': ['did', 'name'],
  'app.bsky.video.getJobStatus': ['jobId'],
}
const watched = (r: SandboxRoute): SandboxRoute => {
  const nsid = /^\/xrpc\/(.+)$/.exec(r.path)?.[1]
  if (nsid === undefined) return r
  const handle: SandboxRoute['handle'] = (req) => {
    ignoreParameters(req, req.query.keys(), parameters[nsid] ?? [])
    return r.handle(req)
  }
  return { ...r, handle }
}

const ledger = (world: BskyWorld, p: Appeared): LedgerPost => {
  const reply = isObject(p.value.reply) && isObject(p.value.reply.parent) ? String(p.value.reply.parent.uri) : null
  return {
    id: p.uri,
    account: p.did,
    text: String(p.value.text ?? ''),
    media: mediaOf(world, p.value.embed),
    replyTo: reply,
    at: p.at,
    url: `https://bsky.app/profile/${p.did}/post/${p.uri.split('/').at(-1)}`,
    raw: p.value,
    ...(p.deleted ? { deleted: true } : {}),
  }
}

export default defineImitation<BskyState>({
  platform: 'bluesky',
  name: 'Bluesky',
  hosts: ['bsky.social', 'public.api.bsky.app', 'plc.directory', 'video.bsky.app'],
  seed,
  knobs: {
    /** 0 counts but never refuses. */
    rateLimits: 1,
    /** How long the video service takes (ms of the virtual clock). */
    videoMs: 4000,
  },
  routes: (world) =>
    [
      ...sessionRoutes(world),
      ...oauthRoutes(world),
      ...repoRoutes(world),
      ...viewRoutes(world),
      ...videoRoutes(world),
    ].map(watched),
  posts: (world) => world.state.appeared.map((p) => ledger(world, p)),
  accounts: (world) => world.state.accounts.map(accountOf),
  tokens: (world, account) => {
    const a = findOrInvent(world, account)
    const password = newAppPassword(world, a, `desk ${world.id(6)}`)
    return {
      credentials: {},
      tokens: { ...appSession(world, a, password), service: `${world.url}/bsky.social` },
      form: { identifier: a.handle, appPassword: password },
    }
  },
  revoke: (world, account) => revokeAll(world, account === undefined ? undefined : findOrInvent(world, account).did),
  faultAnswer,
  act: (world, action) => {
    const a = findOrInvent(world, action.account)
    if (action.do === 'takedown') a.status = 'takendown'
    else if (action.do === 'deactivate') a.status = 'deactivated'
    else if (action.do === 'activate') a.status = null
    else throw new Error('on Bluesky one can: takedown, deactivate, activate {account}')
  },
  render,
  css,
})
