/** People: setup, sessions, workspaces, members, API keys. */
import { z } from 'zod'
import { backlogOrder } from './backlog.ts'
import { id, instant, prose, role, timeZone } from './common.ts'
import { sentInstant } from './instant.ts'
import { strict } from './strict.ts'

export const lateThen = z.enum(['publish', 'ask', 'expire'])
/** What happens to a publication that could not start in time: at most `maxLateMs` late publish anyway, else do `otherwise`. */
export const latePolicy = strict({
  maxLateMs: z
    .int()
    .min(0)
    .max(30 * 86_400_000),
  otherwise: lateThen,
}).meta({ id: 'LatePolicy' })
export type LatePolicy = z.output<typeof latePolicy>
export const defaultLatePolicy: LatePolicy = { maxLateMs: 60 * 60_000, otherwise: 'ask' }

export const workspace = z
  .object({
    id,
    name: z.string(),
    timeZone,
    locale: z.enum(['en', 'pl']),
    latePolicy,
    /** Which of what is late a channel sends first. */
    backlogOrder,
    pausedAt: instant.nullable(),
    role,
    createdAt: instant,
  })
  .meta({ id: 'Workspace' })
export type Workspace = z.output<typeof workspace>
export const workspacePatch = strict({
  name: prose(100).min(1),
  timeZone,
  locale: z.enum(['en', 'pl']),
  latePolicy,
  backlogOrder,
}).partial()

/** A password as a person chooses it. */
const chosen = z.string().min(10, 'use at least 10 characters').max(200)
export const passwordInput = strict({ currentPassword: z.string().max(200), newPassword: chosen })
/** A first password for somebody else; they choose their own at the next sign-in. */
export const passwordReset = strict({ password: chosen })

export const user = z.object({ id: z.string(), name: z.string(), email: z.string() }).meta({ id: 'User' })
export const me = z
  .object({
    user,
    workspaces: z.array(workspace),
    /** Somebody else chose the password: until it is changed, workspaces answer `password-change-required`. */
    mustChangePassword: z.boolean(),
    sandbox: z.boolean(),
    version: z.string(),
    /** Bytes a video may have here. */
    videoBytes: z.int(),
  })
  .meta({ id: 'Me' })
export type Me = z.output<typeof me>

export const member = z
  .object({ userId: z.string(), name: z.string(), email: z.string(), role, since: instant })
  .meta({ id: 'Member' })
export const memberInput = strict({
  email: z.email().max(254),
  role,
  name: prose(100).min(1).optional(),
  password: chosen.optional(),
})

export const setupState = z.object({ needed: z.boolean(), tokenRequired: z.boolean() })
export const setupInput = strict({
  token: z.string().max(200).optional(),
  name: prose(100).min(1),
  email: z.email().max(254),
  password: chosen,
  workspaceName: prose(100).min(1),
  timeZone,
  locale: z.enum(['en', 'pl']).default('en'),
})

export const scopes = ['read', 'write', 'publish', 'admin'] as const
export const scope = z.enum(scopes)
export type Scope = z.output<typeof scope>
export const apiKey = z
  .object({
    id,
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(scope),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
    expiresAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'ApiKey' })
export const apiKeyInput = strict({
  name: prose(100).min(1),
  scopes: z.array(scope).min(1),
  expiresAt: sentInstant.nullable().default(null),
})
/** The only time the key itself is shown. */
export const apiKeyCreated = apiKey.extend({ key: z.string() }).meta({ id: 'ApiKeyCreated' })
