/**
 * Webhooks of Threads (fact sheet threads.md §9): handshake, signature and the callback of a removed app are Meta's; the body
 * is Threads' own, one event of a topic. They are subscribed to in the app's dashboard, by topic; there is no call for it.
 */
import type { Json } from '#kit/client/steps.ts'
import type { Webhook, WebhookEvent, WebhookRequest } from '#kit/client/webhook.ts'
import { type Bag, bag, metaWebhook, str } from '../families/meta/webhook.ts'

/** How long Threads tries again is not documented; Meta's other products do for 36 hours (ms). */
const believedMs = 40 * 3_600_000

type Hook = { target: string | null; at: number | null; changes: { field: string; value: Bag }[] }

/** `values` is one object in the documents; a list of them would be read as well. */
const read = (body: Buffer): Hook => {
  let whole: Bag = {}
  try {
    whole = bag(JSON.parse(body.toString('utf8')))
  } catch {
    // Not JSON: no events.
  }
  const list = Array.isArray(whole.values) ? whole.values : [whole.values]
  const time = Number(whole.time)
  return {
    target: str(whole.target_id),
    at: Number.isFinite(time) && time > 0 ? time * 1000 : null,
    changes: list.map(bag).flatMap((x) => {
      const field = str(x.field)
      return field ? [{ field, value: bag(x.value) }] : []
    }),
  }
}

const eventOf = (field: string, value: Bag, target: string | null): WebhookEvent | null => {
  const id = str(value.id)
  if (id === null) return null
  const base = { key: `${field}-${id}`, data: value as Json }
  const root = bag(value.root_post)
  switch (field) {
    case 'replies':
      // The root is ours for sure; the post answered may be another reader's.
      return { ...base, does: 'comment', account: str(root.owner_id), ref: str(root.id) ?? target }
    case 'mentions':
      return { ...base, does: 'comment', account: target, ref: id }
    case 'publish':
      return { ...base, does: 'published', account: null, ref: id }
    case 'delete':
      return { ...base, does: 'removed', account: str(bag(value.owner).owner_id), ref: id }
    default:
      return { ...base, does: 'other', account: null, ref: id }
  }
}

const meta = metaWebhook({
  object: 'threads',
  // Which of the two signs is not documented; the Threads secret is assumed.
  secrets: (t) => [t.credentials.clientSecret ?? '', t.credentials.metaAppSecret ?? ''],
  read: () => null,
})

export const webhook: Webhook = {
  handshake: meta.handshake!,
  deletion: meta.deletion!,
  verify: async (t, r) => {
    const good = await meta.verify(t, r)
    const { at } = read(r.body)
    return good === 'ok' && at !== null && at < t.now() - believedMs ? 'stale' : good
  },
  events: (r: WebhookRequest) => {
    const { target, changes } = read(r.body)
    const own = changes.flatMap(({ field, value }) => eventOf(field, value, target) ?? [])
    return own.length > 0 ? own : meta.events(r)
  },
}
