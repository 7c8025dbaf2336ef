/** Parameters of a Graph call: from the query and one body (form, JSON or multipart), all as text, as Graph takes them. */
import { z } from 'zod'
import { isObject, mimeOf, multipartBody, textBody } from '#kit/sandbox/body.ts'
import type { SandboxRequest } from '#kit/sandbox/imitation.ts'
import type { Part } from '#kit/sandbox/multipart.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { badParam } from './envelope.ts'

export type Params = {
  fields: Record<string, string>
  files: Record<string, Part>
  notice: SandboxRequest['notice']
}

/** Read by the door, allowed everywhere. */
const always = new Set([
  'access_token',
  // The node itself: Meta's own business SDK says it again in every body.
  'id',
  'appsecret_proof',
  'fields',
  'method',
  'format',
])

/** A list as Graph takes it: with commas, or as JSON. */
export const listOf = (value: string | null | undefined): string[] => {
  if (value?.startsWith('['))
    try {
      return z.array(z.string()).parse(JSON.parse(value))
    } catch {
      badParam('A list must be JSON or have commas')
    }
  return (value ?? '')
    .split(',')
    .map((x) => x.trim())
    .filter(Boolean)
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Reads them; refuses a body that is not what its type says. */
export const readParams = (req: SandboxRequest): Params => {
  const fields: Record<string, string> = Object.fromEntries(req.query)
  const files: Record<string, Part> = {}
  const mime = mimeOf(req)
  const { notice } = req
  if (req.body.length === 0 || req.method === 'GET') return { fields, files, notice }
  const text = () => textBody(req) ?? badParam('The body is not valid UTF-8')
  if (mime === 'application/json') {
    let body: unknown = null
    try {
      body = JSON.parse(text())
    } catch {
      badParam('The body is not JSON')
    }
    if (!isObject(body)) return badParam('The body must be a JSON object')
    for (const [k, v] of Object.entries(body)) fields[k] = asText(v)
  } else if (mime === 'multipart/form-data') {
    for (const part of multipartBody(req) ?? badParam('The multipart body is broken'))
      if (part.filename === undefined) fields[part.name] = part.bytes.toString('utf8')
      else files[part.name] = part
  } else if (mime === 'application/x-www-form-urlencoded')
    for (const [k, v] of new URLSearchParams(text())) fields[k] = v
  else badParam(`Content-Type ${mime || '(none)'} is not supported`)
  return { fields, files, notice }
}

/** What a parameter may hold: gives what is wrong, or null. */
export type ParamCheck = (value: string) => string | null
export type ParamTable = Record<string, ParamCheck | { required: true; check: ParamCheck }>

export const param = {
  text: () => null,
  max:
    (n: number): ParamCheck =>
    (v) =>
      v.length <= n ? null : `must be at most ${n} characters long`,
  id: (v: string) => (/^\d+(_\d+)?$/.test(v) ? null : 'must be a numeric id'),
  bool: (v: string) => (/^(true|false|0|1)$/.test(v) ? null : 'must be a boolean'),
  integer: (v: string) => (/^\d+$/.test(v) ? null : 'must be an integer'),
  url: (v: string) =>
    URL.canParse(v) && /^https?:$/.test(new URL(v).protocol) ? null : 'should represent a valid URL',
  oneOf:
    (...words: string[]): ParamCheck =>
    (v) =>
      words.includes(v) ? null : `must be one of {${words.join(', ')}}`,
}

/** What reading calls have. */
const reads = [
  ...[
    'limit',
    'after',
    'before',
    'offset',
    'since',
    'until',
    'order',
    'filter',
    'summary',
    'type',
    'redirect',
    'height',
  ],
  ...['width', 'metric', 'period', 'metric_type', 'breakdown', 'timeframe', 'reverse', 'status', 'date_preset'],
]
/** Graph reads what it knows and passes over the rest. */
export const ignoreReads = (req: SandboxRequest): void =>
  ignoreParameters(req, req.query.keys(), (name) => always.has(name) || reads.includes(name))

/** Refuses wrong and missing parameters, ignores unknown ones as Graph does. `open`: patterns of further names (`attached_media[0]`). */
export const checkParams = (p: Params, table: ParamTable, open?: RegExp): void => {
  const known = (name: string) => always.has(name) || Object.hasOwn(table, name) || open?.test(name) === true
  ignoreParameters(p, [...Object.keys(p.fields), ...Object.keys(p.files)], known)
  for (const [name, value] of Object.entries(p.fields)) {
    const rule = Object.hasOwn(table, name) ? table[name]! : undefined
    const wrong = rule && (typeof rule === 'function' ? rule : rule.check)(value)
    if (wrong) badParam(`Param ${name} ${wrong}`)
  }
  for (const [name, rule] of Object.entries(table))
    if (typeof rule === 'object' && p.fields[name] === undefined && p.files[name] === undefined)
      badParam(`The parameter ${name} is required`)
}

/** `true`, `1` -> true. */
export const truthy = (value: string | undefined): boolean => value === 'true' || value === '1'

/** Names of `fields=a,b{c},d.limit(1)` at the top level, without what they ask of their edges. */
export const fieldNames = (fields: string | null | undefined): string[] => {
  const out: string[] = []
  let depth = 0
  let word = ''
  for (const ch of `${fields ?? ''},`) {
    if (ch === '{' || ch === '(') depth++
    if (depth === 0 && ch === ',') {
      const name = word.trim().split(/[.{(]/)[0]!
      if (name) out.push(name)
      word = ''
    } else word += ch
    if (ch === '}' || ch === ')') depth--
  }
  return out
}

/** The object with only the asked fields and `id`; a field Graph does not know is refused as Graph does. */
export const pickFields = (
  whole: Record<string, unknown>,
  asked: string | null | undefined,
  defaults: readonly string[],
): Record<string, unknown> => {
  const names = asked ? fieldNames(asked) : defaults
  const unknown = names.find((n) => !Object.hasOwn(whole, n))
  if (unknown) badParam(`Tried accessing nonexisting field (${unknown})`)
  return Object.fromEntries(
    [...new Set(['id', ...names])].flatMap((n) => (whole[n] === undefined ? [] : [[n, whole[n]]])),
  )
}

/** One page of a list with cursors, `limit` and `after` of the query. */
export const listPage = (req: SandboxRequest, items: readonly unknown[], most = 100): Record<string, unknown> => {
  const limit = Math.min(most, Math.max(1, Number(req.query.get('limit') ?? 25) || 25))
  const from = Number(Buffer.from(req.query.get('after') ?? '', 'base64url').toString() || 0) || 0
  const data = items.slice(from, from + limit)
  const cursor = (n: number) => Buffer.from(String(n)).toString('base64url')
  if (data.length === 0) return { data }
  const more = from + limit < items.length
  const cursors = { before: cursor(from), after: cursor(from + data.length) }
  return {
    data,
    paging: { cursors, ...(more ? { next: `https://${req.host}${req.path}?after=${cursors.after}` } : {}) },
  }
}
