/**
 * Who is asking, and may they: decided here and nowhere else, before the body is read. A session cookie, or
 * `Authorization: Bearer clr_...`. A workspace that is not the caller's is `not-found`, so that ids tell nothing.
 */
import type { FastifyRequest } from 'fastify'
import { id, type Role } from '#contract/common.ts'
import type { Scope } from '#contract/people.ts'
import { Problem } from '#contract/problems.ts'
import type { Access } from '#contract/routes.ts'
import { type KeyPower, mayUse } from '#planner/people/rules.ts'
import type { People } from '#planner/people/service.ts'

/** `userId` of a key is the person who made it: the key acts for them, with at most their present role. */
export type Caller = {
  userId: string | null
  keyId: string | null
  /** What the key may; null: a person, who has no scopes to lack. */
  key: KeyPower | null
  ws: { id: string; role: Role; timeZone: string; scopes: readonly Scope[] | null } | null
}
export const nobody: Caller = { userId: null, keyId: null, key: null, ws: null }

export type Authorize = (request: FastifyRequest, access: Access) => Promise<Caller>

/** The scheme's name is case-insensitive (RFC 9110, 11.1). */
const bearer = /^Bearer +(clr_[0-9A-Za-z]{20,100})$/i

/**
 * Does a browser's request come from our own pages, by scheme, name and port? Absent headers mean no browser, and so
 * nobody's cookies.
 */
export const sameOrigin = (request: FastifyRequest, publicUrl: string): boolean => {
  const { origin } = request.headers
  if (origin !== undefined)
    return origin === new URL(publicUrl).origin || origin === `${request.protocol}://${request.headers.host}`
  const site = request.headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

const elsewhere = 'This request came from another site.'
const reads = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

export type AccessDeps = {
  people: People
  publicUrl: string
  /** The session's user, or null. */
  session: (request: FastifyRequest) => Promise<string | null>
  /** Called before a 401 leaves; throws `rate-limited` when somebody tries too many. */
  strike?: (request: FastifyRequest) => Promise<void>
}

/** Makes the check. It raises `unauthenticated`, `forbidden`, `scope-missing`, `not-found`. */
export const createAccess = ({ people, publicUrl, session, strike }: AccessDeps): Authorize => {
  const stranger = async (request: FastifyRequest): Promise<never> => {
    await strike?.(request)
    throw new Problem('unauthenticated')
  }

  return async (request, access) => {
    if (access === 'public') {
      // Setting up is public too, and no page of another site may do it for the person who has it open.
      if (!reads(request) && !sameOrigin(request, publicUrl)) throw new Problem('forbidden', elsewhere)
      return nobody
    }
    const { url } = request.routeOptions
    const named = url === undefined || url.includes(':ws') || access === 'user'
    const wanted = named ? (request.params as { ws?: string }).ws : ((await people.firstWorkspace()) ?? undefined)
    const header = request.headers.authorization
    if (header !== undefined) {
      const key = bearer.exec(header)?.[1]
      const known = key ? await people.identifyKey(key) : null
      if (!known) return stranger(request)
      if (access === 'user')
        throw new Problem('forbidden', 'This address is for people who sign in; an API key cannot use it.')
      if (wanted !== known.ws) throw new Problem('not-found')
      if (access.person) throw new Problem('forbidden', 'This is for people who sign in; an API key cannot do it.')
      const refusal = mayUse(known, access)
      if (refusal) throw new Problem(refusal.code, refusal.detail)
      return {
        userId: known.userId,
        keyId: known.keyId,
        key: { scopes: known.scopes, expiresAt: known.expiresAt },
        ws: { id: known.ws, role: known.role, timeZone: known.timeZone, scopes: known.scopes },
      }
    }
    const userId = await session(request)
    if (!userId) return stranger(request)
    if (!reads(request) && !sameOrigin(request, publicUrl)) throw new Problem('forbidden', elsewhere)
    if (access === 'user') return { userId, keyId: null, key: null, ws: null }
    const membership = id.safeParse(wanted).success ? await people.membership(userId, wanted!) : null
    if (!membership) throw new Problem('not-found')
    if (membership.mustChangePassword) throw new Problem('password-change-required')
    const refusal = mayUse({ role: membership.role, scopes: null }, access)
    if (refusal) throw new Problem(refusal.code, refusal.detail)
    return {
      userId,
      keyId: null,
      key: null,
      ws: { id: wanted!, role: membership.role, timeZone: membership.timeZone, scopes: null },
    }
  }
}
