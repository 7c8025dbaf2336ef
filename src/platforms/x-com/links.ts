/**
 * Links as X finds them (twitter-text, config v3; fact sheet §10), read in one pass: that library looks at some texts
 * again from every character, which stops the whole process for seconds. Pure.
 *
 * With a scheme an address may have letters of any script in its host; a bare one is found where its host is of Latin
 * letters, even inside a run of other letters. Paths know Latin and Cyrillic letters only.
 */
import { isEnding } from '#kit/facts/endings.ts'

export type Link = { start: number; end: number; url: string }

const latinAccents =
  '\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF'
const directional = '\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069'
/** What a host is made of: anything but white space, direction marks and ASCII signs; dots, `-` and `_` between. */
const hostSigns = `[^\\s${directional}\\u0085\\u180E\\uFFFE\\uFEFF\\uFFFF\\u0000-,/:-@[-^\`{-\\u007F]`
const hosts = new RegExp(`${hostSigns}+`, 'gu')
const latinParts = new RegExp(`[a-z0-9${latinAccents}][-a-z0-9.${latinAccents}]*`, 'giu')
const general = new RegExp(`[a-z0-9!*';:=+,.$/%#[\\]\\-\\u2013_~@|&\\u0400-\\u04FF${latinAccents}]`, 'iu')
const last = new RegExp(`[a-z0-9=_#/+\\-\\u0400-\\u04FF${latinAccents}]`, 'iu')
const queryGeneral = /[a-z0-9!?*'@();:&=+$/%#[\]\-_.,~|]/i
const queryLast = /[a-z0-9\-_&=#/]/i
/** Signs that, right before it, make an address part of something else. */
const joinedTo = /[A-Za-z0-9@＠$#＃]$/u
/** X takes no longer ones (UTF-16 units, the host in its ASCII form). */
const urlMax = 4096
const labelMax = 63

/** What may not stand right behind an ending. */
const notBehind = /^[a-z0-9@+-]/i

/** How far a label is a known ending that something else may follow. */
const ending = (label: string): number => {
  if (isEnding(label)) return label.length
  const latin = /^(?:xn--[a-z0-9-]+|[a-z0-9]+)/i.exec(label.slice(0, labelMax + 1))?.[0] ?? ''
  if (latin !== '' && latin.length <= labelMax && isEnding(latin) && !notBehind.test(label.slice(latin.length)))
    return latin.length
  if (latin === label || /^[ -\u007f]/.test(label)) return 0
  for (let n = Math.min(label.length, 24); n > 0; n--)
    if (isEnding(label.slice(0, n)) && !notBehind.test(label.slice(n))) return n
  return 0
}

const edges = new Set('-_')

/** The longest host that `run` begins with, in units; 0: none. `next` stands behind the run. Only subdomains may hold `_`. */
const hostLength = (run: string, next: string): number => {
  if (run.length > urlMax) return 0
  const labels = run.split('.')
  let good = 0
  while (
    good < labels.length &&
    labels[good] !== '' &&
    !edges.has(labels[good]![0]!) &&
    !edges.has(labels[good]!.at(-1)!)
  )
    good++
  for (let i = Math.min(good, labels.length - 1); i > 0; i--) {
    const known = ending(labels[i]!)
    if (i === labels.length - 1 && known === labels[i]!.length && notBehind.test(next)) continue
    if (known > 0 && !labels[i - 1]!.includes('_'))
      return labels.slice(0, i).reduce((n, l) => n + l.length + 1, 0) + known
  }
  return 0
}

/** Length of a label of letters of any script in its ASCII form: `xn--` and its punycode (RFC 3492), which is not kept. */
export const asciiLength = (label: string): number => {
  const points = [...label.toLowerCase()].map((ch) => ch.codePointAt(0)!)
  const basic = points.filter((p) => p < 128).length
  let length = 4 + basic + (basic > 0 ? 1 : 0)
  let [n, delta, bias, done] = [128, 0, 72, basic]
  const limit = (k: number) => Math.max(1, Math.min(26, k - bias))
  while (done < points.length) {
    const next = Math.min(...points.filter((p) => p >= n))
    delta += (next - n) * (done + 1)
    n = next
    for (const p of points) {
      if (p < n) delta++
      if (p !== n) continue
      let k = 36
      for (let q = delta; q >= limit(k); k += 36) {
        q = Math.floor((q - limit(k)) / (36 - limit(k)))
        length++
      }
      length++
      delta = Math.floor(delta / (done === basic ? 700 : 2))
      delta += Math.floor(delta / (done + 1))
      let shift = 0
      for (; delta > 455; shift += 36) delta = Math.floor(delta / 35)
      bias = shift + Math.floor((36 * delta) / (delta + 38))
      delta = 0
      done++
    }
    delta++
    n++
  }
  return length
}

/** Would a label of the host be too long in its ASCII form? */
const tooLong = (host: string): boolean =>
  host.length > 12 &&
  host.split('.').some((label) => {
    if (label.length > labelMax) return true
    return label.length > 12 && !/^[ -\u007f]*$/.test(label) && asciiLength(label) > labelMax
  })

/** Signs of a path inside brackets that close again, one pair deep; the index after the bracket, or -1. */
const bracketEnd = (text: string, from: number, deep: boolean): number => {
  let at = from + 1
  for (; at < text.length; at++) {
    const ch = text[at]!
    if (ch === ')') return at > from + 1 ? at + 1 : -1
    if (ch === '(') {
      const inner = deep ? -1 : bracketEnd(text, at, true)
      if (inner < 0) return -1
      at = inner - 1
    } else if (!general.test(ch)) return -1
  }
  return -1
}

const tailEnd = (text: string, hostEnd: number): number => {
  const port = /^:\d+/.exec(text.slice(hostEnd, hostEnd + 64))?.[0].length ?? 0
  let end = hostEnd + port
  if (text[end] === '/') {
    let at = ++end
    for (; at < text.length; ) {
      const ch = text[at]!
      if (ch === '(') {
        const after = bracketEnd(text, at, false)
        if (after < 0) break
        end = at = after
      } else if (general.test(ch)) {
        at++
        if (last.test(ch)) end = at
      } else break
    }
  }
  if (text[end] === '?') {
    let known = end
    for (let at = end + 1; at < text.length && queryGeneral.test(text[at]!); at++)
      if (queryLast.test(text[at]!)) known = at + 1
    end = known
  }
  return end
}

/** The usual run, read without the ado that other letters need. */
const latinHost = /^[a-z0-9.-]+$/i
/** Longest ending in a script of its own (UTF-16 units). */
const endingMax = 24

/** Addresses without a scheme inside a run of host signs that begins at `at`: their places, without ports and paths. */
const bare = (text: string, run: string, at: number): Link[] => {
  const out: Link[] = []
  if (/^[-_.]/.test(run)) return out
  if (latinHost.test(run)) {
    const [prior, next] = [text[at - 1] ?? '', text[at + run.length] ?? '']
    const length = prior === '/' || joinedTo.test(prior) ? 0 : hostLength(run, next)
    return length > 0 && !tooLong(run.slice(0, length))
      ? [{ start: at, end: at + length, url: run.slice(0, length) }]
      : out
  }
  for (const m of run.matchAll(latinParts)) {
    const prior = m.index > 0 ? run[m.index - 1]! : (text[at - 1] ?? '')
    if (!m[0].includes('.') || prior === '_' || (m.index === 0 && (prior === '/' || joinedTo.test(prior)))) continue
    // Latin labels may end in an ending of another script.
    const beyond = m.index + m[0].length
    const more = m[0].endsWith('.') ? (/^[^ -\u007f]+/.exec(run.slice(beyond, beyond + endingMax))?.[0] ?? '') : ''
    const next = run[beyond + more.length] ?? text.slice(at + run.length, at + run.length + 1)
    // X takes a letter with an accent at the very beginning of a text for the sign before the address.
    const accent = at + m.index === 0 && m[0] > '\u007f' && hostLength(m[0].slice(1) + more, next) > 0 ? 1 : 0
    const part = m[0].slice(accent) + more
    const length = hostLength(part, next)
    if (length === 0 || tooLong(part.slice(0, length))) continue
    const start = at + m.index + accent
    out.push({ start, end: start + length, url: part.slice(0, length) })
  }
  return out
}

const hasPath = (text: string, at: number): boolean =>
  text[at] === '/' || (text[at] === ':' && /^:\d{1,5}\//.test(text.slice(at, at + 7)))

/** The links X would shorten, in order; about `most` of them. */
export const findLinks = (text: string, most = Number.POSITIVE_INFINITY): Link[] => {
  const out: Link[] = []
  hosts.lastIndex = 0
  for (let m = hosts.exec(text); m && out.length < most; m = hosts.exec(text)) {
    const run = m[0]
    if (!run.includes('.')) continue
    const at = m.index
    const scheme =
      text[at - 1] === '/' ? (/https?:\/\/$/i.exec(text.slice(Math.max(0, at - 8), at))?.[0].length ?? 0) : 0
    const length =
      scheme > 0 && !joinedTo.test(text.slice(Math.max(0, at - scheme - 1), at - scheme))
        ? hostLength(run, text[at + run.length] ?? '')
        : 0
    if (length > 0 && !tooLong(run.slice(0, length))) {
      const end = tailEnd(text, at + length)
      if (end - at + scheme <= urlMax) out.push({ start: at - scheme, end, url: text.slice(at - scheme, end) })
      hosts.lastIndex = end
      continue
    }
    if (scheme > 0) continue
    const found = bare(text, run, at)
    for (const [i, link] of found.entries()) {
      // Port and query belong to a bare address only where it has a path as well.
      const path = i === found.length - 1 && hasPath(text, link.end)
      const end = path ? tailEnd(text, link.end) : link.end
      if (end - link.start <= urlMax) out.push({ start: link.start, end, url: text.slice(link.start, end) })
      hosts.lastIndex = Math.max(hosts.lastIndex, end)
    }
  }
  return out
}
