/**
 * How LinkedIn's versioned REST is called (fact sheet, its head and §7): three headers on each call, URNs percent-encoded,
 * Rest.li's own brackets left as they are, the id of what was made in a header.
 */
import type { Http, HttpRequest, Reply } from '#kit/client/http.ts'
import type { ChannelContext } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'

/**
 * Versions live a year and there is no default. A version that was switched off is refused with 426 before anything
 * happens, so the next one is tried at once: a newer one first, then those with the longest life left on 2026-11-22.
 * The only loop over calls in a platform (decision 0016).
 */
const versions = ['202609', '202610', '202608', '202611']

export type Access = { http: Http; access: string; versions: readonly string[] }

/** Who calls, from what a step or a channel holds. */
export const accessOf = (t: Pick<ChannelContext, 'http' | 'grant' | 'credentials'>): Access => {
  const wanted = t.credentials.apiVersion?.trim()
  const own = wanted && /^\d{6}(\.\d{2})?$/.test(wanted) ? [wanted] : []
  return { http: t.http, access: t.grant.access, versions: [...own, ...versions.filter((v) => v !== own[0])] }
}

export const enc = encodeURIComponent
/** `List(a,b)` of Rest.li with its values encoded. */
export const listOf = (values: readonly string[]): string => `List(${values.map(enc).join(',')})`

/** Rest.li's word for what a call does, where the HTTP method does not say it. */
export type RestliMethod = 'FINDER' | 'PARTIAL_UPDATE' | 'DELETE'

/** One call below `https://api.linkedin.com/rest`. `path` is encoded by the caller. Raises what the failure table says. */
export const rest = async <T = unknown>(
  c: Access,
  path: string,
  request: Omit<HttpRequest<T>, 'url'> & { restli?: RestliMethod },
): Promise<Reply<T>> => {
  const { restli, ...r } = request
  for (const [n, version] of c.versions.entries())
    try {
      return await c.http<T>({
        ...r,
        url: `https://api.linkedin.com/rest${path}`,
        headers: {
          authorization: `Bearer ${c.access}`,
          'linkedin-version': version,
          'x-restli-protocol-version': '2.0.0',
          ...(restli ? { 'x-restli-method': restli } : {}),
          ...r.headers,
        },
      })
    } catch (error) {
      const old = error instanceof PlatformFailure && error.failure.code === 'linkedin.version'
      if (!old || n === c.versions.length - 1) throw error
    }
  throw new RangeError('no API version to call with')
}

/** The id of what a 201 made; null: it was made, and nobody said under which id. */
export const madeId = (reply: Reply<unknown>): string | null =>
  reply.headers['x-restli-id'] ?? reply.headers['x-linkedin-id'] ?? null
