/**
 * Text on Bluesky: finding what must become a facet, the text as it is stored, and counting it. Pure. Nothing is linked
 * without a facet (fact sheet §3), so what is found here is what people can click.
 */
import { addresses, joined } from '#kit/facts/addresses.ts'
import { splitter } from '#kit/facts/split.ts'
import { graphemes, type TextRules, utf8Bytes, withoutEnd } from '#kit/facts/text.ts'

/** A place in a text, in UTF-16 units (JS indices). */
export type Span = { start: number; end: number } & (
  | { kind: 'link'; uri: string }
  | { kind: 'mention'; handle: string }
  | { kind: 'tag'; tag: string }
)

/** `index` counts UTF-8 BYTES, end exclusive; the server does not check it. */
export type Facet = {
  index: { byteStart: number; byteEnd: number }
  features: ({ $type: string } & Record<string, string>)[]
}

const mention = /(?<![\p{L}\p{M}\p{N}_@/.#-])@[a-z0-9.-]+/giu
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
/** Up to white space, another `#`, or a sign the app ends tags at; a selector or a keycap makes the `#` itself an emoji. */
const tag = /(?<=^|\s)[#＃](?!\uFE0F|\u20E3)((?:(?!\u00AD|\u2060|[\u200A-\u200D]|\u20E2|\u20E3)[^\s#＃])+)/gu
/** Longest tag: graphemes and UTF-8 bytes (fact sheet §3). */
const tagMax = { graphemes: 64, bytes: 640 }

const mentionsOf = (source: string): Span[] =>
  [...source.matchAll(mention)].flatMap((m): Span[] => {
    const handle = withoutEnd(m[0].slice(1), /[.-]/)
    // A host name has at most 253 characters; `@example.com` behind a name is an e-mail address, before one a fediverse one.
    const labels = handle.length > 253 ? [] : handle.split('.')
    const end = m.index + 1 + handle.length
    if (labels.length < 2 || !labels.every((l) => label.test(l)) || !/^[a-z]/i.test(labels.at(-1)!)) return []
    return source[end] === '@' ? [] : [{ kind: 'mention', handle: handle.toLowerCase(), start: m.index, end }]
  })

const tagsOf = (source: string): Span[] =>
  [...source.matchAll(tag)].flatMap((m): Span[] => {
    // More UTF-16 units than the bytes allowed cannot fit, whatever they are.
    const long = m[1]!.length > 4 * tagMax.bytes
    const word = long ? '' : withoutEnd(m[1]!, /\p{P}|\uFE0F/u)
    // `#1` is a number, not a tag; nor is what holds no letter at all.
    if (!word || /^\d+$/u.test(word) || utf8Bytes(word) > tagMax.bytes || graphemes(word) > tagMax.graphemes) return []
    return [{ kind: 'tag', tag: word, start: m.index, end: m.index + m[0].length - (m[1]!.length - word.length) }]
  })

/** Links, mentions and tags of a text, in order, never overlapping: links win, then mentions. Mentions still need their DID. */
export const spans = (source: string): Span[] => {
  const links = addresses(source).map(({ start, end, url }): Span => ({ kind: 'link', uri: url, start, end }))
  return joined<Span, Span>(joined<Span, Span>(links, mentionsOf(source)), tagsOf(source))
}

/** Handles mentioned in a text, each once. */
export const mentions = (source: string): string[] => [
  ...new Set(spans(source).flatMap((s) => (s.kind === 'mention' ? [s.handle] : []))),
]

/** A source longer than this (UTF-16 units) can't fit, however long its addresses are; it is taken as it is written. */
const hopeless = 30_000

/** What the app leaves of a path, query and fragment longer than `keeps` (characters). */
const shortPath = { keeps: 15, shows: 13 }

/**
 * An address as Bluesky's app writes it into the text (`toShortUrl` of bluesky-social/social-app): without its scheme, a
 * long path cut off. The app leaves one without a scheme alone. Host and path stay in the letters they were written in.
 */
const shortened = (written: string): string => {
  const [, host, path] = /^https?:\/\/([^/?#]*)(.*)$/isu.exec(written) ?? []
  if (host === undefined) return written
  const rest = path!.replace(/^\/(?=$|[?#])/, '')
  if (rest.length <= shortPath.keeps) return host + rest
  const points = [...rest.slice(0, 2 * shortPath.keeps + 2)]
  return points.length <= shortPath.keeps ? host + rest : `${host}${points.slice(0, shortPath.shows).join('')}...`
}

type Stored = { text: string; spans: readonly Span[] }

const store = (source: string): Stored => {
  if (source.length > hopeless) return { text: source, spans: [] }
  let text = ''
  let at = 0
  const moved: Span[] = []
  for (const span of spans(source)) {
    text += source.slice(at, span.start)
    const written = source.slice(span.start, span.end)
    const start = text.length
    text += span.kind === 'link' ? shortened(written) : written
    moved.push({ ...span, start, end: text.length })
    at = span.end
  }
  return { text: text + source.slice(at), spans: moved }
}

/** One text is asked for several times in a row: for its characters, its bytes, its looks. */
let latest = { source: '', stored: store('') }

/** The text as it is stored, addresses shortened, and where its spans lie then. The links keep the whole address. */
export const stored = (source: string): Stored => {
  if (latest.source !== source) latest = { source, stored: store(source) }
  return latest.stored
}

const count = (source: string): number => graphemes(stored(source).text)
const bytes = (source: string): number => utf8Bytes(stored(source).text)
const kept = (written: string): string => (/^https?:/i.test(written) ? shortened(written) : written)

/** The network's second limit (fact sheet §3): UTF-8 bytes of a post. */
export const bytesMax = 3000

export const text: TextRules = {
  count,
  bytes,
  split: splitter(
    [
      { count, one: () => 1, stretch: (s) => graphemes(kept(s)) },
      { count: bytes, one: utf8Bytes, stretch: (s) => utf8Bytes(kept(s)), max: bytesMax },
    ],
    spans,
  ),
}

/** The text and its facets as a record holds them; a mention without a DID in `dids` stays plain text. */
export const richText = (source: string, dids: Record<string, string | null>): { text: string; facets: Facet[] } => {
  const { text, spans } = stored(source)
  const facets: Facet[] = []
  let at = 0
  let byte = 0
  for (const s of spans) {
    const byteStart = byte + utf8Bytes(text.slice(at, s.start))
    const byteEnd = byteStart + utf8Bytes(text.slice(s.start, s.end))
    at = s.end
    byte = byteEnd
    const add = (feature: Facet['features'][number]) =>
      facets.push({ index: { byteStart, byteEnd }, features: [feature] })
    if (s.kind === 'link') add({ $type: 'app.bsky.richtext.facet#link', uri: s.uri })
    else if (s.kind === 'tag') add({ $type: 'app.bsky.richtext.facet#tag', tag: s.tag })
    else if (dids[s.handle]) add({ $type: 'app.bsky.richtext.facet#mention', did: dids[s.handle]! })
  }
  return { text, facets }
}
