/** PKCE as the authorization server checks it (RFC 7636 §4.6). */
import { createHash } from 'node:crypto'

/** Does the verifier belong to the challenge? Only S256 and plain exist. */
export const pkceMatches = (verifier: string | null | undefined, challenge: string, method: string): boolean => {
  if (!verifier || !/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false
  if (method === 'plain') return verifier === challenge
  return method === 'S256' && createHash('sha256').update(verifier).digest('base64url') === challenge
}
