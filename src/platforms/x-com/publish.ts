/**
 * Publishing on X: upload pictures, then one create per post of the thread, then the first comment.
 *
 * X has no idempotency key. A create whose answer is lost is looked for in the account's own timeline: same text after
 * undoing what X does to texts, same parent, same number of pictures, not older than the attempt (fact sheet §4). The
 * timeline lags, so an empty look counts only after 45 seconds.
 */
import {
  absent,
  type Created,
  done,
  found,
  type Json,
  mediaIndices,
  namedBy,
  type StepContext,
  step,
  steps,
  unsure,
  type Witness,
} from '#kit/client/steps.ts'
import { type Access, createPost, type TimelinePost, userPosts } from './api.ts'
import type { Settings } from './spec.ts'
import { echoedKey, hasUrl, sentKey } from './text.ts'
import { upload } from './upload.ts'

type T = StepContext<Settings>

/** Clocks differ, and `created_at` has whole seconds. */
const clockSlackMs = 2 * 60_000
const lookPages = 5

const accessOf = (t: T): Access => ({ http: t.http, access: t.grant.access })
const permalink = (t: T, id: string) =>
  t.channel.handle ? `https://x.com/${t.channel.handle}/status/${id}` : `https://x.com/i/web/status/${id}`
const posted = (t: T, id: string): Created => ({ id, url: permalink(t, id) })

/** The id of an earlier post; a person may have given only its link. */
const idOf = (t: T, index: number): string =>
  namedBy<Created>(t, `create:${index}`, (url) => /\/status\/(\d+)/.exec(url)?.[1]).id
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

type Sought = { text: string; parent: string | null; media: number }

const isMediaLink = (u: TimelinePost['urls'][number]) =>
  Boolean(u.media_key) ||
  /\/status\/\d+\/(photo|video)\/\d+$/.test(u.expanded_url ?? '') ||
  /^pic\.(x|twitter)\.com\//.test(u.display_url ?? '')
const keyOf = (p: TimelinePost) =>
  echoedKey(
    p.text,
    p.urls.map((u) => ({ url: u.url, expanded: u.expanded_url ?? u.unwound_url ?? u.url, media: isMediaLink(u) })),
  )

/** Looks for one post in the account's own timeline. Posts that are checkpoints of this publication are not it. */
const look = async (t: T, want: Sought): Promise<Witness> => {
  const since = t.firstBegunAt - clockSlackMs
  const taken = new Set(t.segments.map((_, i) => t.done<Created>(`create:${i}`)?.id))
  const key = sentKey(want.text)
  let page: string | undefined
  for (let n = 0; n < lookPages; n++) {
    const answer = await userPosts(accessOf(t), t.channel.externalId, since, page)
    const hit = (answer.data ?? [])
      .filter(
        (p) =>
          !taken.has(p.id) &&
          p.replyTo === want.parent &&
          p.media === want.media &&
          keyOf(p) === key &&
          (!p.createdAt || Date.parse(p.createdAt) >= since),
      )
      // The oldest: a later twin would be somebody's second press of the button.
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))[0]
    if (hit) return found(posted(t, hit.id))
    page = answer.meta?.next_token
    if (!page) return absent
  }
  return unsure('The account posted too much since then to be sure. Look at the profile before publishing again.')
}

const lag = { believeEmptyAfterMs: 45_000 }
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
        look(t, {
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
      witness: (t) => look(t, { text: t.firstComment!, parent: commentParent(t), media: 0 }),
    },
    async (t) => {
      const text = t.firstComment!.trim()
      const sent = { text, reply: { in_reply_to_tweet_id: commentParent(t) } }
      return done(posted(t, (await createPost(accessOf(t), sent, hasUrl(text))).id))
    },
  ),
)
