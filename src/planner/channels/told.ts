/**
 * What networks say themselves about their budgets, in the headers of answers: how much is left, until when. While such a
 * word holds it wins over our own count, both ways. Kept in the memory of a process (bounded): that nothing is left other
 * processes are told (words.ts), the rest they hear with their own next answer, and a restart from the last reading of the channel.
 *
 * Calls overlap, and an answer tells the state of when its call arrived. So a word counts less what is still under way, and
 * a word whose call was taken before that of the last one accepted is old news.
 */

/** A network's word; `until` and times in epoch ms. */
type Word = { left: number; cap: number; until: number; asked: number }
/** One take that has no end yet. */
export type Take = { units: number; asked: number }

/** `left` is of `cap` in this window. */
export type Heard = { left: number; cap: number; until: number | null }

export type Told = {
  /**
   * May `units` go? `{ until }`: not before. Otherwise a take, to be ended by `end`; `word` says whether a network's word
   * let it go, or nobody knows.
   */
  take: (key: string, units: number, now: number) => { until: number; cap: number } | { take: Take; word: boolean }
  /** A take is over. `back`: the call provably never left, so that what it took is there again. */
  end: (key: string, take: Take, back: boolean) => void
  /**
   * A word of an answer to the call of `take`; null: of before this process. A word without an end is no bound, and ends the
   * last one unless it says that nothing is left. Gives what it says now, or null when it was old news.
   */
  hear: (key: string, heard: Heard, take: Take | null) => 'spent' | 'room' | null
  /** Nothing is left, as of now: a refusal says so, or another process. */
  spent: (key: string, word: { cap: number; until: number }) => void
  /** What was said of it holds no more. */
  forget: (key: string) => void
  /** Is anything known or under way of it? */
  knows: (key: string) => boolean
}

/** Budgets remembered at once; beyond it those that are over go. */
const most = 20_000

export const createTold = (): Told => {
  const words = new Map<string, Word>()
  const flying = new Map<string, Set<Take>>()
  const known = new Set<string>()
  let asked = 0

  const sweep = (now: number) => {
    if (words.size < most && known.size < most) return
    for (const [key, word] of words) if (word.until <= now) words.delete(key)
    known.clear()
  }

  return {
    take: (key, units, now) => {
      sweep(now)
      known.add(key)
      const word = words.get(key)
      const holds = word !== undefined && word.until > now
      if (word && !holds) words.delete(key)
      // Zero units ask whether there is room at all.
      if (holds && (units === 0 ? word.left <= 0 : word.left < units)) return { until: word.until, cap: word.cap }
      if (holds) word.left -= units
      const take = { units, asked: ++asked }
      const others = flying.get(key)
      if (others) others.add(take)
      else flying.set(key, new Set([take]))
      return { take, word: holds }
    },

    end: (key, take, back) => {
      const others = flying.get(key)
      if (!others?.delete(take)) return
      if (others.size === 0) flying.delete(key)
      const word = words.get(key)
      // A word that came after it was taken has it among what was under way.
      if (back && word) word.left = Math.min(word.cap, word.left + take.units)
    },

    hear: (key, { left, cap, until }, take) => {
      known.add(key)
      const last = words.get(key)
      const when = take?.asked ?? 0
      if (last && when < last.asked) return null
      if (until === null) {
        if (left <= 0) return null
        words.delete(key)
        return 'room'
      }
      let underWay = 0
      for (const other of flying.get(key) ?? []) if (other !== take) underWay += other.units
      words.set(key, { left: left - underWay, cap, until, asked: when })
      return left <= 0 ? 'spent' : 'room'
    },

    spent: (key, { cap, until }) => {
      known.add(key)
      // Whatever is under way was asked before this.
      words.set(key, { left: 0, cap, until, asked: ++asked })
    },

    forget: (key) => void words.delete(key),

    knows: (key) => known.has(key),
  }
}
