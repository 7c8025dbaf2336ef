/**
 * Cutting a text into the posts of a thread: at the ends of paragraphs, then sentences, then words, then characters as
 * people see them; never inside an address, a handle, a tag or a grapheme. One pass over the text, whatever it holds.
 */
import { type Stretch, stretches } from './addresses.ts'
import { graphemeEnds } from './graphemes.ts'

/** One limit of the network; `max` undefined: the one `split` is given. */
export type Measure = {
  count: (text: string) => number
  /** The count of one grapheme, where `count` would be slow for so little. */
  one?: (grapheme: string) => number
  /** The count of one stretch that stays whole, likewise. */
  stretch?: (text: string) => number
  max?: number
}

const words = new Intl.Segmenter('en', { granularity: 'word' })
/** Where words are not set apart by spaces they are looked up in a dictionary, in a window of this many UTF-16 units. */
const windowUnits = 60

const white = /\s/u
const sentenceEnd = /[\p{Sentence_Terminal}…]/u
const closing = /[\p{Pe}\p{Pf}"'”’]/u
/** Opens the next part badly: closing marks and points, the small kana and the lengthening mark. */
const notFirst = /[\p{Pe}\p{Pf}\p{Sentence_Terminal}、，；：,;:…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ\p{M}]/u
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

type Cut = 'paragraph' | 'sentence' | 'word' | 'none'

/** What ends right before `at`? White space belongs to what it follows. */
const cutAt = (text: string, at: number, from: number): Cut => {
  if (at < text.length && white.test(text[at]!)) return 'none'
  let i = at
  let lines = 0
  while (i > from && white.test(text[i - 1]!)) if (text[--i] === '\n') lines++
  const spaced = i < at
  if (lines > 1) return 'paragraph'
  let closers = 0
  while (i > from && closers < 4 && closing.test(text[i - 1]!)) {
    i--
    closers++
  }
  const mark = i > from ? text[i - 1]! : ''
  // A point ends a sentence only before a space; `。`, `？` and their like need none.
  if (sentenceEnd.test(mark) && (spaced || (mark > '\u007f' && mark !== '…' && !notFirst.test(text[at] ?? ''))))
    return 'sentence'
  return spaced ? 'word' : 'none'
}

/** The last end of a word before `to` in a script without spaces; `from` when the words there are not such. */
const wordEnd = (text: string, from: number, to: number): number => {
  const start = Math.max(from, to - windowUnits)
  let best = from
  for (const { index } of words.segment(text.slice(start, to + 20))) {
    const at = start + index
    if (at > to) break
    if (at > start && unspaced.test(text[at - 1]!) && !notFirst.test(text[at] ?? '')) best = at
  }
  return best
}

type Pieces = {
  /** Where each piece ends. */ ends: number[] /** For each measure, the count up to each end. */
  sums: number[][]
}

/** The text in what may not be cut: stretches that fit into a post, and graphemes elsewhere. */
const piecesOf = (
  text: string,
  whole: readonly Stretch[],
  measures: readonly (Measure & { max: number })[],
): Pieces => {
  const ends: number[] = []
  const sums = measures.map((): number[] => [])
  const totals = measures.map(() => 0)
  const add = (end: number, counts: readonly number[]) => {
    ends.push(end)
    for (let i = 0; i < counts.length; i++) {
      totals[i]! += counts[i]!
      sums[i]!.push(totals[i]!)
    }
  }
  let next = 0
  let begun = -1
  let weights: number[] = []
  let index = 0
  for (const end of graphemeEnds(text)) {
    while (begun < 0 && next < whole.length && whole[next]!.start < index) next++
    if (begun < 0 && whole[next]?.start === index) {
      const stretch = text.slice(index, whole[next]!.end)
      weights = measures.map((m) => (m.stretch ?? m.count)(stretch))
      if (weights.every((w, i) => w <= measures[i]!.max)) begun = index
      else next++
    }
    if (begun < 0) {
      const piece = text.slice(index, end)
      add(
        end,
        measures.map((m) => (m.one ?? m.count)(piece)),
      )
    } else if (end >= whole[next]!.end) {
      // A mark or a joiner right after the stretch belongs to its last grapheme, and comes along.
      add(end, weights)
      begun = -1
      next++
    }
    index = end
  }
  return { ends, sums }
}

/**
 * Cuts a text into parts within every measure; loses no character but the white space at the cuts. `whole`: stretches
 * that stay in one piece, in order (addresses, handles and tags, where nothing else is said).
 */
export const splitter =
  (measures: readonly Measure[], whole: (text: string) => readonly Stretch[] = stretches) =>
  (source: string, max: number): string[] => {
    const text = source.trim()
    const limits = measures.map((m) => ({ ...m, max: m.max ?? max }))
    const fits = (part: string) => limits.every((m) => m.count(part) <= m.max)
    if (fits(text)) return [text]
    const { ends, sums } = piecesOf(text, whole(text), limits)
    const parts: string[] = []
    let from = 0
    let first = 0
    let pointer = 0
    while (from < text.length) {
      while (from < text.length && white.test(text[from]!)) from++
      while (first < ends.length && ends[first]! <= from) first++
      if (from >= text.length) break
      const at = cutOf()
      parts.push(text.slice(from, at).trim())
      from = at
    }
    return parts.filter((p) => p !== '')

    function cutOf(): number {
      const before = sums.map((s) => (first > 0 ? s[first - 1]! : 0))
      pointer = Math.max(pointer, first)
      // What fits when counted by pieces is counted once more as a whole: a neighbour may make an address of a word.
      for (let room = limits.map((m) => m.max), tries = 0; ; tries++) {
        let last = Math.max(first, tries === 0 ? pointer : first)
        while (last + 1 < ends.length && room.every((r, i) => sums[i]![last + 1]! - before[i]! <= r)) last++
        pointer = Math.max(first, last)
        const at = last + 1 >= ends.length ? text.length : bestCut(first, last)
        const part = text.slice(from, at).trim()
        if (last === first || tries > 4 || fits(part)) return at
        room = limits.map((m, i) => Math.min(room[i]!, m.max) - Math.max(1, m.count(part) - m.max))
      }
    }

    /** The best place to cut among the ends of the pieces `first` to `last`. */
    function bestCut(first: number, last: number): number {
      const limit = ends[last]!
      const half = from + (limit - from) / 2
      let sentence = 0
      let spaced = 0
      for (let i = last; i >= first && (ends[i]! > half || spaced === 0); i--) {
        const end = ends[i]!
        const kind = cutAt(text, end, from)
        if (kind === 'none') continue
        if (spaced === 0) spaced = end
        if (end <= half) break
        if (kind === 'paragraph') return end
        if (kind === 'sentence' && sentence === 0) sentence = end
      }
      if (sentence > 0) return sentence
      if (spaced > half) return spaced
      const looked = wordEnd(text, from, limit)
      // The dictionary knows neither addresses nor graphemes: only ends of pieces count.
      let inside = last
      while (inside > first && ends[inside]! > looked) inside--
      if (ends[inside] === looked && looked > half) return looked
      return spaced > from && fitsAlone(spaced, last) ? spaced : limit
    }

    /** Does what begins at `start` and goes on behind piece `last`, up to the next white space, fit into one post? */
    function fitsAlone(start: number, last: number): boolean {
      let head = last
      while (head > 0 && ends[head - 1]! >= start) head--
      const before = sums.map((s) => (ends[head] === start ? s[head]! : 0))
      for (let i = last; limits.every((m, k) => sums[k]![i]! - before[k]! <= m.max); i++)
        if (i + 1 >= ends.length || white.test(text[ends[i]!]!)) return true
      return false
    }
  }
