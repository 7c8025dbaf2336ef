/** MarkdownV2: everything reserved must be escaped outside entities, and every entity must end. */
import { byteOffset, type Entity, type Formatted, MarkupError } from './markup.ts'

const reserved = '_*[]()~`>#+-=|{}.!'

/** Longest marker first; the names are the real parser's. */
const markers: readonly { mark: string; type: string; name: string }[] = [
  { mark: '||', type: 'spoiler', name: 'Spoiler' },
  { mark: '__', type: 'underline', name: 'Underline' },
  { mark: '*', type: 'bold', name: 'Bold' },
  { mark: '_', type: 'italic', name: 'Italic' },
  { mark: '~', type: 'strikethrough', name: 'Strikethrough' },
]

type Open = { mark: string; type: string; name: string; offset: number; at: number }

/** Text up to the closing mark; only `\` and the mark itself are escaped inside. */
const untilMark = (
  source: string,
  from: number,
  mark: string,
  name: string,
  begun: number,
): { inner: string; end: number } => {
  let inner = ''
  for (let at = from; at < source.length; ) {
    if (source[at] === '\\' && at + 1 < source.length) {
      inner += source[at + 1]
      at += 2
    } else if (source.startsWith(mark, at)) return { inner, end: at + mark.length }
    else inner += source[at++]
  }
  throw new MarkupError(`Can't find end of ${name} entity at byte offset ${byteOffset(source, begun)}`)
}

/** Throws a MarkupError in the real parser's words. */
export const parseMarkdownV2 = (source: string): Formatted => {
  let text = ''
  const entities: Entity[] = []
  const stack: Open[] = []
  const add = (e: Entity) => {
    if (e.length > 0) entities.push(e)
  }
  let quoteFrom: number | null = null
  let at = 0
  const endQuote = () => {
    if (quoteFrom === null) return
    add({ type: 'blockquote', offset: quoteFrom, length: text.length - quoteFrom })
    quoteFrom = null
  }
  while (at < source.length) {
    const ch = source[at]!
    const lineStart = at === 0 || source[at - 1] === '\n'
    if (lineStart && ch === '>') {
      quoteFrom ??= text.length
      at++
      continue
    }
    if (lineStart && at > 0) endQuote()
    if (ch === '\\' && at + 1 < source.length && source.charCodeAt(at + 1) <= 126) {
      text += source[at + 1]
      at += 2
      continue
    }
    if (source.startsWith('```', at)) {
      const { inner, end } = untilMark(source, at + 3, '```', 'PreCode', at)
      const [, language, code] = /^([\w+#-]+)\n([\s\S]*)$/.exec(inner) ?? [
        undefined,
        undefined,
        inner.replace(/^\n/, ''),
      ]
      add({ type: 'pre', offset: text.length, length: code!.length, ...(language ? { language } : {}) })
      text += code
      at = end
      continue
    }
    if (ch === '`') {
      const { inner, end } = untilMark(source, at + 1, '`', 'Code', at)
      add({ type: 'code', offset: text.length, length: inner.length })
      text += inner
      at = end
      continue
    }
    const top = stack.at(-1)
    if (top && source.startsWith(top.mark, at)) {
      stack.pop()
      at += top.mark.length
      const base = { offset: top.offset, length: text.length - top.offset }
      if (top.mark !== ']') {
        add({ ...base, type: top.type })
        continue
      }
      // The address follows at once: [text](address), ![emoji](tg://emoji?id=1).
      if (source[at] !== '(') {
        if (top.type === '[') add({ ...base, type: 'text_link', url: text.slice(top.offset) })
        continue
      }
      const { inner, end } = untilMark(source, at + 1, ')', 'TextUrl', top.at)
      if (top.type === '![') add({ ...base, type: 'custom_emoji', custom_emoji_id: /id=(\d+)/.exec(inner)?.[1] ?? '' })
      else add({ ...base, type: 'text_link', url: inner })
      at = end
      continue
    }
    if (ch === '[' || source.startsWith('![', at)) {
      const mark = ch === '[' ? '[' : '!['
      stack.push({ mark: ']', type: mark, name: 'TextUrl', offset: text.length, at })
      at += mark.length
      continue
    }
    if (ch === ']' && stack.some((o) => o.mark === ']'))
      throw new MarkupError(`Can't find end of ${top!.name} entity at byte offset ${byteOffset(source, top!.at)}`)
    const marker = markers.find((m) => source.startsWith(m.mark, at))
    if (marker) {
      stack.push({ ...marker, offset: text.length, at })
      at += marker.mark.length
      continue
    }
    if (reserved.includes(ch))
      throw new MarkupError(`Character '${ch}' is reserved and must be escaped with the preceding '\\'`)
    text += ch
    at++
  }
  endQuote()
  const open = stack.at(-1)
  if (open) throw new MarkupError(`Can't find end of ${open.name} entity at byte offset ${byteOffset(source, open.at)}`)
  return { text, entities }
}
