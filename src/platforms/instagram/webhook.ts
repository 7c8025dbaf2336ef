/**
 * Webhooks (fact sheet §9): comments, mentions, and the last numbers of a story. There is no event for "published".
 * Instagram Login signs with the Instagram app secret, Page-routed events carry Meta's: either is believed.
 */
import type { SubscribeContext } from '#kit/client/webhook.ts'
import { type MetaChange, metaWebhook, subscribeTo } from '../families/meta/webhook.ts'
import { instagramHost, wayOf } from './api.ts'

const str = (value: unknown): string | null => (typeof value === 'string' && value ? value : null)
const inner = (value: unknown, key: string): string | null =>
  value !== null && typeof value === 'object' ? str((value as Record<string, unknown>)[key]) : null

const read = ({ field, value }: MetaChange) => {
  if (field === 'comments' || field === 'live_comments')
    return {
      does: 'comment' as const,
      ref: inner(value.media, 'id'),
      ...(str(value.id) ? { key: `comment-${str(value.id)}` } : {}),
    }
  if (field === 'mentions') return { does: 'comment' as const, ref: str(value.media_id) }
  if (field === 'story_insights') return { does: 'metrics' as const, ref: str(value.media_id) }
  return null
}

const subscribe = async (t: SubscribeContext): Promise<void> => {
  if (wayOf(t.grant) === 'instagram-login') return subscribeTo(t, ['comments', 'mentions'], instagramHost)
  const pageId = t.grant.extra?.pageId
  if (!pageId) return
  // Installs the app on the Page, which is what brings the events of the account linked to it.
  await subscribeTo(
    {
      ...t,
      credentials: { clientSecret: t.credentials.metaAppSecret ?? '' },
      channel: { ...t.channel, externalId: pageId },
    },
    ['feed'],
  )
}

export const webhook = metaWebhook({
  object: 'instagram',
  secrets: (t) => [t.credentials.instagramAppSecret ?? '', t.credentials.metaAppSecret ?? ''],
  read,
  subscribe,
})
