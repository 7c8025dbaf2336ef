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
  mediaAt,
  mediaIndices,
  namedBy,
  notYet,
  type StepContext,
  step,
  steps,
  unsure,
  type Witness,
} from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  type Caller,
  createPost,
  type Media,
  setAltText,
  type TimelinePost,
  uploadAppend,
  uploadFinalize,
  uploadInitialize,
  uploadOnce,
  uploadStatus,
  userPosts,
} from './api.ts'
import type { Settings } from './spec.ts'
import { echoedKey, hasUrl, sentKey } from './text.ts'

type T = StepContext<Settings>

/** 4 MiB, or what fits into 1,000 segments; X takes 8 MB at most. */
const chunkOf = (bytes: number) => Math.max(4 * 1024 * 1024, Math.ceil(bytes / 1000))
/** Clocks differ, and `created_at` has whole seconds. */
const clockSlackMs = 2 * 60_000
const lookPages = 5

const caller = (t: T): Caller => ({ http: t.http, access: t.grant.access })
const permalink = (t: T, id: string) =>
  t.channel.handle ? `https://x.com/${t.channel.handle}/status/${id}` : `https://x.com/i/web/status/${id}`
const posted = (t: T, id: string): Created => ({ id, url: permalink(t, id) })

/** Where an upload stands; kept in `saved`, so that a repetition goes on instead of starting over. */
type Progress = { id: string; next: number; closed?: boolean; ready?: boolean }

/** Not ready yet, refused, or ready. */
const wait = (m: Media): number | null => {
  const p = m.processing_info
  if (!p || p.state === 'succeeded') return null
  if (p.state === 'failed')
    throw new PlatformFailure({
      kind: 'refused-media',
      code: 'x-com.processing',
      message: `X could not process the file${p.error?.message ? `: ${p.error.message}` : ''}.`,
    })
  return (p.check_after_secs ?? 3) * 1000
}

const upload = step<Settings>('upload', { again: 'safe', each: 'media' }, async (t) => {
  const { media } = mediaAt(t, t.index)
  const c = caller(t)
  let at = t.saved as Progress | undefined
  const keep = async (next: Progress) => {
    at = next
    await t.save(next)
  }
  if (media.kind === 'image' && media.mime !== 'image/gif') {
    if (!at) await keep({ id: (await uploadOnce(c, await media.blob(), media.mime)).id, next: 0, ready: true })
  } else {
    const blob = await media.blob()
    const chunkBytes = chunkOf(blob.size)
    if (!at)
      await keep({
        id: (
          await uploadInitialize(c, {
            mime: media.mime,
            bytes: blob.size,
            category: media.kind === 'video' ? 'tweet_video' : 'tweet_gif',
          })
        ).id,
        next: 0,
      })
    while (at!.next * chunkBytes < blob.size) {
      const n = at!.next
      await uploadAppend(c, at!.id, n, blob.slice(n * chunkBytes, (n + 1) * chunkBytes))
      await keep({ ...at!, next: n + 1 })
    }
    if (!at!.ready) {
      const state = at!.closed ? await uploadStatus(c, at!.id) : await uploadFinalize(c, at!.id)
      if (!at!.closed) await keep({ ...at!, closed: true })
      const ms = wait(state)
      if (ms !== null) return notYet(ms, 'X is processing the file')
      await keep({ ...at!, ready: true })
    }
  }
  const alt = media.alt.trim()
  if (alt && media.kind === 'image') await setAltText(c, at!.id, alt)
  return done({ id: at!.id })
})

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
    const answer = await userPosts(caller(t), t.channel.externalId, since, page)
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
    async (t) => done(posted(t, (await createPost(caller(t), body(t, t.index), hasUrl(t.segments[t.index]!.text))).id)),
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
      return done(posted(t, (await createPost(caller(t), sent, hasUrl(text))).id))
    },
  ),
)
