/**
 * MarkdownV2 as Telegram reads it (fact sheet §3; tdlib's parser has the last word): what people will see, and the first
 * fault. One pass. Pure.
 */
import { type Fault, fault } from './fault.ts'

/** Everything that must be escaped outside of entities. */
const reserved = new Set('_*[]()~`>#+-=|{}.!')
const markers = ['||', '__', '*', '_', '~'] as const

export type Marked = { visible: string; fault: Fault | null }

export const readMarkdown = (source: string): Marked => {
  let visible = ''
  const open: string[] = []
  let at = 0
  /** Only empty entities since the line began: a quotation may start here (`**>` begins one right behind another). */
  let lineStart = true
  let quoted = false
  const broken = (what: Fault): Marked => ({ visible, fault: what })
  const escaped = (i: number): boolean => source[i] === '\\' && i + 1 < source.length && source.charCodeAt(i + 1) <= 126
  const add = (text: string) => {
    if (text === '') return
    visible += text
    lineStart = text.endsWith('\n')
    if (lineStart) quoted = quoted && source[at + 1] === '>'
  }
  /** The text up to `mark`, escapes undone; undefined when it never comes. */
  const until = (mark: string, from: number): { inner: string; end: number } | undefined => {
    let inner = ''
    for (let i = from; i < source.length; ) {
      if (escaped(i)) {
        inner += source[i + 1]
        i += 2
      } else if (source.startsWith(mark, i)) return { inner, end: i + mark.length }
      else inner += source[i++]
    }
    return undefined
  }
  while (at < source.length) {
    const ch = source[at]!
    if (escaped(at)) {
      add(source[at + 1]!)
      at += 2
      continue
    }
    const fence = source.startsWith('```', at) ? '```' : ch === '`' ? '`' : undefined
    if (fence) {
      const code = until(fence, at + fence.length)
      if (!code) return broken(fault('mark', { mark: fence }))
      add(fence === '```' ? code.inner.replace(/^[\w+-]*\n/, '') : code.inner)
      at = code.end
      continue
    }
    // `||` at the end of a quotation that opened none: the rest of the quotation is folded until somebody taps.
    const ends = at + 2 >= source.length || source[at + 2] === '\n'
    if (quoted && source.startsWith('||', at) && ends && !open.includes('||')) {
      at += 2
      continue
    }
    const mark = markers.find((m) => source.startsWith(m, at))
    if (mark) {
      if (open.at(-1) === mark) open.pop()
      else if (open.includes(mark)) return broken(fault('crosses', { mark }))
      else open.push(mark)
      at += mark.length
      continue
    }
    const emoji = source.startsWith('![', at)
    if (ch === '[' || emoji) {
      open.push(emoji ? '![' : '[')
      at += emoji ? 2 : 1
      continue
    }
    if (ch === ']' && (open.at(-1) === '[' || open.at(-1) === '![')) {
      const custom = open.pop() === '!['
      at++
      // Words in brackets without an address are words.
      if (source[at] !== '(' && !custom) continue
      const link = source[at] === '(' ? until(')', at + 1) : undefined
      if (custom && !/^tg:\/\/(?:emoji\?id=\d+$|time\?)/.test(link?.inner ?? '')) return broken(fault('emoji'))
      if (!link) return broken(fault('link'))
      at = link.end
      continue
    }
    if (ch === '>' && lineStart) {
      quoted = true
      lineStart = false
      at++
      continue
    }
    if (reserved.has(ch)) return broken(fault('reserved', { mark: ch }))
    add(ch)
    at++
  }
  return open.length > 0 ? broken(fault('mark', { mark: open.at(-1)! })) : { visible, fault: null }
}
