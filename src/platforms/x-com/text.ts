/** Text on X: the weighted count of twitter-text config v3 (fact sheet §10), and what makes two texts the same post. Pure. */
import emojiPattern from 'emoji-regex'
import { handlesAndTags, joined, type Stretch } from '#kit/facts/addresses.ts'
import { splitter } from '#kit/facts/split.ts'
import type { TextRules } from '#kit/facts/text.ts'
import { findLinks } from './links.ts'

/** Weights in hundredths of a character. */
const scale = 100
const heavy = 200
const light = 100
const lightRanges = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
] as const
const linkLength = 23

const weightOf = (point: number): number => (lightRanges.some(([a, b]) => point >= a && point <= b) ? light : heavy)

/**
 * An emoji of any age, as far as it reaches: joined people, flags, keycaps. The table is the package's, so that browser
 * and server count by the same Unicode, whatever theirs is (decision 0013).
 */
const emoji = new RegExp(emojiPattern().source, 'y')
const selector = 0xfe0f
const keycap = 0x20e3
/** May an emoji begin here? All but digits and `©` begin in these ranges of UTF-16. */
const mayBegin = (unit: number, next: number): boolean =>
  (unit >= 0x203c && unit <= 0x3299 && (unit < 0x2c00 || unit === 0x3030 || unit === 0x303d || unit >= 0x3297)) ||
  (unit >= 0xd83c && unit <= 0xd83e) ||
  (unit < 0x1100 && (next === selector || next === keycap))

/** Weight of `text` from `from` to `to`, links apart (hundredths). */
const plainWeight = (text: string, from: number, to: number): number => {
  let sum = 0
  for (let i = from; i < to; ) {
    const unit = text.charCodeAt(i)
    if (mayBegin(unit, text.charCodeAt(i + 1))) {
      emoji.lastIndex = i
      if (emoji.test(text) && emoji.lastIndex <= to) {
        sum += heavy
        i = emoji.lastIndex
        continue
      }
    }
    const point = text.codePointAt(i)!
    sum += weightOf(point)
    i += point > 0xffff ? 2 : 1
  }
  return sum
}

/** No road into Clarion carries a text this long (UTF-16 units); its length tells enough. */
const hopeless = 200_000

/** So many links fit into no post, Premium or not; from there on they count as they are written. */
const hopelessLinks = 2000

/** Weighted length: links count 23, CJK and emoji 2. Counted on the NFC form, as X does. */
export const weighted = (source: string): number => {
  if (source.length > hopeless) return source.length
  const text = source.normalize('NFC')
  let sum = 0
  let at = 0
  for (const link of findLinks(text, hopelessLinks)) {
    sum += plainWeight(text, at, link.start) + linkLength * scale
    at = link.end
  }
  return Math.floor((sum + plainWeight(text, at, text.length)) / scale)
}

/** X's own links, and the handles and tags outside of them. */
const whole = (source: string): Stretch[] => joined<Stretch, Stretch>(findLinks(source), handlesAndTags(source))

const one = (grapheme: string): number => {
  const text = grapheme.normalize('NFC')
  return plainWeight(text, 0, text.length) / scale
}

const stretch = (written: string): number => (/^[@#＃]/.test(written) ? one(written) : linkLength)

export const text: TextRules = { count: weighted, split: splitter([{ count: weighted, one, stretch }], whole) }

/** A post with a link costs more; bare domains count as links (fact sheet §7). */
export const hasUrl = (source: string): boolean => findLinks(source, 1).length > 0

/** Self-serve apps may use one cashtag a post: these, without their `$`. */
export const cashtags = (source: string): string[] =>
  [...source.matchAll(/(?<=^|\s)\$([a-z]{1,6}(?:[._][a-z]{1,2})?)(?=$|[\s!#-/:-@[-^_{-~])/giu)].map((m) => m[1]!)

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
const unescapeHtml = (source: string) => source.replace(/&(?:amp|lt|gt|quot|#39);/g, (e) => entities[e]!)

/** A link as X echoes it: `url` is the t.co form in the text. */
export type EchoedUrl = { url: string; expanded: string; media: boolean }

const level = (source: string) =>
  source
    .normalize('NFC')
    .replace(/https?:\/\//giu, '')
    .replace(/\/(?=\s|$)/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()

/** A text as it was sent, as a comparable key: NFC, schemes and white space levelled. */
export const sentKey = (source: string): string => level(source)

/**
 * A text as X echoes it, as the same key: HTML unescaped, t.co links replaced by what they stand for, links to the
 * post's own pictures removed. Equal keys are the same post to us.
 */
export const echoedKey = (source: string, urls: readonly EchoedUrl[] = []): string => {
  let out = unescapeHtml(source)
  for (const u of urls) out = out.replaceAll(u.url, u.media ? '' : u.expanded)
  return level(out)
}
