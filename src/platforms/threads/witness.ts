/**
 * Finding what was published. The container tells whether, the profile's lists tell where: newest posts that were not there
 * before the step began, with our text, kind, number of items and parent (fact sheet threads.md §4). Never simply the newest.
 */
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, listMedia, type Media, readMedia } from './api.ts'
import { isCarousel, type Piece, parentOf, type T } from './container-form.ts'
import { sameText } from './text.ts'

/** What `create` and `comment` leave. */
export type Posted = Created & { container: string }

/** `prepare`: ids that were there before; null: the list could not be read. */
export type Prepared = { known: string[] | null }

/**
 * Clocks differ, and timestamps have whole seconds (ms). Narrow where the list before is not known: better no id than the
 * id of an older post with the same words.
 */
const slackMs = { known: 15 * 60_000, unknown: 5000 }

const edge = (p: Piece) => (p.under === null ? 'threads' : 'replies')

/** Reads that fail are no reason not to publish; a dead token and a closed window are. */
const orNull = async <V>(read: () => Promise<V>): Promise<V | null> => {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof PlatformFailure) || ['reconnect', 'too-fast'].includes(error.failure.kind)) throw error
    return null
  }
}

export const knownBefore = async (t: T, p: Piece): Promise<Prepared> => ({
  known: (await orNull(() => listMedia(accessOf(t), edge(p))))?.map((m) => m.id) ?? null,
})

const kinds = { IMAGE: 'IMAGE', VIDEO: 'VIDEO', CAROUSEL_ALBUM: 'CAROUSEL' } as const
const kindOf = (p: Piece) =>
  isCarousel(p) ? 'CAROUSEL' : p.media[0] ? (p.media[0].kind === 'video' ? 'VIDEO' : 'IMAGE') : 'TEXT'

/** Texts with a GIF or a link have had several names, so a text is what is none of the others. */
const sameKind = (m: Media, p: Piece): boolean =>
  m.media_type === undefined ||
  (m.media_type !== 'REPOST_FACADE' && (kinds[m.media_type as keyof typeof kinds] ?? 'TEXT') === kindOf(p))

const ours = (t: T, p: Piece, parent: string | null) => {
  const { known } = (t.prepared as Prepared | null) ?? { known: null }
  const since = t.firstBegunAt - (known ? slackMs.known : slackMs.unknown)
  const taken = new Set([
    ...(known ?? []),
    ...[...t.segments.map((_, i) => `create:${i}` as const), 'comment' as const].flatMap((key) =>
      key === p.key ? [] : (t.done<Posted>(key)?.id ?? []),
    ),
  ])
  return (m: Media): boolean =>
    !taken.has(m.id) &&
    sameKind(m, p) &&
    sameText(m.text ?? '', p.text) &&
    (!isCarousel(p) || m.children === undefined || m.children.data.length === p.media.length) &&
    (parent === null || m.replied_to === undefined || m.replied_to.id === parent) &&
    (m.timestamp === undefined || Date.parse(m.timestamp) >= since)
}

/** The one post that must be ours, or null when none or several fit. */
export const locate = async (t: T, p: Piece): Promise<Media | null> => {
  const since = Math.floor((t.firstBegunAt - slackMs.known) / 1000)
  const list = await orNull(() => listMedia(accessOf(t), edge(p), since))
  if (!list) return null
  const fits = list.filter(ours(t, p, await parentOf(t, p)))
  return fits.length === 1 ? fits[0]! : null
}

/** The link of a fresh post. Threads may not find it yet, and it is published all the same. */
export const permalink = async (t: T, id: string): Promise<string | null> =>
  (await orNull(() => readMedia(accessOf(t), id)))?.permalink ?? null
