/** LinkedIn's envelope, and the door every `/rest` call passes: version, protocol, token, scope (fact sheet, its head, §7 and §8). */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import { daily, postingRoles } from './numbers.ts'
import { type LinkedInWorld, lastPart, type Member, personUrn } from './state.ts'

type Headers = Record<string, string>

/** `{status, code, serviceErrorCode, message}`. */
export const problem = (
  status: number,
  code: string | null,
  message: string,
  serviceErrorCode?: number,
  headers?: Headers,
): SandboxResponse =>
  json(
    status,
    { status, ...(serviceErrorCode === undefined ? {} : { serviceErrorCode }), ...(code ? { code } : {}), message },
    headers,
  )

export const stop = (answer: SandboxResponse): never => {
  throw new Refused(answer)
}

/** 422 as Rest.li's validation says it. */
export const invalidField = (path: string, message: string): SandboxResponse =>
  problem(422, null, `ERROR :: ${path} :: ${message}\n`)
export const wrongValue = (message: string): SandboxResponse => problem(400, 'INVALID_VALUE_FOR_FIELD', message)
export const tooLong = (path: string, max: number): SandboxResponse =>
  problem(400, 'FIELD_LENGTH_TOO_LONG', `${path} is longer than ${max} characters`)
export const notFound = (what: string): SandboxResponse => problem(404, 'NOT_FOUND', `${what} could not be found`)

export const denied = (what: string): SandboxResponse =>
  problem(403, 'ACCESS_DENIED', `Not enough permissions to access: ${what}.20260901`, 100)

const dead: Record<string, SandboxResponse> = {
  unknown: problem(401, 'INVALID_ACCESS_TOKEN', 'Invalid access token', 65600),
  used: problem(401, 'INVALID_ACCESS_TOKEN', 'Invalid access token', 65600),
  revoked: problem(401, 'REVOKED_ACCESS_TOKEN', 'The token used in the request has been revoked by the user', 65601),
  expired: problem(401, 'EXPIRED_ACCESS_TOKEN', 'The token used in the request has expired', 65602),
}

export type Caller = { member: Member; urn: string; client: string; scopes: string[] }

/** Who calls? 401 for a dead token, 403 for a restricted member. */
export const bearer = (world: LinkedInWorld, req: SandboxRequest): Caller => {
  const given = authToken(req, 'bearer')
  if (!given) stop(problem(401, 'EMPTY_ACCESS_TOKEN', 'Empty oauth2 access token', 65604))
  const looked = lookToken(world.state.tokens, given, 'access', world.now())
  if (looked.problem !== null) throw new Refused(dead[looked.problem]!)
  const { row } = looked
  const member = world.state.members.find((m) => m.id === row.account)
  if (!member) throw new Refused(dead.unknown!)
  if (member.restricted) stop(problem(403, null, 'Member is restricted'))
  return { member, urn: personUrn(member.id), client: row.client, scopes: row.scopes }
}

/** The version and protocol headers of a `/rest` call, and URNs encoded in its path. */
const checkHeaders = (world: LinkedInWorld, req: SandboxRequest) => {
  const version = req.headers['linkedin-version']
  if (!version)
    stop(
      problem(
        400,
        'VERSION_MISSING',
        'A version must be present. Please specify a version by adding the LinkedIn-Version header.',
      ),
    )
  const month = Number(version!.split('.')[0])
  if (month < world.knob('oldestVersion') || month > world.knob('newestVersion') || !/^\d{6}(\.\d\d)?$/.test(version!))
    stop(problem(426, 'NONEXISTENT_VERSION', `Requested version ${version} is not active`))
  if (req.headers['x-restli-protocol-version'] !== '2.0.0')
    stop(problem(400, 'ILLEGAL_ARGUMENT', 'X-Restli-Protocol-Version must be 2.0.0'))
  if (/urn:li:/.test(req.path)) stop(problem(400, 'ILLEGAL_ARGUMENT', 'Syntax exception in path variables'))
}

/** The caller of a versioned call. `scopes`: one of them must be there. */
export const caller = (world: LinkedInWorld, req: SandboxRequest, what: string, scopes: readonly string[]): Caller => {
  const c = bearer(world, req)
  checkHeaders(world, req)
  if (!scopes.some((s) => c.scopes.includes(s))) stop(denied(what))
  return c
}

/** Rest.li's method header, where the call must have one. */
export const needMethod = (req: SandboxRequest, method: string) => {
  if ((req.headers['x-restli-method'] ?? '').toUpperCase() !== method)
    stop(problem(400, 'ILLEGAL_ARGUMENT', `X-RestLi-Method must be ${method}`))
}

/** Query parameters nobody knows are refused. */
export const onlyQuery = (req: SandboxRequest, ...known: string[]) => {
  for (const k of req.query.keys())
    if (!known.includes(k)) stop(problem(400, 'ILLEGAL_ARGUMENT', `Query parameter '${k}' is not allowed`))
}

const runs = (world: LinkedInWorld, c: Caller, page: string, roles: readonly string[]) =>
  world.state.roles.some((r) => r.member === c.member.id && r.page === lastPart(page) && roles.includes(r.role))

/** May the caller act as this author? Refuses with 403 when the scope or the role is missing. */
export const actAs = (
  world: LinkedInWorld,
  c: Caller,
  author: unknown,
  what: string,
  scope: { person: string; page: string },
): string => {
  if (typeof author !== 'string' || !/^urn:li:(person|organization):[\w-]+$/.test(author))
    return stop(problem(400, 'INVALID_URN_TYPE', 'author must be a person or organization URN'))
  const ok = author.startsWith('urn:li:person:')
    ? author === c.urn && c.scopes.includes(scope.person)
    : c.scopes.includes(scope.page) && runs(world, c, author, postingRoles)
  return ok ? author : stop(denied(what))
}

/** May the caller read what belongs to this page? */
export const readPage = (world: LinkedInWorld, c: Caller, page: string, what: string) => {
  if (!page.startsWith('urn:li:organization:') || !runs(world, c, page, [...postingRoles, 'ANALYST']))
    stop(denied(what))
}

const day = (world: LinkedInWorld) => Math.floor(world.now() / 86_400_000)
const throttled = (who: string) =>
  problem(429, null, `Resource level throttle ${who} DAY limit for calls to this resource is reached.`)

/** One create more today; 429 when the member or the app had too many. */
export const countCreate = (world: LinkedInWorld, c: Caller) => {
  const today = `/${day(world)}`
  for (const key of Object.keys(world.state.daily)) if (!key.endsWith(today)) delete world.state.daily[key]
  const keys = { MEMBER: `member/${c.member.id}${today}`, APPLICATION: `app/${c.client}${today}` } as const
  const on = world.knob('rateLimits') !== 0
  if (on && (world.state.daily[keys.MEMBER] ?? 0) >= daily.member) stop(throttled('MEMBER'))
  if (on && (world.state.daily[keys.APPLICATION] ?? 0) >= world.knob('appDaily')) stop(throttled('APPLICATION'))
  for (const key of Object.values(keys)) world.state.daily[key] = (world.state.daily[key] ?? 0) + 1
  world.changed()
}

/** The network's own envelope for a fault. A 400 or 403 here is none of the documented refusals: nothing may be read into it. */
export const faultAnswer = (_world: LinkedInWorld, status: number): SandboxResponse => {
  if (status === 401) return dead.revoked!
  if (status === 429) return throttled('MEMBER')
  if (status >= 500) return problem(status, null, status === 503 ? 'Service Unavailable' : 'Internal Server Error')
  return problem(status, null, 'The request could not be completed by an upstream component.')
}
