/** X's envelopes, rate headers, and the door every API call passes: token, scopes, window. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { type Taken, take } from '#kit/sandbox/window.ts'
import { dailyPosts, type LimitName, limits } from './numbers.ts'
import type { User, XWorld } from './state.ts'

type Headers = Record<string, string>
const PROBLEM = { 'content-type': 'application/problem+json; charset=utf-8' }

/** `{title, detail, type, status}`. */
export const problem = (
  status: number,
  title: string,
  detail: string,
  type = 'about:blank',
  headers?: Headers,
): SandboxResponse => json(status, { title, detail, type, status }, { ...PROBLEM, ...headers })

/** 403 with the sentence X gives; the default one is X's most ambiguous. */
export const forbidden = (
  detail = 'You are not permitted to perform this action.',
  headers?: Headers,
): SandboxResponse => problem(403, 'Forbidden', detail, 'about:blank', headers)

/** 400 naming the parameters. */
export const invalid = (
  errors: { parameter: string; value: unknown; message: string }[],
  headers?: Headers,
): SandboxResponse =>
  json(
    400,
    {
      errors: errors.map((e) => ({
        parameters: { [e.parameter]: [typeof e.value === 'string' ? e.value : JSON.stringify(e.value ?? null)] },
        message: e.message,
      })),
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: 'https://api.x.com/2/problems/invalid-request',
    },
    { ...PROBLEM, ...headers },
  )

/** 404 of a thing that is not there. */
export const notFound = (what: string, parameter: string, value: string, headers?: Headers): SandboxResponse =>
  json(
    404,
    {
      title: 'Not Found Error',
      detail: `Could not find ${what} with ${parameter}: [${value}].`,
      type: 'https://api.x.com/2/problems/resource-not-found',
      resource_type: what,
      parameter,
      value,
      resource_id: value,
    },
    { ...PROBLEM, ...headers },
  )

export const unauthorized = (): SandboxResponse => problem(401, 'Unauthorized', 'Unauthorized')

const rateHeaders = (t: Taken): Headers => ({
  'x-rate-limit-limit': String(t.limit),
  'x-rate-limit-remaining': String(t.remaining),
  'x-rate-limit-reset': String(Math.ceil(t.resetAt / 1000)),
})

export const tooMany = (headers: Headers): SandboxResponse =>
  problem(429, 'Too Many Requests', 'Too Many Requests', 'about:blank', headers)

export type Caller = {
  user: User
  scopes: string[]
  /** Rate headers of this call; every answer carries them. */
  headers: Headers
}

/** Who calls? Refuses a dead token (401), a missing scope (403) and a used-up window (429), in that order. */
export const caller = (world: XWorld, req: SandboxRequest, scopes: readonly string[], limit: LimitName): Caller => {
  const { state } = world
  const looked = lookToken(state.tokens, authToken(req, 'bearer'), 'access', world.now())
  const user = looked.problem === null ? state.users.find((u) => u.id === looked.row.account) : undefined
  if (looked.problem !== null || !user) throw new Refused(unauthorized())
  const now = world.now()
  const on = world.knob('rateLimits') !== 0
  const taken = take(state.windows, `${limit}/${user.id}`, {
    ...limits[limit],
    limit: on ? limits[limit].limit : 1_000_000,
    now,
  })
  world.changed()
  const headers = rateHeaders(taken)
  if (limit === 'create') {
    const day = take(state.windows, `day/${user.id}`, { ...dailyPosts, limit: on ? dailyPosts.limit : 1_000_000, now })
    headers['x-user-limit-24hour-limit'] = String(day.limit)
    headers['x-user-limit-24hour-remaining'] = String(day.remaining)
    headers['x-user-limit-24hour-reset'] = String(Math.ceil(day.resetAt / 1000))
    if (!day.ok) throw new Refused(tooMany({ ...headers, 'x-rate-limit-remaining': '0' }))
  }
  if (!taken.ok) throw new Refused(tooMany(headers))
  if (!scopes.every((s) => looked.row.scopes.includes(s))) throw new Refused(forbidden(undefined, headers))
  return { user, scopes: looked.row.scopes, headers }
}

/** The network's own envelope for a fault. A 400 or 403 here is none of the documented refusals: nothing may be read into it. */
export const faultAnswer = (world: XWorld, status: number): SandboxResponse => {
  if (status === 401) return unauthorized()
  if (status === 429) {
    const reset = Math.ceil((world.now() + limits.create.windowMs) / 1000)
    return tooMany({
      'x-rate-limit-limit': String(limits.create.limit),
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(reset),
    })
  }
  if (status === 503) return problem(503, 'Service Unavailable', 'Service Unavailable')
  if (status >= 500) return problem(status, 'Internal Server Error', 'Something is broken. Please try again later.')
  if (status === 400) return problem(400, 'Bad Request', 'The request could not be completed by an upstream component.')
  return problem(status, 'Request Not Completed', 'The request could not be completed by an upstream component.')
}
