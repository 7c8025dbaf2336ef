/**
 * The one word for "which version": what the server writes into ETag and clients send back in If-Match. `"v7.Jx3"`: 7 is
 * the version of what people change, and decides about If-Match; what follows the dot changes whenever the body does,
 * also by what the engine did, so that a kept copy can be told from a new one.
 */

/** The entity tag of a version, and of a body's digest: 7 -> `"v7"`, 7 and `Jx3` -> `"v7.Jx3"`. */
export const etagOf = (version: number, digest?: string): string =>
  digest === undefined ? `"v${version}"` : `"v${version}.${digest}"`

/** The version an entity tag names: `"v7"` and `"v7.Jx3"` -> 7. Null for anything else, also `*` and weak tags: they name no version. */
export const versionOf = (etag: string): number | null => {
  const digits = /^"v(\d{1,9})(?:\.[\w-]{1,64})?"$/.exec(etag)?.[1]
  return digits === undefined ? null : Number(digits)
}
