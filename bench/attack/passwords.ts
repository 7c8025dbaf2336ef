/** Passwords: a changed one ends what was open before, and one that somebody else chose opens nothing but the change (A8). */
import { type Case, group, inTurn, only, type Stand, signIn } from './stand.ts'

const change = (s: Stand, cookie: string, currentPassword: string) =>
  inTurn(() =>
    s.ask('/api/v1/me/password', {
      as: { cookie },
      body: { currentPassword, newPassword: `another ${crypto.randomUUID()}` },
    }),
  )

export const passwords: readonly Case[] = group('A8', {
  'a changed password ends every other session, and the old one opens nothing': async (s) => {
    const person = await s.person('viewer')
    const elsewhere = await signIn(s.ask, person)
    const changed = await change(s, person.cookie, person.password)
    if (changed.status !== 200) return `changing answered ${changed.status}: ${changed.text.slice(0, 200)}`
    const old = { email: person.email, password: person.password }
    return only(
      {
        session: (await s.ask('/api/v1/me', { as: { cookie: elsewhere } })).status,
        password: (await inTurn(() => s.ask('/api/auth/sign-in/email', { as: 'nobody', body: old }))).status,
      },
      401,
    )
  },
  'nobody changes a password without knowing it': async (s) => {
    const person = await s.person('viewer')
    return only({ change: (await change(s, person.cookie, 'a wrong one')).status }, 400, 401, 403, 422)
  },
  'a password that somebody else chose opens nothing but the change': async (s) => {
    const who = { email: `${crypto.randomUUID()}@example.test`, password: `chosen ${crypto.randomUUID()}` }
    await s.ask(`${s.ws}/members`, { body: { ...who, role: 'admin', name: 'Invited' } })
    const cookie = await signIn(s.ask, who)
    const told: Record<string, number> = {}
    for (const path of ['/posts', '/members', '/api-keys', '/media'])
      told[path] = (await s.ask(`${s.ws}${path}`, { as: { cookie } })).status
    const key = await s.ask(`${s.ws}/api-keys`, { as: { cookie }, body: { name: 'k', scopes: ['read'] } })
    return only({ ...told, key: key.status }, 403)
  },
})
