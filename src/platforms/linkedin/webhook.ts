/**
 * Events about pages (fact sheet §9), for apps whose use LinkedIn approved. LinkedIn signs `hmacsha256=` and the raw body
 * with the client secret; nothing in it says when it was sent, so that none is ever stale: deliveries are told apart by
 * their number.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { challengeOf, type Webhook, type WebhookContext, type WebhookEvent } from '#kit/client/webhook.ts'
import { accessOf, enc, rest } from './rest.ts'

const hmac = (secret: string, message: Buffer | string) => createHmac('sha256', secret).update(message).digest('hex')

/** The app for pages signs; without one of its own, the only app. */
const secretsOf = (t: Pick<WebhookContext, 'credentials'>): string[] =>
  [t.credentials.pagesClientSecret, t.credentials.clientSecret].flatMap((s) => (s ? [s] : []))

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const notification = z.object({
  notificationId: z.coerce.string(),
  action: z.string(),
  organizationalEntity: z.string().optional(),
  sourcePost: z.string().optional(),
  generatedActivity: z.string().optional(),
})
const envelope = z.object({ type: z.string(), notifications: z.array(notification) })

const does: Record<string, WebhookEvent['does']> = {
  LIKE: 'metrics',
  SHARE: 'metrics',
  COMMENT: 'comment',
  ADMIN_COMMENT: 'comment',
  COMMENT_EDIT: 'comment',
  COMMENT_DELETE: 'metrics',
  SHARE_MENTION: 'other',
}

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

export const webhook: Webhook = {
  handshake: (t, r) => {
    if (r.method !== 'GET' || r.query.challengeCode === undefined) return null
    const code = challengeOf(r, 'challengeCode', 'uuid')
    const [secret] = secretsOf(t)
    if (!secret || code === null) return { status: 403, body: '' }
    const body = JSON.stringify({ challengeCode: code, challengeResponse: hmac(secret, code) })
    return { status: 200, type: 'application/json', body }
  },
  verify: (t, r) => {
    const given = r.headers['x-li-signature']
    if (!given) return 'forged'
    const message = Buffer.concat([Buffer.from('hmacsha256='), r.body])
    return secretsOf(t).some((secret) => same(hmac(secret, message), given)) ? 'ok' : 'forged'
  },
  events: (r) => {
    const parsed = envelope.safeParse(parse(r.body))
    if (!parsed.success) return []
    return parsed.data.notifications.map((n) => ({
      key: `linkedin:${n.notificationId}`,
      account: n.organizationalEntity ?? null,
      does: does[n.action] ?? 'other',
      ref: n.sourcePost ?? null,
      data: { action: n.action, activity: n.generatedActivity ?? null },
    }))
  },
  subscribe: async (t) => {
    const { applicationId } = t.credentials
    const person = t.grant.extra?.person
    // Only pages send events, and only an operator who got the permission knows the app's number.
    if (t.channel.kind !== 'organization' || !applicationId || !person) return
    const key = [
      `developerApplication:${enc(`urn:li:developerApplication:${applicationId}`)}`,
      `user:${enc(person)}`,
      `entity:${enc(t.channel.externalId)}`,
      'eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS',
    ].join(',')
    const grant = { ...t.grant, extra: t.grant.extra ?? {} }
    await rest(accessOf({ http: t.http, grant, credentials: t.credentials }), `/eventSubscriptions/(${key})`, {
      method: 'PUT',
      json: { webhook: t.url },
    })
  },
}
