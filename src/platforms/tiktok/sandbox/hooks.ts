/** The webhooks TikTok sends: `content` is JSON inside JSON, signed with the client secret (fact sheet §9). */
import { createHmac } from 'node:crypto'
import type { Post, Task, TikTokWorld } from './state.ts'

/** Signs and sends; `user` is an open id. */
export const send = (world: TikTokWorld, event: string, user: string, content: Record<string, unknown>): void => {
  if (world.webhookUrl() === null) return
  const { clientKey, clientSecret } = world.state.app
  const seconds = Math.floor(world.now() / 1000)
  const body = JSON.stringify({
    client_key: clientKey,
    event,
    create_time: seconds,
    user_openid: user,
    content: JSON.stringify(content),
  })
  const signature = createHmac('sha256', clientSecret).update(`${seconds}.${body}`).digest('hex')
  world.deliver({
    headers: { 'content-type': 'application/json', 'tiktok-signature': `t=${seconds},s=${signature}` },
    body,
  })
}

const typeOf = (draft: boolean) => (draft ? 'INBOX_SHARE' : 'DIRECT_PUBLISH')

export const sayFailed = (world: TikTokWorld, t: Task): void =>
  send(world, 'post.publish.failed', t.owner, {
    publish_id: t.publishId,
    reason: t.failReason,
    publish_type: typeOf(t.draft),
  })

export const sayDone = (world: TikTokWorld, t: Task): void =>
  send(world, t.draft ? 'post.publish.inbox_delivered' : 'post.publish.complete', t.owner, {
    publish_id: t.publishId,
    publish_type: typeOf(t.draft),
  })

/** `seen`: everybody sees it now, or no longer. */
export const saySeen = (world: TikTokWorld, p: Post, seen: boolean, draft = false): void =>
  send(world, seen ? 'post.publish.publicly_available' : 'post.publish.no_longer_publicaly_available', p.author, {
    publish_id: p.publishId,
    post_id: p.id,
    publish_type: typeOf(draft),
  })
