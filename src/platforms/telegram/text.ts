/** Text on Telegram: UTF-16 units, and the markup of `parse_mode` (fact sheet §3). Pure. */
import { textRules } from '#kit/facts/text.ts'
import { type Read, readHtml } from './html.ts'
import { readMarkdown } from './markdown.ts'

export const text = textRules('utf16')

/** The text people will see, which is what Telegram counts, and what is wrong with its markup. */
export const read = (source: string, mode: 'plain' | 'html' | 'markdown'): Read =>
  mode === 'plain' ? { visible: source, fault: null } : mode === 'markdown' ? readMarkdown(source) : readHtml(source)

export const visible = (source: string, mode: 'plain' | 'html' | 'markdown'): string => read(source, mode).visible
