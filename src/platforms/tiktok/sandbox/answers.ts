/** TikTok's envelope, and the door every API call passes: token, scopes, window (fact sheet §3, §7, §8). */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken, type JsonObject, jsonBody, mimeOf } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { take } from '#kit/sandbox/window.ts'
import { type LimitName, limits } from './numbers.ts'
import type { TikTokWorld, User } from './state.ts'

const logId = (world: TikTokWorld) => `2026${world.id(29, '0123456789ABCDEF')}`

export const ok = (world: TikTokWorld, data: unknown): SandboxResponse =>
  json(200, { data, error: { code: 'ok', message: '', log_id: logId(world) } })

export const problem = (world: TikTokWorld, status: number, code: string, message = ''): SandboxResponse =>
  json(status, { data: {}, error: { code, message, log_id: logId(world) } })

/** Leaves the handler with a refusal. */
export const stop = (world: TikTokWorld, status: number, code: string, message = ''): never => {
  throw new Refused(problem(world, status, code, message))
}

export type Caller = { user: User; scopes: string[] }

/** Who calls? Refuses a dead token (401), a missing scope (401) and a used-up minute (429), in that order. */
export const caller = (
  world: TikTokWorld,
  req: SandboxRequest,
  o: { scope?: string; limit: LimitName; route: string },
): Caller => {
  ignoreParameters(req, req.query.keys(), ['fields'])
  const token = authToken(req, 'bearer')
  const looked = lookToken(world.state.tokens, token, 'access', world.now())
  const user = looked.problem === null ? world.state.users.find((u) => u.openId === looked.row.account) : undefined
  if (looked.problem !== null || !user)
    return stop(world, 401, 'access_token_invalid', 'The access token is invalid or not found in the request.')
  const { scopes } = looked.row
  if (o.scope && !scopes.includes(o.scope))
    stop(world, 401, 'scope_not_authorized', `The user did not authorize the scope required: ${o.scope}.`)
  const taken = take(world.state.windows, `${o.route}/${token}`, { ...limits[o.limit], now: world.now() })
  world.changed()
  if (!taken.ok && world.knob('rateLimits') !== 0)
    stop(world, 429, 'rate_limit_exceeded', 'The API rate limit was exceeded. Please try again later.')
  return { user, scopes }
}

/** A JSON body with TikTok's content type, or a refusal. `empty`: no body is a body. */
export const bodyOf = (world: TikTokWorld, req: SandboxRequest, o: { empty?: boolean } = {}): JsonObject => {
  if (o.empty && req.body.length === 0) return {}
  if (mimeOf(req) !== 'application/json')
    return stop(world, 400, 'invalid_params', 'Content-Type must be application/json; charset=UTF-8.')
  return jsonBody(req) ?? stop(world, 400, 'invalid_params', 'The request body is not a JSON object.')
}

/** The network's own envelope for a fault. 400 and 403 here are none of the documented refusals: nothing may be read into them. */
export const faultAnswer = (world: TikTokWorld, status: number): SandboxResponse => {
  if (status === 401) return problem(world, 401, 'access_token_invalid', 'The access token is invalid.')
  if (status === 429) return problem(world, 429, 'rate_limit_exceeded', 'The API rate limit was exceeded.')
  if (status >= 500) return problem(world, status, 'internal_error', 'Something went wrong. Please try again later.')
  return problem(world, status, 'request_not_completed', 'The request could not be completed.')
}
