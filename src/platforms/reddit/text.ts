/** Text on Reddit: counted in code points, and what makes two posts the same. Pure. */
import { type TextRules, textRules } from '#kit/facts/text.ts'

export const text: TextRules = textRules('codepoints')

/** What Reddit puts behind the body of a poll (fact sheet §4.5). */
const pollTail = /\[View Poll\]\(https?:\/\/[^)]{0,500}\)$/i

/** A text as a comparable key: NFC, white space levelled, the tail of a poll cut off. Null and empty are the same. */
export const textKey = (source: string | null | undefined): string =>
  (source ?? '').normalize('NFC').trimEnd().replace(pollTail, '').replace(/\s+/gu, ' ').trim()

/** `r/Bread`, ` bread ` and `/r/bread/` as the API takes it: `bread`, in the case it was given. */
export const bareName = (given: string): string =>
  given
    .trim()
    .replace(/^\/?r\//i, '')
    .replace(/^\/?u(?:ser)?\//i, 'u_')
    .replace(/\/$/, '')

/** Names are the same whatever their case. */
export const sameName = (a: string, b: string): boolean => bareName(a).toLowerCase() === bareName(b).toLowerCase()

/** As people write it: `r/bread`, `u/name` for a profile. */
export const shownName = (name: string): string => (/^u_/i.test(name) ? `u/${name.slice(2)}` : `r/${name}`)

/** Is `host` this domain or below it? Rules of communities name domains. */
export const underDomain = (host: string, domain: string): boolean => {
  const d = domain
    .trim()
    .toLowerCase()
    .replace(/^www\./, '')
  return d !== '' && (host === d || host.endsWith(`.${d}`))
}
