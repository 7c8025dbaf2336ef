/** Who calls? Two doors: graph.facebook.com takes Meta's tokens, graph.instagram.com its own; neither takes the other's (§1). */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { take } from '#kit/sandbox/window.ts'
import { checkGraphVersion, enter, tokenOf } from '../../families/meta/sandbox/door.ts'
import { graphRefuse, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { liveOwn, type OwnToken } from '../../families/meta/sandbox/own-login.ts'
import { ignoreReads, type Params, readParams } from '../../families/meta/sandbox/params.ts'
import { DAY, useCaseCalls } from './numbers.ts'
import { type Account, accountById, type IgWorld } from './state.ts'

export const graph = { meta: 'graph.facebook.com', own: 'graph.instagram.com' } as const
export type WayName = keyof typeof graph

/** What a call needs; each way has its own words for it [1]. */
export type Need = 'basic' | 'publish' | 'comments' | 'insights' | 'contents'
const scopes: Record<WayName, Record<Need, string>> = {
  meta: {
    basic: 'instagram_basic',
    publish: 'instagram_content_publish',
    comments: 'instagram_manage_comments',
    insights: 'instagram_manage_insights',
    contents: 'instagram_manage_contents',
  },
  own: {
    basic: 'instagram_business_basic',
    publish: 'instagram_business_content_publish',
    comments: 'instagram_business_manage_comments',
    insights: 'instagram_business_manage_insights',
    contents: 'instagram_business_manage_contents',
  },
}

export type Call = {
  way: WayName
  /** Accounts the token may act for. */
  accounts: Account[]
  params: Params
  /** Usage headers; every answer of this call carries them. */
  headers: Record<string, string>
}

const throttled =
  'There have been too many calls to this Instagram account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.'

/** A live token of Instagram Login, or 190. */
export const ownToken = (world: IgWorld, token: string | null | undefined): OwnToken => liveOwn(world, token, 400)

const usage = (world: IgWorld, id: string): Record<string, string> => {
  const now = world.now()
  const taken = take(world.state.windows, `calls/${id}`, { limit: useCaseCalls, windowMs: DAY, now })
  const used = taken.ok ? Math.floor(((taken.limit - taken.remaining) * 100) / taken.limit) : 100
  const regain = taken.ok ? 0 : Math.max(1, Math.ceil((taken.resetAt - now) / 60_000))
  const row = { type: 'instagram', call_count: used, total_cputime: used >> 1, total_time: used >> 1 }
  const headers = {
    'x-business-use-case-usage': JSON.stringify({ [id]: [{ ...row, estimated_time_to_regain_access: regain }] }),
    'x-app-usage': JSON.stringify({ call_count: used, total_cputime: used >> 1, total_time: used >> 1 }),
  }
  world.changed()
  if (!taken.ok) graphRefuse(400, 80002, `(#80002) ${throttled}`, { headers })
  return headers
}

/** Refuses a dead token (190), a missing scope (10) and a used-up window (80002). */
export const caller = (world: IgWorld, req: SandboxRequest, needs: readonly Need[]): Call => {
  const way: WayName = req.host === graph.meta ? 'meta' : 'own'
  const wanted = needs.map((n) => scopes[way][n])
  if (way === 'meta') {
    const c = enter(world, req, {
      scopes: wanted,
      useCase: { type: 'instagram', code: 80002, message: throttled, calls: useCaseCalls },
    })
    const pages = c.page ? [c.page] : world.state.meta.pages.filter((p) => Object.hasOwn(p.tasks, c.person.id))
    const accounts = pages.flatMap((p) => accountById(world, p.account?.id) ?? [])
    return { way, accounts, params: c.params, headers: c.headers }
  }
  checkGraphVersion(req, req.params.version)
  const params = readParams(req)
  if (req.method === 'GET') ignoreReads(req)
  const row = ownToken(world, tokenOf(req, params.fields))
  const headers = usage(world, row.account)
  const missing = wanted.filter((s) => !row.scopes.includes(s))
  if (missing.length > 0)
    graphRefuse(403, 10, `(#10) Application does not have permission for this action; missing: ${missing.join(', ')}`, {
      headers,
    })
  const account = accountById(world, row.account) ?? missingObject(row.account)
  return { way, accounts: [account], params, headers }
}

/** The account of the path, when the token may act for it. */
export const accountIn = (c: Call, id: string | undefined): Account => isAccount(c, id) ?? missingObject(id ?? '')

/** With Instagram's own login `me` is the account. */
export const isAccount = (c: Call, id: string | undefined): Account | undefined =>
  c.accounts.find((a) => a.id === id || (id === 'me' && c.way === 'own'))

export const answer = (c: Pick<Call, 'headers'>, body: unknown): SandboxResponse => json(200, body, c.headers)

/** `2026-11-22T07:00:00+0000`, whole seconds. */
export const stamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000')
