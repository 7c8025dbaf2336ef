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
  let folded = false
  // Empty entities leave a line at its start: `**>` begins a quotation right behind another.
  let fresh = true
  const write = (piece: string) => {
    if (piece === '') return
    text += piece
    fresh = piece.endsWith('\n')
  }
  const endQuote = () => {
    if (quoteFrom === null) return
    const type = folded ? 'expandable_blockquote' : 'blockquote'
    add({ type, offset: quoteFrom, length: text.length - quoteFrom })
    quoteFrom = null
    folded = false
  }
  while (at < source.length) {
    const ch = source[at]!
    const lineStart = fresh
    if (lineStart && ch === '>') {
      fresh = false
      quoteFrom ??= text.length
      at++
      continue
    }
    if (lineStart && at > 0) endQuote()
    if (ch === '\\' && at + 1 < source.length && source.charCodeAt(at + 1) <= 126) {
      write(source[at + 1]!)
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
      write(code!)
      at = end
      continue
    }
    if (ch === '`') {
      const { inner, end } = untilMark(source, at + 1, '`', 'Code', at)
      add({ type: 'code', offset: text.length, length: inner.length })
      write(inner)
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
      const notEmoji = () =>
        new MarkupError(
          `Custom emoji entity must contain a tg://emoji URL at byte offset ${byteOffset(source, top.at)}`,
        )
      // The address follows at once: [text](address), ![emoji](tg://emoji?id=1).
      if (source[at] !== '(') {
        if (top.type === '![') throw notEmoji()
        add({ ...base, type: 'text_link', url: text.slice(top.offset) })
        continue
      }
      const { inner, end } = untilMark(source, at + 1, ')', 'TextUrl', top.at)
      const emojiId = /^tg:\/\/emoji\?id=(\d+)$/.exec(inner)?.[1]
      if (top.type === '![' && emojiId === undefined && !inner.startsWith('tg://time?')) throw notEmoji()
      if (top.type === '![')
        add({ ...base, ...(emojiId ? { type: 'custom_emoji', custom_emoji_id: emojiId } : { type: 'date_time' }) })
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
    // The mark of expandability closes a quotation in which no spoiler is open.
    const lineEnd = source.length <= at + 2 || source[at + 2] === '\n'
    if (quoteFrom !== null && lineEnd && source.startsWith('||', at) && !stack.some((o) => o.mark === '||')) {
      folded = true
      at += 2
      continue
    }
    const marker = markers.find((m) => source.startsWith(m.mark, at))
    if (marker) {
      stack.push({ ...marker, offset: text.length, at })
      at += marker.mark.length
      continue
    }
    if (reserved.includes(ch))
      throw new MarkupError(`Character '${ch}' is reserved and must be escaped with the preceding '\\'`)
    write(ch)
    at++
  }
  endQuote()
  const open = stack.at(-1)
  if (open) throw new MarkupError(`Can't find end of ${open.name} entity at byte offset ${byteOffset(source, open.at)}`)
  return { text, entities }
}
