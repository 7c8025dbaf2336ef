/** XRPC envelopes, rate headers and the door: whose token is this? (fact sheet bluesky.md §2b, §7, §8) */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken, isObject, type JsonObject, mimeOf, textBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreMember } from '#kit/sandbox/notices.ts'
import { lookToken, type TokenRow } from '#kit/sandbox/tokens.ts'
import { type Taken, take } from '#kit/sandbox/window.ts'
import { checkProof, nonceNow } from './dpop.ts'
import { inputs } from './lexicons.ts'
import { type LimitName, limits, repo } from './numbers.ts'
import type { Account, BskyWorld } from './state.ts'
import { problemOf } from './validate.ts'

export type Headers = Record<string, string>

export const xrpcError = (status: number, error: string, message: string, headers?: Headers): SandboxResponse =>
  json(status, { error, message }, headers)

/** Leaves the handler with an XRPC error. */
export const fail = (status: number, error: string, message: string, headers?: Headers): never => {
  throw new Refused(xrpcError(status, error, message, headers))
}

const rateHeaders = (t: Taken): Headers => ({
  'ratelimit-limit': String(t.limit),
  'ratelimit-remaining': String(t.remaining),
  'ratelimit-reset': String(Math.ceil(t.resetAt / 1000)),
  'ratelimit-policy': `${t.limit};w=${t.windowMs / 1000}`,
})

/** Takes from windows; gives the headers of the tightest one (as the PDS shows it) or refuses with 429, which has no Retry-After. */
export const spend = (world: BskyWorld, costs: readonly { name: LimitName; who: string; cost?: number }[]): Headers => {
  const on = world.knob('rateLimits') !== 0
  const taken = costs.map((c) =>
    take(world.state.windows, `${c.name}/${c.who}`, {
      cost: c.cost,
      windowMs: limits[c.name].windowMs,
      limit: on ? limits[c.name].limit : 10_000_000,
      now: world.now(),
    }),
  )
  world.changed()
  const over = taken.find((t) => !t.ok)
  if (over) return fail(429, 'RateLimitExceeded', 'Rate Limit Exceeded', rateHeaders({ ...over, remaining: 0 }))
  return rateHeaders(taken.reduce((a, b) => (b.remaining < a.remaining ? b : a)))
}

/** Every call counts against the address it comes from; there is only one here. */
export const spendAny = (world: BskyWorld): Headers => spend(world, [{ name: 'all', who: 'ip' }])

const KEY = 'the sandbox signs with a key everybody may read'
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signed JWT, so that libraries that look inside find `sub`, `exp` and `scope`. */
export const signJwt = (header: JsonObject, payload: JsonObject): string => {
  const body = `${b64({ alg: 'HS256', ...header })}.${b64(payload)}`
  return `${body}.${createHmac('sha256', KEY).update(body).digest('base64url')}`
}

/** The payload of a token we signed, or null. */
export const readJwt = (token: string): JsonObject | null => {
  const [head, body, signature] = token.split('.')
  if (!head || !body || !signature) return null
  const want = createHmac('sha256', KEY).update(`${head}.${body}`).digest()
  const got = Buffer.from(signature, 'base64url')
  if (want.length !== got.length || !timingSafeEqual(want, got)) return null
  const value: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
  return isObject(value) ? value : null
}

/** A token issued to a key opens nothing without a proof of that key (fact sheet §2c). */
const checkBinding = (world: BskyWorld, req: SandboxRequest, jti: string, bound: string | undefined): undefined => {
  const key = Object.hasOwn(world.state.keys, jti) ? world.state.keys[jti] : undefined
  if (key === undefined && bound === undefined) return undefined
  const nonce = { 'dpop-nonce': nonceNow(world) }
  const refuse = (error: string, why: string) =>
    fail(401, error, why, { ...nonce, 'www-authenticate': `DPoP algs="ES256", error="${error}"` })
  if (key === undefined || bound === undefined) return refuse('invalid_token', 'Token binding and scheme do not match')
  const proof = checkProof(world, req, bound)
  if ('problem' in proof) return refuse(proof.problem === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof', proof.why)
  return proof.jkt === key ? undefined : refuse('invalid_dpop_proof', 'The token is bound to another key')
}

export type Caller = { account: Account; row: TokenRow; jti: string; scope: string }

/** Who calls? 401 without a token, 400 for one that is wrong, expired or revoked; then the account's own state. */
export const caller = (world: BskyWorld, req: SandboxRequest, kind: TokenRow['kind']): Caller => {
  const bound = authToken(req, 'dpop')
  const token = bound ?? authToken(req, 'bearer')
  if (!token) return fail(401, 'AuthMissing', 'Authentication Required')
  const payload = readJwt(token)
  const jti = typeof payload?.jti === 'string' ? payload.jti : ''
  const looked = lookToken(world.state.tokens, jti, kind, world.now())
  if (looked.problem === 'unknown') return fail(400, 'InvalidToken', 'Token could not be verified')
  if (looked.problem === 'expired') return fail(400, 'ExpiredToken', 'Token has expired')
  // A traded refresh token is judged by refreshSession, which knows the grace period.
  if (looked.problem === 'revoked' || (looked.problem === 'used' && kind === 'access'))
    return fail(400, 'ExpiredToken', 'Token has been revoked')
  const row = looked.row!
  checkBinding(world, req, jti, bound)
  const account = world.state.accounts.find((a) => a.did === row.account)
  if (!account) return fail(403, 'AccountNotFound', 'Account not found')
  if (account.status === 'takendown' || account.status === 'suspended')
    return fail(401, 'AccountTakedown', 'Account has been taken down')
  return { account, row, jti, scope: row.scopes[0] ?? '' }
}

/** A caller who may write. */
export const writer = (world: BskyWorld, req: SandboxRequest): Caller => {
  const c = caller(world, req, 'access')
  if (c.account.status === 'deactivated') return fail(401, 'AccountDeactivated', 'Account is deactivated')
  return c
}

/** The JSON input of a procedure, judged by its lexicon. */
export const input = (req: SandboxRequest, procedure: string, nullable: readonly string[] = []): JsonObject => {
  const mime = mimeOf(req)
  if (mime === '') return fail(400, 'InvalidRequest', 'Request encoding (Content-Type) required but not provided')
  if (mime !== 'application/json') return fail(400, 'InvalidRequest', `Wrong request encoding (Content-Type): ${mime}`)
  if (req.body.length > repo.jsonBytes) return fail(413, 'PayloadTooLarge', 'request entity too large')
  const text = textBody(req)
  if (text === null) return fail(400, 'InvalidRequest', 'The body is not valid UTF-8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail(400, 'SyntaxError', error instanceof Error ? error.message : 'not JSON')
  }
  const problem = problemOf(inputs[procedure]!, value, '$', (what) => ignoreMember(req, what), nullable)
  if (problem) return fail(400, 'InvalidRequest', problem)
  return value as JsonObject
}

/** The network's own envelope for a fault. The 400 is none of the documented refusals: nothing may be read into it. */
export const faultAnswer = (world: BskyWorld, status: number): SandboxResponse => {
  if (status === 429) {
    const reset = Math.ceil((world.now() + limits.all.windowMs) / 1000)
    return xrpcError(429, 'RateLimitExceeded', 'Rate Limit Exceeded', {
      'ratelimit-limit': '3000',
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(reset),
      'ratelimit-policy': '3000;w=300',
    })
  }
  const known: Record<number, [string, string]> = {
    401: ['AuthenticationRequired', 'Authentication Required'],
    500: ['InternalServerError', 'Internal Server Error'],
    501: ['MethodNotImplemented', 'Method Not Implemented'],
    502: ['UpstreamFailure', 'Upstream service unreachable'],
    503: ['NotEnoughResources', 'Not Enough Resources'],
    504: ['UpstreamTimeout', 'Upstream Timeout'],
  }
  const [error, message] = known[status] ?? [
    'RequestNotCompleted',
    'The request was not completed by an intermediate service',
  ]
  return xrpcError(status, error, message)
}
