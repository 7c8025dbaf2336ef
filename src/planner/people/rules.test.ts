import fc from 'fast-check'
import { expect, test } from 'vitest'
import { roles } from '#contract/common.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { atLeast, mayUse, roleChange } from './rules.ts'

const anyRole = fc.constantFrom(...roles)
const maybeRole = fc.option(anyRole)

test('roles are ordered: owner, admin, editor, viewer', () => {
  expect(roles.map((r) => roles.filter((least) => atLeast(r, least)).length)).toEqual([4, 3, 2, 1])
})

test('no sequence of allowed changes leaves a workspace without an owner', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ who: fc.nat(4), to: maybeRole, by: fc.nat(4) }), { maxLength: 40 }), (changes) => {
      const members: (string | null)[] = ['owner', 'admin', 'editor', 'viewer', null]
      for (const { who, to, by } of changes) {
        const actor = members[by] as (typeof roles)[number] | null
        if (!actor) continue
        const from = members[who] as (typeof roles)[number] | null
        if (roleChange({ actor, from, to, owners: members.filter((m) => m === 'owner').length }) === null)
          members[who] = to
      }
      expect(members).toContain('owner')
    }),
  )
})

test('nobody below owner makes or unmakes an owner; nobody below admin changes anybody', () => {
  fc.assert(
    fc.property(anyRole, maybeRole, maybeRole, (actor, from, to) => {
      const refused = roleChange({ actor, from, to, owners: 5 }) !== null
      if (actor === 'owner') expect(refused).toBe(false)
      else if (actor === 'admin') expect(refused).toBe(from === 'owner' || to === 'owner')
      else expect(refused).toBe(true)
    }),
  )
})

test('a key needs the scope and its maker the role', () => {
  const need = { role: 'editor', scope: 'publish' } as const
  expect(mayUse({ role: 'owner', scopes: ['read', 'write', 'admin'] }, need)?.code).toBe('scope-missing')
  expect(mayUse({ role: 'viewer', scopes: ['publish'] }, need)?.code).toBe('forbidden')
  expect(mayUse({ role: 'editor', scopes: ['publish'] }, need)).toBeNull()
  expect(mayUse({ role: 'editor', scopes: null }, need)).toBeNull()
})

test('a password matches its own hash only, however its letters are composed', async () => {
  const hash = await hashPassword('zażółć gęślą')
  expect(await verifyPassword(hash, 'zażółć gęślą'.normalize('NFD'))).toBe(true)
  expect(await verifyPassword(hash, 'zazolc gesla')).toBe(false)
  expect(await hashPassword('zażółć gęślą')).not.toBe(hash)
  for (const broken of ['', 'plain', '$argon2i$v=19$m=1,t=1,p=1$aaaa$bbbb', hash.slice(0, 30)])
    expect(await verifyPassword(broken, 'zażółć gęślą')).toBe(false)
})
