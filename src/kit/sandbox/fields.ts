/**
 * Bodies: what a field may hold, and what is wrong with the ones sent. The imitation says it in its network's words, or
 * ignores unknown ones as its network does (`ignoreFields`).
 */
import type { JsonObject } from './body.ts'

/** Gives what is wrong, or null. */
export type FieldCheck = (value: unknown) => string | null
export type FieldTable = Record<string, { required?: boolean; check: FieldCheck }>
export type FieldProblem = { field: string; kind: 'unknown' | 'missing' | 'wrong'; message: string }

/** Every unknown, missing or wrong field, in the order of the body, then of the table. */
export const checkFields = (body: JsonObject, table: FieldTable): FieldProblem[] => {
  const out: FieldProblem[] = []
  for (const [field, value] of Object.entries(body)) {
    const rule = Object.hasOwn(table, field) ? table[field] : undefined
    if (!rule) out.push({ field, kind: 'unknown', message: 'is not allowed' })
    else {
      const message = rule.check(value)
      if (message) out.push({ field, kind: 'wrong', message })
    }
  }
  for (const [field, rule] of Object.entries(table))
    if (rule.required && !Object.hasOwn(body, field)) out.push({ field, kind: 'missing', message: 'is required' })
  return out
}

export const is = {
  string: (v: unknown) => (typeof v === 'string' ? null : 'must be a string'),
  boolean: (v: unknown) => (typeof v === 'boolean' ? null : 'must be a boolean'),
  any: () => null,
  integer:
    (min: number, max: number): FieldCheck =>
    (v) =>
      Number.isInteger(v) && (v as number) >= min && (v as number) <= max
        ? null
        : `must be an integer from ${min} to ${max}`,
  oneOf:
    (...words: string[]): FieldCheck =>
    (v) =>
      typeof v === 'string' && words.includes(v) ? null : `must be one of ${words.join(', ')}`,
  match:
    (pattern: RegExp): FieldCheck =>
    (v) =>
      typeof v === 'string' && pattern.test(v) ? null : `does not match ${pattern.source}`,
  listOf:
    (check: FieldCheck, min: number, max: number): FieldCheck =>
    (v) => {
      if (!Array.isArray(v)) return 'must be an array'
      if (v.length < min || v.length > max) return `must have ${min} to ${max} items`
      return v.map(check).find((m) => m !== null) ?? null
    },
}
