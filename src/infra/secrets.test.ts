import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CannotStart } from './cannot-start.ts'
import { type Json, keyRingFrom, memoryKeyRing, openKeyRing, SealBroken } from './secrets.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-keys-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const reasonOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error instanceof SealBroken ? error.reason : error
  }
  return 'opened'
}

describe('sealing', () => {
  const ring = memoryKeyRing()

  test('any value opens as it was, at its place only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.jsonValue(), (aad, other, value) => {
        const plain = JSON.parse(JSON.stringify(value)) as Json
        const sealed = ring.seal(aad, plain)
        expect(ring.open(aad, sealed)).toEqual(plain)
        if (other !== aad) expect(reasonOf(() => ring.open(other, sealed))).toBe('refused')
      }),
    )
  })

  test('one changed bit anywhere is refused', () => {
    const sealed = ring.seal('t/1/f', { accessToken: 'abc' })
    const [v, kid, iv, body] = sealed.split('.') as [string, string, string, string]
    const flip = (text: string, at: number, bit: number) => {
      const b = Buffer.from(text, 'base64url')
      b[at % b.length]! ^= 1 << bit
      return b.toString('base64url')
    }
    fc.assert(
      fc.property(fc.nat(200), fc.nat(7), fc.boolean(), (at, bit, inBody) => {
        const changed = inBody ? `${v}.${kid}.${iv}.${flip(body, at, bit)}` : `${v}.${kid}.${flip(iv, at, bit)}.${body}`
        expect(reasonOf(() => ring.open('t/1/f', changed))).toBe('refused')
      }),
    )
    expect(reasonOf(() => ring.open('t/1/f', sealed.slice(0, -30)))).toMatch(/refused|malformed/)
    expect(reasonOf(() => ring.open('t/1/f', '{"accessToken":"abc"}'))).toBe('malformed')
  })

  test('two seals of one value differ, and neither shows it', () => {
    const a = ring.seal('x', 'correct horse')
    expect(a).not.toBe(ring.seal('x', 'correct horse'))
    expect(a).not.toContain(Buffer.from('correct horse').toString('base64url').slice(0, 12))
  })
})

describe('the key ring of a data folder', () => {
  test('is made once, readable by its owner only, and the same at the next start', async () => {
    const sealed = (await openKeyRing({ dir })).seal('a', 1)
    expect((await stat(join(dir, 'keys.json'))).mode & 0o777).toBe(0o600)
    const again = await openKeyRing({ dir })
    expect(again.open('a', sealed)).toBe(1)
    expect(again.derive('cookie')).toEqual((await openKeyRing({ dir })).derive('cookie'))
    expect(again.derive('cookie')).not.toEqual(again.derive('links'))
    expect(await readdir(dir)).toEqual(['keys.json'])
  })

  test('rotation: new values take the new key, old ones open, derived keys stay; forgetting ends the old ones', async () => {
    const ring = await openKeyRing({ dir })
    const old = ring.seal('a', 'v')
    const cookie = ring.derive('cookie')
    const kid = await ring.rotate()
    expect(ring.seal('a', 'v').split('.')[1]).toBe(kid)
    expect(ring.stale(old)).toBe(true)
    expect(ring.stale(ring.seal('a', 'v'))).toBe(false)
    const again = await openKeyRing({ dir })
    expect(again.open('a', old)).toBe('v')
    expect(again.derive('cookie')).toEqual(cookie)
    const fresh = again.seal('a', again.open('a', old))
    await again.forgetOld()
    expect(again.open('a', fresh)).toBe('v')
    expect(reasonOf(() => again.open('a', old))).toBe('unknown-key')
  })

  test('a damaged file is refused and left as it is', async () => {
    await writeFile(join(dir, 'keys.json'), '{"current":"a","keys":{')
    await expect(openKeyRing({ dir })).rejects.toThrow(CannotStart)
    expect(await readFile(join(dir, 'keys.json'), 'utf8')).toBe('{"current":"a","keys":{')
  })
})

describe('CLARION_KEYS', () => {
  const k = (n: number) => Buffer.alloc(32, n).toString('base64')

  test('the first key seals, all open, the last is the root', () => {
    const one = keyRingFrom(`old:${k(1)}`)
    const two = keyRingFrom(`new:${k(2)},old:${k(1)}`)
    expect(two.open('a', one.seal('a', 'v'))).toBe('v')
    expect(two.seal('a', 'v').split('.')[1]).toBe('new')
    expect(two.derive('cookie')).toEqual(one.derive('cookie'))
  })

  test('cannot be rotated from here', async () => {
    await expect(keyRingFrom(`a:${k(1)}`).rotate()).rejects.toThrow(/CLARION_KEYS/)
  })

  test.each([
    ['short', 'a:AAAA'],
    ['no name', k(1)],
    ['twice', `a:${k(1)},a:${k(2)}`],
  ])('a list with a %s key is refused without showing it', (_what, text) => {
    let error: unknown
    try {
      keyRingFrom(text)
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(CannotStart)
    expect((error as Error).message).not.toContain(k(1))
  })
})
