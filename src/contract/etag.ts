/**
 * The one word for "which version": what the server writes into ETag and clients send back in If-Match. `"v7.Jx3"`: 7 is
 * the version of what people change, and decides about If-Match; what follows the dot changes whenever the body does,
 * also by what the engine did, so that a kept copy can be told from a new one.
 */

/** The entity tag of a version, and of a body's digest: 7 -> `"v7"`, 7 and `Jx3` -> `"v7.Jx3"`. */
export const etagOf = (version: number, digest?: string): string =>
  digest === undefined ? `"v${version}"` : `"v${version}.${digest}"`

/** What an If-Match header asks for: one of these versions, or `any` that is there (`*`). Null: the client sent none. */
export type IfMatch = 'any' | number | readonly number[] | null

/** Is this the version somebody wants to change? */
export const isWanted = (wanted: IfMatch | undefined, version: number): boolean =>
  wanted == null || wanted === 'any' || wanted === version || (Array.isArray(wanted) && wanted.includes(version))

/** Entity tags of a list as RFC 9110 8.8.3 writes them: what stands in quotes may hold a comma. */
const tags = /(?:W\/)?"[^"]*"/g

/**
 * Reads If-Match (RFC 9110 13.1.1): `*`, or a list of entity tags of which one must match. Tags that name no version of
 * ours, and weak ones, match nothing. Null: it is not a header of that form, or names no version at all.
 */
export const wantedOf = (header: string): 'any' | readonly number[] | null => {
  if (header.trim() === '*') return 'any'
  if (header.replace(tags, '').replace(/[\s,]/g, '') !== '') return null
  const versions = (header.match(tags) ?? []).flatMap((tag) => versionOf(tag) ?? [])
  return versions.length > 0 ? versions : null
}

/** The version an entity tag names: `"v7"` and `"v7.Jx3"` -> 7. Null for anything else, also `*` and weak tags: they name no version. */
export const versionOf = (etag: string): number | null => {
  const digits = /^"v(\d{1,9})(?:\.[\w-]{1,64})?"$/.exec(etag)?.[1]
  return digits === undefined ? null : Number(digits)
}
