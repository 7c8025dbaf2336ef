/** Everything before a publish: a container for each item of a carousel, and the one over them; all of them again after they expired. */
import { done, mediaAt, notYet, type Outcome } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, createContainer } from './api.ts'
import { type Advanced, advance, failureCode, type Slot } from './container.ts'
import { isCarousel, itemForm, mainForm, type Piece, parentOf, segmentPiece, type T } from './container-form.ts'

/** Containers of one piece. In round 0 the items come from the steps before; later ones make their own. */
export type Build = { round: number; items: Record<string, Slot>; main?: Slot }
export const firstRound: Build = { round: 0, items: {} }
const mostRounds = 3

/** The next round, when the containers of this one have expired, which may happen any number of times while a post is held. */
export const afterExpiry = (b: Build): Build => ({ round: Math.max(1, b.round), items: {} })

/** The next round, when the containers of this one came to nothing. */
export const nextRound = (b: Build): Build => {
  if (b.round + 1 >= mostRounds)
    throw new PlatformFailure({
      kind: 'refused-media',
      code: 'threads.processing',
      message: 'Threads prepared the post again and again and then could not publish it. Publish it again later.',
    })
  return { round: b.round + 1, items: {} }
}

const gone = (): never => {
  throw new PlatformFailure({
    kind: 'gone',
    code: 'threads.parent-gone',
    message: 'The post this one answers or quotes is no longer on Threads.',
  })
}

/** Takes the containers of a piece one step on; `ready` is the one to publish. */
export const build = async (t: T, p: Piece, kept: Build, save: (b: Build) => Promise<void>): Promise<Advanced> => {
  const c = accessOf(t)
  let at = kept
  const keep = async (next: Build) => {
    at = next
    await save(next)
  }
  const items: string[] = []
  for (const [i, media] of isCarousel(p) ? p.media.entries() : []) {
    const given = at.round === 0 ? t.done<{ container: string }>(`upload:${p.from + i}`)?.container : undefined
    if (given) items.push(given)
    else {
      const a = await advance({
        c,
        now: t.now,
        slot: at.items[i],
        keep: (s) => keep({ ...at, items: { ...at.items, [i]: s } }),
        make: async () => createContainer(c, await itemForm(media)),
      })
      if ('waitMs' in a) return a
      items.push(a.ready)
    }
  }
  const parent = await parentOf(t, p)
  try {
    return await advance({
      c,
      now: t.now,
      slot: at.main,
      keep: (main) => keep({ ...at, main }),
      make: async (topic) => createContainer(c, await mainForm(t, p, items, parent, topic)),
      mayDropTopic: p.under === null && t.settings.topicTag !== undefined && !t.settings.topicRequired,
    })
  } catch (error) {
    if (failureCode(error) !== 'threads.media-not-found') throw error
    // The items may have expired while the publication was held; else it is the post above, or the quoted one.
    if (items.length === 0 || at.round > 0) return gone()
    await keep(nextRound(at))
    return { waitMs: 1000, reason: 'Threads has forgotten the prepared items; they are prepared again' }
  }
}

/** The step `upload`: one item of a carousel. */
export const upload = async (t: T): Promise<Outcome> => {
  const { media } = mediaAt(t, t.index)
  const c = accessOf(t)
  const a = await advance({
    c,
    now: t.now,
    slot: t.saved as Slot | undefined,
    keep: (s) => t.save(s),
    make: async () => createContainer(c, await itemForm(media)),
  })
  return 'ready' in a ? done({ container: a.ready }) : notYet(a.waitMs, a.reason)
}

/** What `process` leaves: the container of the first post. */
export type Processed = { container: string; topicDropped?: true }

/** The step `process`: the first post is ready to be published before anything goes out. Replies need the id of the post above. */
export const prepareFirst = async (t: T): Promise<Outcome> => {
  const a = await build(t, segmentPiece(t, 0), (t.saved as Build | undefined) ?? firstRound, (b) => t.save(b))
  return 'ready' in a
    ? done({ container: a.ready, ...(a.noTopic ? { topicDropped: true } : {}) })
    : notYet(a.waitMs, a.reason)
}
