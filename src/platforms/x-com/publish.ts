/**
 * Publishing on X: upload pictures, then one create per post of the thread, then the first comment.
 *
 * X has no idempotency key. A create whose answer is lost is looked for in the account's own timeline: same text after
 * undoing what X does to texts, same parent, same number of pictures, not older than the attempt (fact sheet §4). The
 * timeline lags, so an empty look counts only after 45 seconds.
 */
import { done, type Json, mediaIndices, step, steps } from '#kit/client/steps.ts'
import { createPost } from './api.ts'
import type { Settings } from './spec.ts'
import { hasUrl } from './text.ts'
import { upload } from './upload.ts'
import { accessOf, idOf, lag, lookForPost, posted, type T } from './witness.ts'

const parentOf = (t: T, index: number): string | null => (index === 0 ? null : idOf(t, index - 1))

/** The body of one post of the thread. Unknown members are refused by X, so only what is set is sent. */
const body = (t: T, index: number): Json => {
  const { settings: s } = t
  const segment = t.segments[index]!
  const media = mediaIndices(t, index).map((n) => t.done<{ id: string }>(`upload:${n}`)!.id)
  const parent = parentOf(t, index)
  const root = index === 0
  return {
    ...(segment.text.trim() ? { text: segment.text } : {}),
    ...(media.length ? { media: { media_ids: media } } : {}),
    ...(parent ? { reply: { in_reply_to_tweet_id: parent } } : {}),
    ...(root && s.poll ? { poll: { options: s.poll.options, duration_minutes: s.poll.durationMinutes } } : {}),
    ...(root && s.replySettings !== 'everyone' ? { reply_settings: s.replySettings } : {}),
    ...(root && s.communityId
      ? { community_id: s.communityId, ...(s.shareWithFollowers ? { share_with_followers: true } : {}) }
      : {}),
    ...(s.madeWithAi ? { made_with_ai: true } : {}),
    ...(s.paidPartnership ? { paid_partnership: true } : {}),
  }
}

const commentParent = (t: T) => idOf(t, t.segments.length - 1)

export const publish = steps<Settings>(
  upload,
  step(
    'create',
    {
      again: 'ask',
      each: 'segment',
      ...lag,
      witness: (t) =>
        lookForPost(t, {
          text: t.segments[t.index]!.text,
          parent: parentOf(t, t.index),
          media: t.segments[t.index]!.media.length,
        }),
    },
    async (t) =>
      done(posted(t, (await createPost(accessOf(t), body(t, t.index), hasUrl(t.segments[t.index]!.text))).id)),
  ),
  step(
    'comment',
    {
      again: 'ask',
      ...lag,
      when: (t) => Boolean(t.firstComment?.trim()),
      witness: (t) => lookForPost(t, { text: t.firstComment!, parent: commentParent(t), media: 0 }),
    },
    async (t) => {
      const text = t.firstComment!.trim()
      const sent = { text, reply: { in_reply_to_tweet_id: commentParent(t) } }
      return done(posted(t, (await createPost(accessOf(t), sent, hasUrl(text))).id))
    },
  ),
)
