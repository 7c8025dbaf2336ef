/**
 * Secrets at rest: AES-256-GCM, a 96-bit random IV, a key ring (`kid`), and the place a value lives in (`table/row/field`)
 * as additional data, so that a sealed value copied to another row does not open.
 *
 * Sealed text: `1.<kid>.<iv>.<ciphertext+tag>`, base64url. Keys live in `<data>/keys.json` (0600), made at the first start,
 * or in CLARION_KEYS as `kid:base64,kid:base64` (32 bytes each): the first seals, all open. `derive` comes from a root
 * that rotation leaves alone: the file's `root`, or the last key listed in CLARION_KEYS.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CannotStart } from './cannot-start.ts'
import { writeWhole } from './files.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** A sealed value did not open: tampered with, moved from another place, or its key is gone. */
export class SealBroken extends Error {
  readonly reason: 'malformed' | 'unknown-key' | 'refused'
  constructor(reason: SealBroken['reason'], message: string) {
    super(message)
    this.name = 'SealBroken'
    this.reason = reason
  }
}

export type KeyRing = {
  /** `aad` is where the value lives: `channel_tokens/<id>/sealed`. */
  seal: (aad: string, value: Json) => string
  /** @throws SealBroken. The caller knows the type it sealed. */
  open: <T>(aad: string, sealed: string) => T
  /** Is it sealed with a key older than the current one? Then seal it again. */
  stale: (sealed: string) => boolean
  /** Makes a new current key; old ones still open. Gives its kid. @throws Error when the keys come from CLARION_KEYS. */
  rotate: () => Promise<string>
  /** Names of the keys: the current one, then those that only open. */
  kids: () => readonly string[]
  /** Do the keys come from CLARION_KEYS? Then `rotate` and `forgetOld` are a person's work. */
  readonly fixed: boolean
  /** Forgets every key but the current one: only after all rows were sealed again. */
  forgetOld: () => Promise<void>
  /** 32 bytes for one purpose (session cookies, signed links, setup token), the same at every start. */
  derive: (purpose: string) => Buffer
}

type Ring = { current: string; keys: Map<string, Buffer>; root: Buffer }

const ALGORITHM = 'aes-256-gcm'
const IV = 12
const TAG = 16
const newKid = () => randomBytes(4).toString('hex')

const build = (ring: Ring, save?: (ring: Ring) => Promise<void>): KeyRing => {
  const parts = (sealed: string) => {
    const [version, kid, iv, body, ...rest] = sealed.split('.')
    if (version !== '1' || !kid || !iv || !body || rest.length > 0)
      throw new SealBroken('malformed', 'This is not a sealed value.')
    return { kid, iv: Buffer.from(iv, 'base64url'), body: Buffer.from(body, 'base64url') }
  }
  /** node takes a key apart at each use unless it is made one once: three quarters of what opening costs. */
  const made = new WeakMap<Buffer, KeyObject>()
  const ready = (key: Buffer): KeyObject => {
    const known = made.get(key) ?? createSecretKey(key)
    made.set(key, known)
    return known
  }
  const change = async (next: Ring) => {
    if (!save) throw new Error('The keys come from CLARION_KEYS: put a new key first in that list instead.')
    await save(next)
    ring = next
  }
  return {
    seal: (aad, value) => {
      const iv = randomBytes(IV)
      const cipher = createCipheriv(ALGORITHM, ready(ring.keys.get(ring.current)!), iv)
      cipher.setAAD(Buffer.from(aad))
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `1.${ring.current}.${iv.toString('base64url')}.${body.toString('base64url')}`
    },
    open: <T>(aad: string, sealed: string): T => {
      const { kid, iv, body } = parts(sealed)
      const key = ring.keys.get(kid)
      if (!key)
        throw new SealBroken(
          'unknown-key',
          `The key "${kid}" that sealed this value is not in the key ring. Restore keys.json (or CLARION_KEYS).`,
        )
      if (iv.length !== IV || body.length < TAG) throw new SealBroken('malformed', 'This sealed value is cut short.')
      try {
        const decipher = createDecipheriv(ALGORITHM, ready(key), iv)
        decipher.setAAD(Buffer.from(aad))
        decipher.setAuthTag(body.subarray(body.length - TAG))
        return JSON.parse(
          Buffer.concat([decipher.update(body.subarray(0, body.length - TAG)), decipher.final()]).toString('utf8'),
        ) as T
      } catch {
        throw new SealBroken(
          'refused',
          `The sealed value at ${aad} does not open: it was changed, or belongs to another place.`,
        )
      }
    },
    kids: () => [ring.current, ...[...ring.keys.keys()].filter((kid) => kid !== ring.current)],
    fixed: save === undefined,
    stale: (sealed) => parts(sealed).kid !== ring.current,
    rotate: async () => {
      const kid = newKid()
      await change({ ...ring, current: kid, keys: new Map([[kid, randomBytes(32)], ...ring.keys]) })
      return kid
    },
    forgetOld: () => change({ ...ring, keys: new Map([[ring.current, ring.keys.get(ring.current)!]]) }),
    derive: (purpose) => Buffer.from(hkdfSync('sha256', ring.root, Buffer.alloc(0), `clarion/${purpose}`, 32)),
  }
}

/** A ring from CLARION_KEYS. @throws CannotStart; the message never holds a key. */
const parseKeys = (text: string): Ring => {
  const keys = new Map<string, Buffer>()
  for (const [i, item] of text.split(',').entries()) {
    const [kid, key, ...rest] = item.trim().split(':')
    const bytes = Buffer.from(key ?? '', 'base64')
    if (!kid || !/^[\w-]{1,32}$/.test(kid) || bytes.length !== 32 || rest.length > 0)
      throw new CannotStart(
        `Key number ${i + 1} in CLARION_KEYS is not <name>:<32 bytes in base64>.`,
        'Make one with: echo "k1:$(head -c 32 /dev/urandom | base64)"',
      )
    if (keys.has(kid))
      throw new CannotStart(`CLARION_KEYS names the key "${kid}" twice.`, 'Give each key its own name.')
    keys.set(kid, bytes)
  }
  return { current: [...keys.keys()][0]!, keys, root: [...keys.values()].at(-1)! }
}
export const keyRingFrom = (text: string): KeyRing => build(parseKeys(text))

/** A ring that lives in memory only. @testing */
export const memoryKeyRing = (): KeyRing => {
  const kid = newKid()
  return build({ current: kid, keys: new Map([[kid, randomBytes(32)]]), root: randomBytes(32) }, async () => undefined)
}

const key32 = z.base64().refine((s) => Buffer.from(s, 'base64').length === 32)
const fileSchema = z.object({ current: z.string(), keys: z.record(z.string(), key32), root: key32 })

/**
 * The ring of a data folder (made when there is none) or of CLARION_KEYS, which wins.
 * @throws CannotStart when the file cannot be read: nothing is made in its place, since that would lose every token.
 */
export const openKeyRing = async (o: { dir: string; env?: string | undefined }): Promise<KeyRing> => {
  if (o.env) return keyRingFrom(o.env)
  const path = join(o.dir, 'keys.json')
  const save = (ring: Ring) => writeWhole(path, asFile(ring))
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new CannotStart(
      `${path} cannot be read (${error.code}).`,
      'Give the user who runs Clarion the right to read it.',
    )
  })
  if (text === undefined) {
    const kid = newKid()
    const ring: Ring = { current: kid, keys: new Map([[kid, randomBytes(32)]]), root: randomBytes(32) }
    await save(ring)
    return build(ring, save)
  }
  let parsed: z.output<typeof fileSchema>
  try {
    parsed = fileSchema.parse(JSON.parse(text))
    if (!parsed.keys[parsed.current]) throw new Error('no current key')
  } catch {
    throw new CannotStart(
      `${path} is damaged.`,
      'Restore it from a backup: without it the stored tokens cannot be opened.',
    )
  }
  const keys = new Map(Object.entries(parsed.keys).map(([k, v]) => [k, Buffer.from(v, 'base64')] as const))
  return build({ current: parsed.current, keys, root: Buffer.from(parsed.root, 'base64') }, save)
}

const asFile = (ring: Ring): string =>
  `${JSON.stringify({ current: ring.current, keys: Object.fromEntries([...ring.keys].map(([k, v]) => [k, v.toString('base64')])), root: ring.root.toString('base64') }, null, 2)}\n`

/** The ring as `keys.json` has it, for a backup; a secret. `o` as for `openKeyRing`, which has opened it before. */
export const keysForBackup = async (o: { dir: string; env?: string | undefined }): Promise<string> =>
  o.env ? asFile(parseKeys(o.env)) : readFile(join(o.dir, 'keys.json'), 'utf8')

/**
 * Puts the ring of a backup in the place of a data folder's, or sees that CLARION_KEYS, which wins, is the same.
 * @throws CannotStart when it is not: what the backup holds would not open.
 */
export const restoreKeys = async (o: { dir: string; env?: string | undefined }, text: string): Promise<void> => {
  const kept = fileSchema.parse(JSON.parse(text))
  if (!o.env) return writeWhole(join(o.dir, 'keys.json'), text)
  const set = parseKeys(o.env)
  const same = Object.entries(kept.keys).every(([kid, key]) => set.keys.get(kid)?.toString('base64') === key)
  if (!same || set.root.toString('base64') !== kept.root)
    throw new CannotStart(
      'CLARION_KEYS does not have the keys of this backup, so what is sealed in it would not open.',
      'Leave CLARION_KEYS out: the keys of the backup are put into keys.json. Or set it as it was where the backup was made.',
    )
}
