/** Google's error envelopes, and the door every API call passes: token, scopes. Typed from youtube.md §8 and google-business.md §8. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { lookToken } from '#kit/sandbox/tokens.ts'
import type { GoogleWorld } from './state.ts'

const statusWords: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
}

export type LegacyError = {
  reason: string
  message: string
  /** Default `global`. */
  domain?: string
  /** `google.rpc` word; absent: none, as the older errors have none. */
  status?: string
  locationType?: string
  location?: string
}

/** `{error: {code, message, errors: [{message, domain, reason}]}}`. */
export const legacyError = (http: number, e: LegacyError): SandboxResponse =>
  json(http, {
    error: {
      code: http,
      message: e.message,
      errors: [
        {
          message: e.message,
          domain: e.domain ?? 'global',
          reason: e.reason,
          ...(e.location ? { location: e.location, locationType: e.locationType ?? 'parameter' } : {}),
        },
      ],
      ...(e.status ? { status: e.status } : {}),
    },
  })

export type RpcDetail = { '@type': string; [member: string]: unknown }

/** `google.rpc.ErrorInfo` as a detail. */
export const errorInfo = (reason: string, domain: string, metadata: Record<string, string> = {}): RpcDetail => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain,
  metadata,
})

/** `google.rpc.BadRequest` as a detail. */
export const badRequest = (fields: readonly { field: string; description: string }[]): RpcDetail => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: fields,
})

/** `{error: {code, message, status, details}}`; `status` follows from the HTTP status where none is given. */
export const rpcError = (
  http: number,
  message: string,
  o: { status?: string; details?: readonly RpcDetail[] } = {},
): SandboxResponse =>
  json(http, {
    error: {
      code: http,
      message,
      status: o.status ?? statusWords[http] ?? 'UNKNOWN',
      ...(o.details && o.details.length > 0 ? { details: o.details } : {}),
    },
  })

/** Dead or missing token: both forms at once, as Google answers it. */
export const unauthenticated = (): SandboxResponse =>
  json(
    401,
    {
      error: {
        code: 401,
        message:
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        errors: [
          {
            message: 'Invalid Credentials',
            domain: 'global',
            reason: 'authError',
            location: 'Authorization',
            locationType: 'header',
          },
        ],
        status: 'UNAUTHENTICATED',
      },
    },
    { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
  )

/** The token is good, but the person did not tick what this call needs. */
export const scopeInsufficient = (domain: string): SandboxResponse =>
  json(403, {
    error: {
      code: 403,
      message: 'Request had insufficient authentication scopes.',
      errors: [{ message: 'Insufficient Permission', domain: 'global', reason: 'insufficientPermissions' }],
      status: 'PERMISSION_DENIED',
      details: [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'googleapis.com', { service: domain })],
    },
  })

/** Parameters every method of Google's APIs takes. */
export const systemParameters: readonly string[] = [
  ...['alt', 'fields', 'key', 'prettyPrint', 'quotaUser', 'userIp', '$.xgafv', 'access_token', 'callback'],
  ...['oauth_token', 'uploadType', 'upload_protocol', 'uploadProtocol'],
]

/** In the header, or as the parameter of old. */
export const accessTokenOf = (req: SandboxRequest): string | undefined =>
  authToken(req, 'bearer') ?? req.query.get('access_token') ?? req.query.get('oauth_token') ?? undefined

/** Who calls? Gives the account id of the token. `anyOf`: one of these scopes is enough. */
export const googleCaller = (
  world: GoogleWorld,
  req: SandboxRequest,
  o: { anyOf: readonly string[]; service: string },
): { account: string; scopes: string[] } => {
  const looked = lookToken(world.state.google.tokens, accessTokenOf(req), 'access', world.now())
  if (looked.problem !== null) throw new Refused(unauthenticated())
  if (!o.anyOf.some((s) => looked.row.scopes.includes(s))) throw new Refused(scopeInsufficient(o.service))
  return { account: looked.row.account, scopes: looked.row.scopes }
}

/** The network's own envelope for a fault. A 400 or 403 here is none of the documented refusals: nothing may be read into it. */
export const googleFault = (http: number, style: 'legacy' | 'rpc'): SandboxResponse => {
  if (http === 401) return unauthenticated()
  if (http === 429)
    return style === 'rpc'
      ? rpcError(429, 'Quota exceeded for quota metric.', {
          details: [errorInfo('RATE_LIMIT_EXCEEDED', 'googleapis.com')],
        })
      : legacyError(429, { reason: 'rateLimitExceeded', domain: 'usageLimits', message: 'Rate Limit Exceeded' })
  if (style === 'rpc') return rpcError(http, 'The request could not be completed.', { status: statusOfFault(http) })
  if (http >= 500)
    return legacyError(http, { reason: http === 503 ? 'notReady' : 'backendError', message: 'Backend Error' })
  return legacyError(http, { reason: 'upstreamTrouble', message: 'The request could not be completed.' })
}

/** Not INVALID_ARGUMENT or PERMISSION_DENIED, which would be real refusals. */
const statusOfFault = (http: number) => (http >= 500 ? (statusWords[http] ?? 'INTERNAL') : 'UNKNOWN')
