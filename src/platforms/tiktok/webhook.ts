/** Webhooks (fact sheet §9): no handshake, `TikTok-Signature: t=,s=` over `t.body` with the client secret. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '#kit/client/steps.ts'
import type { Webhook, WebhookEvent, WebhookRequest } from '#kit/client/webhook.ts'
import { sayReason } from './failures.ts'

/** How old a signature may be; TikTok tries for 72 hours, but signs each try anew (ms). */
const freshMs = 5 * 60_000

const signatureOf = (header: string | undefined) => {
  const parts = new Map((header ?? '').split(',').map((p) => p.trim().split('=', 2) as [string, string | undefined]))
  const [t, s] = [parts.get('t'), parts.get('s')]
  return t && /^\d{1,15}$/.test(t) && s && /^[0-9a-f]{64}$/i.test(s) ? { t, s } : null
}

/** post_id may be a number of 64 bits inside the JSON text: it stays the text it was. */
const exact = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? String(value)) : value
const parse = (body: string): unknown => {
  try {
    return JSON.parse(body, exact)
  } catch {
    return null
  }
}

const envelope = z.object({
  event: z.string(),
  create_time: z.coerce.number().default(0),
  user_openid: z.string().optional(),
  content: z.string().default('{}'),
})
const idText = z.union([z.string(), z.number()]).transform(String)
const content = z.object({
  publish_id: z.string().optional(),
  publish_type: z.string().optional(),
  post_id: idText.optional(),
  reason: idText.optional(),
})
type Content = z.output<typeof content>

/** Why an authorization ended, by TikTok's numbers. */
const removed: Record<string, string> = {
  '1': 'The account was disconnected from the app on TikTok.',
  '2': 'The TikTok account was deleted.',
  '3': 'TikTok ended the connection because the age of the account changed.',
  '4': 'TikTok has banned the account.',
  '5': 'The connection was revoked by the app.',
}

const meaning = (event: string, c: Content): Pick<WebhookEvent, 'does' | 'message'> => {
  switch (event) {
    case 'authorization.removed':
      return { does: 'revoked', message: removed[c.reason ?? '0'] ?? 'TikTok ended the connection.' }
    case 'post.publish.failed':
      return { does: 'refused', message: sayReason(c.reason) }
    // A draft that reached the inbox is as published as it gets from here.
    case 'post.publish.inbox_delivered':
    case 'post.publish.complete':
    case 'post.publish.publicly_available':
      return { does: 'published' }
    case 'post.publish.no_longer_publicaly_available':
    case 'post.publish.no_longer_publicly_available':
      return { does: 'removed', message: 'TikTok says that the post is no longer public.' }
    default:
      return { does: 'other' }
  }
}

export const webhook: Webhook = {
  verify: (t, r) => {
    const signature = signatureOf(r.headers['tiktok-signature'])
    const secret = t.credentials.clientSecret
    if (!signature || !secret) return 'forged'
    const want = createHmac('sha256', secret).update(`${signature.t}.`).update(r.body).digest()
    if (!timingSafeEqual(want, Buffer.from(signature.s, 'hex'))) return 'forged'
    return Math.abs(t.now() - Number(signature.t) * 1000) > freshMs ? 'stale' : 'ok'
  },
  events: (r: WebhookRequest): WebhookEvent[] => {
    const outer = envelope.safeParse(parse(r.body.toString('utf8')))
    if (!outer.success) return []
    const e = outer.data
    const inner = parse(e.content)
    const c = content.safeParse(inner)
    if (!c.success) return []
    return [
      {
        key: [e.event, e.user_openid ?? '', c.data.publish_id ?? '', c.data.post_id ?? '', e.create_time].join(':'),
        account: e.user_openid ?? null,
        ref: c.data.publish_id ?? null,
        ...meaning(e.event, c.data),
        ...(/publicly_available$/.test(e.event) &&
        !/no_longer/.test(e.event) &&
        /^\d{1,30}$/.test(c.data.post_id ?? '') &&
        e.user_openid
          ? { url: `https://www.tiktok.com/@/video/${c.data.post_id}` }
          : {}),
        ...(e.create_time > 0 ? { at: e.create_time * 1000 } : {}),
        data: { event: e.event, ...(inner as { [key: string]: Json }) },
      },
    ]
  },
}
