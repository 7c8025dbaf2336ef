/**
 * X's webhooks (fact sheet §9): a CRC challenge answered with an HMAC, bodies signed with the OAuth 2.0 client secret.
 * X bills every event, so nothing is subscribed by itself; the README says how. There is no time in the signature, so
 * an old event cannot be told from a late one: replays are caught by `event_uuid`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '#kit/client/steps.ts'
import { challengeOf, type Webhook, type WebhookEvent } from '#kit/client/webhook.ts'

const sign = (secret: string, text: string | Buffer) =>
  `sha256=${createHmac('sha256', secret).update(text).digest('base64')}`

const same = (a: string, b: string) => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

const body = z.object({
  data: z.object({
    event_uuid: z.string().min(1),
    event_type: z.string(),
    filter: z.object({ user_id: z.string().optional() }).optional(),
    payload: z.looseObject({ id: z.string().optional() }).optional(),
  }),
})

/** What an event type means to us. */
const meaning: Record<string, WebhookEvent['does']> = {
  'post.create': 'published',
  'post.delete': 'removed',
  'post.reply.create': 'comment',
  'like.create': 'metrics',
  'oauth.revoke': 'revoked',
}

export const webhook: Webhook = {
  handshake: (t, r) => {
    if (r.method !== 'GET' || r.query.crc_token === undefined) return null
    const token = challengeOf(r, 'crc_token', 'token')
    const secret = t.credentials.clientSecret
    if (token === null || !secret) return { status: 403, body: '' }
    const answer = JSON.stringify({ response_token: sign(secret, token) })
    return { status: 200, type: 'application/json', body: answer }
  },
  verify: (t, r) => {
    const secret = t.credentials.clientSecret
    const given = r.headers['x-twitter-webhooks-signature-oauth2'] ?? r.headers['x-twitter-webhooks-signature']
    return secret && given && same(given, sign(secret, r.body)) ? 'ok' : 'forged'
  },
  events: (r) => {
    let value: unknown
    try {
      value = JSON.parse(r.body.toString('utf8'))
    } catch {
      return []
    }
    const parsed = body.safeParse(value)
    if (!parsed.success) return []
    const { event_uuid, event_type, filter, payload } = parsed.data.data
    const does = Object.hasOwn(meaning, event_type) ? meaning[event_type]! : 'other'
    return [
      {
        key: event_uuid,
        account: filter?.user_id ?? null,
        does,
        ref: payload?.id ?? null,
        data: parsed.data.data as unknown as Json,
      },
    ]
  },
}
