/** Connecting by a key made in the account's settings. It never runs out, so there is nothing to refresh. */
import { formConnector } from '#kit/client/connectors.ts'
import { createSession } from './api.ts'

export const connect = formConnector({
  logIn: async (t, form) => {
    const { token, account } = await createSession(t.http, (form.handle ?? '').trim().replace(/^@/, ''), (form.key ?? '').trim())
    return {
      grant: { access: token },
      offers: [{ externalId: account.id, kind: 'profile', name: account.name, handle: account.handle, avatarUrl: null, profileUrl: null, facts: {} }],
    }
  },
})
