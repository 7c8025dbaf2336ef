/**
 * The witness of a pin. Pinterest has no idempotency key and no guard against doubles, so a create whose answer is lost
 * is looked for on its board: created since the attempt began, not there before it, same kind of media, same title,
 * description, link and alt text (fact sheet §4).
 */
import { z } from 'zod'
import { absent, found, type Json, type StepContext, unsure, type Witness } from '#kit/client/steps.ts'
import { linkKey } from '#kit/facts/links.ts'
import { accessOf, boardPins, type Pin } from './api.ts'
import { boardOf, type CreatedPin, kindOf, mediaOf, wordsOf } from './pin.ts'
import type { Settings } from './spec.ts'
import { textKey } from './text.ts'

type T = StepContext<Settings>

/** By our own clock, which may differ from Pinterest's. */
const clockSlackMs = 2 * 60_000
/** By Pinterest's own clock: `created_at` and the Date header have whole seconds, and come from two machines. */
const networkSlackMs = 3000
/** A Date header further off than this is not believed. */
const believableSkewMs = 10 * 60_000
const lookPages = 4
/**
 * An empty list proves nothing before. "Wait a few seconds first" (§4) is about the list; but within a create Pinterest
 * fetches the picture from us (§3), and may go on after we gave the answer up: a pin that appears then must still be found.
 */
export const believeEmptyAfterMs = 2 * 60_000

const where = (t: T) => ({ boardId: boardOf(t), ...(t.settings.sectionId ? { sectionId: t.settings.sectionId } : {}) })

/** Instants come as UTC without a zone: `2026-01-01T20:10:40`. Null: not said. */
export const instantOf = (value: string | null | undefined): number | null => {
  if (!value) return null
  const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`)
  return Number.isNaN(at) ? null : at
}

export const pinOf = (t: T, id: string): CreatedPin => ({
  id,
  url: `https://www.pinterest.com/pin/${id}/`,
  kind: kindOf(t),
  boardId: boardOf(t),
})

/**
 * Asked before the create is journalled as begun: what lies on top of the board already cannot be ours, nor can what is
 * older than this moment by Pinterest's own clock (a twin posted just before may not be in the list yet).
 */
export const before = async (t: T): Promise<Json> => {
  const { items, at } = await boardPins(accessOf(t), where(t))
  const clock = at !== null && Math.abs(at - t.now()) < believableSkewMs ? at : null
  return { known: items.map((p) => p.id), clock, ours: t.now() }
}

/** A look taken before a try grows old when that try was refused and comes again later: twins may have been pinned meanwhile. */
export const staleMs = 10_000

const shape = z.object({ known: z.array(z.string()), clock: z.number().nullable(), ours: z.number() })

/** What was there before the last try: its own look (`saved`), else that of the first. */
const seenBefore = (t: T): { known: readonly string[]; since: number } => {
  const parsed = shape.safeParse(t.saved ?? t.prepared)
  if (!parsed.success) return { known: [], since: t.firstBegunAt - clockSlackMs }
  const { known, clock, ours } = parsed.data
  return { known, since: clock === null ? ours - clockSlackMs : clock - networkSlackMs }
}

type Likeness = 'same' | 'near' | 'other'

/** `near`: it says what ours says in its main words, but not everywhere. Nobody but a person can tell then. */
const likeness = (t: T, p: Pin): Likeness => {
  if (p.is_owner === false) return 'other'
  const kind = p.media?.media_type
  if (kind && kind !== kindOf(t)) return 'other'
  const items = p.media?.items?.length
  if (items && kindOf(t) === 'multiple_images' && items !== mediaOf(t).length) return 'other'
  const want = wordsOf(t)
  const title = textKey(p.title) === textKey(want.title)
  const description = textKey(p.description) === textKey(want.description)
  if (title && description && linkKey(p.link) === linkKey(want.link) && textKey(p.alt_text) === textKey(want.alt))
    return 'same'
  return (want.description && description) || (want.title && title) ? 'near' : 'other'
}

/** Looks at the board, newest first, until the pins are older than the attempt. */
export const lookForPin = async (t: T): Promise<Witness> => {
  const { known, since } = seenBefore(t)
  const hits: Pin[] = []
  let near = false
  let bookmark: string | undefined
  for (let n = 0; n < lookPages; n++) {
    const page = await boardPins(accessOf(t), where(t), bookmark)
    let old = 0
    for (const p of page.items) {
      const at = instantOf(p.created_at)
      if (at !== null && at < since) old++
      if (known.includes(p.id) || (at !== null && at < since)) continue
      const how = likeness(t, p)
      if (how === 'same') hits.push(p)
      near ||= how === 'near'
    }
    bookmark = page.bookmark ?? undefined
    // A whole page from before: the rest is older still.
    if (!bookmark || old === page.items.length) return verdict()
  }
  return hits.length > 0
    ? verdict()
    : unsure('Too much was pinned to this board since then to be sure. Look at the board before publishing again.')

  function verdict(): Witness {
    // The oldest: a later twin would be somebody's second press of the button.
    const [hit] = hits.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    if (hit) return found(pinOf(t, hit.id))
    return near
      ? unsure('A pin with the same words but another link or description is on the board since. Is it this one?')
      : absent
  }
}
