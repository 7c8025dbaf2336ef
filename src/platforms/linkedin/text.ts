/**
 * LinkedIn's "little text" (fact sheet linkedin.md §3.2). Fifteen reserved characters must be escaped wherever they
 * stand; one that is not cuts the post short without an error. Mentions and hashtags are left as elements on purpose. Pure.
 */
import { joined, type Stretch, stretches, tagSigns } from '#kit/facts/addresses.ts'
import { splitter } from '#kit/facts/split.ts'
import type { TextRules } from '#kit/facts/text.ts'

const reserved = /[\\|{}@[\]()<>#*_~]/g

/** All reserved characters made literal, in one pass. */
export const littleEscape = (source: string): string => source.replace(reserved, '\\$&')

/** A mention as people write it here, and a hashtag: `#` before a word that has a letter, not inside a word or address. */
const element = new RegExp(
  `@\\[([^\\[\\]\\n]{1,200})\\]\\((urn:li:(?:organization|person):[A-Za-z0-9_-]{1,64})\\)|(?<![\\p{L}\\p{M}\\p{N}_#&/])#([\\p{N}_]*\\p{L}[${tagSigns}]*)`,
  'gu',
)

const pieces = (source: string, plain: (text: string) => string, made: (m: RegExpMatchArray) => string): string => {
  let out = ''
  let at = 0
  for (const m of source.matchAll(element)) {
    out += plain(source.slice(at, m.index)) + made(m)
    at = m.index + m[0].length
  }
  return out + plain(source.slice(at))
}

/** What goes out as `commentary`. */
export const commentary = (source: string): string =>
  pieces(source, littleEscape, ([, name, urn, tag]) =>
    tag === undefined ? `@[${littleEscape(name!)}](${urn})` : `#${littleEscape(tag)}`,
  )

/** What people see: mentions shrink to their names. LinkedIn counts this. */
export const visible = (source: string): string =>
  pieces(
    source,
    (text) => text,
    ([all, name]) => name ?? all,
  )

/** The text people see, with the stretches LinkedIn colours of its own accord: mentions and hashtags, in UTF-16 units. */
export const seen = (source: string): { text: string; marks: { start: number; end: number }[] } => {
  const marks: { start: number; end: number }[] = []
  let out = ''
  let at = 0
  for (const m of source.matchAll(element)) {
    out += source.slice(at, m.index)
    const shown = m[1] ?? m[0]
    marks.push({ start: out.length, end: out.length + shown.length })
    out += shown
    at = m.index + m[0].length
  }
  return { text: out + source.slice(at), marks }
}

/** The mention to put into a text. */
export const mention = (name: string, urn: string): string => `@[${name.replace(/[[\]\n]/g, ' ')}](${urn})`

const plainOf = (source: string): string => source.replace(/\\([\\|{}@[\]()<>#*_~])/g, '$1')

/** A `commentary` as LinkedIn gives it back, as people see it: hashtags may come as templates. */
export const readable = (source: string): string => {
  const parts =
    /\{hashtag\|(?:\\?#|＃)\|((?:\\.|[^{}\\])*)\}|@\[((?:\\.|[^[\]\\])*)\]\(urn:li:[^()]{0,200}\)|(\\[\\|{}@[\]()<>#*_~])/g
  return source.replace(parts, (_all, tag?: string, name?: string, one?: string) =>
    tag !== undefined ? `#${plainOf(tag)}` : name !== undefined ? plainOf(name) : one!.slice(1),
  )
}

const level = (source: string) => source.normalize('NFC').replace(/\s+/gu, ' ').trim()
/** A text as it was written, and one as LinkedIn echoes it, as comparable keys. Equal keys are the same text to us. */
export const sentKey = (source: string): string => level(visible(source))
export const echoedKey = (source: string): string => level(readable(source))
export const plainKey = level

const anyLink = /https?:\/\/\S+/gu
const shortened = /https?:\/\/lnkd\.in\/\S+/u

/** Is what LinkedIn gives back the text that was sent? It may have put its short links in the place of ours. */
export const sameText = (sent: string, echoed: string): boolean => {
  const [a, b] = [sentKey(sent), echoedKey(echoed)]
  if (a === b) return true
  return shortened.test(b) && a.replace(anyLink, '∞') === b.replace(anyLink, '∞')
}

const count = (source: string): number => visible(source).length

/** A mention is longer in the text than what is seen of it, and no cut goes through it. */
const whole = (source: string): Stretch[] =>
  joined<Stretch, Stretch>(
    [...source.matchAll(element)].map((m) => ({ start: m.index, end: m.index + m[0].length })),
    stretches(source),
  )

const stretch = (written: string): number => (written.startsWith('@[') ? count(written) : written.length)

export const text: TextRules = { count, split: splitter([{ count, one: (g) => g.length, stretch }], whole) }
