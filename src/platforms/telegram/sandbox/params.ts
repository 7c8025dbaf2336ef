/**
 * Parameters of a call, wherever they came in: query, form, JSON or multipart. Everything becomes text first, as in the
 * real server, and is read by type later. One choice is stricter than the real server, which ignores what it does not
 * know: an unknown parameter is refused here, because on the real network it would silently do nothing.
 */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { formBody, jsonBody, mimeOf, multipartBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import type { Part } from '#kit/sandbox/multipart.ts'

export const tgError = (
  code: number,
  description: string,
  parameters?: { retry_after?: number; migrate_to_chat_id?: number },
): SandboxResponse =>
  json(
    code,
    { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) },
    parameters?.retry_after === undefined ? undefined : { 'retry-after': String(parameters.retry_after) },
  )

/** Leaves the handler with Telegram's envelope; 400s get their `Bad Request: ` in front. */
export const bad = (description: string): never => {
  throw new Refused(tgError(400, `Bad Request: ${description}`))
}

export const ok = (result: unknown): SandboxResponse => json(200, { ok: true, result })

export type Params = {
  values: Record<string, string>
  files: Record<string, Part>
  str: (name: string) => string | undefined
  int: (name: string) => number | undefined
  bool: (name: string) => boolean
  /** A JSON member; a broken one is refused by its name. */
  json: (name: string) => unknown
}

const asText = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v))

/** Reads the call; refuses a body that is none of the four kinds and parameters outside `allowed`. */
export const readParams = (req: SandboxRequest, allowed: readonly string[]): Params => {
  const values: Record<string, string> = {}
  const files: Record<string, Part> = {}
  for (const [k, v] of req.query) values[k] = v
  if (req.body.length > 0) {
    const form = formBody(req)
    const object = form ? null : jsonBody(req)
    const parts = form || object ? null : multipartBody(req)
    if (form) for (const [k, v] of form) values[k] = v
    else if (object) for (const [k, v] of Object.entries(object)) values[k] = asText(v)
    else if (parts) {
      for (const p of parts)
        if (p.filename !== undefined) files[p.name] = p
        else values[p.name] = p.bytes.toString('utf8')
    } else return bad(`can't parse the body as ${mimeOf(req) || 'anything known'}`)
  }
  const attached = [
    ...Object.values(values)
      .join('\n')
      .matchAll(/attach:\/\/([^"\s,}\\]+)/g),
  ].map((m) => m[1])
  const extra =
    Object.keys(values).find((k) => !allowed.includes(k)) ??
    Object.keys(files).find((k) => !allowed.includes(k) && !attached.includes(k))
  if (extra !== undefined) return bad(`unexpected parameter "${extra}"`)
  const str = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined)
  return {
    values,
    files,
    str,
    int: (name) => {
      const v = str(name)
      if (v === undefined || v === '') return undefined
      return /^-?\d{1,16}$/.test(v.trim()) ? Number(v) : bad(`${name} must be an integer`)
    },
    bool: (name) => ['true', '1', 'yes', 'True'].includes(str(name) ?? ''),
    json: (name) => {
      const v = str(name)
      if (v === undefined || v === '') return undefined
      try {
        return JSON.parse(v) as unknown
      } catch {
        return bad(`can't parse ${name} JSON object`)
      }
    },
  }
}
