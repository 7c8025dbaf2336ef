/** Text on Google: plain, no markup; what makes two posts the same; and phone numbers in it. Pure. */
import { type TextRules, textRules } from '#kit/facts/text.ts'

export const text: TextRules = textRules('utf16')

/** A text as a comparable key: NFC, white space levelled. Null and empty are the same. */
export const textKey = (source: string | null | undefined): string =>
  (source ?? '').normalize('NFC').replace(/\s+/gu, ' ').trim()

const notPhones = [
  /https?:\/\/\S+/giu,
  // Days in any order, and times.
  /\d{4}[-/.]\d{1,2}[-/.]\d{1,2}/gu,
  /\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}/gu,
  /\d{1,2}:\d{2}/gu,
]
const year = /^(19|20)\d\d$/

/** 9 to 15 digits in groups of two and more, or 7 and more after a plus. Years beside each other are none. */
const dialable = (run: string): boolean => {
  const groups = run.match(/\d+/gu) ?? []
  const digits = groups.join('').length
  if (digits > 15 || groups.every((g) => year.test(g))) return false
  return run.startsWith('+') ? digits >= 7 : digits >= 9 && groups.every((g) => g.length >= 2)
}

/**
 * Does it hold something people would dial? Google rejects posts with phone numbers in their text (fact sheet §10). A
 * guess, so it only warns: days, times, prices and numbers inside web addresses are left alone.
 */
export const holdsPhone = (source: string): boolean => {
  const plain = notPhones.reduce((text, pattern) => text.replace(pattern, ' | '), source)
  // A run takes all it can, so that the search goes on behind it; what a letter follows is a word's (`12 345a`).
  for (const m of plain.matchAll(/(?<![\p{L}\d.,])\+?\(?\d(?:[ ()./-]{0,2}\d)*/gu)) {
    const glued = /\p{L}/u.test(String.fromCodePoint(plain.codePointAt(m.index + m[0].length) ?? 32))
    const end = glued ? m[0].search(/\D\d*$/) : m[0].length
    if (end > 0 && dialable(m[0].slice(0, end))) return true
  }
  return false
}

// The preview reads it too; from the browser side only this file is open.
export { wallTime } from './wall-time.ts'
