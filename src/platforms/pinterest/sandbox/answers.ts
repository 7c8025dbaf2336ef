/** Pinterest's envelope, its rate headers, and the door every API call passes: token, tier, scopes, windows. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { type Taken, take } from '#kit/sandbox/window.ts'
import { type Category, limits } from './numbers.ts'
import type { Environment, PinterestWorld, User } from './state.ts'

type Headers = Record<string, string>

/** `{code, message}`. */
export const problem = (status: number, code: number, message: string, headers?: Headers): SandboxResponse =>
  json(status, { code, message }, headers)

export const stop = (status: number, code: number, message: string, headers?: Headers): never => {
  throw new Refused(problem(status, code, message, headers))
}

export const unauthorized = () => problem(401, 2, 'Authentication failed.')
const notPermitted = 'You are not permitted to access that resource.'
const trialOnly =
  'Apps with Trial access may not create Pins in production https://api.pinterest.com — use API Sandbox https://api-sandbox.pinterest.com instead.'

export const forbidden = (headers?: Headers): never => stop(403, 29, notPermitted, headers)
export const refuseTrial = (headers?: Headers): never => stop(403, 29, trialOnly, headers)

export const environmentOf = (req: SandboxRequest): Environment =>
  req.host === 'api-sandbox.pinterest.com' ? 'sandbox' : 'production'

export type Caller = {
  user: User
  scopes: string[]
  environment: Environment
  headers: Headers
  notice: SandboxRequest['notice']
}

/** All windows a call is counted in; the tightest speaks first in the headers. */
const counted = (world: PinterestWorld, user: string, category: Category) => {
  const on = world.knob('rateLimits') !== 0
  const trial = world.knob('trialApp') !== 0
  const names: (keyof typeof limits)[] = trial ? ['trialDay', category] : ['second', category]
  return names.map((name) => {
    const { limit, windowMs } = limits[name]
    const key = name === 'trialDay' ? name : `${name}/${user}`
    return take(world.state.windows, key, { limit: on ? limit : 1_000_000, windowMs, now: world.now() })
  })
}

/** `100, 100;w=1, 1000;w=60`: the nearest limit, then every window. */
const rateHeaders = (world: PinterestWorld, category: Category, taken: readonly Taken[]): Headers => {
  const nearest = taken.find((t) => !t.ok) ?? taken.reduce((a, b) => (b.remaining < a.remaining ? b : a))
  return {
    'x-ratelimit-limit': [nearest.limit, ...taken.map((t) => `${t.limit};w=${t.windowMs / 1000}`)].join(', '),
    'x-ratelimit-remaining': String(nearest.ok ? nearest.remaining : 0),
    'x-ratelimit-reset': String(Math.max(1, Math.ceil((nearest.resetAt - world.now()) / 1000))),
    'x-ratelimit-category': category,
    // The network's own clock: the virtual one.
    date: new Date(world.now()).toUTCString(),
  }
}

const tooFast = 'You have exceeded your rate limit. Try again later.'

/** Who calls? Refuses a dead token (401), an app that is not enabled, a used-up window (429) and a missing scope (403), in that order. */
export const caller = (
  world: PinterestWorld,
  req: SandboxRequest,
  scopes: readonly string[],
  category: Category,
): Caller => {
  const { state } = world
  const environment = environmentOf(req)
  const looked = lookToken(state.tokens, authToken(req, 'bearer'), 'access', world.now())
  const user = looked.problem === null ? state.users.find((u) => u.id === looked.row.account) : undefined
  if (looked.problem !== null || !user || looked.row.client !== environment) throw new Refused(unauthorized())
  if (world.knob('appEnabled') === 0)
    stop(401, 3, 'Your application consumer type is not supported, please contact support.')
  const taken = counted(world, user.id, category)
  world.changed()
  const headers = rateHeaders(world, category, taken)
  if (taken.some((t) => !t.ok)) stop(429, 8, tooFast, headers)
  if (!scopes.every((s) => looked.row.scopes.includes(s))) forbidden(headers)
  return { user, scopes: looked.row.scopes, environment, headers, notice: req.notice }
}

/** The network's own envelope for a fault. A 400 or 403 here is none of the documented refusals: nothing may be read into it. */
export const faultAnswer = (world: PinterestWorld, status: number): SandboxResponse => {
  if (status === 401) return unauthorized()
  if (status === 429)
    return problem(429, 8, tooFast, {
      'x-ratelimit-limit': '100, 100;w=60',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '42',
      date: new Date(world.now()).toUTCString(),
    })
  if (status >= 500) return problem(status, 12, 'Something went wrong on our end. Sorry about that.')
  return problem(status, 0, 'The request could not be completed.')
}
