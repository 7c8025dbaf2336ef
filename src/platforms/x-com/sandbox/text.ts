/**
 * X's way of reading a text, written anew from twitter-text's published rules (config v3, fact sheet x.md §10): NFC,
 * links count 23 whatever their length, emoji 2, Latin-like characters 1, everything else 2. The client counts with the
 * twitter-text package; this is the second book of the double entry.
 */
import { text as n } from './numbers.ts'
import { ccTlds, gTlds } from './tlds.ts'

export type UrlSpan = { /** UTF-16 offsets, end exclusive. */ start: number; end: number; url: string }

const letters = '\\p{L}\\p{M}\\p{N}'
const label = `[${letters}](?:[${letters}_-]*[${letters}])?`
const tlds = [...gTlds, ...ccTlds].sort((a, b) => b.length - a.length).join('|')
const pathChar = `[${letters}!*';:=+,.$/%#\\[\\]\\-_~@|&()]`
const urlPattern = new RegExp(
  `(?<![A-Za-z0-9@＠$#＃])(https?://)?((?:${label}\\.)+(?:${tlds}|xn--[a-z0-9-]+))(?![A-Za-z0-9@+-])(:\\d+)?(/${pathChar}*)?(\\?[a-z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*)?`,
  'giu',
)

/** A link does not end in punctuation, nor in a closing bracket it never opened. */
const trimEnd = (url: string): string => {
  let out = url
  for (;;) {
    const last = out.at(-1)!
    const open = (c: string) => out.split(c).length - 1
    if (/[!*';:,.$%[\]~|(?]/.test(last) || (last === ')' && open(')') > open('('))) out = out.slice(0, -1)
    else return out
  }
}

/** Every link X would shorten: with http(s), or a bare ASCII domain with a known ending. */
export const findUrls = (text: string): UrlSpan[] => {
  const out: UrlSpan[] = []
  for (const m of text.matchAll(urlPattern)) {
    const bare = m[1] === undefined
    // biome-ignore lint/suspicious/noControlCharactersInRegex: bare links are ASCII only, which is what this asks
    if (bare && (/[-_./]$/.test(text.slice(0, m.index)) || !/^[\x00-\x7f]+$/.test(m[2]!))) continue
    const hasTail = m[4] !== undefined || m[5] !== undefined
    const url = hasTail ? trimEnd(m[0]) : m[0]
    out.push({ start: m.index, end: m.index + url.length, url })
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
