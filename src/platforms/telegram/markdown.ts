/**
 * MarkdownV2 as the composer needs it (fact sheet §3): what people will see, and the first fault. Telegram's own parser
 * has the last word. Pure.
 */

/** Everything that must be escaped outside of entities. */
const reserved = new Set('_*[]()~`>#+-=|{}.!')
const markers = ['||', '__', '*', '_', '~'] as const

export type Marked = { visible: string /** In one sentence, or null. */; fault: string | null }

export const readMarkdown = (source: string): Marked => {
  let visible = ''
  const open: string[] = []
  let at = 0
  const broken = (what: string): Marked => ({ visible, fault: what })
  /** The text up to `mark`, escapes undone; undefined when it never comes. */
  const until = (mark: string, from: number): { inner: string; end: number } | undefined => {
    let inner = ''
    for (let i = from; i < source.length; ) {
      if (source[i] === '\\' && i + 1 < source.length) {
        inner += source[i + 1]
        i += 2
      } else if (source.startsWith(mark, i)) return { inner, end: i + mark.length }
      else inner += source[i++]
    }
    return undefined
  }
  while (at < source.length) {
    const ch = source[at]!
    if (ch === '\\' && at + 1 < source.length) {
      visible += source[at + 1]
      at += 2
      continue
    }
    const fence = source.startsWith('```', at) ? '```' : ch === '`' ? '`' : undefined
    if (fence) {
      const code = until(fence, at + fence.length)
      if (!code) return broken(`The ${fence} is not closed.`)
      visible += fence === '```' ? code.inner.replace(/^[\w+-]*\n/, '') : code.inner
      at = code.end
      continue
    }
    const mark = markers.find((m) => source.startsWith(m, at))
    if (mark) {
      if (open.at(-1) === mark) open.pop()
      else if (open.includes(mark)) return broken(`The ${mark} crosses another mark.`)
      else open.push(mark)
      at += mark.length
      continue
    }
    if (ch === '[') {
      open.push('[')
      at++
      continue
    }
    if (ch === ']' && open.at(-1) === '[') {
      open.pop()
      const link = source[at + 1] === '(' ? until(')', at + 2) : undefined
      if (!link) return broken('A link is written [words](address).')
      at = link.end
      continue
    }
    const quote = ch === '>' && (at === 0 || source[at - 1] === '\n')
    if (reserved.has(ch) && !quote) return broken(`"${ch}" must be written as \\${ch}.`)
    if (!quote) visible += ch
    at++
  }
  return open.length > 0 ? broken(`The ${open.at(-1)} is not closed.`) : { visible, fault: null }
}
