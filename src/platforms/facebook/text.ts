/** Text on Facebook is plain: nothing is rewritten, but the ends are trimmed and line ends made one kind. */
import { textRules } from '#kit/facts/text.ts'

export const text = textRules('utf16')

/** The same for what was sent and for what Facebook gives back. */
export const textKey = (message: string | undefined): string =>
  (message ?? '').normalize('NFC').replace(/\r\n?/g, '\n').trim()
