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
export const nameOfUrl = ({ pathname }: { pathname: string }): string => {
  const last = pathname.split('/').at(-1) ?? ''
  try {
    return cleanName(decodeURIComponent(last))
  } catch {
    return cleanName(last)
  }
}
