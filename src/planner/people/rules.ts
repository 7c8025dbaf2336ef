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

/** What a caller is: a person's session, or a key that acts with the present role of the person who made it. */
export type Standing = { role: Role; scopes: readonly Scope[] | null }

/** May a caller use a route that wants `need`? Scopes null = a session, which has no scopes to lack. Null = yes. */
export const mayUse = (standing: Standing, need: { role: Role; scope: Scope }): Refusal | null => {
  if (standing.scopes && !standing.scopes.includes(need.scope))
    return { code: 'scope-missing', detail: `This needs the scope \`${need.scope}\`.` }
  if (!atLeast(standing.role, need.role))
    return { code: 'forbidden', detail: `This needs the role ${need.role} or more; you are ${standing.role}.` }
  return null
}
