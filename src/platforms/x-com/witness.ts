/**
 * Looking for a post whose answer was lost, in the account's own timeline: same text after undoing what X does to texts,
 * same parent, same number of pictures, not older than the attempt (fact sheet §4).
 */
import { absent, type Created, found, namedBy, type StepContext, unsure, type Witness } from '#kit/client/steps.ts'
import { type Access, type TimelinePost, userPosts } from './api.ts'
import type { Settings } from './spec.ts'
import { echoedKey, sentKey } from './text.ts'

export type T = StepContext<Settings>

/** Clocks differ, and `created_at` has whole seconds. */
const clockSlackMs = 2 * 60_000

const lookPages = 5

export const accessOf = (t: T): Access => ({ http: t.http, access: t.grant.access })

const permalink = (t: T, id: string) =>
  t.channel.handle ? `https://x.com/${t.channel.handle}/status/${id}` : `https://x.com/i/web/status/${id}`

export const posted = (t: T, id: string): Created => ({ id, url: permalink(t, id) })

/** The id of an earlier post; a person may have given only its link. */
export const idOf = (t: T, index: number): string =>
  namedBy<Created>(t, `create:${index}`, (url) => /\/status\/(\d+)/.exec(url)?.[1]).id

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
export const lookForPost = async (t: T, want: Sought): Promise<Witness> => {
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

export const lag = { believeEmptyAfterMs: 45_000 }
