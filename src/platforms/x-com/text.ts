/** Text on X: the weighted count of twitter-text config v3 (fact sheet §10), and what makes two texts the same post. Pure. */
import twitter from 'twitter-text'
import { splitBy, type TextRules } from '#kit/facts/text.ts'

/** Longer than this nothing can fit, and the parser's time would grow with it. */
const hopeless = 60_000

/** Weighted length: links count 23, CJK and emoji 2. Counted on the NFC form, as X does. */
export const weighted = (source: string): number => {
  if (source.length > hopeless) return source.length
  return twitter.parseTweet(source.normalize('NFC')).weightedLength
}

export const text: TextRules = { count: weighted, split: splitBy(weighted) }

/** A post with a link costs more; bare domains count as links (fact sheet §7). */
export const hasUrl = (source: string): boolean => twitter.extractUrls(source.slice(0, hopeless)).length > 0

/** Self-serve apps may use one cashtag a post. */
export const cashtags = (source: string): string[] => twitter.extractCashtags(source.slice(0, hopeless))

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
