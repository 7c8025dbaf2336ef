/** TikTok counts captions in UTF-16 units (fact sheet §3.2, §10): the kit's own rule serves. */
import { textRules } from '#kit/facts/text.ts'

export const text = textRules('utf16')

/** Description of a photo post (§3.5). */
export const photoTextMax = 4000

/** A caption for comparing: TikTok may trim and fold white space. */
export const captionKey = (caption: string): string => caption.normalize('NFC').replace(/\s+/g, ' ').trim()
