/**
 * The witness of a post. Reddit has no idempotency key. What was made of files carries their asset ids, known before the
 * submit, in its address (`i.redd.it/<id>.png`, `v.redd.it/<id>`) or its gallery: an exact key. Everything else is
 * looked for among the account's own posts: made since the attempt began and not there before, same community, title,
 * and link or body (fact sheet §4.5).
 */
import { z } from 'zod'
import { absent, found, type Json, type StepContext, unsure, type Witness } from '#kit/client/steps.ts'
import { linkKey } from '#kit/facts/links.ts'
import { accessOf } from './access.ts'
import { type Post, submitted } from './api.ts'
import { assetsOf, bodyOf, kindOf, mediaOf, placeOf, postOf, titleOf } from './post.ts'
import type { Settings } from './spec.ts'
import { sameName, textKey } from './text.ts'

type T = StepContext<Settings>

/** By our own clock, which may differ from Reddit's. */
const clockSlackMs = 2 * 60_000
/** By Reddit's own: `created_utc` and the Date header have whole seconds, and come from two machines. */
const networkSlackMs = 2000
/** A Date header further off than this is not believed. */
const believableSkewMs = 10 * 60_000
const lookPages = 3

/** Text and links show at once; one miss is allowed for (§4.5). */
export const believeTextAfterMs = 30_000
/** Posts of files appear seconds to minutes later; at least 10 minutes must pass before one counts as not made. */
export const believeMediaAfterMs = 10 * 60_000

const memory = z.object({ known: z.array(z.string()), since: z.number() })
export type Memory = z.output<typeof memory>

/**
 * Asked before the create is journalled as begun: what the account has posted already cannot be ours, nor can what is
 * older than this moment by Reddit's own clock.
 */
export const before = async (t: T): Promise<Memory> => {
  const { posts, at } = await submitted(accessOf(t), t.channel.handle)
  const trusted = at !== null && Math.abs(at - t.now()) < believableSkewMs
  return { known: posts.map((p) => p.name), since: trusted ? at - networkSlackMs : t.now() - clockSlackMs }
}

/** Of the last try when it looked again, else of the first. */
const memoryOf = (t: T): Memory => {
  for (const kept of [(t.saved as { before?: Json } | undefined)?.before, t.prepared]) {
    const parsed = memory.safeParse(kept)
    if (parsed.success) return parsed.data
  }
  return { known: [], since: t.firstBegunAt - clockSlackMs }
}

const permalink = (p: Post) => (p.permalink ? `https://www.reddit.com${p.permalink}` : null)

/** Is this the post of these files? */
const carries = (p: Post, assetIds: readonly string[]): boolean => {
  const [, id] = /^https?:\/\/[iv]\.redd\.it\/(\w+)/.exec(p.url ?? '') ?? []
  return (
    (id !== undefined && assetIds.includes(id)) ||
    Boolean(p.gallery_data?.items.some((x) => assetIds.includes(x.media_id)))
  )
}

type Likeness = 'same' | 'near' | 'other'
/** `near`: same community and title, made since, but it says something else. Only a person can tell then. */
const likeness = (t: T, p: Post): Likeness => {
  if (!sameName(p.subreddit, placeOf(t)) || textKey(p.title) !== textKey(titleOf(t))) return 'other'
  const kind = kindOf(t)
  if (p.is_gallery || p.is_video) return 'other'
  if ((kind === 'poll') !== Boolean(p.poll_data) || (kind === 'link') === Boolean(p.is_self)) return 'other'
  const body = textKey(p.selftext) === textKey(bodyOf(t))
  return body && (kind !== 'link' || linkKey(p.url) === linkKey(t.settings.link)) ? 'same' : 'near'
}

/** Walks the account's posts, newest first, until they are older than the attempt. */
const walk = async (t: T, since: number, visit: (p: Post) => void): Promise<'all' | 'too-many'> => {
  let after: string | undefined
  for (let n = 0; n < lookPages; n++) {
    const page = await submitted(accessOf(t), t.channel.handle, after)
    for (const p of page.posts) visit(p)
    after = page.after
    if (!after || page.posts.every((p) => p.created_utc * 1000 < since)) return 'all'
  }
  return 'too-many'
}

/** The oldest: a later twin would be somebody's second press of the button. */
const oldest = (posts: readonly Post[]) => [...posts].sort((a, b) => a.created_utc - b.created_utc)[0]

export const lookForPost = async (t: T): Promise<Witness> => {
  const { known, since } = memoryOf(t)
  const assetIds = mediaOf(t).length > 0 ? assetsOf(t).map((a) => a.assetId) : null
  const hits: Post[] = []
  let near = false
  const seen = await walk(t, since, (p) => {
    if (assetIds) {
      if (carries(p, assetIds)) hits.push(p)
    } else if (!known.includes(p.name) && p.created_utc * 1000 >= since) {
      const how = likeness(t, p)
      if (how === 'same') hits.push(p)
      near ||= how === 'near'
    }
  })
  const hit = oldest(hits)
  if (hit) return found(postOf(t, hit.name, permalink(hit)))
  if (seen === 'too-many')
    return unsure('This account posted too much since then to be sure. Look at its profile before publishing again.')
  return near
    ? unsure('A post with the same title but another text or link is in the community since. Is it this one?')
    : absent
}
