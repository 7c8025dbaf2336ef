/** Events of a Page's feed (fact sheet §9). The Page's own posts arrive too, which confirms them. */
import { metaWebhook, subscribeTo } from '../families/meta/webhook.ts'

const word = (value: unknown): string => (typeof value === 'string' ? value : '')
const idOf = (value: unknown): string | null =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : null

const postItems = ['status', 'post', 'photo', 'video', 'share', 'link', 'story', 'reel']

export const webhook = metaWebhook({
  object: 'page',
  read: ({ account, field, value }) => {
    const post = idOf(value.post_id)
    if (field === 'mention') return { does: 'other', ref: post ?? idOf(value.comment_id) }
    if (field !== 'feed') return null
    const item = word(value.item)
    const verb = word(value.verb)
    const from =
      value.from !== null && typeof value.from === 'object' && 'id' in value.from ? idOf(value.from.id) : null
    if (item === 'comment') return { does: verb === 'add' ? 'comment' : 'metrics', ref: post }
    if (item === 'reaction' || item === 'like') return { does: 'metrics', ref: post }
    if (!postItems.includes(item)) return { does: 'other', ref: post }
    if (verb === 'remove' || verb === 'delete') return { does: 'removed', ref: post }
    const held = value.published === 0 || value.published === false || value.published === '0'
    if (verb === 'add' && from === account && !held) return { does: 'published', ref: post }
    return { does: 'other', ref: post }
  },
  subscribe: (t) => subscribeTo(t, ['feed', 'mention']),
})
