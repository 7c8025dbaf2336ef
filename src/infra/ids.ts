/** UUID version 7 (RFC 9562): sorts by time, so that index pages stay warm and lists page by id. */
import { randomBytes } from 'node:crypto'

/** A new id whose first 48 bits are `now` (epoch ms). */
export const newId = (now: number): string => {
  const b = randomBytes(16)
  b.writeUIntBE(Math.max(0, Math.floor(now)), 0, 6)
  b[6] = (b[6]! & 0x0f) | 0x70
  b[8] = (b[8]! & 0x3f) | 0x80
  const h = b.toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}
