/**
 * Little text as LinkedIn reads it (fact sheet §3.2): a reserved character that is neither escaped nor part of an element
 * cuts the text off right there, and nobody is told.
 */

export type Piece = { kind: 'text' | 'tag'; text: string } | { kind: 'mention'; text: string; urn: string }

const RESERVED = '|{}@[]()<>#\\*_~'
const word = /^(?:[\p{L}\p{N}]|\\_)+/u
const template = /^\{hashtag\|(?:\\#|#|＃)\|((?:\\.|[^}\\])+)\}/u
const mentioned = /^@\[((?:\\.|[^\]\\])+)\]\((urn:li:(?:person|organization):[\w-]+)\)/u

const plain = (text: string) => text.replace(/\\(.)/gu, '$1')

/** The pieces people see. `known`: the name behind a URN; a mention under another name is shown as plain text. */
export const read = (source: string, known: (urn: string) => string | null): Piece[] => {
  const out: Piece[] = []
  const add = (text: string) => {
    const last = out.at(-1)
    if (last?.kind === 'text') last.text += text
    else out.push({ kind: 'text', text })
  }
  let at = 0
  while (at < source.length) {
    const rest = source.slice(at)
    const ch = rest[0]!
    if (ch === '\\') {
      const next = rest[1]
      if (next === undefined || !RESERVED.includes(next)) break
      add(next)
      at += 2
      continue
    }
    if (!RESERVED.includes(ch)) {
      const run = /^[^|{}@[\]()<>#\\*_~]+/.exec(rest)![0]
      add(run)
      at += run.length
      continue
    }
    const tag = ch === '{' ? template.exec(rest) : null
    const hash = ch === '#' ? word.exec(rest.slice(1)) : null
    const who = ch === '@' ? mentioned.exec(rest) : null
    if (tag) {
      out.push({ kind: 'tag', text: `#${plain(tag[1]!)}` })
      at += tag[0].length
    } else if (hash) {
      out.push({ kind: 'tag', text: `#${plain(hash[0])}` })
      at += 1 + hash[0].length
    } else if (who) {
      const [name, urn] = [plain(who[1]!), who[2]!]
      const real = known(urn)
      const fits =
        real !== null &&
        (urn.includes(':organization:') ? real === name : real.split(' ').some((p) => name.includes(p)))
      if (fits) out.push({ kind: 'mention', text: name, urn })
      else add(name)
      at += who[0].length
    } else break
  }
  return out
}

/** What people see, as one string. */
export const shown = (source: string, known: (urn: string) => string | null): string =>
  read(source, known)
    .map((p) => p.text)
    .join('')

/** As the API gives it back: hashtags have become templates. */
export const echoed = (source: string, known: (urn: string) => string | null): string => {
  const safe = (text: string) => text.replace(/[|{}@[\]()<>#\\*_~]/g, '\\$&')
  return read(source, known)
    .map((p) =>
      p.kind === 'tag'
        ? `{hashtag|\\#|${safe(p.text.slice(1))}}`
        : p.kind === 'mention'
          ? `@[${safe(p.text)}](${p.urn})`
          : safe(p.text),
    )
    .join('')
}
