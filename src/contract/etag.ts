/** The one word for "which version": what the server writes into ETag and clients send back in If-Match. */

/** The entity tag of a version: 7 -> `"v7"`. */
export const etagOf = (version: number): string => `"v${version}"`

/** The version an entity tag names: `"v7"` -> 7. Null for anything else, also `*` and weak tags: they name no version. */
export const versionOf = (etag: string): number | null => {
  const digits = /^"v(\d{1,9})"$/.exec(etag)?.[1]
  return digits === undefined ? null : Number(digits)
}
