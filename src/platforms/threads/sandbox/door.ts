/** Who calls? A Bearer or `access_token`, checked from outside in: version, token, usage, permissions. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { take } from '#kit/sandbox/window.ts'
import { tokenOf } from '../../families/meta/sandbox/door.ts'
import { graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { liveOwn, type OwnToken } from '../../families/meta/sandbox/own-login.ts'
import { ignoreReads, type Params, readParams } from '../../families/meta/sandbox/params.ts'
import { calls, DAY } from './numbers.ts'
import { type Account, accountById, type ThWorld } from './state.ts'

export type Call = {
  account: Account
  token: OwnToken
  params: Params
  /** Usage headers; every answer of this call carries them. */
  headers: Record<string, string>
}

/** A live token, or 190. */
export const liveToken = (world: ThWorld, token: string | null | undefined): OwnToken => liveOwn(world, token, 401)

/** Whether the real one sends them is not documented; other Graph networks do. */
const usage = (world: ThWorld, id: string): Record<string, string> => {
  const taken = take(world.state.meta.windows, `calls/${id}`, { limit: calls, windowMs: DAY, now: world.now() })
  const used = taken.ok ? Math.floor(((taken.limit - taken.remaining) * 100) / taken.limit) : 100
  const headers = {
    'x-app-usage': JSON.stringify({ call_count: used, total_cputime: used >> 1, total_time: used >> 1 }),
  }
  world.changed()
  if (!taken.ok) graphRefuse(400, 4, '(#4) Application request limit reached', { headers })
  return headers
}

/** Documented version paths; the calls of Meta's own samples have none. */
export const checkVersion = (req: SandboxRequest): void => {
  if (req.params.version !== undefined && req.params.version !== 'v1.0')
    graphRefuse(400, 2500, `Unknown path components: /${req.params.version}`)
}

/** Refuses a dead token (190), a used-up window (4) and a missing permission (10). `threads_basic` is always needed. */
export const caller = (world: ThWorld, req: SandboxRequest, needs: readonly string[] = []): Call => {
  checkVersion(req)
  const params = readParams(req)
  if (req.method === 'GET') ignoreReads(req)
  const token = liveToken(world, tokenOf(req, params.fields))
  const headers = usage(world, token.account)
  const missing = ['threads_basic', ...needs].filter((s) => !token.scopes.includes(s))
  if (missing.length > 0)
    graphRefuse(403, 10, `(#10) Application does not have permission for this action; missing: ${missing.join(', ')}`, {
      headers,
    })
  const account = accountById(world, token.account)
  if (!account) return graphRefuse(401, 190, 'Error validating access token: user does not exist.', { subcode: 467 })
  return { account, token, params, headers }
}

/** The profile of the path: the token's own, by its id or as `me`. */
export const ownProfile = (c: Call, id: string | undefined): Account =>
  id === 'me' || id === c.account.id ? c.account : notFound(id)

export const answer = (c: Pick<Call, 'headers'>, body: unknown): SandboxResponse => json(200, body, c.headers)

/** 24/4279009: what Threads says of everything it does not have, or not yet. */
export const notFound = (id: string | undefined): never =>
  graphRefuse(400, 24, 'The requested resource does not exist', {
    subcode: 4279009,
    transient: false,
    title: 'Media Not Found',
    said: `The media with id ${id} cannot be found.`,
  })

/** `2026-11-22T07:00:00+0000`, whole seconds. */
export const stamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000')
