/**
 * Parameters of a call, wherever they came in: query, form, JSON or multipart. Everything becomes text first, as in the
 * real server, and is read by type later. What a method does not know is ignored, and names of older versions of the Bot
 * API still work, as the real server has it; both leave a notice.
 */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { formBody, jsonBody, mimeOf, multipartBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import type { Part } from '#kit/sandbox/multipart.ts'
import { ignoreParameters, olderName } from '#kit/sandbox/notices.ts'

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
  notice: SandboxRequest['notice']
  str: (name: string) => string | undefined
  int: (name: string) => number | undefined
  bool: (name: string) => boolean
  /** A JSON member; a broken one is refused by its name. */
  json: (name: string) => unknown
}

const asText = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v))

type Values = Record<string, string>
/** Names that were replaced (Bot API 6.6 to 7.0, 10.0), and what the old value is in the new form. */
const older: Record<string, { now: string; value: (old: string, all: Values) => string }> = {
  thumb: { now: 'thumbnail', value: (v) => v },
  disable_web_page_preview: {
    now: 'link_preview_options',
    value: (v) => JSON.stringify({ is_disabled: yes(v) }),
  },
  reply_to_message_id: {
    now: 'reply_parameters',
    value: (v, all) =>
      JSON.stringify({
        message_id: Number(v),
        allow_sending_without_reply: yes(all.allow_sending_without_reply ?? ''),
      }),
  },
  correct_option_id: { now: 'correct_option_ids', value: (v) => JSON.stringify([Number(v)]) },
}
const yes = (v: string) => ['true', '1', 'yes', 'True'].includes(v)

/** Puts older names into today's form; the new name wins where both came. */
const modern = (req: SandboxRequest, values: Values, files: Record<string, Part>, allowed: readonly string[]): void => {
  for (const [old, { now, value }] of Object.entries(older)) {
    if (allowed.includes(old) || !allowed.includes(now)) continue
    if (files[old] && !files[now]) files[now] = files[old]
    else if (values[old] === undefined) continue
    else if (values[old] !== '') values[now] ??= value(values[old], values)
    olderName(req, old, now)
    delete values[old]
    delete files[old]
    if (old === 'reply_to_message_id') delete values.allow_sending_without_reply
  }
}

/** Reads the call; refuses a body that is none of the four kinds, passes over parameters outside `allowed`. */
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
  modern(req, values, files, allowed)
  ignoreParameters(
    req,
    [...Object.keys(values), ...Object.keys(files)],
    (k) => allowed.includes(k) || (Object.hasOwn(files, k) && attached.includes(k)),
  )
  const str = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined)
  return {
    values,
    files,
    notice: req.notice,
    str,
    int: (name) => {
      const v = str(name)
      if (v === undefined || v === '') return undefined
      return /^-?\d{1,16}$/.test(v.trim()) ? Number(v) : bad(`${name} must be an integer`)
    },
    bool: (name) => yes(str(name) ?? ''),
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
