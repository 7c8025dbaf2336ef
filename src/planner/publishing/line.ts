/**
 * Whose turn is next, without reading all that is due again: channels that wait for a place on their network, as the last
 * look at everything found them, and behind them those whose attempt has ended since. It may be wrong about any of them
 * (others claim, people move): the claim asks the table, and the next look at everything begins anew. Pure.
 */

export type Waits = { channel: string; platform: string }

export type Line = {
  /** A look at everything begins, and sees who came back before it. Gives those. */
  begin: () => string[]
  /** What that look found: who waits, the longest first. `longest` of a platform: there may be more. */
  set: (waiting: readonly Waits[]) => void
  /** A channel is free again and may have more to send. */
  back: (channel: Waits) => void
  /** Takes out the next ones, at most `free` of a platform; one of a platform that is not named. */
  next: (free: Record<string, number>) => string[]
  /** Does anybody of the last look still wait for a place on it? */
  waits: (platform: string) => boolean
  /** More waited on a platform than were named, and those that were had their turn. */
  unsure: () => boolean
}

export const createLine = (longest: number): Line => {
  const waiting = new Map<string, Set<string>>()
  const returned = new Map<string, Set<string>>()
  let cut: string[] = []
  const add = (to: typeof waiting, { channel, platform }: Waits) => {
    const line = to.get(platform) ?? new Set()
    to.set(platform, line.add(channel))
  }
  return {
    begin: () => {
      const all = [...returned.values()].flatMap((line) => [...line])
      returned.clear()
      return all
    },
    set: (list) => {
      waiting.clear()
      for (const w of list) add(waiting, w)
      cut = [...waiting].filter(([, line]) => line.size >= longest).map(([platform]) => platform)
    },
    back: (w) => add(returned, w),
    next: (free) => {
      const taken = new Set<string>()
      for (const platform of new Set([...waiting.keys(), ...returned.keys()])) {
        let places = free[platform] ?? 1
        for (const line of [waiting.get(platform), returned.get(platform)])
          for (const channel of line ?? []) {
            if (places <= 0) break
            places--
            line?.delete(channel)
            taken.add(channel)
          }
      }
      return [...taken]
    },
    waits: (platform) => (waiting.get(platform)?.size ?? 0) > 0,
    unsure: () => cut.some((platform) => waiting.get(platform)?.size === 0),
  }
}
