/** Text on Threads: how it is counted, what is a link, and when two texts are the same (fact sheet threads.md §3.1, §10). Pure. */
import { addresses, tagSigns } from '#kit/facts/addresses.ts'
import { graphemeEnds } from '#kit/facts/graphemes.ts'
import { splitter } from '#kit/facts/split.ts'
import { codepoints, type TextRules, utf8Bytes } from '#kit/facts/text.ts'

/** A pictograph, a flag or a keycap; `©` and digits alone are plain characters until a selector makes them emoji. */
const emoji =
  /\p{Emoji_Presentation}|\p{Regional_Indicator}|[\p{Emoji}]\u{FE0F}|\u{20E3}|\p{Extended_Pictographic}\u{200D}/u

/** Forty times the limit in UTF-16 units cannot fit, and cutting it into characters would take long. */
const hopeless = 20_000

/** Characters as people see them, each emoji by its UTF-8 bytes: 🍞 counts 4, a family of four 25. */
export const count = (source: string): number => {
  if (source.length > hopeless) return source.length
  let n = 0
  let at = 0
  for (const end of graphemeEnds(source)) {
    n += one(source.slice(at, end))
    at = end
  }
  return n
}

const one = (grapheme: string): number => (emoji.test(grapheme) ? utf8Bytes(grapheme) : 1)

export const text: TextRules = { count, split: splitter([{ count, one }]) }

/** Different web addresses of a text, as they are written. */
export const links = (source: string): string[] => [
  ...new Set(addresses(source).map((a) => source.slice(a.start, a.end))),
]

/** The same address, however it is written at its ends. */
const bare = (url: string) => url.replace(/^https?:\/\//i, '').replace(/\/$/, '')

/** Links as Threads counts them: those of the text and the attached ones, each once. */
export const linkCount = (source: string, ...attached: (string | undefined)[]): number =>
  new Set([...links(source), ...attached.filter((x) => x !== undefined)].map(bare)).size

const tag = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}_&])#[\\p{N}_]*\\p{L}[${tagSigns}]*`, 'gu')
/** `#words` with at least one letter, not in the middle of a word. */
export const hashtags = (source: string): string[] => source.match(tag) ?? []

/** The topic Threads takes from a text that names none: the first `#tag` that is not a number. */
export const inlineTopic = (source: string): string | undefined =>
  [...source.matchAll(/(?<![\p{L}\p{N}_&])#([^\s.&@!?,;:#]{1,50})/gu)]
    .map((m) => m[1]!)
    .find((tag) => !/^\d+$/.test(tag))

export type Range = { offset: number; length: number }

/** Where the hidden words are, in code points, first to last; words that are not there (or lie in another) are left out. */
export const spoilerRanges = (source: string, words: readonly string[]): Range[] => {
  const out: { at: number; end: number }[] = []
  for (const word of words) {
    const at = source.indexOf(word)
    const end = at + word.length
    if (at >= 0 && !out.some((x) => at < x.end && end > x.at)) out.push({ at, end })
  }
  const points = (n: number) => codepoints(source.slice(0, n))
  return out
    .sort((a, b) => a.at - b.at)
    .map(({ at, end }) => ({ offset: points(at), length: points(end) - points(at) }))
}

/** Texts as a comparable key: Threads may show an inline topic without its `#`, and white space may change on the way. */
export const sameText = (a: string, b: string): boolean => level(a) === level(b)
const level = (source: string) =>
  source
    .normalize('NFC')
    .replace(/(?<![\p{L}\p{N}_&])#(?=[^\s#])/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
