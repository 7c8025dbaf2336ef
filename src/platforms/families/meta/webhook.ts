/**
 * Meta's webhooks (fact sheets facebook.md §9, instagram.md §9): the `hub.challenge` handshake, HMAC-SHA256 over the very
 * bytes (Meta escapes non-ASCII, so a body written anew has another signature), batches of entries, and the
 * `signed_request` of deauthorize callbacks.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Json } from '#kit/client/steps.ts'
import {
  challengeOf,
  type SubscribeContext,
  type Webhook,
  type WebhookContext,
  type WebhookEvent,
  type WebhookRequest,
} from '#kit/client/webhook.ts'
import { graphPost, graphSuccess } from './graph.ts'

/** Members of a body nobody has checked; empty for what is no object. */
export type Bag = Record<string, unknown>
export const bag = (value: unknown): Bag =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Bag) : {}
/** Text, or a number as text; null for the rest. */
export const str = (value: unknown): string | null =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : null

/** Compares in constant time; the digests hide the lengths too. */
const same = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

/** Meta tries again for 36 hours; an entry older than that was kept by somebody else (ms). */
const believedMs = 40 * 3_600_000

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

/** One change of one account, as `events` sees it. */
export type MetaChange = {
  /** Page or account id (`entry.id`). */
  account: string
  /** `feed`, `comments`, `mention`, ... */
  field: string
  value: Bag
  /** Epoch ms of `entry.time`; null when it is not told. */
  at: number | null
}

/** The changes of a body, in order; both shapes: `entry[].changes[]` and `field`/`value` right in the entry. */
export const metaChanges = (body: Buffer, object: string): MetaChange[] => {
  const b = bag(parse(body))
  if (b.object !== object || !Array.isArray(b.entry)) return []
  return b.entry.map(bag).flatMap((entry) => {
    const account = str(entry.id)
    const time = Number(entry.time)
    // Seconds in most products, milliseconds in messaging.
    const at = Number.isFinite(time) && time > 0 ? (time > 1e12 ? time : time * 1000) : null
    const changes = Array.isArray(entry.changes) ? entry.changes.map(bag) : entry.field ? [entry] : []
    return account === null
      ? []
      : changes.flatMap((c) => {
          const field = str(c.field)
          return field ? [{ account, field, value: bag(c.value), at }] : []
        })
  })
}

/** The same when Meta sends the change again; the time of sending is left out on purpose. */
const keyOf = (c: MetaChange): string =>
  createHash('sha256')
    .update(JSON.stringify([c.account, c.field, c.value]))
    .digest('hex')
    .slice(0, 32)

/** What a `signed_request` holds, when the secret made it. Field of a form: `base64url(hmac).base64url(json)`. */
export const readSignedRequest = (
  signed: string,
  secrets: readonly string[],
): { userId: string; issuedAt: number } | null => {
  const [mark, payload, ...rest] = signed.split('.')
  if (!mark || !payload || rest.length > 0) return null
  const good = secrets.some((s) => same(createHmac('sha256', s).update(payload).digest('base64url'), mark))
  const data = bag(parse(Buffer.from(payload, 'base64url')))
  const userId = str(data.user_id)
  return good && userId ? { userId, issuedAt: Number(data.issued_at) * 1000 } : null
}

const signedRequest = (r: WebhookRequest): string | null =>
  /^application\/x-www-form-urlencoded/i.test(r.headers['content-type'] ?? '')
    ? new URLSearchParams(r.body.toString('utf8')).get('signed_request')
    : null

export type MetaWebhook = {
  /** The `object` of its events: `page`, `permissions`, ... */
  object: string
  /** Secrets that may have signed, best first. Default: `clientSecret`. */
  secrets?: (t: WebhookContext) => readonly string[]
  /** One change in our words; null: nothing for us. `key` and `account` are filled in when left out. */
  read: (change: MetaChange) => (Pick<WebhookEvent, 'does' | 'ref'> & Partial<WebhookEvent>) | null
  subscribe?: (t: SubscribeContext) => Promise<void>
}

export const metaWebhook = (o: MetaWebhook): Webhook => {
  const secrets = (t: WebhookContext) =>
    (o.secrets ? o.secrets(t) : [t.credentials.clientSecret ?? '']).filter((s) => s !== '')
  return {
    handshake: (t, r) => {
      if (r.method !== 'GET' || r.query['hub.mode'] !== 'subscribe') return null
      const challenge = challengeOf(r, 'hub.challenge', 'digits')
      if (challenge === null) return { status: 403, type: 'text/plain', body: 'no challenge' }
      return same(r.query['hub.verify_token'] ?? '', t.secret)
        ? { status: 200, type: 'text/plain', body: challenge }
        : { status: 403, type: 'text/plain', body: 'wrong verify token' }
    },
    verify: (t, r) => {
      const signed = signedRequest(r)
      if (signed !== null) return readSignedRequest(signed, secrets(t)) ? 'ok' : 'forged'
      const mark = r.headers['x-hub-signature-256'] ?? ''
      const good = secrets(t).some((s) => same(`sha256=${createHmac('sha256', s).update(r.body).digest('hex')}`, mark))
      if (!good) return 'forged'
      const times = metaChanges(r.body, o.object).flatMap((c) => (c.at === null ? [] : [c.at]))
      return times.length > 0 && times.every((at) => at < t.now() - believedMs) ? 'stale' : 'ok'
    },
    events: (r) => {
      const signed = signedRequest(r)
      if (signed !== null) return revoked(signed)
      const out = new Map<string, WebhookEvent>()
      for (const change of metaChanges(r.body, o.object)) {
        const key = keyOf(change)
        const seen = o.read(change)
        if (seen) out.set(key, { key, account: change.account, data: change.value as Json, ...seen })
      }
      return [...out.values()]
    },
    deletion: (t, r) => {
      const signed = signedRequest(r)
      const asked = signed === null ? null : readSignedRequest(signed, secrets(t))
      return asked ? { person: asked.userId, at: asked.issuedAt > 0 ? asked.issuedAt : 0 } : null
    },
    ...(o.subscribe ? { subscribe: o.subscribe } : {}),
  }
}

/** A person removed the app. The id is the person's: Pages are found by it too, as a channel keeps who consented. */
const revoked = (signed: string): WebhookEvent[] => {
  const data = bag(parse(Buffer.from(signed.split('.')[1] ?? '', 'base64url')))
  const userId = str(data.user_id)
  return userId
    ? [
        {
          key: `deauthorize-${userId}-${str(data.issued_at)}`,
          account: userId,
          does: 'revoked',
          ...(Number(data.issued_at) > 0 ? { at: Number(data.issued_at) * 1000 } : {}),
          ref: null,
          data: { userId },
        },
      ]
    : []
}

/** Installs the app on a Page (or account) so that its events come. Safe to repeat. `host`: for the sister networks. */
export const subscribeTo = async (t: SubscribeContext, fields: readonly string[], host?: string): Promise<void> => {
  await graphPost(
    { http: t.http, access: t.grant.access, secret: host ? undefined : t.credentials.clientSecret, host },
    `${t.channel.externalId}/subscribed_apps`,
    { form: { subscribed_fields: fields.join(',') }, expect: graphSuccess },
  )
}
