/**
 * How long what did not work waits before it is tried again: the whole table, by the kind of trouble. Pure.
 *
 * Most trouble is a hiccup, and over within a second; so the first waits are short. What is not over then is an outage,
 * and lasts minutes; so the later ones are long, and together they outlast one of ten minutes whatever the jitter. A time
 * the network names always wins over the table (`slowUntil`, `notBefore`).
 */

const second = 1_000
const minute = 60_000
const outage = [minute, 2 * minute, 4 * minute, 8 * minute, 10 * minute] as const

/** Waits (ms, at most) after the first, second, ... trouble of this kind; after the last one there is no further try. */
export const backOffs = {
  /** Not done for sure: the call never left, or the network says "not now" and names no time. */
  'try-later': [1 * second, 3 * second, 10 * second, ...outage],
  /** Perhaps done, and repeating it harms nobody (`safe`) or makes the same post (`keyed`). */
  'unknown-outcome': [1 * second, 5 * second, 20 * second, ...outage],
  /** A look that could not be made: the network is in the same trouble that lost the answer. */
  unable: [1 * second, 5 * second, 20 * second, ...outage],
  /** A look that could be made and proves nothing. Time may clear it, but no outage is waited out: then a person is asked. */
  unsure: [2 * second, 10 * second, 1 * minute, 3 * minute],
} as const satisfies Record<string, readonly number[]>
export type Trouble = keyof typeof backOffs

/** Is the last try over? `tries`: those that met trouble before this one. */
export const spent = (trouble: Trouble, tries: number): boolean => tries >= backOffs[trouble].length

/**
 * The wait (ms) after one more trouble: between half and the whole of the table's, so that what failed together does not
 * come back together. `random` in [0, 1).
 */
export const backOff = (trouble: Trouble, tries: number, random: number): number => {
  const waits = backOffs[trouble]
  const most = waits[Math.min(tries, waits.length - 1)]!
  return Math.round((most / 2) * (1 + random))
}

/** Looks at a list that may lag: after a second, then ever as long as the doubt is old, at most this far apart (ms). */
const looksApartMs = 15_000

/** How long until an empty list is read again (ms): soon while the post may just be late, and in the moment an empty list is believed. */
export const nextLookMs = (since: number, believedAt: number, now: number): number =>
  Math.min(believedAt - now, looksApartMs, Math.max(second, now - since))
