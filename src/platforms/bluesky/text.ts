/** Text on Bluesky: counting, and finding what must become a facet. Pure. Nothing is linked without a facet (fact sheet §3). */
import { graphemes, textRules, utf8Bytes } from '#kit/facts/text.ts'

export const text = textRules('graphemes')

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

const withScheme = /(?<=^|[\s([{"'«„“])https?:\/\/[^\s<>"]+/giu
// A bare domain becomes a link only when its ending is a common one, so that `node.js` or `e.g.next` stay words.
const bareDomain =
  /(?<=^|[\s(])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|edu|gov|io|dev|app|me|co|ai|tv|info|blog|news|shop|social|xyz|online|site|eu|pl|de|fr|es|it|nl|uk|us|ca|jp|br|in|ch|at|be|se|no|cz)(?:\/[^\s<>"]*)?(?=$|[\s).,;:!?])/giu
const mention = /(?<=^|[\s(])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)/giu
const tag = /(?<=^|\s)[#＃]((?:(?![\u00AD\u2060\u200A-\u200D]|\u20E2)[^\s#＃])+)/gu

/** Sentence marks after a link belong to the sentence; a closing bracket too unless the link opened it. */
const trimLink = (link: string): string => {
  let out = link.replace(/[.,;:!?'"»”]+$/u, '')
  const more = (close: string, open: string) => out.split(close).length > out.split(open).length
  while (out.endsWith(')') && more(')', '(')) out = out.slice(0, -1).replace(/[.,;:!?]+$/u, '')
  return out
}

/** Links, mentions and tags of a text, in order, never overlapping. Mentions still need their DID. */
export const spans = (source: string): Span[] => {
  const out: Span[] = []
  const free = (start: number, end: number) => out.every((s) => end <= s.start || start >= s.end)
  const add = (span: Span) => {
    if (free(span.start, span.end)) out.push(span)
  }
  for (const m of source.matchAll(withScheme)) {
    const uri = trimLink(m[0])
    if (/^https?:\/\/[^/\s.]+(\.[^/\s.]+|:\d+)/iu.test(uri))
      add({ kind: 'link', uri, start: m.index, end: m.index + uri.length })
  }
  for (const m of source.matchAll(mention))
    add({ kind: 'mention', handle: m[1]!.toLowerCase(), start: m.index, end: m.index + m[0].length })
  for (const m of source.matchAll(bareDomain)) {
    const shown = trimLink(m[0])
    add({ kind: 'link', uri: `https://${shown}`, start: m.index, end: m.index + shown.length })
  }
  for (const m of source.matchAll(tag)) {
    const word = m[1]!.replace(/(?:\p{P}|\uFE0F)+$/u, '')
    // `#1` is a number, not a tag; longer than 64 graphemes or 640 bytes is refused by the network.
    if (!word || /^\d+$/u.test(word) || graphemes(word) > 64 || utf8Bytes(word) > 640) continue
    add({ kind: 'tag', tag: word, start: m.index, end: m.index + m[0].length - (m[1]!.length - word.length) })
  }
  return out.sort((a, b) => a.start - b.start)
}

/** Handles mentioned in a text, each once. */
export const mentions = (source: string): string[] => [
  ...new Set(spans(source).flatMap((s) => (s.kind === 'mention' ? [s.handle] : []))),
]

/** The facets of a text; a mention without a DID in `dids` stays plain text. */
export const facets = (source: string, dids: Record<string, string | null>): Facet[] =>
  spans(source).flatMap((s): Facet[] => {
    const index = { byteStart: utf8Bytes(source.slice(0, s.start)), byteEnd: utf8Bytes(source.slice(0, s.end)) }
    if (s.kind === 'link') return [{ index, features: [{ $type: 'app.bsky.richtext.facet#link', uri: s.uri }] }]
    if (s.kind === 'tag') return [{ index, features: [{ $type: 'app.bsky.richtext.facet#tag', tag: s.tag }] }]
    const did = dids[s.handle]
    return did ? [{ index, features: [{ $type: 'app.bsky.richtext.facet#mention', did }] }] : []
  })
