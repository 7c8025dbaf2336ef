/**
 * Looking whether a lost create or comment is there (fact sheet §4).
 *
 * A page's posts can be listed: ours is the one with our upload, which nobody else can have, or the one that says the
 * same, is not older than the attempt, and was not there before it. A person's posts cannot be listed by anybody
 * (`r_member_social` is closed); what LinkedIn says when it is sent the same post again is the only look there is.
 */
import { absent, type Created, found, type Json, unsure, type Witness } from '#kit/client/steps.ts'
import type { PlatformFailure } from '#kit/facts/failures.ts'
import { commentsOf, type ListedPost, pageOfPosts, postsOf } from './api.ts'
import { assetsOf, reshareOf } from './content.ts'
import { accessOf } from './rest.ts'
import { plainKey, sameText } from './text.ts'
import type { T } from './upload.ts'

/** How much LinkedIn's clock may lag behind ours (ms). Servers keep time; more would take an older twin for ours. */
const clockSlackMs = 15_000
const lookPages = 3

/** The address of a post; both kinds of URN work. */
export const permalink = (urn: string): string => `https://www.linkedin.com/feed/update/${urn}/`
export const posted = (urn: string): Created => ({ id: urn, url: permalink(urn) })

/** Which of an account's posts are the same as this one, by what people see. */
const sameAs = (t: T) => {
  const assets = assetsOf(t)
  const { text } = t.segments[0]!
  const parent = reshareOf(t)
  return (p: ListedPost): boolean =>
    assets.length > 0
      ? p.media.length === assets.length && p.media.every((id, n) => id === assets[n])
      : p.media.length === 0 &&
        sameText(text, p.commentary) &&
        p.article === (t.settings.article?.url ?? null) &&
        p.poll === (t.settings.poll?.question ?? null) &&
        p.reshareOf === parent
}

/** Twins that are there before the attempt begins; kept with it, so that no old post is taken for ours. */
export const twinsBefore = async (t: T): Promise<Json> => {
  // An upload of ours is in no other post.
  if (t.segments[0]!.media.length > 0) return []
  const same = sameAs(t)
  return (await postsOf(accessOf(t), t.channel.externalId)).filter(same).map((p) => p.id)
}

/** Looks for the post in the page's own list, newest first. */
export const lookAtPage = async (t: T): Promise<Witness> => {
  const since = t.firstBegunAt - clockSlackMs
  const before = new Set(Array.isArray(t.prepared) ? t.prepared : [])
  const same = sameAs(t)
  for (let n = 0; n < lookPages; n++) {
    const list = await postsOf(accessOf(t), t.channel.externalId, n * pageOfPosts)
    const hits = list.filter((p) => !before.has(p.id) && (p.at === null || p.at >= since) && same(p))
    // The oldest: a later twin would be somebody's second press of the button.
    const ours = hits.at(-1)
    if (ours) return found(posted(ours.id))
    const last = list.at(-1)
    if (!last || list.length < pageOfPosts || (last.at !== null && last.at < since)) return absent
  }
  return unsure('The page posted too much since then to be sure. Look at it before publishing again.')
}

/** When a post was made, from its URN: the number counts milliseconds since 1970 in its upper bits. Epoch ms, or null. */
export const madeAt = (urn: string): number | null => {
  const number = /:(\d{15,20})$/.exec(urn)?.[1]
  return number ? Number(BigInt(number) >> 22n) : null
}

/**
 * The post that LinkedIn names when it refuses a double. `ours`: made by this attempt, so it is published. `older`: the
 * same was said before, and this one was never taken. Null: it names none.
 */
export const namedDouble = (t: T, failure: PlatformFailure['failure']): { urn: string; ours: boolean } | null => {
  const urn = /urn:li:(?:share|ugcPost|activity):\d+/.exec(failure.raw ?? '')?.[0]
  if (!urn) return null
  const at = madeAt(urn)
  const before = new Set(Array.isArray(t.prepared) ? t.prepared : [])
  return { urn, ours: !before.has(urn) && (at === null || at >= t.firstBegunAt - clockSlackMs) }
}

const scopesOf = (facts: Record<string, unknown>): readonly string[] | null =>
  Array.isArray(facts.scopes) ? facts.scopes.filter((s) => typeof s === 'string') : null

/** May Clarion comment for this channel? Unknown scopes are given the benefit of the doubt. */
export const mayComment = (channel: { kind: string; facts: Record<string, unknown> }): boolean => {
  const scopes = scopesOf(channel.facts)
  const needed = channel.kind === 'organization' ? 'w_organization_social_feed' : 'w_member_social_feed'
  return scopes === null || scopes.includes(needed)
}

export const commented = (post: string, id: string, urn: string | null): Created => ({
  id: urn ?? id,
  url: urn ? `${permalink(post)}?commentUrn=${encodeURIComponent(urn)}` : permalink(post),
  on: post,
  number: id,
})

/** Looks for the comment below the post, where the sign-in may read comments. */
export const lookAtComments = async (t: T, post: string): Promise<Witness> => {
  const needed = t.channel.kind === 'organization' ? 'r_organization_social_feed' : 'r_member_social_feed'
  if (!t.grant.scopes?.includes(needed))
    return unsure('LinkedIn lets nobody read the comments of a profile. Look at the post: is the comment there?')
  const since = t.firstBegunAt - clockSlackMs
  const key = plainKey(t.firstComment ?? '')
  const hit = (await commentsOf(accessOf(t), post)).find(
    (x) => x.actor === t.channel.externalId && plainKey(x.text) === key && (x.at === null || x.at >= since),
  )
  return hit ? found(commented(post, hit.id, hit.urn)) : absent
}
