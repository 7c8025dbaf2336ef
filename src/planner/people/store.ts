/** People's SQL. Rows in, rows out; decisions are in `rules.ts`. */
import { sql } from 'kysely'
import type { Role } from '#contract/common.ts'
import type { Scope } from '#contract/people.ts'
import type { Db } from '#infra/db/database.ts'

/** Serialises first-run setups: the second one waits, then sees the first one's owner. */
export const lockSetup = (trx: Db) => sql`select pg_advisory_xact_lock(hashtext('clarion.setup'))`.execute(trx)

export const anyUser = async (db: Db): Promise<boolean> =>
  (await db.selectFrom('auth_users').select('id').limit(1).executeTakeFirst()) !== undefined

/** `mustChange`: somebody else chose the password. */
export type NewUser = {
  id: string
  name: string
  email: string
  passwordHash: string
  at: Date
  mustChange?: boolean
}
/** A person and their password account, as the auth library stores them (`credential`, account id = user id). */
export const insertUser = async (trx: Db, u: NewUser): Promise<void> => {
  await trx
    .insertInto('auth_users')
    .values({
      id: u.id,
      name: u.name,
      email: u.email,
      emailVerified: false,
      createdAt: u.at,
      updatedAt: u.at,
      image: null,
      must_change_password: u.mustChange ?? false,
    })
    .execute()
  await sql`insert into auth_accounts ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt")
    values (${`acc_${u.id}`}, ${u.id}, 'credential', ${u.id}, ${u.passwordHash}, ${u.at}, ${u.at})`.execute(trx)
}

/** A new password in place of the old one. */
export const setPassword = async (
  trx: Db,
  o: { userId: string; passwordHash: string; mustChange: boolean; at: Date },
): Promise<void> => {
  await sql`update auth_accounts set "password" = ${o.passwordHash}, "updatedAt" = ${o.at}
    where "userId" = ${o.userId} and "providerId" = 'credential'`.execute(trx)
  await trx
    .updateTable('auth_users')
    .set({ must_change_password: o.mustChange, updatedAt: o.at })
    .where('id', '=', o.userId)
    .execute()
}
export const mustNotChange = async (db: Db, userId: string): Promise<void> =>
  void (await db.updateTable('auth_users').set({ must_change_password: false }).where('id', '=', userId).execute())
export const endSessions = async (trx: Db, userId: string): Promise<void> =>
  void (await trx.deleteFrom('auth_sessions').where('userId', '=', userId).execute())

export const userById = (db: Db, id: string) =>
  db
    .selectFrom('auth_users')
    .select(['id', 'name', 'email', 'must_change_password'])
    .where('id', '=', id)
    .executeTakeFirst()
export const userByEmail = (db: Db, email: string) =>
  db.selectFrom('auth_users').select(['id', 'name', 'email']).where('email', '=', email).executeTakeFirst()

export const sessionFrom = async (db: Db, email: string, ip: string, now: Date): Promise<boolean> =>
  (await db
    .selectFrom('auth_sessions as s')
    .innerJoin('auth_users as u', 'u.id', 's.userId')
    .select('s.id')
    .where('u.email', '=', email)
    .where('s.ipAddress', '=', ip)
    .where('s.expiresAt', '>', now)
    .limit(1)
    .executeTakeFirst()) !== undefined

const workspaceColumns = [
  'w.id',
  'w.name',
  'w.time_zone',
  'w.locale',
  'w.late_policy',
  'w.paused_at',
  'w.backlog_order',
  'w.created_at',
  'm.role',
  'u.must_change_password',
] as const
const joined = (db: Db, userId: string) =>
  db
    .selectFrom('workspaces as w')
    .innerJoin('members as m', 'm.workspace_id', 'w.id')
    .innerJoin('auth_users as u', 'u.id', 'm.user_id')
    .select(workspaceColumns)
    .where('m.user_id', '=', userId)

export const workspacesOf = (db: Db, userId: string) => joined(db, userId).orderBy('w.created_at').execute()
export const workspaceOf = (db: Db, userId: string, ws: string) =>
  joined(db, userId).where('w.id', '=', ws).executeTakeFirst()
export type WorkspaceRow = NonNullable<Awaited<ReturnType<typeof workspaceOf>>>

/** Locks the workspace so that two changes of members see each other. */
export const firstWorkspace = async (db: Db): Promise<string | null> =>
  (await db.selectFrom('workspaces').select('id').orderBy('created_at').orderBy('id').limit(1).executeTakeFirst())
    ?.id ?? null
export const lockWorkspace = (trx: Db, ws: string) =>
  trx.selectFrom('workspaces').select('id').where('id', '=', ws).forUpdate().executeTakeFirst()

export const membersOf = (db: Db, ws: string) =>
  db
    .selectFrom('members as m')
    .innerJoin('auth_users as u', 'u.id', 'm.user_id')
    .select(['u.id as userId', 'u.name', 'u.email', 'm.role', 'm.created_at as since'])
    .where('m.workspace_id', '=', ws)
    .orderBy('m.created_at')
    .orderBy('u.id')
    .execute()
export const memberOf = (db: Db, ws: string, userId: string) =>
  db
    .selectFrom('members as m')
    .innerJoin('auth_users as u', 'u.id', 'm.user_id')
    .select(['u.id as userId', 'u.name', 'u.email', 'm.role', 'm.created_at as since'])
    .where('m.workspace_id', '=', ws)
    .where('m.user_id', '=', userId)
    .executeTakeFirst()
export type MemberRow = NonNullable<Awaited<ReturnType<typeof memberOf>>>

export const countOwners = async (db: Db, ws: string): Promise<number> => {
  const row = await db
    .selectFrom('members')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('workspace_id', '=', ws)
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow()
  return Number(row.n)
}

const keyColumns = ['id', 'name', 'prefix', 'scopes', 'created_at', 'last_used_at', 'expires_at', 'revoked_at'] as const
export const keysOf = (db: Db, ws: string) =>
  db.selectFrom('api_keys').select(keyColumns).where('workspace_id', '=', ws).orderBy('created_at', 'desc').execute()
/** The keys a person made in a workspace are revoked. */
export const revokeKeysOf = (trx: Db, ws: string, userId: string, now: Date) =>
  trx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('workspace_id', '=', ws)
    .where('created_by', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
export type KeyRow = Awaited<ReturnType<typeof keysOf>>[number]

/** The key and the present standing of the person who made it; none when that person left the workspace. */
export const keyByHash = (db: Db, hash: Buffer) =>
  db
    .selectFrom('api_keys as k')
    .innerJoin('members as m', (j) =>
      j.onRef('m.workspace_id', '=', 'k.workspace_id').onRef('m.user_id', '=', 'k.created_by'),
    )
    .innerJoin('workspaces as w', 'w.id', 'k.workspace_id')
    .select([
      'k.id',
      'k.workspace_id as ws',
      'k.created_by as userId',
      'k.scopes',
      'k.last_used_at',
      'k.expires_at',
      'k.revoked_at',
      'm.role',
      'w.time_zone as timeZone',
    ])
    .where('k.hash', '=', hash)
    .executeTakeFirst()

export type KeyIdentity = {
  keyId: string
  ws: string
  userId: string
  role: Role
  scopes: readonly Scope[]
  timeZone: string
  expiresAt: Date | null
}
