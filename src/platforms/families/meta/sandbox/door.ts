/** The door every Graph call passes: version, token, proof of the secret, usage, permissions. */
import { createHmac } from 'node:crypto'
import { json } from '#kit/sandbox/answer.ts'
import { authToken, formBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { olderVersion } from '#kit/sandbox/notices.ts'
import { take } from '#kit/sandbox/window.ts'
import { graphRefuse } from './envelope.ts'
import { ignoreReads, type Params, readParams } from './params.ts'
import { type GraphToken, type MetaPage, type MetaWorld, type Person, pageById, personById } from './state.ts'

/**
 * Versions alive in November 2026 (instagram.md §1), and v20.0, which ended in September: Meta answers a version that has
 * just ended as the oldest living one. Older paths are gone.
 */
const versions = ['v20.0', 'v21.0', 'v22.0', 'v23.0', 'v24.0', 'v25.0', 'v26.0']
const documented = ['v25.0', 'v26.0']

/** Notices a version that is not the documented one; none means the oldest. */
export const noteGraphVersion = (req: SandboxRequest, version: string | undefined): void => {
  if (version === undefined || !documented.includes(version)) olderVersion(req, version ?? 'no version')
}

/** The same, and refuses one that is gone. */
export const checkGraphVersion = (req: SandboxRequest, version: string | undefined): void => {
  if (version !== undefined && !versions.includes(version))
    graphRefuse(400, 2500, `Unknown path components: /${version}`)
  noteGraphVersion(req, version)
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export type DoorOptions = {
  /** All of these. */
  scopes?: readonly string[]
  /** A Page token is needed (of the Page whose id is given). */
  page?: string
  /** A task the person must have on that Page. */
  task?: string
  /** Business use case: type, code and sentence of its throttling, and calls in 24 hours. */
  useCase?: UseCase
}

export type UseCase = { type: string; code: number; message: string; calls: number }

export type GraphCall = {
  token: string
  row: GraphToken
  person: Person
  /** Of a Page token. */
  page: MetaPage | null
  params: Params
  /** Usage headers; every answer of this call carries them. */
  headers: Record<string, string>
}

/** The token, wherever Graph takes it. */
export const tokenOf = (req: SandboxRequest, fields?: Record<string, string>): string | undefined =>
  authToken(req, 'bearer') ??
  authToken(req, 'oauth') ??
  req.query.get('access_token') ??
  fields?.access_token ??
  undefined

/** Is the token good now? Refuses with 190 and the subcode that says why not. */
export const tokenRow = (world: MetaWorld, token: string | undefined): GraphToken => {
  const rows = world.state.meta.tokens
  const row = token !== undefined && Object.hasOwn(rows, token) ? rows[token]! : undefined
  if (!row) return graphRefuse(401, 190, 'Invalid OAuth access token - Cannot parse access token')
  if (row.dead !== null)
    graphRefuse(401, 190, 'Error validating access token: The user has not authorized application.', {
      subcode: row.dead,
    })
  if (row.expiresAt !== null && row.expiresAt <= world.now())
    graphRefuse(401, 190, 'Error validating access token: Session has expired.', { subcode: 463 })
  return row
}

/** `{"call_count":28,...}` of a window, in per cent. */
const percent = (used: number, limit: number) => {
  const count = Math.floor((used * 100) / limit)
  return { call_count: count, total_cputime: Math.floor(count / 2), total_time: Math.floor(count / 2) }
}

/** 200 calls an hour and person of the app; here one number for the whole sandbox. */
const appCalls = 20_000

/** Counts the call and gives the headers; refuses with 4 or the use case's code when the window is used up. */
const count = (world: MetaWorld, row: GraphToken, page: MetaPage | null, useCase?: UseCase): Record<string, string> => {
  const { windows } = world.state.meta
  const now = world.now()
  const app = take(windows, 'app', { limit: appCalls, windowMs: hourMs, now })
  const headers: Record<string, string> = {
    'x-app-usage': JSON.stringify(percent(app.limit - app.remaining, app.limit)),
    'facebook-api-version': versions.at(-2)!,
  }
  const object = page?.id ?? row.person
  if (useCase) {
    const taken = take(windows, `${useCase.type}/${object}`, { limit: useCase.calls, windowMs: dayMs, now })
    const regain = taken.ok ? 0 : Math.max(1, Math.ceil((taken.resetAt - now) / 60_000))
    const used = taken.ok ? percent(taken.limit - taken.remaining, taken.limit) : percent(taken.limit, taken.limit)
    headers['x-business-use-case-usage'] = JSON.stringify({
      [object]: [{ type: useCase.type, ...used, estimated_time_to_regain_access: regain }],
    })
    if (!taken.ok) graphRefuse(400, useCase.code, `(#${useCase.code}) ${useCase.message}`, { headers })
  }
  world.changed()
  if (!app.ok) graphRefuse(400, 4, '(#4) Application request limit reached', { headers })
  return headers
}

/** Checks a call from outside in. Handlers get who calls and the parameters. */
export const enter = (world: MetaWorld, req: SandboxRequest, o: DoorOptions = {}): GraphCall => {
  checkGraphVersion(req, req.params.version)
  const params = readParams(req)
  if (req.method === 'GET') ignoreReads(req)
  const token = tokenOf(req, params.fields)
  const row = tokenRow(world, token)
  const proof = params.fields.appsecret_proof
  if (proof !== undefined && proof !== createHmac('sha256', world.state.meta.app.secret).update(token!).digest('hex'))
    graphRefuse(400, 100, 'Invalid appsecret_proof provided in the API argument', { type: 'GraphMethodException' })
  const person = personById(world, row.person)
  if (!person) return graphRefuse(401, 190, 'Error validating access token: user does not exist.', { subcode: 467 })
  const page = row.page ? (pageById(world, row.page) ?? null) : null
  const headers = count(world, row, page, o.useCase)
  if (page && !Object.hasOwn(page.tasks, person.id))
    graphRefuse(
      401,
      190,
      'The user must be an administrator, editor, or moderator of the page in order to impersonate it.',
      { subcode: 492 },
    )
  if (o.page !== undefined && page?.id !== o.page)
    graphRefuse(403, 200, '(#200) A page access token of this Page is required for this action', { headers })
  const missing = (o.scopes ?? []).filter((s) => !row.scopes.includes(s))
  if (missing.length > 0)
    graphRefuse(
      403,
      200,
      `(#200) This call requires ${(o.scopes ?? []).join(' and ')}; missing: ${missing.join(', ')}`,
      { headers },
    )
  if (o.task && page && !page.tasks[person.id]!.some((t) => t === o.task || t === 'MANAGE'))
    graphRefuse(403, 200, `(#200) The person needs the task ${o.task} on this Page`, { headers })
  return { token: token!, row, person, page, params, headers }
}

/** A Graph answer with the headers of its call. */
export const graphAnswer = (c: Pick<GraphCall, 'headers'>, body: unknown): SandboxResponse => json(200, body, c.headers)

/**
 * Is this request one of an app or a token of this imitation? Several imitations answer for graph.facebook.com: the host
 * asks each (`Imitation.answers`).
 */
export const knowsCaller = (world: MetaWorld, req: SandboxRequest): boolean => {
  const { app, tokens } = world.state.meta
  const form = formBody(req)
  const ours = (token: string | null | undefined) =>
    typeof token === 'string' && (Object.hasOwn(tokens, token) || token.startsWith(`${app.id}|`))
  return (
    req.query.get('client_id') === app.id ||
    form?.get('client_id') === app.id ||
    ours(tokenOf(req)) ||
    ours(form?.get('access_token')) ||
    ours(req.query.get('input_token'))
  )
}
