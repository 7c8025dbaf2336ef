/** Proofs of possession as a server checks them (fact sheet bluesky.md §2c): signature, method, address, nonce, token, one use. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import type { SandboxRequest } from '#kit/sandbox/imitation.ts'
import type { BskyWorld } from './state.ts'

/** How long a nonce is good (ms) [2c]. */
const NONCE_MS = 3 * 60_000
const PROOF_MS = 60_000

const part = (text: string | undefined): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8'))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** The nonce of this moment; it changes with every window, and the one before is still good. */
export const nonceNow = (world: BskyWorld, back = 0): string =>
  createHash('sha256')
    .update(`nonce/${Math.floor(world.now() / NONCE_MS) - back}`)
    .digest('base64url')
    .slice(0, 22)

/** RFC 7638 thumbprint: what a token is bound to. */
const thumbprint = (jwk: JsonObject) =>
  createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))
    .digest('base64url')

export type Proof = { jkt: string } | { problem: 'nonce' | 'invalid'; why: string }

/** Judges the `DPoP` header of a request; `access`: the token it must carry the hash of. */
export const checkProof = (world: BskyWorld, req: SandboxRequest, access?: string): Proof => {
  const invalid = (why: string): Proof => ({ problem: 'invalid', why })
  const [head, body, signature] = (req.headers.dpop ?? '').split('.')
  const [h, p] = [part(head), part(body)]
  if (!h || !p || !signature) return invalid('DPoP proof required')
  if (h.typ !== 'dpop+jwt' || h.alg !== 'ES256' || !isObject(h.jwk)) return invalid('DPoP proof of a wrong kind')
  if ('d' in h.jwk) return invalid('DPoP proof shows a private key')
  try {
    const key = createPublicKey({ key: h.jwk as never, format: 'jwk' })
    const data = Buffer.from(`${head}.${body}`)
    if (!verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
      return invalid('DPoP proof with a wrong signature')
  } catch {
    return invalid('DPoP proof with an unusable key')
  }
  if (p.htm !== req.method) return invalid('DPoP htm mismatch')
  if (p.htu !== `https://${req.host}${req.path}`) return invalid('DPoP htu mismatch')
  const iat = typeof p.iat === 'number' ? p.iat * 1000 : 0
  if (Math.abs(world.now() - iat) > PROOF_MS) return invalid('DPoP proof is not of now')
  if (p.nonce !== nonceNow(world) && p.nonce !== nonceNow(world, 1))
    return { problem: 'nonce', why: 'Authorization server requires nonce in DPoP proof' }
  if (access !== undefined && p.ath !== createHash('sha256').update(access).digest('base64url'))
    return invalid('DPoP ath mismatch')
  const jti = String(p.jti ?? '')
  if (!jti || world.state.proofs.includes(jti)) return invalid('DPoP proof replayed')
  world.state.proofs.push(jti)
  if (world.state.proofs.length > 500) world.state.proofs.shift()
  world.changed()
  return { jkt: thumbprint(h.jwk) }
}
