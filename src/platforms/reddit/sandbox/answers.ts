/** Reddit's four shapes of refusal, its rate headers, and the door every call passes: user agent, token, window, scope. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { take } from '#kit/sandbox/window.ts'
import { calls } from './numbers.ts'
import type { RedditWorld, User } from './state.ts'

type Headers = Record<string, string>
export type Caller = { user: User; headers: Headers; escaped: boolean }

const leave = (answer: SandboxResponse): never => {
  throw new Refused(answer)
}

const html = (status: number, title: string, said: string): SandboxResponse => ({
  status,
  html: `<!doctype html><html><head><title>${esc(title)}</title></head><body><h1>${esc(title)}</h1><p>${esc(said)}</p></body></html>`,
})

/** Libraries that do not say who they are are turned away at the edge (§1). */
const generic = /^(?:$|node|undici|curl|wget|axios|okhttp|got|python|java|go-http|mozilla|clarion\/)/i
export const checkAgent = (req: SandboxRequest): void => {
  if (generic.test((req.headers['user-agent'] ?? '').trim()))
    leave(
      html(403, 'whoa there, pardner!', 'Your request has been blocked. Please say who you are in your user agent.'),
    )
}

/** Without `raw_json=1` the three signs of HTML come escaped, as they did in 2010. */
const escapeAll = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  if (Array.isArray(value)) return value.map(escapeAll)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, escapeAll(v)]))
}

export const reply = (c: Caller, body: unknown, status = 200): SandboxResponse =>
  json(status, c.escaped ? escapeAll(body) : body, c.headers)

/** Shape 1: an error inside a 200. */
export const errorIn200 = (c: Caller, code: string, said: string, field: string | null, more: object = {}): never =>
  leave(reply(c, { json: { errors: [[code, said, field]], ...more } }))

/** Shape 2: flat, with a reason. */
export const flat = (c: Caller, status: number, reason: string, explanation: string, fields: string[] = []): never =>
  leave(
    reply(
      c,
      {
        fields,
        explanation,
        ...(reason.startsWith('SUBMIT_VALIDATION') ? { error_type: 'SUBMIT_VALIDATION_ERROR' } : {}),
        message: status === 404 ? 'Not Found' : status === 403 ? 'Forbidden' : 'Bad Request',
        reason,
      },
      status,
    ),
  )

const words: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
}
/** Shape 3. */
const bare = (status: number, more: object = {}, headers?: Headers): SandboxResponse =>
  json(status, { ...more, message: words[status] ?? 'Error', error: status }, headers)
export const refuseBare = (c: Caller, status: number, more: object = {}): never => leave(bare(status, more, c.headers))

export const unauthorized = (): SandboxResponse =>
  bare(401, {}, { 'www-authenticate': 'Bearer realm="reddit", error="invalid_token"' })

/** Of listings and of every call. */
const queryKnown = [
  ...['raw_json', 'api_type', 'limit', 'after', 'before', 'count', 'show', 'sr_detail', 'sort', 't', 'q', 'id'],
  ...['depth', 'context', 'include_over_18', 'exact', 'typeahead_active', 'resubmit'],
]

/** Who calls? Refuses an unnamed caller (403), a dead token (401), a used-up window (429) and a missing scope (403). */
export const caller = (world: RedditWorld, req: SandboxRequest, scope: string): Caller => {
  checkAgent(req)
  ignoreParameters(req, req.query.keys(), queryKnown)
  const { state } = world
  const looked = lookToken(state.tokens, authToken(req, 'bearer'), 'access', world.now())
  const user = looked.problem === null ? state.users.find((u) => u.id === looked.row.account) : undefined
  if (looked.problem !== null || !user) return leave(unauthorized())
  const limit = world.knob('rateLimits') === 0 ? 1_000_000 : calls.limit
  const taken = take(state.windows, looked.row.client, { limit, windowMs: calls.windowMs, now: world.now() })
  world.changed()
  const headers: Headers = {
    'x-ratelimit-used': String(taken.limit - taken.remaining),
    'x-ratelimit-remaining': `${taken.remaining}.0`,
    'x-ratelimit-reset': String(Math.max(1, Math.ceil((taken.resetAt - world.now()) / 1000))),
    date: new Date(world.now()).toUTCString(),
  }
  const c: Caller = { user, headers, escaped: req.query.get('raw_json') !== '1' }
  if (!taken.ok) leave(bare(429, {}, headers))
  if (!looked.row.scopes.includes(scope))
    leave(bare(403, {}, { ...headers, 'www-authenticate': 'Bearer realm="reddit", error="insufficient_scope"' }))
  return c
}

/** Reddit's own envelope for a fault: a bare 400 says nothing, and the edge answers 5xx in HTML. */
export const faultAnswer = (_world: RedditWorld, status: number): SandboxResponse => {
  if (status === 401) return unauthorized()
  if (status === 429)
    return bare(429, {}, { 'x-ratelimit-used': '1000', 'x-ratelimit-remaining': '0.0', 'x-ratelimit-reset': '42' })
  if (status >= 500)
    return html(status, 'Ow! -- reddit.com', 'All of our servers are busy right now. Please try again in a minute.')
  return bare(status)
}
