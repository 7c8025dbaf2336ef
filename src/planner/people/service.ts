/** Use cases of people: the first run, workspaces, members, API keys. */
import { createHash, randomBytes } from 'node:crypto'
import type { z } from 'zod'
import type { Role } from '#contract/common.ts'
import {
  apiKey,
  type apiKeyCreated,
  type apiKeyInput,
  defaultLatePolicy,
  type member,
  type memberInput,
  type Scope,
  scopes,
  type setupInput,
  type Workspace,
  type workspacePatch,
} from '#contract/people.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Database, type Db, notify, topics } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { knownZone } from '../schedule/rules.ts'
import { mustPublish } from './effect.ts'
import { hashPassword } from './password.ts'
import { createPasswords } from './passwords.ts'
import { atLeast, type KeyPower, keyChange, keyOfKey, type Refusal, type RoleChange, roleChange } from './rules.ts'
import * as store from './store.ts'

type Member = z.output<typeof member>
type ApiKey = z.output<typeof apiKey>
/** Who changes something: the role is the present one, from the access check; `key`: the API key they act by. */
export type Actor = { userId: string; role: Role; key?: KeyPower | null }

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 32 random bytes in base 62, always 43 characters. */
const base62 = (bytes: Uint8Array): string => {
  let n = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let out = ''
  while (n > 0n) {
    out = alphabet[Number(n % 62n)] + out
    n /= 62n
  }
  return out.padStart(43, '0')
}
const sha256 = (text: string) => createHash('sha256').update(text).digest()
const email = (text: string) => text.trim().toLowerCase()

const refuse = (refusal: Refusal | null | undefined) => {
  if (refusal) throw new Problem(refusal.code, refusal.detail)
}
const must = (change: RoleChange) => refuse(roleChange(change))
const noMember = () => new Problem('not-found', 'There is no such member.')

const toWorkspace = (r: store.WorkspaceRow): Workspace => ({
  id: r.id,
  name: r.name,
  timeZone: r.time_zone,
  locale: r.locale === 'pl' ? 'pl' : 'en',
  latePolicy: r.late_policy,
  backlogOrder: r.backlog_order,
  pausedAt: r.paused_at?.toISOString() ?? null,
  role: r.role,
  createdAt: r.created_at.toISOString(),
})
const toMember = (r: store.MemberRow): Member => ({ ...r, since: r.since.toISOString() })
const toKey = (r: store.KeyRow): ApiKey =>
  apiKey.parse({
    id: r.id,
    name: r.name,
    prefix: r.prefix,
    scopes: r.scopes,
    createdAt: r.created_at.toISOString(),
    lastUsedAt: r.last_used_at?.toISOString() ?? null,
    expiresAt: r.expires_at?.toISOString() ?? null,
    revokedAt: r.revoked_at?.toISOString() ?? null,
  })

/** The noun's face. Every function raises Problems; ids of other workspaces are `not-found`. */
export const createPeople = ({ database, clock }: { database: Pick<Database, 'db'>; clock: Clock }) => {
  const db: Db = database.db
  const at = () => new Date(clock.now())
  const stale = (trx: Db, ws: string) => notify(trx, topics.live, { workspaceId: ws, kind: 'workspace', id: ws })

  const passwords = createPasswords({ database, clock })

  const setup = async (
    input: Omit<z.output<typeof setupInput>, 'token'>,
  ): Promise<{ userId: string; workspaceId: string }> => {
    const timeZone = knownZone(input.timeZone)
    if (await store.anyUser(db)) throw new Problem('setup-done')
    const passwordHash = await hashPassword(input.password)
    return db.transaction().execute(async (trx) => {
      await store.lockSetup(trx)
      if (await store.anyUser(trx)) throw new Problem('setup-done')
      const now = at()
      const userId = newId(clock.now())
      const workspaceId = newId(clock.now())
      await store.insertUser(trx, { id: userId, name: input.name, email: email(input.email), passwordHash, at: now })
      await trx
        .insertInto('workspaces')
        .values({
          id: workspaceId,
          name: input.workspaceName,
          time_zone: timeZone,
          locale: input.locale,
          late_policy: JSON.stringify(defaultLatePolicy),
          paused_at: null,
          created_at: now,
        })
        .execute()
      await trx
        .insertInto('members')
        .values({ workspace_id: workspaceId, user_id: userId, role: 'owner', created_at: now })
        .execute()
      return { userId, workspaceId }
    })
  }

  const workspace = async (userId: string, ws: string): Promise<Workspace> => {
    const row = await store.workspaceOf(db, userId, ws)
    if (!row) throw new Problem('not-found')
    return toWorkspace(row)
  }

  const patchWorkspace = async (
    actor: Actor,
    ws: string,
    patch: z.output<typeof workspacePatch>,
  ): Promise<Workspace> => {
    if (patch.latePolicy !== undefined)
      mustPublish(actor.key ?? {}, 'The late policy decides whether what is late still goes out.')
    if (patch.backlogOrder !== undefined)
      mustPublish(actor.key ?? {}, 'The order of the backlog decides what goes out first.')
    const set = {
      ...(patch.name !== undefined ? { name: patch.name } : {}),
      ...(patch.timeZone !== undefined ? { time_zone: knownZone(patch.timeZone) } : {}),
      ...(patch.locale !== undefined ? { locale: patch.locale } : {}),
      ...(patch.backlogOrder !== undefined ? { backlog_order: patch.backlogOrder } : {}),
      ...(patch.latePolicy !== undefined ? { late_policy: JSON.stringify(patch.latePolicy) } : {}),
    }
    if (Object.keys(set).length > 0)
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('workspaces').set(set).where('id', '=', ws).execute()
        await stale(trx, ws)
      })
    return workspace(actor.userId, ws)
  }

  /** Pausing twice keeps the first time; resuming wakes the engine, since what waited may be due. */
  const setPaused = async (actor: Actor, ws: string, paused: boolean): Promise<Workspace> => {
    await db.transaction().execute(async (trx) => {
      const rows = trx.updateTable('workspaces').where('id', '=', ws)
      if (paused) await rows.where('paused_at', 'is', null).set({ paused_at: at() }).execute()
      else await rows.set({ paused_at: null }).execute()
      await stale(trx, ws)
      if (!paused) await notify(trx, topics.due, '')
    })
    return workspace(actor.userId, ws)
  }

  /** Under the workspace's lock: the role of the access check may have been taken away since. */
  const presentRole = async (trx: Db, actor: Actor, ws: string): Promise<Role> =>
    (await store.memberOf(trx, ws, actor.userId))?.role ?? 'viewer'

  const hasOne = () =>
    new Problem('validation', 'This person is known here and keeps their own password. Add them without one.', {
      errors: [{ path: 'password', message: 'leave it out: the person has a password already' }],
    })

  const addMember = async (actor: Actor, ws: string, input: z.output<typeof memberInput>): Promise<Member> => {
    if (actor.key) refuse(keyChange(actor.key, { from: null, to: input.role, password: input.password !== undefined }))
    const address = email(input.email)
    const known = await store.userByEmail(db, address)
    if (!known && !input.password)
      throw new Problem('validation', 'Nobody here has this address yet. Give a first password to create the person.', {
        errors: [{ path: 'password', message: 'needed to create the person' }],
      })
    if (known && input.password) throw hasOne()
    const passwordHash = known ? null : await hashPassword(input.password!)
    return db.transaction().execute(async (trx) => {
      await store.lockWorkspace(trx, ws)
      must({
        actor: await presentRole(trx, actor, ws),
        from: null,
        to: input.role,
        owners: await store.countOwners(trx, ws),
      })
      // Looked up again: the person may have been created while we hashed.
      const user = await store.userByEmail(trx, address)
      if (user && input.password) throw hasOne()
      const userId = user?.id ?? newId(clock.now())
      if (!user)
        await store.insertUser(trx, {
          id: userId,
          name: input.name ?? address.split('@')[0]!,
          email: address,
          passwordHash: passwordHash!,
          at: at(),
          mustChange: true,
        })
      const added = await trx
        .insertInto('members')
        .values({ workspace_id: ws, user_id: userId, role: input.role, created_at: at() })
        .onConflict((c) => c.columns(['workspace_id', 'user_id']).doNothing())
        .returning('user_id')
        .executeTakeFirst()
      if (!added) throw new Problem('exists', 'This person is a member already.')
      await stale(trx, ws)
      return toMember((await store.memberOf(trx, ws, userId))!)
    })
  }

  /** `to` null removes. Under the workspace's lock, so that two owners cannot demote each other at once. */
  const changeMember = (actor: Actor, ws: string, userId: string, to: Role | null): Promise<Member> =>
    db.transaction().execute(async (trx) => {
      await store.lockWorkspace(trx, ws)
      const before = await store.memberOf(trx, ws, userId)
      if (!before) throw noMember()
      if (actor.key) refuse(keyChange(actor.key, { from: before.role, to, password: false }))
      must({
        actor: await presentRole(trx, actor, ws),
        from: before.role,
        to,
        owners: await store.countOwners(trx, ws),
      })
      if (to)
        await trx
          .updateTable('members')
          .set({ role: to })
          .where('workspace_id', '=', ws)
          .where('user_id', '=', userId)
          .execute()
      else {
        await trx.deleteFrom('members').where('workspace_id', '=', ws).where('user_id', '=', userId).execute()
        // For good: whoever is let in again makes new ones.
        await store.revokeKeysOf(trx, ws, userId, at())
      }
      await stale(trx, ws)
      return toMember({ ...before, role: to ?? before.role })
    })

  const createKey = async (
    actor: Actor,
    ws: string,
    input: z.output<typeof apiKeyInput>,
  ): Promise<z.output<typeof apiKeyCreated>> => {
    if (input.expiresAt && Date.parse(input.expiresAt) <= clock.now())
      throw new Problem('time-past', 'The key would have expired already.')
    const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null
    if (actor.key) refuse(keyOfKey(actor.key, { scopes: input.scopes, expiresAt }))
    const key = `clr_${base62(randomBytes(32))}`
    const row = {
      id: newId(clock.now()),
      name: input.name,
      prefix: key.slice(0, 10),
      scopes: scopes.filter((s) => input.scopes.includes(s)),
      created_at: at(),
      last_used_at: null,
      expires_at: expiresAt,
      revoked_at: null,
    }
    await db.transaction().execute(async (trx) => {
      // A removal that is under way ends all keys there are: none may come after it.
      await store.lockWorkspace(trx, ws)
      if (!atLeast(await presentRole(trx, actor, ws), 'admin'))
        throw new Problem('forbidden', 'You may no longer make keys in this workspace.')
      await trx
        .insertInto('api_keys')
        .values({ ...row, workspace_id: ws, created_by: actor.userId, hash: sha256(key) })
        .execute()
    })
    return { ...toKey(row), key }
  }

  const revokeKey = async (ws: string, id: string): Promise<void> => {
    const row = await db
      .updateTable('api_keys')
      .set((e) => ({ revoked_at: e.fn.coalesce('revoked_at', e.val(at())) }))
      .where('workspace_id', '=', ws)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new Problem('not-found', 'There is no such key.')
    await stale(db, ws)
  }

  /** Who a key is, or null: unknown, revoked, expired, or its maker left the workspace. */
  const identifyKey = async (key: string): Promise<store.KeyIdentity | null> => {
    const row = await store.keyByHash(db, sha256(key))
    const now = clock.now()
    if (!row || row.revoked_at || (row.expires_at && row.expires_at.getTime() <= now)) return null
    // A minute's grain is enough for people and saves a write on every call.
    if (!row.last_used_at || now - row.last_used_at.getTime() > 60_000)
      await db
        .updateTable('api_keys')
        .set({ last_used_at: new Date(now) })
        .where('id', '=', row.id)
        .execute()
    return {
      keyId: row.id,
      ws: row.ws,
      userId: row.userId,
      role: row.role,
      scopes: row.scopes.filter((s): s is Scope => (scopes as readonly string[]).includes(s)),
      timeZone: row.timeZone,
      expiresAt: row.expires_at,
    }
  }

  return {
    setupNeeded: async (): Promise<boolean> => !(await store.anyUser(db)),
    setup,
    /** The person and their workspaces, oldest first. */
    me: async (userId: string) => {
      const user = await store.userById(db, userId)
      if (!user) throw new Problem('unauthenticated')
      const { must_change_password: mustChangePassword, ...shown } = user
      const workspaces = (await store.workspacesOf(db, userId)).map(toWorkspace)
      return { user: shown, workspaces, mustChangePassword }
    },
    /** What the journal calls a person. */
    nameOf: async (userId: string): Promise<string> => (await store.userById(db, userId))?.name ?? '',
    /** Role and zone of a member; null for strangers. */
    membership: async (
      userId: string,
      ws: string,
    ): Promise<{ role: Role; timeZone: string; mustChangePassword: boolean } | null> => {
      const row = await store.workspaceOf(db, userId, ws)
      return row ? { role: row.role, timeZone: row.time_zone, mustChangePassword: row.must_change_password } : null
    },
    /** The oldest workspace: the people in it run the installation. */
    firstWorkspace: (): Promise<string | null> => store.firstWorkspace(db),
    /** Is the person in any workspace, with a password of their own? */
    belongs: async (userId: string): Promise<boolean> =>
      (await store.workspacesOf(db, userId)).some((w) => !w.must_change_password),
    ...passwords,
    /** Has the person with this e-mail address a live session from that network address? */
    signedInFrom: (address: string, ip: string): Promise<boolean> => store.sessionFrom(db, email(address), ip, at()),
    identifyKey,
    workspace,
    patchWorkspace,
    setPaused,
    members: async (ws: string): Promise<Member[]> => (await store.membersOf(db, ws)).map(toMember),
    addMember,
    changeMember,
    keys: async (ws: string): Promise<ApiKey[]> => (await store.keysOf(db, ws)).map(toKey),
    createKey,
    revokeKey,
  }
}

export type People = ReturnType<typeof createPeople>
