/** Text on Telegram: UTF-16 units, and the HTML of `parse_mode` (fact sheet §3). Pure. */
import { textRules } from '#kit/facts/text.ts'
import { readMarkdown } from './markdown.ts'

export const text = textRules('utf16')

const tags = new Set([
  'b',
  'strong',
  'i',
  'em',
  'u',
  'ins',
  's',
  'strike',
  'del',
  'span',
  'tg-spoiler',
  'a',
  'code',
  'pre',
  'blockquote',
  'tg-emoji',
  'tg-time',
])
const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** What is wrong with a text in HTML mode, in one sentence, or null. Names the first fault only, as Telegram does. */
export const htmlFault = (source: string): string | null => {
  const open: string[] = []
  for (const m of source.matchAll(/<(\/?)([^\s<>/]*)([^<>]*)(>?)|>/gu)) {
    const [whole, slash, name = '', , end] = m
    if (whole === '>') continue
    if (!end || !name) return 'A "<" must be written as &lt;.'
    const tag = name.toLowerCase()
    if (!tags.has(tag)) return `Telegram does not know the tag <${tag.slice(0, 20)}>.`
    if (!slash) open.push(tag)
    else if (open.pop() !== tag) return `The tag </${tag}> closes nothing, or tags cross.`
  }
  if (open.length > 0) return `The tag <${open.at(-1)}> is not closed.`
  const entity = /&(?!(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-f]{1,6});)[a-z#][^\s;]{0,10};/iu.exec(source)
  return entity ? `Telegram does not know the entity ${entity[0]}.` : null
}

const codePoint = (n: number): string => (Number.isInteger(n) && n > 0 && n <= 0x10ffff ? String.fromCodePoint(n) : '')

/** The text people will see: tags gone, entities decoded. This is what Telegram counts. */
export const visible = (source: string, mode: 'plain' | 'html' | 'markdown'): string =>
  mode === 'plain'
    ? source
    : mode === 'markdown'
      ? readMarkdown(source).visible
      : source
          .replace(/<[^<>]*>/gu, '')
          .replace(
            /&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-f]{1,6}));/giu,
            (_, word?: string, dec?: string, hex?: string) =>
              word ? named[word.toLowerCase()]! : codePoint(dec ? Number(dec) : Number.parseInt(hex!, 16)),
          )
