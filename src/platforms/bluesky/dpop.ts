/**
 * Tokens bound to a key (RFC 9449; fact sheet §2c): every call carries a proof signed with the key the token was issued
 * to. Servers hand out nonces that live for minutes; a call with an old one is refused undone, together with the new one,
 * and is sent once more with that: a handshake, not a retry.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { z } from 'zod'
import type { Http, HttpRequest, Reply } from '#kit/client/http.ts'
import { classify, PlatformFailure } from '#kit/facts/failures.ts'
import { failures } from './failures.ts'

/** A private P-256 key as JWK, in JSON: it is kept with the grant, sealed. */
export const newKey = (): string =>
  JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }))

const keyShape = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The proof of one call. `url` without query; `now` epoch ms; `access` for calls that carry a token. */
export const proofOf = (o: {
  key: string
  method: string
  url: string
  now: number
  nonce?: string
  access?: string
}): string => {
  const jwk = keyShape.parse(JSON.parse(o.key))
  const { kty, crv, x, y } = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ format: 'jwk' })
  const at = new URL(o.url)
  const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const payload = {
    jti: crypto.randomUUID(),
    htm: o.method,
    htu: `${at.origin}${at.pathname}`,
    iat: Math.floor(o.now / 1000),
    ...(o.nonce ? { nonce: o.nonce } : {}),
    ...(o.access ? { ath: createHash('sha256').update(o.access).digest('base64url') } : {}),
  }
  const body = `${encoded(head)}.${encoded(payload)}`
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return `${body}.${sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** The last nonce of each origin. No secret, and losing it costs one refused call. */
const nonces = new Map<string, string>()

export type Bound = { http: Http; key: string; now: () => number; access?: string }

/** Sends with a proof. `use_dpop_nonce` is answered once; every other refusal goes to the failure table as usual. */
export const sendBound = async <T>(b: Bound, request: HttpRequest<T>): Promise<Reply<T>> => {
  const { origin } = new URL(request.url)
  const once = () => {
    const nonce = nonces.get(origin)
    const { method, url } = request
    const proof = proofOf({ key: b.key, method, url, now: b.now(), nonce, access: b.access })
    const headers = { ...request.headers, dpop: proof, ...(b.access ? { authorization: `DPoP ${b.access}` } : {}) }
    // What a refusal says is read here, for the nonce is in its headers.
    return b.http<unknown>({ ...request, headers, accept: [400, 401], expect: undefined })
  }
  let reply = await once()
  const fresh = reply.headers['dpop-nonce']
  if (fresh) nonces.set(origin, fresh)
  const wants = /use_dpop_nonce/.test(`${reply.headers['www-authenticate'] ?? ''} ${reply.text}`)
  if ((reply.status === 400 || reply.status === 401) && wants && fresh) {
    reply = await once()
    const next = reply.headers['dpop-nonce']
    if (next) nonces.set(origin, next)
  }
  if (reply.status >= 400) throw new PlatformFailure(classify(failures, { ...reply, body: reply.body }, b.now()))
  if (!request.expect) return reply as Reply<T>
  const parsed = request.expect.safeParse(reply.body)
  if (parsed.success) return { ...reply, body: parsed.data }
  throw new PlatformFailure({
    kind: 'unknown-outcome',
    code: 'bluesky.unreadable',
    message: `The network said ${reply.status} but in a form Clarion does not know.`,
    status: reply.status,
  })
}
