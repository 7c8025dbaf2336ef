/**
 * Finding what was published. The container tells whether, the account's list tells where: newest media that were not
 * there before the step began, with our caption, kind and number of items (fact sheet §4). Never simply the newest.
 */
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, listMedia, type Media, readMedia } from './api.ts'
import { isCarousel, isStory, mediaOf, type Product, productOf, type T } from './container-form.ts'
import { sameText } from './text.ts'

/** What `create` leaves. `product` chooses the metrics later. */
export type Posted = Created & { product: Product; container: string | null }

/** `prepare` of a create: media ids that were there before; null: the list could not be read. */
export type Prepared = { known: string[] | null }

/**
 * Clocks differ, and timestamps have whole seconds (ms). Narrow where the list before is not known: better no id than the
 * id of an older post with the same words.
 */
const slackMs = { known: 15 * 60_000, unknown: 5000 }

const edge = (t: T) => (isStory(t) ? 'stories' : 'media')

/** Reads only; a list that cannot be read is no reason not to publish. */
export const knownBefore = async (t: T): Promise<Prepared> => {
  try {
    return { known: (await listMedia(accessOf(t), edge(t))).map((m) => m.id) }
  } catch (error) {
    if (!(error instanceof PlatformFailure) || ['reconnect', 'too-fast'].includes(error.failure.kind)) throw error
    return { known: null }
  }
}

const ours = (t: T) => {
  const { known } = (t.prepared as Prepared | null) ?? { known: null }
  const since = t.firstBegunAt - (known ? slackMs.known : slackMs.unknown)
  const taken = new Set([
    ...(known ?? []),
    ...mediaOf(t).flatMap((_, i) => (i === t.index ? [] : (t.done<Posted>(`create:${i}`)?.id ?? []))),
  ])
  const product = productOf(t)
  const count = isCarousel(t) ? mediaOf(t).length : null
  return (m: Media): boolean =>
    !taken.has(m.id) &&
    (m.media_product_type === undefined || m.media_product_type === product) &&
    (product === 'STORY' || sameText(m.caption ?? '', t.segments[0]?.text ?? '')) &&
    (count === null || m.children === undefined || m.children.data.length === count) &&
    (m.timestamp === undefined || Date.parse(m.timestamp) >= since)
}

export const posted = (t: T, container: string | null, id: string | null, url: string | null): Posted => ({
  id,
  url,
  product: productOf(t),
  container,
})

/** The one media that must be ours, or null when none or several fit. */
export const locate = async (t: T, container: string): Promise<Posted | null> => {
  const fits = (await listMedia(accessOf(t), edge(t))).filter(ours(t))
  return fits.length === 1 ? posted(t, container, fits[0]!.id, fits[0]!.permalink ?? null) : null
}

/** The link of a fresh post. Meta's reads may not know it yet, and it is published all the same. */
export const permalink = async (t: T, id: string): Promise<string | null> => {
  try {
    return (await readMedia(accessOf(t), id)).permalink ?? null
  } catch (error) {
    if (error instanceof PlatformFailure) return null
    throw error
  }
}
