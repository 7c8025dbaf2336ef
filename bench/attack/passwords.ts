/** Passwords: a changed one ends what was open before (A8). */
import { type Case, group, only } from './stand.ts'

export const passwords: readonly Case[] = group('A8', {
  'a changed password ends every other session, and the old one opens nothing': async (s) => {
    const person = await s.person('viewer')
    const again = await s.ask('/api/auth/sign-in/email', {
      as: 'nobody',
      body: { email: person.email, password: person.password },
    })
    if (again.status !== 200) return `set up: ${again.status}`
    const elsewhere = again.headers
      .getSetCookie()
      .map((c) => c.split(';', 1)[0]!)
      .join('; ')
    const newPassword = `second ${crypto.randomUUID()}`
    const changed = await s.ask('/api/auth/change-password', {
      as: person,
      body: { currentPassword: person.password, newPassword },
    })
    if (changed.status !== 200) return `changing answered ${changed.status}: ${changed.text.slice(0, 200)}`
    return only(
      {
        session: (await s.ask('/api/v1/me', { as: { cookie: elsewhere } })).status,
        password: (
          await s.ask('/api/auth/sign-in/email', {
            as: 'nobody',
            body: { email: person.email, password: person.password },
          })
        ).status,
      },
      401,
    )
  },
  'nobody changes a password without knowing it': async (s) => {
    const person = await s.person('viewer')
    const body = { currentPassword: 'a wrong one', newPassword: `second ${crypto.randomUUID()}` }
    return only({ change: (await s.ask('/api/auth/change-password', { as: person, body })).status }, 400, 401, 403, 422)
  },
})
