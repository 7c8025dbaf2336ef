/** Counting text the way networks do. Pure; the composer's counters and the server's preflight call the same functions. */
import { graphemeEnds } from './graphemes.ts'
import type { TextUnit } from './spec.ts'
import { splitter } from './split.ts'

/** User-perceived characters (extended grapheme clusters). */
export const graphemes = (text: string): number => graphemeEnds(text).length

/** UTF-8 bytes. Lone surrogates count 3, as encoders replace them. */
export const utf8Bytes = (text: string): number => {
  let n = 0
  for (let i = 0; i < text.length; i++) {
    const cp = text.codePointAt(i)!
    n += cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4
    if (cp > 0xffff) i++
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

/** What a platform says about text. What is counted is the text as the network stores it: markup gone, links shortened. */
export type TextRules = {
  count: (text: string) => number
  /** UTF-8 bytes of the same, for networks that limit these too (`maxBytes`) and store another text than was written. */
  bytes?: (text: string) => number
  /** Cuts text into posts of a thread, each within the limit (`split.ts` says where). */
  split: (text: string, max: number) => string[]
}

/** Text rules for a unit the kit can count. */
export const textRules = (unit: Exclude<TextUnit, 'weighted'>): TextRules => ({
  count: countBy[unit],
  split: splitter([{ count: countBy[unit], ...(unit === 'graphemes' ? { one: () => 1 } : {}) }]),
})

const shown = /[^\s\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\u{1D159}\uFFF9-\uFFFB]/u

/** A text that shows nothing: empty, white space, zero-width and direction marks, fillers, the blank Braille pattern. */
export const isBlank = (text: string): boolean => !shown.test(text)

/** A text, or nothing where it shows nothing: what a network would be sent in its place. */
export const shownText = (text: string): string => (isBlank(text) ? '' : text)

/** A text without the marks at its end that `drop` names. Linear, unlike a pattern with `+$`. */
export const withoutEnd = (text: string, drop: RegExp): string => {
  let end = text.length
  while (end > 0) {
    const low = text.charCodeAt(end - 1)
    const size = low >= 0xdc00 && low <= 0xdfff && end > 1 ? 2 : 1
    if (!drop.test(text.slice(end - size, end))) break
    end -= size
  }
  return text.slice(0, end)
}
