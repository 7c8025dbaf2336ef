/** Making answers, and leaving a handler early with one. */
import type { SandboxResponse } from './imitation.ts'

/** A JSON answer. */
export const json = (status: number, body: unknown, headers?: Record<string, string>): SandboxResponse => ({
  status,
  json: body,
  headers,
})

/** Thrown by a handler to answer at once: a refusal deep inside a check. The host sends `answer` as it is. */
export class Refused extends Error {
  readonly answer: SandboxResponse
  constructor(answer: SandboxResponse) {
    super(`refused with ${answer.status}`)
    this.name = 'Refused'
    this.answer = answer
  }
}

/** Leaves the handler with a JSON answer. */
export const refuse = (status: number, body: unknown, headers?: Record<string, string>): never => {
  throw new Refused(json(status, body, headers))
}
