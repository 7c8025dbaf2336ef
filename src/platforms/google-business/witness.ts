/**
 * Looking for a post whose create got no answer. Google has no key against doubles and does not give back where a picture
 * came from, so the location's list decides: made since by Google's own clock, not there before, of the same kind, with
 * the same words, button, title and coupon (fact sheet §4).
 */
import { z } from 'zod'
import type { Created, StepContext } from '#kit/client/steps.ts'
import { type LocalPost, listPosts } from './api.ts'
import { actionOf, mediaOf, offerOf, summaryOf } from './body.ts'
import { accessOf, parentOf } from './location.ts'
import type { Settings } from './spec.ts'
import { textKey } from './text.ts'

export type T = StepContext<Settings>

/** By our own clock, which may differ from Google's. */
const clockSlackMs = 60_000
/** By Google's clock: the Date header has whole seconds, and another machine writes `createTime`. */
const networkSlackMs = 2_000
/** A Date header further off than this is not believed. */
const believableSkewMs = 10 * 60_000
const lookPages = 2
/** The list may show a new post late; the fact sheet asks for two minutes of looking. */
export const believeEmptyAfterMs = 120_000

const shape = z.object({
  /** Posts that were there before: none of them is ours. */
  known: z.array(z.string()),
  /** Google's clock then, and ours (epoch ms). */
  clock: z.number().nullable(),
  ours: z.number(),
  /** When the create was sent and may have been done; null: it provably was not. */
  sentAt: z.number().nullable(),
  /** The post, once Google has named it. */
  name: z.string().optional(),
})
export type Progress = z.output<typeof shape>

/** What is known of this create: the last save, else what was seen before the first try. */
export const progressOf = (t: T): Progress | null => shape.safeParse(t.saved ?? t.prepared).data ?? null

/** What the list shows before a create leaves. */
export const before = async (t: T): Promise<Progress> => {
  const { localPosts, at } = await listPosts(accessOf(t), parentOf(t.channel))
  const ours = t.now()
  const clock = at !== null && Math.abs(at - ours) < believableSkewMs ? at : null
  return { known: localPosts.map((p) => p.name), clock, ours, sentAt: null }
}

/** `near`: it says what ours says, with another button, title or coupon. Only a person can tell then. */
const likeness = (t: T, p: LocalPost): 'same' | 'near' | 'other' => {
  if (p.topicType && p.topicType !== t.settings.topic) return 'other'
  if (textKey(p.summary) !== textKey(summaryOf(t))) return 'other'
  // A picture may be missing while Google still works on the post; one too many is not ours.
  if ((p.media?.length ?? 0) > mediaOf(t).length) return 'other'
  const action = actionOf(t)
  const offer = t.settings.topic === 'OFFER' ? offerOf(t.settings) : {}
  const same =
    (p.callToAction?.actionType ?? '') === (action?.actionType ?? '') &&
    (p.callToAction?.url ?? '') === (action?.url ?? '') &&
    (t.settings.topic === 'STANDARD' || textKey(p.event?.title) === textKey(t.settings.eventTitle)) &&
    (p.offer?.couponCode ?? '') === (offer.couponCode ?? '')
  return same ? 'same' : 'near'
}

export type Seen = { post: LocalPost } | 'none' | 'several' | 'near'

/** Looks through the newest posts. Order is not promised, so every post of a page is judged by its own time. */
export const lookForPost = async (t: T, p: Progress | null): Promise<Seen> => {
  const known = new Set(p?.known)
  const since = p
    ? p.clock === null
      ? p.ours - clockSlackMs
      : p.clock - networkSlackMs
    : t.firstBegunAt - clockSlackMs
  const hits: LocalPost[] = []
  let near = false
  let token: string | undefined
  for (let n = 0; n < lookPages; n++) {
    const page = await listPosts(accessOf(t), parentOf(t.channel), token)
    for (const post of page.localPosts) {
      const at = Date.parse(post.createTime ?? '')
      if (known.has(post.name) || at < since) continue
      const how = likeness(t, post)
      if (how === 'same') hits.push(post)
      near ||= how === 'near'
    }
    token = page.nextPageToken
    if (!token) break
  }
  if (hits.length > 1) return 'several'
  return hits[0] ? { post: hits[0] } : near ? 'near' : 'none'
}

export const doubts = {
  several: 'Several posts with the same words are on this profile since. Is one of them this one?',
  near: 'A post with the same words but another button, title or coupon is on this profile since. Is it this one?',
} as const

/** What a create leaves. The link may be missing until the post is live; then the place itself is the best there is. */
export const postOf = (t: Pick<T, 'channel'>, p: LocalPost): Created => {
  const { maps } = t.channel.facts
  return { id: p.name, url: p.searchUrl ?? (typeof maps === 'string' ? maps : null), state: p.state ?? null }
}
