/** Counting text the way networks do. Pure; the composer's counters and the server's preflight call the same functions. */
import type { TextUnit } from './spec.ts'

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** User-perceived characters (extended grapheme clusters). */
export const graphemes = (text: string): number => {
  let n = 0
  for (const _ of segmenter.segment(text)) n++
  return n
}

/** UTF-8 bytes. Lone surrogates count 3, as encoders replace them. */
export const utf8Bytes = (text: string): number => {
  let n = 0
  for (const ch of text) {
    const cp = ch.codePointAt(0)!
    n += cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4
  }
  return n
}

export const codepoints = (text: string): number => {
  let n = 0
  for (const _ of text) n++
  return n
}

/** The kit's counters; `weighted` has no default and must come from the platform's `text.ts`. */
export const countBy: Record<Exclude<TextUnit, 'weighted'>, (text: string) => number> = {
  graphemes,
  utf16: (text) => text.length,
  codepoints,
  bytes: utf8Bytes,
}

/** What a platform says about text. `plain` is what is counted: markup removed, links shortened, as the network counts it. */
export type TextRules = {
  count: (text: string) => number
  /** Cuts text into posts of a thread, each within the limit, at paragraph, sentence or word ends. */
  split: (text: string, max: number) => string[]
}

/** First index >= 1 where `text` can be cut so that `count(head) <= max`, best at a paragraph, then sentence, then word end. */
const cutAt = (text: string, max: number, count: (t: string) => number): number => {
  const cuts: number[] = []
  for (const s of segmenter.segment(text)) cuts.push(s.index + s.segment.length)
  let lo = 0
  let hi = cuts.length - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if (count(text.slice(0, cuts[mid])) <= max) lo = mid
    else hi = mid - 1
  }
  const limit = cuts[lo] ?? text.length
  const head = text.slice(0, limit)
  const half = head.length / 2
  for (const pattern of [/\n\s*\n/g, /[.!?…]["')\]]*\s/g, /\s/g]) {
    let best = -1
    for (const m of head.matchAll(pattern)) best = m.index + m[0].length
    if (best > half) return best
  }
  return limit
}

/** The kit's default splitter; loses no character but the white space at the cuts. */
export const splitBy =
  (count: (t: string) => number) =>
  (text: string, max: number): string[] => {
    const parts: string[] = []
    let rest = text.trim()
    while (rest && count(rest) > max) {
      const at = cutAt(rest, max, count)
      parts.push(rest.slice(0, at).trim())
      rest = rest.slice(at).trim()
    }
    if (rest || parts.length === 0) parts.push(rest)
    return parts
  }

/** Text rules for a unit the kit can count. */
export const textRules = (unit: Exclude<TextUnit, 'weighted'>): TextRules => ({
  count: countBy[unit],
  split: splitBy(countBy[unit]),
})
