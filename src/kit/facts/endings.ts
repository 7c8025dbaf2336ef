/**
 * The endings of host names (IANA's list, from the npm package `tlds`): what tells `bsky.app` from `node.js`. The same
 * list serves browser and server, so that both see the same addresses.
 */
import list from 'tlds' with { type: 'json' }

const endings = new Set<string>(list)
const ascii = /^[a-z0-9-]+/i

/** Is it the ending of a host name, in any script, in any case? */
export const isEnding = (label: string): boolean => {
  const lower = label.toLowerCase()
  return endings.has(lower) || /^xn--[a-z0-9-]{2,59}$/.test(lower)
}

/** How much of a label is an ending: all of it, or the Latin letters before another script (`com` of `comを見て`). 0: none. */
export const endingLength = (label: string): number => {
  if (label.length <= 63 && isEnding(label)) return label.length
  const latin = ascii.exec(label.slice(0, 64))?.[0] ?? ''
  return latin !== '' && latin.length < label.length && isEnding(latin) ? latin.length : 0
}
