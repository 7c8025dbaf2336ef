/**
 * What a network takes without a word although its documents do not name it. An imitation does the same and writes a
 * notice on the desk, so that other people's clients work and a slip of Clarion's own is found all the same: the contract
 * suite, the demo and the crash matrix fail when Clarion's client caused one. What the network itself refuses stays a
 * refusal. Notices hold names, never values: a value may be a secret.
 */
import { mimeOf } from './body.ts'
import type { FieldProblem } from './fields.ts'
import type { SandboxRequest } from './imitation.ts'

/** Every kind of notice, as the desk page says it. */
export const noticeKinds = {
  'unknown-parameter': 'A parameter this call does not have',
  'unknown-field': 'A member of the body this call does not have',
  'missing-parameter': 'A documented parameter was left out',
  'content-type': 'Another content type than the documented one',
  'older-version': 'An older version of the API',
  'older-name': 'An older name or form',
  'other-way': 'A way that works and is not documented',
} as const
export type NoticeKind = keyof typeof noticeKinds

/** Names longer than this are cut: a client may send anything as a name. */
const longest = 80
/** As many names of one request are told; the rest is a number. */
const mostNames = 10

type Asks = Pick<SandboxRequest, 'notice'>

const note = (req: Asks, kind: NoticeKind, names: readonly string[]): void => {
  if (names.length === 0) return
  const told = names.slice(0, mostNames).map((n) => (n.length > longest ? `${n.slice(0, longest)}…` : n))
  const rest = names.length - told.length
  req.notice(kind, `${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`)
}

/** Query or form parameters: those not `known` are noticed. */
export const ignoreParameters = (
  req: Asks,
  names: Iterable<string>,
  known: readonly string[] | ((name: string) => boolean),
): void => {
  const test = typeof known === 'function' ? known : (name: string) => known.includes(name)
  note(
    req,
    'unknown-parameter',
    [...new Set(names)].filter((name) => !test(name)),
  )
}

/** Unknown members of a JSON body (at `path`) are noticed; gives what is wrong besides. */
export const ignoreFields = (req: Asks, problems: readonly FieldProblem[], path = ''): FieldProblem[] => {
  note(
    req,
    'unknown-field',
    problems.filter((p) => p.kind === 'unknown').map((p) => path + p.field),
  )
  return problems.filter((p) => p.kind !== 'unknown')
}

/** One unknown member, by its path, where the body is not judged by a table. */
export const ignoreMember = (req: Asks, path: string): void => note(req, 'unknown-field', [path])

/** Documented as needed; the network does without. */
export const missing = (req: Asks, name: string): void => note(req, 'missing-parameter', [name])

/** Notices a body whose type is none of these. */
export const otherType = (req: SandboxRequest, ...documented: string[]): void => {
  const type = mimeOf(req)
  if (!documented.includes(type))
    note(req, 'content-type', [`${type || 'no content type'} instead of ${documented.join(' or ')}`])
}

/** A version that still answers and is not the documented one any more. */
export const olderVersion = (req: Asks, version: string): void => note(req, 'older-version', [version])

/** `old` was sent where the documents now say `now`. */
export const olderName = (req: Asks, old: string, now: string): void => note(req, 'older-name', [`${old}, now ${now}`])

/** Another way to the same end, in words. */
export const otherWay = (req: Asks, what: string): void => note(req, 'other-way', [what])
