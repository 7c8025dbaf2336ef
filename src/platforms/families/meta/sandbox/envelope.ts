/** Graph's error envelope and the refusals every Graph network has, in Graph's words (fact sheet instagram.md §8). */
import { json, Refused } from '#kit/sandbox/answer.ts'
import type { SandboxResponse } from '#kit/sandbox/imitation.ts'

export type GraphErrorMore = {
  subcode?: number
  type?: string
  transient?: boolean
  title?: string
  said?: string
  headers?: Record<string, string>
}

/** `{error:{message,type,code,error_subcode,is_transient,fbtrace_id}}`. */
export const graphError = (status: number, code: number, message: string, more: GraphErrorMore = {}): SandboxResponse =>
  json(
    status,
    {
      error: {
        message,
        type: more.type ?? 'OAuthException',
        code,
        ...(more.subcode === undefined ? {} : { error_subcode: more.subcode }),
        ...(more.transient === undefined ? {} : { is_transient: more.transient }),
        ...(more.title ? { error_user_title: more.title } : {}),
        ...(more.said ? { error_user_msg: more.said } : {}),
        fbtrace_id: `A${code}${more.subcode ?? ''}sandbox`,
      },
    },
    more.headers,
  )

/** Leaves the handler with this error. */
export const graphRefuse = (status: number, code: number, message: string, more?: GraphErrorMore): never => {
  throw new Refused(graphError(status, code, message, more))
}

/** 100: a parameter is missing, unknown or wrong. */
export const badParam = (message: string, more?: GraphErrorMore): never =>
  graphRefuse(400, 100, `(#100) ${message}`, more)

/** 100/33: not there, or not for you; Graph does not tell them apart. */
export const missingObject = (id: string): never =>
  graphRefuse(
    400,
    100,
    `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
    { subcode: 33, type: 'GraphMethodException' },
  )

/** rupload's own envelope. */
export const debugInfo = (
  type: 'OffsetInvalidError' | 'PartialRequestError' | 'ProcessingFailedError' | 'NotAuthorizedError',
  message: string,
  retriable = type !== 'ProcessingFailedError',
): SandboxResponse => json(400, { debug_info: { retriable, type, message } })

/** Graph's answer for a fault of the desk. 400 and 5xx here are none of the documented refusals: they prove nothing. */
export const graphFault = (
  status: number,
  throttle: { code: number; message: string; headers?: Record<string, string> },
): SandboxResponse => {
  if (status === 401)
    return graphError(401, 190, 'Error validating access token: The session has been invalidated.', { subcode: 467 })
  // Graph throttles with 400 and the code; 429 is asked for by status, so it is given.
  if (status === 429) return graphError(429, throttle.code, throttle.message, { headers: throttle.headers })
  if (status === 503) return graphError(503, 2, 'Service temporarily unavailable', { transient: true })
  if (status >= 500) return graphError(status, 1, 'An unknown error has occurred.', { transient: true })
  return graphError(
    status,
    960,
    'Request aborted. This could happen if a dependent request fails or the entire request timed out.',
    {
      type: 'FacebookApiException',
    },
  )
}
