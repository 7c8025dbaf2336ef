/**
 * X's way of reading a text, written anew from twitter-text's published rules (config v3, fact sheet x-com.md §10): NFC,
 * links count 23 whatever their length, emoji 2, Latin-like characters 1, everything else 2. The client reads the same
 * rules in its own way; this is the second book of the double entry.
 */
import { text as n } from './numbers.ts'
import { ccTlds, gTlds } from './tlds.ts'

export type UrlSpan = { /** UTF-16 offsets, end exclusive. */ start: number; end: number; url: string }

const letters = '\\p{L}\\p{M}\\p{N}'
const endings = new Set([...gTlds, ...ccTlds])
const label = new RegExp(`^[${letters}](?:[${letters}_-]*[${letters}])?$`, 'u')
const runPattern = new RegExp(`[${letters}_.-]+`, 'gu')
const pathChar = `[${letters}!*';:=+,.$/%#\\[\\]\\-_~@|&()]`
const tailPattern = new RegExp(`(:\\d+)?(/${pathChar}*)?(\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*)?`, 'iuy')
const glued = /[A-Za-z0-9@＠$#＃]$/
/** The longest host name (DNS). */
const hostMax = 253

/** A link does not end in punctuation, nor in a closing bracket it never opened. */
const trimEnd = (url: string): string => {
  const count = (c: string) => url.split(c).length - 1
  let surplus = count(')') - count('(')
  let end = url.length
  for (; end > 0; end--) {
    const last = url[end - 1]!
    if (last === ')' && surplus > 0) surplus--
    else if (last === '(') surplus++
    else if (!/[!*';:,.$%[\]~|?]/.test(last)) break
  }
  return url.slice(0, end)
}

/** How many units of `run` are a host with a known ending; `next` stands behind the run. 0: it is none. */
const hostIn = (run: string, next: string): number => {
  const labels = run.slice(0, hostMax + 1).split('.')
  const bad = labels.findIndex((l) => !label.test(l))
  for (let i = Math.min(bad < 0 ? labels.length - 1 : bad, labels.length - 1); i > 0; i--) {
    const ending = /^(?:xn--[a-z0-9-]+|[a-z0-9]+)/i.exec(labels[i]!)?.[0] ?? ''
    const length = labels.slice(0, i).join('.').length + 1 + ending.length
    const known = endings.has(ending.toLowerCase()) || /^xn--/i.test(ending)
    if (known && !/^[A-Za-z0-9@+-]/.test(run[length] ?? next)) return length
  }
  return 0
}

/**
 * Every link X would shorten: with http(s), or a bare ASCII domain with a known ending. Runs of host letters are taken
 * whole and looked into once: a pattern for the whole link tries a long run again from each of its dots.
 */
export const findUrls = (text: string): UrlSpan[] => {
  const out: UrlSpan[] = []
  const take = (start: number, hostEnd: number): number => {
    tailPattern.lastIndex = hostEnd
    const tail = tailPattern.exec(text)!
    const whole = text.slice(start, tailPattern.lastIndex)
    const url = tail[2] !== undefined || tail[3] !== undefined ? trimEnd(whole) : whole
    out.push({ start, end: start + url.length, url })
    return start + url.length
  }
  runPattern.lastIndex = 0
  for (let m = runPattern.exec(text); m; m = runPattern.exec(text)) {
    const [run] = m
    if (!run.includes('.')) continue
    const end = m.index + run.length
    const scheme = /https?:\/\/$/i.exec(text.slice(Math.max(0, m.index - 8), m.index))?.[0].length ?? 0
    if (scheme > 0) {
      const host = glued.test(text.slice(0, m.index - scheme).slice(-1)) ? 0 : hostIn(run, text[end] ?? '')
      if (host > 0) runPattern.lastIndex = take(m.index - scheme, m.index + host)
      continue
    }
    // Without a scheme only the Latin parts of a run can be links.
    for (const part of run.matchAll(/[a-z0-9][a-z0-9._-]*/gi)) {
      const start = m.index + part.index
      const prior = text.slice(Math.max(0, start - 1), start)
      if (start < (out.at(-1)?.end ?? 0) || glued.test(prior) || /[-_./]$/.test(prior)) continue
      const host = hostIn(part[0], text[start + part[0].length] ?? '')
      if (host > 0) runPattern.lastIndex = Math.max(runPattern.lastIndex, take(start, start + host))
    }
  }
  return out
}

const emoji = /\p{RGI_Emoji}/gv

const light = (cp: number) => n.lightRanges.some(([from, to]) => cp >= from && cp <= to)

const weigh = (plain: string): number => {
  let sum = 0
  const without = plain.replace(emoji, () => {
    sum += n.emojiWeight
    return ''
  })
  for (const ch of without) sum += light(ch.codePointAt(0)!) ? n.lightWeight : n.defaultWeight
  return sum
}

/** Weighted length as X counts it. */
export const weightedLength = (raw: string): number => {
  const text = raw.normalize('NFC')
  let sum = 0
  let at = 0
  for (const u of findUrls(text)) {
    sum += weigh(text.slice(at, u.start)) + n.urlLength * n.scale
    at = u.end
  }
  return Math.floor((sum + weigh(text.slice(at))) / n.scale)
}

/** Handles without the @, lower case. */
export const mentions = (text: string): string[] =>
  [...text.matchAll(/(?<![A-Za-z0-9_!#$%&*@＠/])[@＠](\w{1,15})(?!\w|@)/g)].map((m) => m[1]!.toLowerCase())

export const cashtags = (text: string): string[] =>
  [...text.matchAll(/(?<!\S)\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![A-Za-z0-9_])/g)].map((m) => m[1]!)

/** How text comes back from the API: `&`, `<` and `>` as entities. */
export const htmlEntities = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
