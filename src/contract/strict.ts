/** Objects that clients send: a member nobody knows is refused by name, never dropped, since it may be a typo of one that matters. */
import { z } from 'zod'

/** zod's error map for what is not known: names what is. Also for schemas that others made, given to `safeParse`. */
export const known = (issue: z.core.$ZodRawIssue): string | undefined => {
  if (issue.code !== 'unrecognized_keys') return undefined
  const names = Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {})
  return names.length > 0 ? `is not known here; known: ${names.join(', ')}` : 'is not known here; nothing is taken'
}

/** `z.strictObject` whose issue names the members it knows. `.extend`, `.partial` and the like keep it so. */
export const strict = <const S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape, { error: known })

/** For routes that take nothing in this place. */
export const nothing = strict({})

type Issue = { code?: string; path: PropertyKey[]; message: string; keys?: string[]; errors?: Issue[][] }

/** What a member that is there, and of the right kind, can be told of. */
const ofValues = new Set(['custom', 'invalid_format', 'too_big', 'too_small', 'unrecognized_keys'])

/**
 * What to tell of an issue: an unknown member stands at its own path; of a union whose one branch has every member it
 * wants, what is wrong with these, or unknown beside them, is told.
 */
export const tell = (issue: Issue): { path: PropertyKey[]; message: string }[] => {
  if (issue.code === 'unrecognized_keys')
    return (issue.keys ?? []).map((key) => ({ path: [...issue.path, key], message: issue.message }))
  const near = issue.errors?.find(
    (list) =>
      list.length > 0 &&
      list.every((i) => i.path.length > 0 || i.code === 'unrecognized_keys') &&
      list.every((i) => ofValues.has(i.code ?? '')),
  )
  if (near) return near.flatMap((i) => tell({ ...i, path: [...issue.path, ...i.path] }))
  return [{ path: issue.path, message: issue.message }]
}
