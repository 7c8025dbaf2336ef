/** Text on Instagram: what counts as hashtag, mention and link, and when two captions are the same (fact sheet §3.2, §3.5). Pure. */
import { addresses, tagSigns } from '#kit/facts/addresses.ts'
import { type TextRules, textRules } from '#kit/facts/text.ts'

export const text: TextRules = textRules('utf16')

const tag = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}_&])#[\\p{N}_]*\\p{L}[${tagSigns}]*`, 'gu')
/** `#words`, not in the middle of a word; a tag needs at least one letter. */
export const hashtags = (source: string): string[] => source.match(tag) ?? []

/** `@names`, not in the middle of a word (an e-mail address is no mention). */
export const mentions = (source: string): string[] => source.match(/(?<![\p{L}\p{N}_.])@[A-Za-z0-9._]{1,30}/gu) ?? []

/** Web addresses, with or without a scheme, as they are written. */
export const links = (source: string): string[] => addresses(source).map((a) => source.slice(a.start, a.end))

/** All in capitals, which Instagram refuses in comments. A text without small letters that has at least two capitals. */
export const shouts = (source: string): boolean =>
  !/\p{Ll}/u.test(source) && (source.match(/\p{Lu}/gu)?.length ?? 0) > 1

/** Texts as a comparable key: what Meta may change on the way (white space, composition) is levelled. */
export const sameText = (a: string, b: string): boolean => level(a) === level(b)
const level = (source: string) => source.normalize('NFC').replace(/\s+/gu, ' ').trim()
