/** Passwords: argon2id (RFC 9106) in PHC string format, so that parameters can grow without locking anybody out. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)
/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. `memory` in KiB. */
const now = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

/** `$argon2id$v=19$m=...,t=...,p=...$salt$hash`. */
export const hashPassword = async (password: string): Promise<string> => {
  const nonce = randomBytes(16)
  const tag = await derive('argon2id', { message: password.normalize('NFKC'), nonce, ...now })
  return `$argon2id$v=19$m=${now.memory},t=${now.passes},p=${now.parallelism}$${b64(nonce)}$${b64(tag)}`
}

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{10,})\$([A-Za-z0-9+/]{20,})$/

/** Does the password belong to the hash? A hash in another format never matches. */
export const verifyPassword = async (hash: string, password: string): Promise<boolean> => {
  const m = phc.exec(hash)
  if (!m) return false
  const wanted = Buffer.from(m[5]!, 'base64')
  const tag = await derive('argon2id', {
    message: password.normalize('NFKC'),
    nonce: Buffer.from(m[4]!, 'base64'),
    memory: Number(m[1]),
    passes: Number(m[2]),
    parallelism: Number(m[3]),
    tagLength: wanted.length,
  })
  return timingSafeEqual(tag, wanted)
}
