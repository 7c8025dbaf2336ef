/** The description: counted in UTF-8 bytes; titles and comments in characters (fact sheet §3.1). */
import { type TextRules, textRules } from '#kit/facts/text.ts'

export const text: TextRules = textRules('bytes')

/** Text as it comes back: YouTube trims, and turns every line end into one. */
export const plainText = (value: string): string => value.replace(/\r\n?/g, '\n').normalize('NFC').trim()
