/**
 * Bodies as Pinterest's schema checker judges them, in its words. The published schema forbids no further members, so they
 * are ignored.
 */
import type { JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable } from '#kit/sandbox/fields.ts'
import { ignoreFields } from '#kit/sandbox/notices.ts'
import { type Caller, stop } from './answers.ts'

/** A refusal in the words of the schema's checker. */
export const schemaProblems = (body: JsonObject, table: FieldTable, c: Caller): void => {
  const [first] = ignoreFields(c, checkFields(body, table))
  if (!first) return
  const shown = String(JSON.stringify(body[first.field])).slice(0, 80)
  const why = first.kind === 'missing' ? `'${first.field}' is a required property` : `${shown} ${first.message}`
  stop(400, 1, `Invalid request: ${why}`, c.headers)
}
