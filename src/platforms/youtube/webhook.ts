/**
 * WebSub: YouTube's hub tells when a video of a channel appears, changes or goes (fact sheet §9). The hub signs with the
 * secret given when subscribing; a subscription lasts about five days and is made anew by subscribing again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  challengeOf,
  type SubscribeContext,
  type Webhook,
  type WebhookEvent,
  type WebhookRequest,
} from '#kit/client/webhook.ts'

const hub = 'https://pubsubhubbub.appspot.com/subscribe'
export const topicOf = (channelId: string) => `https://www.youtube.com/xml/feeds/videos.xml?channel_id=${channelId}`
const topic = /^https:\/\/www\.youtube\.com\/(xml\/)?feeds\/videos\.xml\?channel_id=UC[\w-]+$/
const leaseSeconds = 432_000
/** Longest feed read; a real one has a few kilobytes. */
const maxBytes = 256 * 1024

const signed = (body: Buffer, secret: string, header: string | undefined): boolean => {
  const given = /^sha1=([0-9a-f]{40})$/i.exec(header ?? '')?.[1]
  if (!given) return false
  return timingSafeEqual(Buffer.from(given, 'hex'), createHmac('sha1', secret).update(body).digest())
}

/** Tells the hub's question about our own subscription from anybody's: only the hub was told this address. */
const wordOf = (secret: string): string =>
  createHmac('sha256', secret).update('callback').digest('base64url').slice(0, 22)
const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const inside = (xml: string, tag: string) => new RegExp(`<${tag}>([^<]{1,200})</${tag}>`).exec(xml)?.[1]?.trim()

/** Atom as this one hub writes it: flat entries, known prefixes. What is not in that form gives no event. */
const events = (r: Pick<WebhookRequest, 'body'>): WebhookEvent[] => {
  if (r.body.length > maxBytes) return []
  const xml = r.body.toString('utf8')
  const out: WebhookEvent[] = []
  for (const [entry] of xml.matchAll(/<entry>[\s\S]*?<\/entry>/g)) {
    const video = inside(entry, 'yt:videoId')
    if (!video) continue
    const [published, updated] = [inside(entry, 'published') ?? null, inside(entry, 'updated') ?? null]
    out.push({
      key: `${video}/${updated ?? published ?? ''}`,
      account: inside(entry, 'yt:channelId') ?? null,
      does: 'published',
      ref: video,
      data: { video, published, updated },
    })
  }
  for (const [entry] of xml.matchAll(/<at:deleted-entry\s[\s\S]*?<\/at:deleted-entry>/g)) {
    const video = /\sref="yt:video:([\w-]{1,64})"/.exec(entry)?.[1]
    if (!video) continue
    const when = /\swhen="([^"]{1,64})"/.exec(entry)?.[1] ?? null
    const account = /\/channel\/(UC[\w-]+)/.exec(entry)?.[1] ?? null
    out.push({ key: `${video}/deleted/${when ?? ''}`, account, does: 'removed', ref: video, data: { video, when } })
  }
  return out
}

const subscribe = async (t: SubscribeContext): Promise<void> => {
  await t.http({
    method: 'POST',
    url: hub,
    form: {
      'hub.mode': 'subscribe',
      'hub.topic': topicOf(t.channel.externalId),
      'hub.callback': `${t.url}?word=${wordOf(t.secret)}`,
      'hub.verify': 'async',
      'hub.secret': t.secret,
      'hub.lease_seconds': String(leaseSeconds),
    },
  })
}

export const webhook: Webhook = {
  handshake: (t, r) => {
    const { method, query } = r
    const mode = query['hub.mode']
    if (method !== 'GET' || mode === undefined) return null
    const challenge = challengeOf(r, 'hub.challenge', 'token')
    // Clarion never unsubscribes: a lease runs out by itself. Somebody else's wish to end one is not confirmed, nor is a
    // subscription that Clarion did not ask for: it would put a stranger's secret in the place of ours.
    const asked = same(query.word ?? '', wordOf(t.secret)) && topic.test(query['hub.topic'] ?? '')
    if (mode === 'subscribe' && asked && challenge !== null)
      return { status: 200, type: 'text/plain; charset=utf-8', body: challenge }
    return { status: mode === 'denied' ? 200 : 404, body: '' }
  },
  verify: (t, r) => (signed(r.body, t.secret, r.headers['x-hub-signature']) ? 'ok' : 'forged'),
  events,
  subscribe,
}
