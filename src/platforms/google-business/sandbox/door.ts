/** The door of every API: switched on, quota of the project, token, scope, role; parameters it knows; pages (fact sheet §1, §7, §8). */
import { Refused } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { take } from '#kit/sandbox/window.ts'
import {
  badRequest,
  errorInfo,
  googleCaller,
  type RpcDetail,
  rpcError,
  systemParameters,
} from '../../families/google/sandbox/answers.ts'
import { OLD_SCOPE, SCOPE } from './numbers.ts'
import type { GbpWorld, Holder, Place } from './state.ts'

const minute = 60_000
const project = 'project_number:407408718192'

export const refuse = (status: number, message: string, details: readonly RpcDetail[] = [], word?: string): never => {
  throw new Refused(rpcError(status, message, { details, status: word }))
}

/** 400 as the front answers bodies and parameters it does not know. */
export const malformed = (field: string, description: string): never =>
  refuse(400, `Invalid JSON payload received. ${description}`, [badRequest([{ field, description }])])

export const invalidArgument = (): never => refuse(400, 'Request contains an invalid argument.')

export const notFound = (): never => refuse(404, 'Requested entity was not found.')

/** v4's own detail. */
export const invalidPost = (errors: readonly { code: number; field?: string; message: string }[]): never =>
  refuse(400, 'Request contains an invalid argument.', [
    { '@type': 'type.googleapis.com/google.mybusiness.v4.ValidationError', errorDetails: errors },
  ])

const exhausted = (limit: string, service: string, value: number): never =>
  refuse(
    429,
    `Quota exceeded for quota metric 'Requests' and limit '${limit}' of service '${service}' for consumer '${project}'.`,
    [
      errorInfo('RATE_LIMIT_EXCEEDED', 'googleapis.com', {
        consumer: 'projects/407408718192',
        service,
        quota_limit: limit,
        quota_limit_value: String(value),
      }),
    ],
  )

/** Who calls? Refuses an API that is off, a project without quota, a dead token and a missing scope, in that order. */
export const enter = (world: GbpWorld, req: SandboxRequest): string => {
  const service = req.host
  if (world.state.off.includes(service))
    refuse(403, `${service} has not been used in project 407408718192 before or it is disabled.`, [
      errorInfo('SERVICE_DISABLED', 'googleapis.com', { service, consumer: 'projects/407408718192' }),
    ])
  const { account } = googleCaller(world, req, { anyOf: [SCOPE, OLD_SCOPE], service })
  const limit = world.knob('qpm')
  const got = take(world.state.google.windows, `qpm/${service}`, { limit, windowMs: minute, now: world.now() })
  if (!got.ok) exhausted('Requests per minute', service, limit)
  world.changed()
  return account
}

/** Takes one of the changes a profile may see in a minute. */
export const countEdit = (world: GbpWorld, req: SandboxRequest, place: Place): void => {
  const limit = world.knob('editsAMinute')
  const got = take(world.state.google.windows, `edits/${place.id}`, { limit, windowMs: minute, now: world.now() })
  if (!got.ok) exhausted('Edits per minute per profile', req.host, limit)
}

/** `accounts/:a/locations/:l` as this person may use it. */
export const ownPlace = (world: GbpWorld, sub: string, req: SandboxRequest): { holder: Holder; place: Place } => {
  const holder = world.state.holders.find((h) => h.id === req.params.a)
  const place = world.state.places.find((p) => p.id === req.params.l)
  if (!holder || !place?.holders.includes(holder.id)) return notFound()
  if (holder.roles[sub] === undefined) refuse(403, 'The caller does not have permission')
  return { holder, place }
}

export const knownQuery = (req: SandboxRequest, ...known: string[]): void => {
  const extra = [...req.query.keys()].find((k) => !known.includes(k) && !systemParameters.includes(k))
  if (extra !== undefined)
    malformed(extra, `Unknown name "${extra}": Cannot bind query parameter. Field could not be found.`)
}

/** One page and the token of the next. Tokens are offsets. Too large a page is cut, as Google does. */
export const paged = <T>(req: SandboxRequest, all: readonly T[], size: { usual: number; most: number }) => {
  const given = req.query.get('pageSize')
  const wanted = given === null ? size.usual : Number(given)
  if (!Number.isInteger(wanted) || wanted < 0) invalidArgument()
  const count = Math.min(wanted === 0 ? size.usual : wanted, size.most)
  const token = req.query.get('pageToken')
  const from = token === null || token === '' ? 0 : Number(/^P(\d+)$/.exec(token)?.[1] ?? Number.NaN)
  if (Number.isNaN(from)) invalidArgument()
  return {
    items: all.slice(from, from + count),
    next: from + count < all.length ? { nextPageToken: `P${from + count}` } : {},
  }
}

/** Wrong host or path: a page, not JSON. */
export const webPage = (path: string): SandboxResponse => ({
  status: 404,
  html: `<!DOCTYPE html>\n<html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> That’s an error.<p>The requested URL <code>${path.replace(/[<>&"]/g, '')}</code> was not found on this server.`,
})
