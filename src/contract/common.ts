/** Words all nouns share: ids, instants, wall times, pages. */
import { z } from 'zod'
import { strict } from './strict.ts'

export const id = z.uuid()
/** UTC instant, ISO 8601 with `Z`, as we write it. What clients send is `sentInstant`. */
export const instant = z.iso.datetime()
/** Local wall time without zone: `2026-11-22T09:30` or with seconds. */
export const wallTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, 'use YYYY-MM-DDTHH:MM')
/** IANA zone; whether the runtime knows it is checked by the service. */
export const timeZone = z.string().min(1).max(64)

export const pageQuery = strict({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(30),
})
/** A page of a list, newest first unless the route says otherwise. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** Text a person wrote: well-formed Unicode, no NUL (PostgreSQL cannot store it), at most 100,000 characters. */
export const prose = (max = 100_000) =>
  z
    .string()
    .max(max)
    .refine((s) => !s.includes('\u0000'), 'must not contain NUL characters')
    .refine((s) => s.isWellFormed(), 'must be well-formed Unicode')

export const roles = ['owner', 'admin', 'editor', 'viewer'] as const
export type Role = (typeof roles)[number]
export const role = z.enum(roles)

export const realm = z.enum(['live', 'sandbox'])
export const ok = z.object({ ok: z.literal(true) })
