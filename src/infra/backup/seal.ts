/**
 * What a backup is wrapped in: chunks of 64 KiB, each sealed with AES-256-GCM under a key of this file alone, numbered, and
 * the last one marked, so that nothing can be cut off, swapped or added unseen. One chunk is in memory at a time. Described
 * in docs/backup.md; a change of it is a new `format`.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { CannotStart } from '../cannot-start.ts'
import { createPuller } from './puller.ts'

/** A passphrase, or the bytes of a key file. */
export type Secret = { kind: 'passphrase' | 'file'; bytes: Buffer }

const magic = 'CLARION-BACKUP\n'
const chunkBytes = 65_536
const tagBytes = 16
/** 64 MiB of memory and some tenths of a second: what guessing a passphrase costs each time. */
const cost = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 ** 2 }
const header = z.strictObject({
  format: z.int().positive(),
  secret: z.enum(['passphrase', 'file']),
  salt: z.base64().refine((s) => Buffer.from(s, 'base64').length === 32),
})
const mostHeaderBytes = 1_000

export const damaged = (why: string): CannotStart =>
  new CannotStart(`The backup is damaged: ${why}.`, 'Take another copy of this file, or an older backup.')

const stretch = promisify<Buffer, Buffer, number, typeof cost, Buffer>(scrypt)
const keyOf = async (secret: Secret, salt: Buffer, head: Buffer): Promise<Buffer> => {
  const root = secret.kind === 'passphrase' ? await stretch(secret.bytes, salt, 32, cost) : secret.bytes
  return Buffer.from(hkdfSync('sha256', root, salt, Buffer.concat([Buffer.from('clarion/backup/'), head]), 32))
}
const nonceOf = (n: number, last: boolean): Buffer => {
  const nonce = Buffer.alloc(12)
  nonce[0] = last ? 1 : 0
  nonce.writeBigUInt64BE(BigInt(n), 4)
  return nonce
}

/** The sealed bytes of `source`. */
export const seal = async function* (secret: Secret, source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const salt = randomBytes(32)
  const head = Buffer.from(
    `${magic}${JSON.stringify({ format: 1, secret: secret.kind, salt: salt.toString('base64') })}\n`,
  )
  const key = await keyOf(secret, salt, head)
  const sealed = (n: number, plain: Buffer, last: boolean) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(n, last))
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  yield head
  const { take } = createPuller(source)
  let now = await take(chunkBytes)
  for (let n = 0; ; n++) {
    const next = now.length === chunkBytes ? await take(chunkBytes) : Buffer.alloc(0)
    const last = next.length === 0
    yield sealed(n, now, last)
    if (last) return
    now = next
  }
}

/** The bytes that were sealed. @throws CannotStart for a file of another kind, a newer format, a wrong secret, or damage. */
export const unseal = async function* (secret: Secret, source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { take, line, close } = createPuller(source)
  try {
    if ((await line(mostHeaderBytes)) !== magic.trimEnd())
      throw new CannotStart('This file is no backup of Clarion.', 'Name a file that `clarion backup` made.')
    const text = (await line(mostHeaderBytes)) ?? ''
    const { success, data } = header.safeParse(asJson(text))
    if (!success) throw damaged('its head cannot be read')
    if (data.format !== 1)
      throw new CannotStart(
        `This backup has format ${data.format}, which this version of Clarion does not know.`,
        'Restore it with the version of Clarion that made it, or a newer one.',
      )
    if (data.secret !== secret.kind)
      throw new CannotStart(
        `This backup is sealed with a ${data.secret === 'file' ? 'key file' : 'passphrase'}.`,
        `Set ${data.secret === 'file' ? 'CLARION_BACKUP_KEY_FILE' : 'CLARION_BACKUP_PASSPHRASE'}, and only that.`,
      )
    const key = await keyOf(secret, Buffer.from(data.salt, 'base64'), Buffer.from(`${magic}${text}\n`))
    const size = chunkBytes + tagBytes
    let now = await take(size)
    for (let n = 0; ; n++) {
      const next = now.length === size ? await take(size) : Buffer.alloc(0)
      const last = next.length === 0
      if (now.length < tagBytes) throw damaged('it is cut short')
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(n, last))
      decipher.setAuthTag(now.subarray(now.length - tagBytes))
      let plain: Buffer
      try {
        plain = Buffer.concat([decipher.update(now.subarray(0, now.length - tagBytes)), decipher.final()])
      } catch {
        if (n > 0) throw damaged(`chunk ${n} does not open; it was changed, or the file is cut short`)
        throw new CannotStart(
          'The backup does not open: the passphrase or key file is another one, or the file was changed.',
          'Set the CLARION_BACKUP_PASSPHRASE or CLARION_BACKUP_KEY_FILE it was made with.',
        )
      }
      yield plain
      if (last) return
      now = next
    }
  } finally {
    await close()
  }
}

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
