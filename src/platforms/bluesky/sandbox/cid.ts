/**
 * Content ids as the AT protocol makes them: CIDv1, sha-256, base32. Blobs are raw bytes (`bafkrei...`), records are
 * DAG-CBOR (`bafyrei...`), so equal content has equal ids here exactly when it does on a real PDS.
 */
import { createHash } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

const base32 = (bytes: Uint8Array): string => {
  let out = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      out += ALPHABET[(value >>> (bits - 5)) & 31]
      bits -= 5
      value &= (1 << bits) - 1
    }
  }
  return bits > 0 ? out + ALPHABET[(value << (5 - bits)) & 31] : out
}

const unbase32 = (text: string): Buffer => {
  const out: number[] = []
  let bits = 0
  let value = 0
  for (const ch of text) {
    const digit = ALPHABET.indexOf(ch)
    if (digit < 0) throw new Error(`not base32: ${ch}`)
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      out.push((value >>> (bits - 8)) & 255)
      bits -= 8
      value &= (1 << bits) - 1
    }
  }
  return Buffer.from(out)
}

const cid = (codec: number, bytes: Uint8Array): string => {
  const hash = createHash('sha256').update(bytes).digest()
  return `b${base32(Buffer.concat([Buffer.from([1, codec, 0x12, 0x20]), hash]))}`
}

/** CID of a blob. */
export const blobCid = (bytes: Uint8Array): string => cid(0x55, bytes)

/** CID of a record. Throws a RangeError for what DAG-CBOR in the AT protocol cannot hold (fractions). */
export const recordCid = (value: unknown): string => cid(0x71, cbor(value))

export const isCid = (text: unknown): text is string => typeof text === 'string' && /^b[a-z2-7]{58}$/.test(text)

const head = (major: number, n: number): Buffer => {
  if (n < 24) return Buffer.from([(major << 5) | n])
  if (n < 0x100) return Buffer.from([(major << 5) | 24, n])
  const wide = n < 0x10000 ? 2 : n < 0x1_0000_0000 ? 4 : 8
  const out = Buffer.alloc(1 + wide)
  out[0] = (major << 5) | (wide === 2 ? 25 : wide === 4 ? 26 : 27)
  if (wide === 2) out.writeUInt16BE(n, 1)
  else if (wide === 4) out.writeUInt32BE(n, 1)
  else out.writeBigUInt64BE(BigInt(n), 1)
  return out
}

const cbor = (value: unknown): Buffer => {
  if (value === null) return Buffer.from([0xf6])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError('records hold whole numbers only')
    return value >= 0 ? head(0, value) : head(1, -1 - value)
  }
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  if (typeof value !== 'object') throw new RangeError(`records cannot hold ${typeof value}`)
  const map = value as Record<string, unknown>
  const keys = Object.keys(map).filter((k) => map[k] !== undefined)
  if (keys.length === 1 && typeof map.$link === 'string') {
    const bytes = Buffer.concat([Buffer.from([0]), unbase32(map.$link.slice(1))])
    return Buffer.concat([Buffer.from([0xd8, 42]), head(2, bytes.length), bytes])
  }
  if (keys.length === 1 && typeof map.$bytes === 'string') {
    const bytes = Buffer.from(map.$bytes, 'base64')
    return Buffer.concat([head(2, bytes.length), bytes])
  }
  // DAG-CBOR orders keys by length, then by bytes.
  const order = keys.map((k) => Buffer.from(k)).sort((a, b) => a.length - b.length || Buffer.compare(a, b))
  return Buffer.concat([
    head(5, order.length),
    ...order.flatMap((k) => [head(3, k.length), k, cbor(map[k.toString()])]),
  ])
}
