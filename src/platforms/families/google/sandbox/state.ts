/** What the imitations of Google's services remember of sign-ins. Plain JSON; each keeps its own under `state.google`. */
import type { Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Windows } from '#kit/sandbox/window.ts'

export type GoogleCode = {
  account: string
  redirectUri: string
  scopes: string[]
  challenge: string | null
  method: string
  /** Asked with `access_type=offline`, and with a consent screen shown. */
  offline: boolean
  /** Epoch ms. */
  madeAt: number
  used: boolean
}

export type GoogleState = {
  app: { clientId: string; clientSecret: string }
  codes: Record<string, GoogleCode>
  tokens: TokenState
  /** Quotas, by bucket. */
  windows: Windows
}

export type GoogleWorld = World<{ google: GoogleState }>

/** `name` tells the apps of two imitations apart. */
export const seedGoogle = (name: string, secret: Secret): GoogleState => ({
  app: {
    clientId: `407408718192-${name}sandbox0clarion.apps.googleusercontent.com`,
    clientSecret: `GOCSPX-${secret(28)}`,
  },
  codes: {},
  tokens: {},
  windows: {},
})
