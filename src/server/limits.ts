/** The limits of the doors, and what answers say of them. */
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Counting } from './counting.ts'
import { tooMany } from './problems.ts'
import { createTries, type Tries } from './tries.ts'

/**
 * Requests a minute. `api`: per user (or address) and route; `signIn`: per address, and wrong passwords per account; `refused`: 401s per address; `sandbox`:
 * calls of the imitation networks from outside, per address.
 */
export type Limits = { api: number; signIn: number; refused: number; sandbox: number }
export const defaultLimits: Limits = { api: 600, signIn: 10, refused: 60, sandbox: 3_000 }

const windowMs = 60_000

type Strike = (request: FastifyRequest) => Promise<void>
export type Limiting = {
  tries: Tries | null
  /** A refused request; throws `rate-limited` when there were too many. */
  refused: Strike
  /** A call of the sandbox from outside; the same. */
  sandbox: Strike
}

/** Beside `X-RateLimit-*`, the fields of the standard that is being written (draft-ietf-httpapi-ratelimit-headers). */
const standardFields = (app: FastifyInstance): void => {
  app.addHook('onSend', async (_request, reply) => {
    const [limit, left, reset] = ['limit', 'remaining', 'reset'].map((x) => reply.getHeader(`x-ratelimit-${x}`))
    if (limit === undefined) return
    reply.header('ratelimit-policy', `"minute";q=${limit};w=${windowMs / 1000}`)
    reply.header('ratelimit', `"minute";r=${left};t=${reset}`)
  })
}

/** Counts every request of the doors that follow; `limits` null: none. */
export const registerLimits = async (
  app: FastifyInstance,
  o: { limits: Limits | null; counting: Counting },
): Promise<Limiting> => {
  standardFields(app)
  const { limits } = o
  if (!limits) return { tries: null, refused: async () => {}, sandbox: async () => {} }
  const counter = o.counting('api', { windowMs })
  const store = function (this: FastifyRateLimitStore) {
    this.incr = (key, tell) => {
      counter.add(key).then(
        ({ count, ms }) => tell(null, { current: count, ttl: ms }),
        (error: Error) => tell(error),
      )
    }
    this.child = () => this
  } as unknown as new () => FastifyRateLimitStore
  await app.register(rateLimit, {
    global: true,
    max: limits.api,
    timeWindow: windowMs,
    store,
    // After access: the caller is known, and people of one office do not share an address's budget.
    hook: 'preValidation',
    keyGenerator: (request) =>
      `${request.caller.keyId ?? request.caller.userId ?? request.ip} ${request.method} ${request.routeOptions.url}`,
    errorResponseBuilder: (_request, c) =>
      tooMany(`At most ${c.max} requests a minute here.`, { max: c.max, ms: c.ttl }),
  })
  const most = (name: string, max: number, what: (max: number) => string): Strike => {
    const seen = o.counting(name, { windowMs })
    return async (request) => {
      const { count, ms } = await seen.add(request.ip)
      if (count > max) throw tooMany(what(max), { max, ms })
    }
  }
  return {
    tries: createTries({ counter: o.counting('sign-in', { windowMs }), max: limits.signIn }),
    refused: most('refused', limits.refused, () => 'Too many refused requests from your address.'),
    sandbox: most('sandbox', limits.sandbox, (max) => `The sandbox takes ${max} requests a minute from an address.`),
  }
}
