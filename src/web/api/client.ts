/**
 * The API, typed from the contract's route table: `api('postCreate', { params, body })`.
 * Every write carries an Idempotency-Key that stays the same when a lost answer makes us send it again, so that a bad
 * connection never does a thing twice. Problems become `ApiProblem`; no connection becomes `Offline`.
 */
import type { ProblemBody, ProblemCode } from '#contract/problems.ts'
import { type Route, type RouteCall, type RouteName, type RouteReply, routes } from '#contract/routes.ts'

/** The server said no, and why: `code` is one of the contract's table. */
export class ApiProblem extends Error {
  readonly body: ProblemBody
  constructor(body: ProblemBody) {
    super(body.detail ?? body.title)
    this.name = 'ApiProblem'
    this.body = body
  }
  get code(): ProblemCode {
    return this.body.code as ProblemCode
  }
}

/** No answer came, also not after trying again. Whether a write happened is settled by its Idempotency-Key. */
export class Offline extends Error {
  constructor() {
    super('The server cannot be reached.')
    this.name = 'Offline'
  }
}

export const isProblem = (error: unknown, ...codes: ProblemCode[]): error is ApiProblem =>
  error instanceof ApiProblem && (codes.length === 0 || codes.includes(error.code))

/** Random key; `crypto.randomUUID` is missing on plain-http addresses other than localhost. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')

const fill = (path: string, params: Record<string, unknown> = {}) =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name] ?? '')))

const search = (query: Record<string, unknown> = {}) => {
  const out = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') out.set(key, String(value))
  const text = out.toString()
  return text ? `?${text}` : ''
}

/** The address of a route, for links and uploads. */
export const urlOf = <N extends RouteName>(name: N, params?: RouteCall<N>['params']): string =>
  fill(routes[name].path, params as Record<string, unknown>)

/** Reads a problem from any error answer, also from one that is not ours (a proxy's page). */
export const problemFrom = (status: number, text: string): ApiProblem => {
  try {
    const body: unknown = JSON.parse(text)
    if (body && typeof body === 'object' && 'code' in body) return new ApiProblem(body as ProblemBody)
  } catch {
    // Not JSON: told below as what it is.
  }
  return new ApiProblem({ type: 'about:blank', code: 'internal', title: `HTTP ${status}`, status, fix: '' })
}

let signedOut = (): void => undefined
/** Calls `then` whenever the server no longer knows who we are; one listener. */
export const whenSignedOut = (then: () => void): void => {
  signedOut = then
}

const pauses = [400, 1500]
const sleep = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    signal?.addEventListener('abort', end, { once: true })
  })

/**
 * Calls a route. Raises `ApiProblem` with the server's Problem, `Offline` when nothing answered after two more tries.
 * Reads and writes are both safe to send again: writes carry one Idempotency-Key through all tries.
 */
export const api = async <N extends RouteName>(
  name: N,
  call: RouteCall<N> & { signal?: AbortSignal } = {},
): Promise<RouteReply<N>> => {
  const route: Route = routes[name]
  const headers: Record<string, string> = { accept: 'application/json' }
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  if (call.ifMatch) headers['if-match'] = call.ifMatch
  if (route.method !== 'GET') headers['idempotency-key'] = call.idempotencyKey ?? newKey()
  const url =
    fill(route.path, call.params as Record<string, unknown>) + search(call.query as Record<string, unknown> | undefined)
  const init: RequestInit = {
    method: route.method,
    headers,
    credentials: 'same-origin',
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    ...(call.signal ? { signal: call.signal } : {}),
  }
  for (let tryNumber = 0; ; tryNumber++) {
    const pause = pauses[tryNumber]
    let response: Response
    let text: string
    try {
      response = await fetch(url, init)
      text = await response.text()
    } catch (error) {
      if (call.signal?.aborted) throw error
      if (pause === undefined) throw new Offline()
      await sleep(pause, call.signal)
      continue
    }
    if (response.ok) return (text ? JSON.parse(text) : undefined) as RouteReply<N>
    const problem = problemFrom(response.status, text)
    if (pause !== undefined && isProblem(problem, 'starting', 'idempotency-running')) {
      await sleep(pause, call.signal)
      continue
    }
    // A gateway in front of us answers 502-504 itself when Clarion restarts: that is "no answer", not a refusal.
    if (response.status >= 502 && response.status <= 504 && problem.code === 'internal') {
      if (pause === undefined) throw new Offline()
      await sleep(pause, call.signal)
      continue
    }
    if (problem.code === 'unauthenticated') signedOut()
    throw problem
  }
}
