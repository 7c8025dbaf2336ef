/**
 * HTML of `parse_mode` as Telegram reads it (fact sheet §3; the refusals are those of tdlib's parser, which has the last
 * word): what people will see, and the first fault. One pass. Pure.
 */
import { type Fault, fault } from './fault.ts'

const tags = new Set(
  'b strong i em u ins s strike del span tg-spoiler a code pre blockquote tg-emoji tg-time'.split(' '),
)
const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

const codePoint = (n: number): string => (Number.isInteger(n) && n > 0 && n <= 0x10ffff ? String.fromCodePoint(n) : '')

const decoded = (text: string): string =>
  text.replace(
    /&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-f]{1,6}));/giu,
    (_, word?: string, dec?: string, hex?: string) =>
      word ? named[word.toLowerCase()]! : codePoint(dec ? Number(dec) : Number.parseInt(hex!, 16)),
  )

export type Read = {
  /** Tags gone, entities decoded: this is what Telegram counts. */ visible: string
  fault: Fault | null
}

type Tag = { attributes: Map<string, string>; end: number } | Fault

const tagName = /[^\s>]*/y
const space = /\s*/y
const attributeName = /[^\s=>]*/y
const bareValue = /[\p{L}\p{N}.-]*/uy
const take = (pattern: RegExp, source: string, at: number): string => {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}
const skip = (source: string, at: number): number => at + take(space, source, at).length

/** The attributes of a start tag from behind its name, and where the tag ends. */
const attributesOf = (source: string, from: number, tag: string): Tag => {
  const attributes = new Map<string, string>()
  for (let at = skip(source, from); at < source.length; at = skip(source, at)) {
    if (source[at] === '>') return { attributes, end: at + 1 }
    const name = take(attributeName, source, at)
    if (name === '') return fault('attribute', { tag })
    at = skip(source, at + name.length)
    if (source[at] !== '=') {
      attributes.set(name.toLowerCase(), '')
      continue
    }
    at = skip(source, at + 1)
    const quote = source[at]
    const quoted = quote === '"' || quote === "'"
    const stop = quoted ? source.indexOf(quote, at + 1) : at + take(bareValue, source, at).length
    if (stop < 0 || (!quoted && !/[\s>]/.test(source[stop] ?? ' '))) return fault('attribute', { tag })
    attributes.set(name.toLowerCase(), decoded(source.slice(quoted ? at + 1 : at, stop)))
    at = quoted ? stop + 1 : stop
  }
  return fault('start', { tag })
}

/** Where no tag can be read, the words without what looks like one. */
const guessed = (source: string): string => decoded(source.replace(/<[^<>]*>/gu, ''))

export const readHtml = (source: string): Read => {
  const broken = (what: Fault): Read => ({ visible: guessed(source), fault: what })
  const open: string[] = []
  let visible = ''
  let at = 0
  for (let next = source.indexOf('<'); next >= 0; next = source.indexOf('<', at)) {
    visible += decoded(source.slice(at, next))
    const closes = source[next + 1] === '/'
    const name = take(tagName, source, next + (closes ? 2 : 1))
    const tag = name.toLowerCase()
    const behind = next + (closes ? 2 : 1) + name.length
    if (closes) {
      const top = open.pop()
      const end = skip(source, behind)
      if (source[end] !== '>') return broken(fault('start', { tag: `/${tag}` }))
      // Telegram takes `</>` for whatever is open.
      if (top === undefined || (tag !== '' && tag !== top)) return broken(fault('end', { tag }))
      at = end + 1
      continue
    }
    if (!tags.has(tag))
      return broken(
        /^[a-z]/.test(tag) && source.includes('>', next) ? fault('unknown', { tag: tag.slice(0, 20) }) : fault('stray'),
      )
    const read = attributesOf(source, behind, tag)
    if (!('end' in read)) return broken(read)
    if (tag === 'span' && read.attributes.get('class') !== 'tg-spoiler') return broken(fault('span'))
    if (tag === 'tg-emoji' && !/^\d{1,19}$/.test(read.attributes.get('emoji-id') ?? '')) return broken(fault('emoji'))
    open.push(tag)
    at = read.end
  }
  if (open.length > 0) return broken(fault('open', { tag: open.at(-1)! }))
  visible += decoded(source.slice(at))
  // Telegram shows an entity it does not know as it is written, which nobody means.
  const entity = /&(?!(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-f]{1,6});)[a-z#][^\s;<>]{0,10};/iu.exec(source)
  return { visible, fault: entity ? fault('entity', { entity: entity[0] }) : null }
}
