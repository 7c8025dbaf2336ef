/** Text on Pinterest: counted in code points, as the JSON Schema of its API counts; and what makes two pins the same. Pure. */
import { type TextRules, textRules } from '#kit/facts/text.ts'

export const text: TextRules = textRules('codepoints')

/** A text as a comparable key: NFC, white space levelled. Null and empty are the same. */
export const textKey = (source: string | null | undefined): string =>
  (source ?? '').normalize('NFC').replace(/\s+/gu, ' ').trim()

/** The one alt text a carousel has, made of those of its pictures: `1: a loaf. 2: two rolls.` */
export const joinedAlt = (alts: readonly string[]): string => {
  if (alts.length === 1) return alts[0]!.trim()
  return alts
    .map((alt, i) => ({ alt: alt.trim(), n: i + 1 }))
    .filter(({ alt }) => alt)
    .map(({ alt, n }) => `${n}: ${/[.!?…]$/u.test(alt) ? alt : `${alt}.`}`)
    .join(' ')
}
