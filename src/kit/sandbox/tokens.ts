/**
 * Tokens an imitation has handed out: they expire on the sandbox clock, rotate and can be revoked. State is plain JSON.
 *
 * Life of a token: live -> used (a refresh token that was traded) | revoked | expired. Only live ones open a door; the
 * others are kept so that the imitation can say why, as its network does.
 */

export type TokenRow = {
  kind: 'access' | 'refresh'
  account: string
  client: string
  scopes: string[]
  /** Epoch ms on the sandbox clock; null = never. */
  expiresAt: number | null
  /** All tokens of one consent share a family: revoking one may kill the rest. */
  family: string
  state: 'live' | 'used' | 'revoked'
  /** When it was traded, and for what (a network with a grace period gives the same successor again). */
  usedAt?: number
  successor?: string
}

export type TokenState = Record<string, TokenRow>

export type Looked =
  | { row: TokenRow; problem: null }
  | { row: TokenRow | undefined; problem: 'unknown' | 'expired' | 'revoked' | 'used' }

/** Is this token good now? Says why not. */
export const lookToken = (
  state: TokenState,
  token: string | undefined,
  kind: TokenRow['kind'],
  now: number,
): Looked => {
  const row = token !== undefined && Object.hasOwn(state, token) ? state[token] : undefined
  if (!row || row.kind !== kind) return { row, problem: 'unknown' }
  if (row.state !== 'live') return { row, problem: row.state }
  if (row.expiresAt !== null && row.expiresAt <= now) return { row, problem: 'expired' }
  return { row, problem: null }
}

/** Writes a token down and gives it back. Dead tokens older than a day are forgotten, so that the state stays small. */
export const issueToken = (state: TokenState, token: string, row: Omit<TokenRow, 'state'>, now: number): string => {
  state[token] = { ...row, state: 'live' }
  if (Object.keys(state).length % 200 === 0) {
    for (const [key, t] of Object.entries(state))
      if (t.expiresAt !== null && t.expiresAt < now - 86_400_000) delete state[key]
  }
  return token
}

/** Kills every live token the test picks; gives how many. */
export const revokeTokens = (state: TokenState, which: (row: TokenRow) => boolean): number => {
  let n = 0
  for (const row of Object.values(state))
    if (row.state === 'live' && which(row)) {
      row.state = 'revoked'
      n++
    }
  return n
}
