/** Pure words of media: names, cursors, and what keeps a picture from being deleted. */
import type { PublicationState } from '#contract/posts.ts'

/** States in which a publication will never need its media again. A failed or missed one may be tried again. */
export const over: readonly PublicationState[] = ['published', 'cancelled']

/** A file name fit to show: no path, no control characters, at most 200 characters. */
export const cleanName = (name: string): string => {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  const text = last.replace(/[\u0000-\u001f\u007f]/g, '').trim()
  return text.isWellFormed() && text !== '' ? text.slice(0, 200).toWellFormed() : 'picture'
}

/** The last part of an address as a name; escapes that are not UTF-8 stay as they are. */
export const nameOfUrl = (url: URL): string => {
  const last = url.pathname.split('/').at(-1) ?? ''
  try {
    return cleanName(decodeURIComponent(last))
  } catch {
    return cleanName(last)
  }
}

export type Cursor = { at: Date; id: string }
export const writeCursor = (c: Cursor): string => btoa(`${c.at.getTime()}.${c.id}`)
/** Null = not one of ours. */
export const readCursor = (text: string): Cursor | null => {
  const raw = /^[A-Za-z0-9+/=]{1,100}$/.test(text) && text.length % 4 === 0 ? atob(text) : ''
  const m = /^(\d{1,15})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(raw)
  return m ? { at: new Date(Number(m[1])), id: m[2]! } : null
}
