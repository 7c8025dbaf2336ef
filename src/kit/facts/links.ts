/** Web addresses as people compare them. */

const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(.*)$/i

/** Host of an address in lower case, without `www.` and port; empty when it is no web address. */
export const hostOf = (link: string): string =>
  (parts.exec(link.trim())?.[2] ?? '')
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/:\d+$/, '')

/** An address as a comparable key: scheme and host in lower case, no `/` at the end of the path. */
export const linkKey = (source: string | null | undefined): string => {
  const given = (source ?? '').trim()
  const [, scheme, host, path, rest] = parts.exec(given) ?? []
  if (!scheme || !host) return given
  return `${scheme.toLowerCase()}://${host.toLowerCase()}${path!.replace(/(?<!\/)\/+$/, '')}${rest}`
}

/**
 * What an address from outside is kept and shown as: itself when it is http(s), null otherwise. A link of another scheme
 * would run in the browser of whoever clicks it.
 */
export const webAddress = (link: string | null | undefined): string | null =>
  link && /^https?:\/\/[^\s/?#\\]+\S*$/i.test(link) ? link : null
