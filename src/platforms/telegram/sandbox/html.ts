/** The HTML of `parse_mode: HTML`: a few tags, four named entities, everything properly closed. */
import { byteOffset, type Entity, type Formatted, MarkupError } from './markup.ts'

const types: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  code: 'code',
  pre: 'pre',
  a: 'text_link',
  blockquote: 'blockquote',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** `&lt;` and the like; what is no known entity stays as it is. */
const decode = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (all, dec: string, hex: string, name: string) => {
    if (name !== undefined) return Object.hasOwn(named, name) ? named[name]! : all
    const cp = dec === undefined ? Number.parseInt(hex, 16) : Number(dec)
    return cp > 0 && cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff) ? String.fromCodePoint(cp) : all
  })

type Open = { tag: string; offset: number; attributes: Record<string, string>; at: number }

const attributesOf = (
  source: string,
  from: number,
  tag: string,
): { attributes: Record<string, string>; end: number } => {
  const attributes: Record<string, string> = {}
  let at = from
  for (;;) {
    while (/\s/.test(source[at] ?? '')) at++
    if (at >= source.length)
      throw new MarkupError(`Unclosed start tag "${tag}" at byte offset ${byteOffset(source, from)}`)
    if (source[at] === '>') return { attributes, end: at + 1 }
    const name = /^[^\s=>/"']+/.exec(source.slice(at))?.[0]
    if (name === undefined)
      throw new MarkupError(`Empty attribute name in the tag "${tag}" at byte offset ${byteOffset(source, at)}`)
    at += name.length
    if (source[at] !== '=') {
      // A bare word, as in <blockquote expandable>.
      attributes[name.toLowerCase()] = ''
      continue
    }
    const value = /^(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/.exec(source.slice(at + 1))
    if (!value) throw new MarkupError(`Unclosed start tag at byte offset ${byteOffset(source, from)}`)
    attributes[name.toLowerCase()] = decode(value[1] ?? value[2] ?? value[3] ?? '')
    at += 1 + value[0].length
  }
}

const entityOf = (open: Open, text: string): Entity | null => {
  const base = { offset: open.offset, length: text.length - open.offset }
  if (base.length === 0) return null
  const type = types[open.tag]!
  if (type === 'text_link') {
    const url = open.attributes.href ?? text.slice(open.offset)
    return /^(https?|tg|mailto|tel):|^[\w-]+(\.[\w-]+)+/i.test(url)
      ? { ...base, type, url: /^[a-z]+:/i.test(url) ? url : `http://${url}` }
      : null
  }
  if (type === 'pre' || type === 'code') {
    const language = /^language-(.+)$/.exec(open.attributes.class ?? '')?.[1]
    return { ...base, type, ...(language ? { language } : {}) }
  }
  if (type === 'blockquote') return { ...base, type: 'expandable' in open.attributes ? 'expandable_blockquote' : type }
  if (type === 'custom_emoji') return { ...base, type, custom_emoji_id: open.attributes['emoji-id'] ?? '' }
  return { ...base, type }
}

/** Throws a MarkupError in the real parser's words. */
export const parseHtml = (source: string): Formatted => {
  let text = ''
  const entities: Entity[] = []
  const stack: Open[] = []
  let at = 0
  while (at < source.length) {
    const next = source.indexOf('<', at)
    text += decode(source.slice(at, next < 0 ? source.length : next))
    if (next < 0) break
    at = next
    const close = /^<\/([^\s>]*)\s*(>?)/.exec(source.slice(at))
    if (close) {
      const open = stack.pop()
      const tag = close[1]!.toLowerCase()
      if (!open) throw new MarkupError(`Unexpected end tag at byte offset ${byteOffset(source, at)}`)
      if (!close[2]) throw new MarkupError(`Unclosed end tag at byte offset ${byteOffset(source, at)}`)
      if (tag !== '' && tag !== open.tag)
        throw new MarkupError(
          `Unmatched end tag at byte offset ${byteOffset(source, at)}, expected "</${open.tag}>", found "</${tag}>"`,
        )
      const entity = entityOf(open, text)
      // <pre><code class="language-x"> is one block with a language.
      const last = entities.at(-1)
      if (
        entity?.type === 'pre' &&
        last?.type === 'code' &&
        last.offset === entity.offset &&
        last.length === entity.length
      )
        entities[entities.length - 1] = { ...entity, ...(last.language ? { language: last.language } : {}) }
      else if (entity) entities.push(entity)
      at += close[0].length
      continue
    }
    const tag = /^<([^\s>]*)/.exec(source.slice(at))![1]!.toLowerCase()
    const begun = at
    if (!source.includes('>', at))
      throw new MarkupError(`Unclosed start tag at byte offset ${byteOffset(source, begun)}`)
    if (!Object.hasOwn(types, tag))
      throw new MarkupError(`Unsupported start tag "${tag}" at byte offset ${byteOffset(source, begun)}`)
    const { attributes, end } = attributesOf(source, at + 1 + tag.length, tag)
    if (tag === 'span' && attributes.class !== 'tg-spoiler')
      throw new MarkupError(`Tag "span" must have class "tg-spoiler" at byte offset ${byteOffset(source, begun)}`)
    stack.push({ tag, offset: text.length, attributes, at: begun })
    at = end
  }
  const open = stack.at(-1)
  if (open) throw new MarkupError(`Can't find end tag corresponding to start tag "${open.tag}"`)
  return { text, entities }
}
