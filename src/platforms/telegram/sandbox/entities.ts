/**
 * Markup to plain text and entities, with the refusals of the real server (texts from tdlib's parsers, fact sheet
 * telegram.md §3). Offsets and lengths of entities count UTF-16 code units; offsets in messages count UTF-8 bytes.
 */
import { parseHtml } from './html.ts'
import { parseMarkdownV2 } from './markdown.ts'
import { type Entity, type Formatted, MarkupError } from './markup.ts'
import { bad } from './params.ts'

const known = new Set(
  'mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre text_link text_mention custom_emoji date_time'.split(
    ' ',
  ),
)

const given = (raw: unknown, text: string): Entity[] => {
  if (!Array.isArray(raw)) return bad("can't parse entities JSON object")
  return raw.map((e: unknown) => {
    const { type, offset, length } = (e ?? {}) as Entity
    if (typeof type !== 'string' || !known.has(type))
      return bad("can't parse MessageEntity: Unsupported type specified")
    if (
      !Number.isInteger(offset) ||
      !Number.isInteger(length) ||
      offset < 0 ||
      length <= 0 ||
      offset + length > text.length
    )
      return bad(
        `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${offset + length}`,
      )
    return { ...(e as Entity) }
  })
}

/** Links, hashtags and mentions Telegram finds by itself, where no entity is yet. */
const found = (text: string, taken: readonly Entity[]): Entity[] => {
  const free = (offset: number, length: number) =>
    !taken.some(
      (e) =>
        offset < e.offset + e.length &&
        e.offset < offset + length &&
        ['code', 'pre', 'text_link', 'url'].includes(e.type),
    )
  const patterns: [string, RegExp][] = [
    [
      'url',
      /(?<![\w@.-])(?:https?:\/\/)?(?:[a-z0-9-]+\.)+(?:com|org|net|io|app|dev|me|pl|de|uk|eu|info|example|social)(?:[/?#][^\s<>"]*[^\s<>".,!?;:)])?(?![\w@])/gi,
    ],
    ['hashtag', /(?<![\w#])#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*/gu],
    ['mention', /(?<![\w@])@[a-z]\w{3,31}(?!\w)/gi],
    ['bot_command', /(?<![\w/])\/[a-z]\w{0,31}(?:@\w+)?(?![\w/])/gi],
  ]
  return patterns.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)]
      .map((m) => ({ type, offset: m.index, length: m[0].length }))
      .filter((e) => free(e.offset, e.length)),
  )
}

/** Takes white space off both ends and keeps the entities in place; empty ones go. */
const trimmed = (f: Formatted): Formatted => {
  const lead = f.text.length - f.text.trimStart().length
  const text = f.text.trim()
  const entities = f.entities.flatMap((e) => {
    const start = Math.max(0, e.offset - lead)
    const end = Math.min(text.length, e.offset + e.length - lead)
    return end > start ? [{ ...e, offset: start, length: end - start }] : []
  })
  return { text, entities }
}

/** The text as people will read it. `raw` is the JSON of `entities`, used when there is no parse mode. */
export const format = (source: string, parseMode: string | undefined, raw: unknown): Formatted => {
  const mode = (parseMode ?? '').toLowerCase()
  let parsed: Formatted
  try {
    if (mode === 'html') parsed = parseHtml(source)
    else if (mode === 'markdownv2') parsed = parseMarkdownV2(source)
    else if (mode === 'markdown')
      return bad('unsupported parse_mode (the sandbox knows HTML and MarkdownV2; Markdown is legacy)')
    else if (mode === '' || mode === 'none')
      parsed = { text: source, entities: raw === undefined ? [] : given(raw, source) }
    else return bad('unsupported parse_mode')
  } catch (error) {
    if (error instanceof MarkupError) return bad(`can't parse entities: ${error.message}`)
    throw error
  }
  const clean = trimmed(parsed)
  const all = [...clean.entities, ...found(clean.text, clean.entities)]
  return { text: clean.text, entities: all.sort((a, b) => a.offset - b.offset || b.length - a.length) }
}
