/**
 * Web addresses in people's text, of any script: the one detector for networks that leave finding them to us (Bluesky)
 * or count them without saying how (Threads, Instagram), and for the previews. X has its own rules (x-com/links.ts).
 *
 * Every character is looked at a bounded number of times, whatever the text: no pattern here can start again inside what
 * it has already read.
 */
import { endingLength, isEnding } from './endings.ts'

/** A place in a text, in UTF-16 units; `end` is exclusive. */
export type Stretch = { start: number; end: number }
export type Address = Stretch & { /** With its scheme; `https` where none was written. */ url: string; bare: boolean }

/** Scripts written without spaces: an address may stand right behind their letters, and ends before them. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u
const word = /[\p{L}\p{N}_]/u
const wordOrMark = /[\p{L}\p{M}\p{N}]/u
const hostRun = /[\p{L}\p{M}\p{N}._-]+/uy
const port = /:\d{1,5}(?!\d)/y
const openers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
const closers = new Set(Object.values(openers))
/** ASCII that no address holds; every other sign that is not a letter of some script ends one as well. */
const never = new Set('"<>\\^`|')
/** Marks that belong to the sentence when an address ends in them. */
const trailing = new Set('.,;:!?\'"*~([{・·')

const before = (text: string, at: number): string => {
  if (at <= 0) return ''
  const low = text.charCodeAt(at - 1)
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text[at - 1]!
}
const at = (text: string, i: number): string => (i < text.length ? String.fromCodePoint(text.codePointAt(i)!) : '')

/** Where the host beginning at `from` ends, and whether a path may follow; null when there is none. */
const hostAt = (text: string, from: number): { end: number; whole: boolean } | null => {
  hostRun.lastIndex = from
  const run = hostRun.exec(text)?.[0] ?? ''
  const doubled = run.indexOf('..')
  const host = (doubled < 0 ? run : run.slice(0, doubled)).replace(/[._-]$/, '')
  if (host === '' || host.length > 253) return null
  const labels = host.split('.')
  if (labels.some((l) => l === '' || l.length > 63 || l.startsWith('-') || l.endsWith('-'))) return null
  const last = labels.at(-1)!
  // `example.comを見て`: the sentence goes on where the Latin ending ends.
  if (labels.length > 1 && !isEnding(last)) {
    const known = endingLength(last)
    if (known > 0 && unspaced.test(last[known]!)) return { end: from + host.length - last.length + known, whole: false }
  }
  return { end: from + host.length, whole: host.length === run.length }
}

/** The end of port, path, query and fragment after a host that ends at `from`. */
const tailEnd = (text: string, from: number): number => {
  port.lastIndex = from
  const start = port.test(text) ? port.lastIndex : from
  if (!'/?#'.includes(text[start] ?? ' ')) return start
  const open: string[] = []
  let end = start
  let latin = false
  while (end < text.length) {
    const ch = at(text, end)
    if (ch < '\u0080') {
      if (ch <= ' ' || ch === '\u007f' || never.has(ch)) break
      if (openers[ch] !== undefined) open.push(openers[ch])
      else if (closers.has(ch) && open.pop() !== ch) break
      latin = /[a-z0-9]/i.test(ch)
    } else {
      // Hiragana right behind Latin letters is the sentence going on; after a slash it is a title.
      const title = ch === '・' || ch === '·' ? wordOrMark.test(at(text, end + 1)) : wordOrMark.test(ch)
      if (!title || (latin && /\p{Script=Hiragana}/u.test(ch))) break
      latin = false
    }
    end += ch.length
  }
  while (end > start && trailing.has(text[end - 1]!)) end--
  return end
}

const withScheme = (text: string): Address[] => {
  const out: Address[] = []
  let done = 0
  for (const m of text.matchAll(/https?:\/\//giu)) {
    const prior = before(text, m.index)
    if (m.index < done || (word.test(prior) && !unspaced.test(prior))) continue
    const from = m.index + m[0].length
    const host = hostAt(text, from)
    if (!host) continue
    const end = host.whole ? tailEnd(text, host.end) : host.end
    port.lastIndex = host.end
    if (!text.slice(from, host.end).includes('.') && !(host.whole && port.test(text))) continue
    out.push({ start: m.index, end, url: text.slice(m.index, end), bare: false })
    done = end
  }
  return out
}

/** Endings that are also the endings of file names: `README.md` is a file unless a path follows. */
const files = new Set(['md', 'sh', 'rs', 'py', 'zip', 'mov', 'so', 'ps', 'pm', 'cc'])
/** Behind these a name is part of something else: an e-mail address, a handle, a tag, a path. */
const partOf = new Set('@＠/#＃=$&%+\\~')

/** Signs at the ends of a run that belong to the sentence. */
const outer = new Set('._-')

/** The host inside `piece` (no two dots beside each other) when it reads as one, with its ending in lower case; or null. */
const bareHost = (piece: string): { from: number; to: number; ending: string } | null => {
  if (piece.length > 253) return null
  const labels = piece.split('.')
  if (labels.length < 2) return null
  const first = labels[0]!
  const latin = /[a-z0-9]/i.exec(first)?.index ?? 0
  const from = latin > 0 && unspaced.test(before(first, latin)) ? latin : 0
  labels[0] = first.slice(from)
  if (labels.some((l) => l === '' || l.length > 63 || l[0] === '-' || l.at(-1) === '-' || l.includes('_'))) return null
  const last = labels.at(-1)!
  const known = endingLength(last)
  if (known === 0 || (known < last.length && !unspaced.test(last[known]!))) return null
  // `the end.Next one`: a new sentence without its space.
  if (/^[A-Z][a-z]/.test(last)) return null
  if (!/\p{L}/u.test(labels.at(-2)!)) return null
  return { from, to: piece.length - last.length + known, ending: last.slice(0, known).toLowerCase() }
}

const withoutScheme = (text: string, from: number, to: number): Address[] => {
  const out: Address[] = []
  const runs = /[\p{L}\p{M}\p{N}._-]+/gu
  runs.lastIndex = from
  for (let m = runs.exec(text); m && m.index < to; m = runs.exec(text)) {
    const run = m[0]
    const runEnd = m.index + run.length
    if (!run.includes('.') || partOf.has(text[m.index - 1] ?? '') || '@＠'.includes(text[runEnd] ?? ' ')) continue
    let offset = m.index
    for (const part of run.includes('..') ? run.split('..') : [run]) {
      const lead = outer.has(part[0] ?? '') ? 1 : 0
      const piece = part.slice(lead, outer.has(part.at(-1) ?? '') ? -1 : undefined)
      const host = piece.includes('.') ? bareHost(piece) : null
      const start = offset + lead
      offset += part.length + 2
      if (!host) continue
      const begin = start + host.from
      const hostEnd = start + host.to
      const end = hostEnd === runEnd ? Math.min(to, tailEnd(text, hostEnd)) : hostEnd
      if (files.has(host.ending) && end === hostEnd && !/^www\./i.test(text.slice(begin, hostEnd))) continue
      out.push({ start: begin, end, url: `https://${text.slice(begin, end)}`, bare: true })
      runs.lastIndex = Math.max(runs.lastIndex, end)
    }
  }
  return out
}

/** The web addresses of a text, in order, not overlapping, with or without a scheme. */
export const addresses = (text: string): Address[] => {
  const out: Address[] = []
  let done = 0
  for (const found of withScheme(text)) {
    out.push(...withoutScheme(text, done, found.start), found)
    done = found.end
  }
  out.push(...withoutScheme(text, done, text.length))
  return out
}

/** Signs inside a hashtag: letters with their marks, digits, `_`, and the joiners of Persian and Indic words. */
export const tagSigns = '\\p{L}\\p{M}\\p{N}_\\u200c\\u200d'
/** `1️⃣` is an emoji, though a digit begins it and a mark ends it. */
const keycap = '\\d\\uFE0F?\\u20E3'
const names = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}_])(?:@[\\p{L}\\p{N}_][\\p{L}\\p{M}\\p{N}_.-]*|[#＃](?!${keycap})[\\p{L}\\p{N}_](?:(?!${keycap})[${tagSigns}])*)`,
  'gu',
)

/** @handles (dots allowed) and #tags, not in the middle of a word. */
export const handlesAndTags = (text: string): Stretch[] =>
  [...text.matchAll(names)].map((m) => {
    let end = m.index + m[0].length
    while (end > m.index + 1 && '.-\u200c\u200d'.includes(text[end - 1]!)) end--
    return { start: m.index, end }
  })

/** Two lists in order become one; where they meet, what begins first wins, then the first list. */
export const joined = <A extends Stretch, B extends Stretch>(first: readonly A[], second: readonly B[]): (A | B)[] => {
  const out: (A | B)[] = []
  for (let i = 0, k = 0; i < first.length || k < second.length; ) {
    const [a, b] = [first[i], second[k]]
    const next = b === undefined || (a !== undefined && a.start <= b.start) ? first[i++]! : second[k++]!
    if (next.start >= (out.at(-1)?.end ?? 0)) out.push(next)
  }
  return out
}

/** Addresses, @handles (dots allowed) and #tags: what most networks colour, and what no cut may go through. In order. */
export const stretches = (text: string): Stretch[] => joined(addresses(text), handlesAndTags(text))
