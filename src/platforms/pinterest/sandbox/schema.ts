/** Strict bodies, refused in the words of Pinterest's schema checker. */
import type { JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable } from '#kit/sandbox/fields.ts'
import { type Caller, stop } from './answers.ts'

/** A refusal in the words of the schema's checker. */
export const schemaProblems = (body: JsonObject, table: FieldTable, c: Caller): void => {
  const [first] = checkFields(body, table)
  if (!first) return
  const shown = String(JSON.stringify(body[first.field])).slice(0, 80)
  const why =
    first.kind === 'unknown'
      ? `Additional properties are not allowed ('${first.field}' was unexpected)`
      : first.kind === 'missing'
        ? `'${first.field}' is a required property`
        : `${shown} ${first.message}`
  stop(400, 1, `Invalid request: ${why}`, c.headers)
}
