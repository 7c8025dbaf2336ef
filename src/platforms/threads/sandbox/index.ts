/**
 * The imitation of Threads: its login, containers that really fetch what their addresses lead to, processing that takes virtual
 * time, publishing with its quotas, replies, polls, insights that grow, webhooks. Facts: fact sheet threads.md; numbers:
 * `numbers.ts`. What Meta's networks share comes from families/meta/sandbox.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { graphFault } from '../../families/meta/sandbox/envelope.ts'
import { mentionByHand, replyByHand } from './hooks.ts'
import { login, quota } from './numbers.ts'
import { mint } from './oauth.ts'
import { css, render } from './render.ts'
import { apiHosts, pageHosts, routes } from './routes.ts'
import { findOrInvent, type Post, permalinkOf, sandboxAccount, seed, type ThreadsState, type ThWorld } from './state.ts'

const kindOf = (p: Post): string => {
  if (p.kind !== 'TEXT') return p.kind.toLowerCase()
  if (p.params.poll_attachment !== undefined) return 'poll'
  if (p.params.link_attachment !== undefined) return 'link'
  return p.params.is_ghost_post === 'true' ? 'ghost' : 'text'
}

const entry = (p: Post, account: string): LedgerPost => ({
  id: p.id,
  account,
  text: p.text,
  media: p.items.map(({ key, mime, alt }) => ({ key, mime, alt })),
  kind: kindOf(p),
  replyTo: p.replyTo,
  at: p.at,
  url: permalinkOf(p),
  raw: p.raw,
  ...(p.deleted ? { deleted: true } : {}),
})

const act = (world: ThWorld, action: { do: string; [k: string]: string }): void => {
  const account = () => findOrInvent(world, action.account)
  const on = action.on !== 'false'
  if (action.do === 'reply') replyByHand(world, { post: action.post, user: action.user, text: action.text })
  else if (action.do === 'mention')
    mentionByHand(world, { account: account().id, user: action.user, text: action.text })
  else if (action.do === 'block') account().blocked = on
  else if (action.do === 'restrict') account().restricted = on
  else if (action.do === 'delete') {
    const p = world.state.posts.find((x) => x.id === action.post)
    if (!p) throw new Error('there is no such post')
    p.deleted = true
  } else
    throw new Error(
      'on Threads one can: reply {post, user, text}, mention {account, user, text}, delete {post}, and Threads: block, restrict {account, on}',
    )
  world.changed()
}

export default defineImitation<ThreadsState>({
  platform: 'threads',
  name: 'Threads',
  hosts: [...apiHosts, ...pageHosts],
  seed,
  knobs: {
    /** How long containers are IN_PROGRESS (ms of the virtual clock). Real texts take up to some seconds. */
    textProcessingMs: 0,
    imageProcessingMs: 2000,
    videoProcessingMs: 8000,
    /** In 24 hours, by apps. */
    quotaTotal: quota.posts,
    replyTotal: quota.replies,
    deleteTotal: quota.deletes,
    /** 0 lets a container be published twice, so that a test sees a blind repeat as two posts. */
    duplicateGuard: 1,
    /** Lists show a new post this much later (ms). */
    listLagMs: 0,
    /** A new post can be answered or quoted this much later (ms). */
    parentLagMs: 0,
    /** So many reads of every new container are answered 24/4279009. */
    blindReads: 0,
    /** So many publishes of every finished container are answered 24/4279009 [3.2]. */
    lateSends: 0,
    /** 1: every video fails its processing with UNKNOWN. */
    videoFailures: 0,
    /** 1: nothing can be fetched from its address. */
    pullBroken: 0,
    /** 1: a blocked account publishes all the same, and is answered 2207051. */
    blockedButLive: 0,
    /** 1: reads show an inline topic without its #. */
    hashless: 0,
  },
  routes,
  posts: (world) => world.state.posts.flatMap((p) => (p.account === null ? [] : [entry(p, p.account)])),
  accounts: (world) => world.state.accounts.map(sandboxAccount),
  tokens: (world, word) => {
    const account = findOrInvent(world, word)
    return {
      credentials: { clientId: world.state.meta.app.id, clientSecret: world.state.meta.app.secret },
      tokens: {
        access_token: mint(world, { account: account.id, scopes: Object.keys(login.scopes), long: true }),
        user_id: account.id,
        token_type: 'bearer',
        expires_in: login.longSecs,
      },
    }
  },
  revoke: (world, word) => {
    const account = word === undefined ? undefined : findOrInvent(world, word)
    for (const t of Object.values(world.state.tokens)) if (!account || t.account === account.id) t.dead = true
    world.changed()
  },
  faultAnswer: (_world, status) => graphFault(status, { code: 17, message: '(#17) User request limit reached' }),
  act,
  render,
  css,
})
