/** How every call to Reddit leaves: with the token, `raw_json=1` (else `& < >` come escaped) and the operator's user agent. */
import type { Http } from '#kit/client/http.ts'
import type { Grant } from '#kit/client/steps.ts'

export type Access = { http: Http; access: string; userAgent: string }

/** Reddit slows down or blocks generic names (fact sheet §1); this one at least names the app. */
export const agentOf = (credentials: Record<string, string>): string =>
  credentials.userAgent?.trim() || `web:clarion.${credentials.clientId || 'app'}:v1.0.0 (self-hosted planner)`

export const accessOf = (t: { http: Http; grant: Grant; credentials: Record<string, string> }): Access => ({
  http: t.http,
  access: t.grant.access,
  userAgent: agentOf(t.credentials),
})

/** The same client, saying who calls. For calls made by the kit (token exchange). */
export const naming =
  (http: Http, credentials: Record<string, string>): Http =>
  (request) =>
    http({ ...request, headers: { 'user-agent': agentOf(credentials), ...request.headers } })

export const base = 'https://oauth.reddit.com'

export const headersOf = (c: Access) => ({ authorization: `bearer ${c.access}`, 'user-agent': c.userAgent })

/** Members of every GET. */
export const raw = { raw_json: 1 } as const
