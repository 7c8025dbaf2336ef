/**
 * Judges a value by a lexicon, in the words a PDS 0.5.35 was recorded saying. As that PDS it keeps what it does not know, a
 * member or an `app.bsky.*` type no lexicon has, and says so to whoever asked: on the real network it is silently dead.
 */
import { isCid } from './cid.ts'
import { type Format, lexicons, type Schema } from './lexicons.ts'
import { isTid } from './tid.ts'

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const graphemes = (text: string) => [...segmenter.segment(text)].length

const NSID = /^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+\.[a-zA-Z][a-zA-Z0-9]*$/i
const DID = /^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/
const HANDLE = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i
const DATETIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)$/

const formats: Record<Format, { name: string; ok: (v: string) => boolean }> = {
  datetime: { name: 'datetime', ok: (v) => DATETIME.test(v) && !v.endsWith('-00:00') && !Number.isNaN(Date.parse(v)) },
  uri: { name: 'URI', ok: (v) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(v) && v.length <= 8192 },
  did: { name: 'DID', ok: (v) => DID.test(v) },
  'at-uri': { name: 'AT-URI', ok: (v) => /^at:\/\/[^/\s]+(\/[a-zA-Z0-9.-]+(\/[A-Za-z0-9._:~-]+)?)?$/.test(v) },
  cid: { name: 'CID string', ok: (v) => isCid(v) },
  language: { name: 'BCP 47 language tag', ok: (v) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(v) },
  'at-identifier': { name: 'DID or handle', ok: (v) => DID.test(v) || HANDLE.test(v) },
  nsid: { name: 'NSID', ok: (v) => NSID.test(v) },
  'record-key': { name: 'record key', ok: (v) => /^[A-Za-z0-9._:~-]{1,512}$/.test(v) && v !== '.' && v !== '..' },
}

/** What a value is, as the PDS shows it in its messages. */
const shown = (v: unknown): string => {
  if (typeof v === 'string') return JSON.stringify(v.length > 60 ? `${v.slice(0, 57)}...` : v)
  if (Array.isArray(v)) return v.length === 0 ? '[]' : '[...]'
  if (typeof v === 'object' && v !== null) {
    const [first] = Object.keys(v)
    return first === undefined ? '{}' : `{${JSON.stringify(first)}: ...}`
  }
  return String(v)
}

const isMap = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Told of what no lexicon has, by its path. */
export type Ignored = (what: string) => void

/** What is wrong and where (`... at $.record.text`), or null. `nullable`: properties that may also be null. */
export const problemOf = (
  schema: Schema,
  value: unknown,
  path: string,
  ignored: Ignored,
  nullable: readonly string[] = [],
): string | null => {
  switch (schema.type) {
    case 'unknown':
      return null
    case 'boolean':
      return typeof value === 'boolean' ? null : `Expected boolean value type (got ${shown(value)}) at ${path}`
    case 'integer':
      if (!Number.isInteger(value)) return `Expected integer value type (got ${shown(value)}) at ${path}`
      return schema.minimum !== undefined && (value as number) < schema.minimum
        ? `integer too small (minimum ${schema.minimum}, got ${value}) at ${path}`
        : null
    case 'string':
      return stringProblem(schema, value, path)
    case 'array': {
      if (!Array.isArray(value)) return `Expected array value type (got ${shown(value)}) at ${path}`
      if (schema.maxLength !== undefined && value.length > schema.maxLength)
        return `array too big (maximum ${schema.maxLength}, got ${value.length}) at ${path}`
      return first(value.map((v, i) => () => problemOf(schema.items, v, `${path}[${i}]`, ignored)))
    }
    case 'blob':
      return blobProblem(schema, value, path)
    case 'ref':
      return problemOf(lexicons[schema.ref]!, value, path, ignored)
    case 'union':
      return unionProblem(schema.refs, value, path, ignored)
    case 'object':
      return objectProblem(schema, value, path, ignored, nullable)
  }
}

const first = (checks: readonly (() => string | null)[]): string | null => {
  for (const check of checks) {
    const problem = check()
    if (problem) return problem
  }
  return null
}

const objectProblem = (
  schema: Extract<Schema, { type: 'object' }>,
  value: unknown,
  path: string,
  ignored: Ignored,
  nullable: readonly string[],
): string | null => {
  if (!isMap(value)) return `Expected object value type (got ${shown(value)}) at ${path}`
  const missing = schema.required.find((k) => value[k] === undefined)
  if (missing !== undefined) return `Missing required key ${JSON.stringify(missing)} at ${path}`
  for (const key of Object.keys(value))
    if (key !== '$type' && !Object.hasOwn(schema.props, key)) ignored(`${path}.${key}`)
  return first(
    Object.entries(schema.props)
      .filter(([k]) => value[k] !== undefined && !(value[k] === null && nullable.includes(k)))
      .map(
        ([k, of]) =>
          () =>
            problemOf(of, value[k], `${path}.${k}`, ignored),
      ),
  )
}

const stringProblem = (schema: Extract<Schema, { type: 'string' }>, value: unknown, path: string): string | null => {
  if (typeof value !== 'string') return `Expected string value type (got ${shown(value)}) at ${path}`
  const bytes = Buffer.byteLength(value)
  if (schema.maxLength !== undefined && bytes > schema.maxLength)
    return `string too big (maximum ${schema.maxLength}, got ${bytes}) at ${path}`
  const count = schema.maxGraphemes === undefined || value.length <= schema.maxGraphemes ? 0 : graphemes(value)
  if (schema.maxGraphemes !== undefined && count > schema.maxGraphemes)
    return `grapheme too big (maximum ${schema.maxGraphemes}, got ${count}) at ${path}`
  const format = schema.format && formats[schema.format]
  return format && !format.ok(value) ? `Invalid ${format.name} (got ${shown(value)}) at ${path}` : null
}

export type BlobRef = { $type: 'blob'; ref: { $link: string }; mimeType: string; size: number }

export const isBlobRef = (v: unknown): v is BlobRef =>
  isMap(v) &&
  v.$type === 'blob' &&
  isMap(v.ref) &&
  isCid(v.ref.$link) &&
  typeof v.mimeType === 'string' &&
  Number.isInteger(v.size)

const blobProblem = (schema: Extract<Schema, { type: 'blob' }>, value: unknown, path: string): string | null => {
  if (!isBlobRef(value)) return `Expected blob value type (got ${shown(value)}) at ${path}`
  const ok = schema.accept.endsWith('/*')
    ? value.mimeType.startsWith(schema.accept.slice(0, -1))
    : value.mimeType === schema.accept
  if (!ok)
    return `Expected ${JSON.stringify(schema.accept)} (got ${JSON.stringify(value.mimeType)}) at ${path}.mimeType`
  return value.size > schema.maxSize ? `blob too big (maximum ${schema.maxSize}, got ${value.size}) at ${path}` : null
}

const unionProblem = (refs: readonly string[], value: unknown, path: string, ignored: Ignored): string | null => {
  if (!isMap(value) || typeof value.$type !== 'string')
    return `Expected an object which includes the "$type" property value type (got ${shown(value)}) at ${path}`
  const type = value.$type.replace(/#main$/, '')
  if (refs.includes(type)) return problemOf(lexicons[type]!, value, path, ignored)
  if (type.startsWith('app.bsky.')) ignored(`${path} of $type ${type}`)
  return null
}

/** Why a record key will not do for a collection whose keys are TIDs, or null. */
export const keyProblem = (collection: string, rkey: string): string | null =>
  isTid(rkey) ? null : `Invalid record key for ${collection}: Invalid TID string (got ${JSON.stringify(rkey)}) at $`
