/** What a formatted text is, and the error of a parser that cannot read one. */

export type Entity = {
  type: string
  offset: number
  length: number
  url?: string
  language?: string
  custom_emoji_id?: string
  user?: unknown
}
export type Formatted = { text: string; entities: Entity[] }

/** What a parser could not read; becomes `can't parse entities: <message>`. */
export class MarkupError extends Error {}

/** UTF-8 bytes before a UTF-16 position. */
export const byteOffset = (text: string, at: number): number => Buffer.byteLength(text.slice(0, at))
