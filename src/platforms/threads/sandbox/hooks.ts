/** Webhooks as Threads sends them (§9): one event of a topic, not entries; slashes and non-ASCII escaped, signed over those bytes. */
import { createHmac } from 'node:crypto'
import { escapedJson } from '../../families/meta/sandbox/hooks.ts'
import { stamp } from './door.ts'
import { accountById, addPost, type Post, permalinkOf, rootOf, type ThWorld } from './state.ts'

const types = {
  TEXT: 'TEXT_POST',
  IMAGE: 'IMAGE',
  VIDEO: 'VIDEO',
  CAROUSEL: 'CAROUSEL_ALBUM',
  REPOST: 'REPOST_FACADE',
} as const
export const mediaType = (p: Post): string => types[p.kind]

const send = (world: ThWorld, topic: string, target: string, field: string, value: unknown): void => {
  if (!world.webhookUrl()) return
  const { app } = world.state.meta
  const body = escapedJson({
    app_id: app.id,
    topic,
    target_id: target,
    time: Math.floor(world.now() / 1000),
    subscription_id: '234567',
    has_uid_field: false,
    values: { value, field },
  }).replaceAll('/', '\\/')
  world.deliver({
    headers: {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': `sha256=${createHmac('sha256', app.secret).update(body).digest('hex')}`,
    },
    body,
  })
}

const base = (p: Post) => ({
  id: p.id,
  media_type: mediaType(p),
  permalink: permalinkOf(p),
  timestamp: stamp(p.at),
  username: p.username,
})

/** Carries no text. */
export const onPublish = (world: ThWorld, p: Post): void => send(world, 'interaction', p.id, 'publish', base(p))

export const onDelete = (world: ThWorld, p: Post): void =>
  send(world, 'moderate', p.id, 'delete', {
    id: p.id,
    owner: { owner_id: p.account },
    deleted_at: stamp(p.deletedAt ?? world.now()),
    timestamp: stamp(p.at),
    username: p.username,
  })

const byHand = (world: ThWorld, o: { user?: string; text?: string; replyTo: string | null }): Post =>
  addPost(world, {
    account: null,
    username: o.user ?? 'alice',
    kind: 'TEXT',
    text: o.text ?? 'Świetne! 🍞',
    items: [],
    replyTo: o.replyTo,
    params: {},
    raw: {},
  })

/** Somebody answers a post in the app. `post`: an id, or none for the newest of ours. */
export const replyByHand = (world: ThWorld, o: { post?: string; user?: string; text?: string }): void => {
  const above = world.state.posts.findLast((p) => !p.deleted && (o.post ? p.id === o.post : p.account !== null))
  if (!above) throw new Error('there is no post to answer')
  const made = byHand(world, { ...o, replyTo: above.id })
  const root = rootOf(world, made)
  send(world, 'moderate', made.id, 'replies', {
    ...base(made),
    text: made.text,
    shortcode: made.shortcode,
    replied_to: { id: above.id },
    root_post: { id: root.id, owner_id: root.account, username: root.username },
  })
}

/** Somebody names the account in a post of their own. */
export const mentionByHand = (world: ThWorld, o: { account: string; user?: string; text?: string }): void => {
  const made = byHand(world, {
    user: o.user,
    text: o.text ?? `@${accountById(world, o.account)?.username} hello`,
    replyTo: null,
  })
  send(world, 'interaction', o.account, 'mentions', { ...base(made), text: made.text, shortcode: made.shortcode })
}
