/**
 * Sessions: better-auth on our own tables, email and password only. Nobody signs up: the first run and `members` make
 * people. Only the doors listed here are open; everything else the library could do is `not-found`.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type pg from 'pg'
import { z } from 'zod'
import { Problem } from '#contract/problems.ts'
import { nothing, strict } from '#contract/strict.ts'
import { hashPassword, verifyPassword } from '#planner/people/password.ts'
import { sameOrigin } from './access.ts'
import { invalid, tooMany } from './problems.ts'
import type { Tries } from './tries.ts'

export type AuthDeps = {
  pool: pg.Pool
  publicUrl: string
  /** Signs cookies; at least 32 characters, the same in every process. */
  secret: string
  /** Tries of a password, by address and by account; null: no limit. */
  tries: Tries | null
  /** Has the person of this e-mail address a session from that address now? Nobody else's guesses lock them out there. */
  signedInFrom: (email: string, ip: string) => Promise<boolean>
  /** Told when a person's sessions ended or their password changed: what is open in their name is looked at anew. */
  onEnded: (userId: string) => Promise<void>
}

const day = 24 * 60 * 60
/** The open doors, and what each takes; the library would drop what it does not know. */
export const authDoors: Record<string, z.ZodType> = {
  'POST /sign-in/email': strict({ email: z.string(), password: z.string(), rememberMe: z.boolean().optional() }),
  'POST /sign-out': nothing,
  'GET /get-session': nothing,
  'GET /list-sessions': nothing,
  'POST /revoke-session': strict({ token: z.string() }),
  'POST /revoke-other-sessions': nothing,
}

const endsSessions = new Set(['/sign-out', '/revoke-session', '/revoke-other-sessions'])

/** The library costs 25 MB and a tenth of a second, and is loaded when the first person comes: a worker never does. */
const make = async ({ pool, publicUrl, secret }: AuthDeps) => {
  const { betterAuth } = await import('better-auth')
  const secure = publicUrl.startsWith('https:')
  return betterAuth({
    appName: 'Clarion',
    baseURL: publicUrl,
    basePath: '/api/auth',
    secret,
    database: pool,
    telemetry: { enabled: false },
    logger: { disabled: true },
    user: { modelName: 'auth_users' },
    session: { modelName: 'auth_sessions', expiresIn: 30 * day, updateAge: day },
    account: { modelName: 'auth_accounts' },
    verification: { modelName: 'auth_verifications' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      revokeSessionsOnPasswordReset: true,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    // Ours counts below, by the clock and in this server alone.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: 'clarion',
      useSecureCookies: secure,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, path: '/' },
      // Set by us from the connection (or a trusted proxy), whatever the client sent.
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
  })
}
const addressHeader = 'x-clarion-address'

/** Fetch headers of a request, with the true address and our own origin (which was checked before). */
const headersOf = (request: FastifyRequest, publicUrl: string): Headers => {
  const headers = new Headers()
  for (const name of ['cookie', 'user-agent', 'content-type'] as const) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  headers.set('origin', new URL(publicUrl).origin)
  headers.set(addressHeader, request.ip)
  return headers
}

export type Auth = {
  /** The user of a live session, or null. */
  session: (request: FastifyRequest) => Promise<string | null>
  /** Signs in and gives the cookies to set. Raises `unauthenticated`. */
  signIn: (request: FastifyRequest, email: string, password: string) => Promise<string[]>
  /** A new password for the person of the session, whose other sessions end; gives the cookies to set. Raises `validation`, `rate-limited`. */
  changePassword: (request: FastifyRequest, userId: string, o: { from: string; to: string }) => Promise<string[]>
  /** Opens the doors under /api/auth/. */
  mount: (app: FastifyInstance) => void
}

const statusProblem = {
  400: 'validation',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  422: 'validation',
  429: 'rate-limited',
} as const
const toProblem = (status: number, text: string): Problem => {
  let message: string | undefined
  try {
    message = (JSON.parse(text) as { message?: string }).message
  } catch {
    message = undefined
  }
  return new Problem(statusProblem[status as keyof typeof statusProblem] ?? 'internal', message)
}

export const createAuth = (deps: AuthDeps): Auth => {
  let made: ReturnType<typeof make> | undefined
  const library = () => {
    made ??= make(deps)
    return made
  }
  const session: Auth['session'] = async (request) => {
    if (!request.headers.cookie) return null
    const found = await (await library()).api
      .getSession({ headers: headersOf(request, deps.publicUrl) })
      .catch((error: unknown) => {
        // A session is a row: where the library only says that it broke, it was the database that did not give it.
        const broke = (error as { statusCode?: unknown } | null)?.statusCode === 500
        throw broke ? new Problem('database-away', undefined) : error
      })
    return found?.user.id ?? null
  }
  /** A try of a password: one of its address, and one of its account, which a right one gives back. */
  const guess = async (request: FastifyRequest, account: string | null): Promise<void> => {
    await take(`address ${request.ip}`, 'Too many tries from your address.')
    if (account) await take(account, 'Too many wrong passwords for this account.')
  }
  /** The account of an e-mail address; null: whoever tries is in already at this address, and is not locked out. */
  const accountOf = async (request: FastifyRequest, email: string): Promise<string | null> => {
    const address = email.trim().toLowerCase().slice(0, 254)
    return (await deps.signedInFrom(address, request.ip)) ? null : `mail ${address}`
  }
  const take = async (key: string, what: string): Promise<void> => {
    const ms = await deps.tries?.take(key)
    if (deps.tries && ms) throw tooMany(what, { max: deps.tries.max, ms })
  }
  return {
    session,
    signIn: async (request, email, password) => {
      const answer = await (await library()).api.signInEmail({
        body: { email, password },
        headers: headersOf(request, deps.publicUrl),
        asResponse: true,
      })
      if (!answer.ok) throw toProblem(answer.status, await answer.text())
      return answer.headers.getSetCookie()
    },
    changePassword: async (request, userId, { from, to }) => {
      const wrong = (path: string, message: string) =>
        new Problem('validation', undefined, { errors: [{ path, message }] })
      if (from === to) throw wrong('newPassword', 'is the old one; choose another')
      const account = `user ${userId}`
      await guess(request, account)
      const answer = await (await library()).api.changePassword({
        body: { currentPassword: from, newPassword: to, revokeOtherSessions: true },
        headers: headersOf(request, deps.publicUrl),
        asResponse: true,
      })
      if (answer.status === 400) throw wrong('currentPassword', 'is not your password')
      if (!answer.ok) throw toProblem(answer.status, await answer.text())
      await deps.tries?.forgive(account)
      await deps.onEnded(userId)
      return answer.headers.getSetCookie()
    },
    mount: (app) => {
      app.route({
        method: ['GET', 'POST'],
        url: '/api/auth/*',
        schema: { hide: true },
        handler: async (request, reply) => {
          const path = `/${(request.params as { '*': string })['*']}`
          const takes = authDoors[`${request.method} ${path}`]
          if (!takes) throw new Problem('not-found')
          if (request.method === 'POST' && !sameOrigin(request, deps.publicUrl))
            throw new Problem('forbidden', 'This request came from another site.')
          const given = takes.safeParse((request.method === 'POST' ? request.body : request.query) ?? {})
          if (!given.success) throw invalid(given.error.issues, request.method === 'POST' ? 'body' : 'querystring')
          const signsIn = path === '/sign-in/email'
          const account = signsIn ? await accountOf(request, (given.data as { email: string }).email) : null
          if (signsIn) await guess(request, account)
          const headers = headersOf(request, deps.publicUrl)
          const ends = endsSessions.has(path) ? await session(request) : null
          const body = request.method === 'POST' ? JSON.stringify(given.data) : undefined
          if (body !== undefined) headers.set('content-type', 'application/json')
          const answer = await (await library()).handler(
            new Request(new URL(`/api/auth${path}`, deps.publicUrl), { method: request.method, headers, body }),
          )
          const text = await answer.text()
          for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie)
          if (!answer.ok) throw toProblem(answer.status, text)
          if (account) await deps.tries?.forgive(account)
          if (ends) await deps.onEnded(ends)
          return reply.code(answer.status).type('application/json').header('cache-control', 'no-store').send(text)
        },
      })
    },
  }
}
