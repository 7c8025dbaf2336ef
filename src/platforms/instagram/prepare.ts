/** Everything before the publish: a container for each item, one over them for a carousel, and both again after they expired. */
import { done, notYet, type Outcome, type StepKey } from '#kit/client/steps.ts'
import { accessOf, createContainer } from './api.ts'
import { type Advanced, advance, failureCode, type Slot } from './container.ts'
import { carouselForm, isCarousel, itemForm, mediaOf, type T } from './container-form.ts'

export const containerOf = (t: T, key: StepKey): string | undefined => t.done<{ container: string }>(key)?.container

const outcome = (a: Advanced): Outcome => ('ready' in a ? done({ container: a.ready }) : notYet(a.waitMs, a.reason))

const item = (t: T, index: number, slot: Slot | undefined, keep: (s: Slot) => Promise<void>): Promise<Advanced> => {
  const c = accessOf(t)
  const make = async (bytes: boolean) => createContainer(c, await itemForm(t, index, bytes))
  return advance({ c, now: t.now, slot, keep, make, file: mediaOf(t)[index]! })
}

const parent = (
  t: T,
  children: readonly string[],
  slot: Slot | undefined,
  keep: (s: Slot) => Promise<void>,
): Promise<Advanced> => {
  const c = accessOf(t)
  return advance({ c, now: t.now, slot, keep, make: () => createContainer(c, carouselForm(t, children)) })
}

/** Containers made anew, because the ones of the earlier steps have expired. By index of the item. */
export type Anew = { items: Record<string, Slot>; parent?: Slot }

/** Takes the new containers one step on; `ready` is the one to publish. */
export const remake = async (t: T, kept: Anew, save: (a: Anew) => Promise<void>): Promise<Advanced> => {
  let at = kept
  const keep = async (next: Anew) => {
    at = next
    await save(next)
  }
  const indices = isCarousel(t) ? mediaOf(t).map((_, i) => i) : [t.index]
  const ready: string[] = []
  for (const i of indices) {
    const a = await item(t, i, at.items[i], (s) => keep({ ...at, items: { ...at.items, [i]: s } }))
    if ('waitMs' in a) return a
    ready.push(a.ready)
  }
  return isCarousel(t) ? parent(t, ready, at.parent, (s) => keep({ ...at, parent: s })) : { ready: ready[0]! }
}

/** The step `upload`: one item. */
export const upload = async (t: T): Promise<Outcome> =>
  outcome(await item(t, t.index, t.saved as Slot | undefined, (s) => t.save(s)))

/** The step `process`: the container over the items of a carousel. */
export const combine = async (t: T): Promise<Outcome> => {
  const saved = (t.saved ?? {}) as { parent?: Slot; anew?: Anew }
  if (saved.anew) return outcome(await remake(t, saved.anew, (anew) => t.save({ anew })))
  const children = mediaOf(t).map((_, i) => containerOf(t, `upload:${i}`)!)
  try {
    return outcome(await parent(t, children, saved.parent, (p) => t.save({ parent: p })))
  } catch (error) {
    if (failureCode(error) !== 'instagram.container-gone') throw error
    await t.save({ anew: { items: {} } })
    return notYet(1000, 'Instagram has forgotten the prepared items; they are prepared again')
  }
}
