/** Who may do what, decided purely. Role order: owner > admin > editor > viewer. */
import type { Role } from '#contract/common.ts'
import type { Scope } from '#contract/people.ts'
import type { ProblemCode } from '#contract/problems.ts'

const rank: Record<Role, number> = { owner: 3, admin: 2, editor: 1, viewer: 0 }

/** Has `role` at least the powers of `least`? */
export const atLeast = (role: Role, least: Role): boolean => rank[role] >= rank[least]

export type Refusal = { code: ProblemCode; detail: string }

/** A change of somebody's standing: `from` null = joins, `to` null = leaves. */
export type RoleChange = { actor: Role; from: Role | null; to: Role | null; owners: number }

/**
 * May `actor` make this change? Only owners make, change or remove owners; the last owner stays one; a viewer or
 * editor changes nobody. Null = yes.
 */
export const roleChange = ({ actor, from, to, owners }: RoleChange): Refusal | null => {
  if (!atLeast(actor, 'admin')) return { code: 'forbidden', detail: 'Only owners and admins manage members.' }
  if ((from === 'owner' || to === 'owner') && actor !== 'owner')
    return { code: 'forbidden', detail: 'Only an owner can make, change or remove an owner.' }
  if (from === 'owner' && to !== 'owner' && owners <= 1)
    return { code: 'conflict', detail: 'A workspace needs an owner. Make somebody else an owner first.' }
  return null
}

/** What each role can do, in the scopes of keys: nobody gives a role, or a key, that can do more than they can. */
export const powersOf: Record<Role, readonly Scope[]> = {
  viewer: ['read'],
  editor: ['read', 'write', 'publish'],
  admin: ['read', 'write', 'publish', 'admin'],
  owner: ['read', 'write', 'publish', 'admin'],
}

/** An API key that acts. */
export type KeyPower = { scopes: readonly Scope[]; expiresAt: Date | null }

/**
 * What a key may not do to people although its maker could: owners and passwords are for a person who is signed in, and a
 * role is given only by a key that has all its powers. `to` null = leaves. Null = yes.
 */
export const keyChange = (
  key: KeyPower,
  change: { from: Role | null; to: Role | null; password: boolean },
): Refusal | null => {
  if (change.from === 'owner' || change.to === 'owner')
    return { code: 'forbidden', detail: 'An API key cannot make, change or remove an owner; sign in to do it.' }
  if (change.password)
    return { code: 'forbidden', detail: 'An API key cannot give a person a password; sign in to do it.' }
  const lacks = change.to && powersOf[change.to].find((s) => !key.scopes.includes(s))
  if (lacks)
    return {
      code: 'scope-missing',
      detail: `To make somebody ${change.to}, a key needs the scope \`${lacks}\` itself.`,
    }
  return null
}

/** A key made by a key: no scope it lacks, and no longer a life. Null = yes. */
export const keyOfKey = (
  key: KeyPower,
  wanted: { scopes: readonly Scope[]; expiresAt: Date | null },
): Refusal | null => {
  const lacks = wanted.scopes.find((s) => !key.scopes.includes(s))
  if (lacks)
    return { code: 'scope-missing', detail: `A key without the scope \`${lacks}\` cannot make one that has it.` }
  if (key.expiresAt && (!wanted.expiresAt || wanted.expiresAt > key.expiresAt))
    return {
      code: 'forbidden',
      detail: `This key ends at ${key.expiresAt.toISOString()}; a key it makes needs an \`expiresAt\` no later than that.`,
    }
  return null
}

/** What a caller is: a person's session, or a key that acts with the present role of the person who made it. */
export type Standing = { role: Role; scopes: readonly Scope[] | null }

/** May a caller use a route that wants `need`? Scopes null = a session, which has no scopes to lack. Null = yes. */
export const mayUse = (standing: Standing, need: { role: Role; scope: Scope; publish?: string }): Refusal | null => {
  const wanted: Scope[] = need.publish === 'always' ? [need.scope, 'publish'] : [need.scope]
  const lacks = wanted.find((s) => standing.scopes && !standing.scopes.includes(s))
  if (lacks) return { code: 'scope-missing', detail: `This needs the scope \`${lacks}\`.` }
  if (!atLeast(standing.role, need.role))
    return { code: 'forbidden', detail: `This needs the role ${need.role} or more; you are ${standing.role}.` }
  return null
}
