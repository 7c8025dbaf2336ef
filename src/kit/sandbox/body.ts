/** Reading a request's body as what it claims to be. A body that is not what it claims gives null; the imitation refuses in its network's words. */
import type { SandboxRequest } from './imitation.ts'
import { type Part, readMultipart } from './multipart.ts'

/** `application/json` without parameters, lower case; empty when there is none. */
export const mimeOf = (req: SandboxRequest): string =>
  (req.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The body as text, or null when it is not valid UTF-8. */
export const textBody = (req: SandboxRequest): string | null => {
  try {
    return utf8.decode(req.body)
  } catch {
    return null
  }
}

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON object sent with a JSON content type, or null. */
export const jsonBody = (req: SandboxRequest): JsonObject | null => {
  if (mimeOf(req) !== 'application/json') return null
  const text = textBody(req)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** A form sent as `application/x-www-form-urlencoded`, or null. */
export const formBody = (req: SandboxRequest): URLSearchParams | null => {
  if (mimeOf(req) !== 'application/x-www-form-urlencoded') return null
  const text = textBody(req)
  return text === null ? null : new URLSearchParams(text)
}

/** The texts of a form, urlencoded or multipart, or null. */
export const eitherForm = (req: SandboxRequest): URLSearchParams | null => {
  const parts = multipartBody(req)?.filter((p) => p.filename === undefined)
  return parts ? new URLSearchParams(parts.map((p) => [p.name, p.bytes.toString()])) : formBody(req)
}

/** The parts of a multipart form, or null. */
export const multipartBody = (req: SandboxRequest): Part[] | null =>
  readMultipart(req.headers['content-type'] ?? '', req.body)

/** Token of `Authorization: <scheme> <token>`; the scheme's case does not matter. */
export const authToken = (req: SandboxRequest, scheme: string): string | undefined => {
  const [kind, value] = (req.headers.authorization ?? '').split(/\s+/, 2)
  return kind?.toLowerCase() === scheme.toLowerCase() && value ? value : undefined
}

/** User and password of HTTP Basic. */
export const basicAuth = (req: SandboxRequest): { user: string; password: string } | undefined => {
  const value = authToken(req, 'basic')
  if (!value) return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0
    ? undefined
    : { user: decodeURIComponent(text.slice(0, colon)), password: decodeURIComponent(text.slice(colon + 1)) }
}
