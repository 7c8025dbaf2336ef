import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkLink, linkMs, signLink } from './links.ts'
import { cleanName, nameOfUrl } from './rules.ts'

const key = Buffer.alloc(32, 7)
const now = Date.UTC(2026, 10, 22, 9, 30)
const parts = (link: string) => {
  const url = new URL(link, 'http://x')
  return { exp: url.searchParams.get('exp')!, sig: url.searchParams.get('sig')! }
}

test('a link opens what it was signed for, until it expires', () => {
  const o = { mediaId: 'm', profile: 'p' }
  const { exp, sig } = parts(signLink(key, { ...o, now }))
  expect(checkLink(key, { ...o, exp, sig, now })).toBe(true)
  expect(checkLink(key, { ...o, exp, sig, now: now + linkMs - 1 })).toBe(true)
  expect(checkLink(key, { ...o, exp, sig, now: Number(exp) * 1000 })).toBe(false)
})

test('a link opens nothing else: other media, profile, expiry, key or signature', () => {
  const o = { mediaId: 'm', profile: 'p' }
  const { exp, sig } = parts(signLink(key, { ...o, now }))
  expect(checkLink(key, { ...o, mediaId: 'n', exp, sig, now })).toBe(false)
  expect(checkLink(key, { ...o, profile: 'q', exp, sig, now })).toBe(false)
  expect(checkLink(key, { ...o, exp: String(Number(exp) + 3600), sig, now })).toBe(false)
  expect(checkLink(Buffer.alloc(32, 8), { ...o, exp, sig, now })).toBe(false)
  for (const bad of ['', 'AA', `${sig}A`, sig.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))])
    expect(checkLink(key, { ...o, exp, sig: bad, now })).toBe(false)
  for (const bad of ['', '-1', '1e99', 'NaN', '9'.repeat(13)])
    expect(checkLink(key, { ...o, exp: bad, sig, now })).toBe(false)
})

test('a name has no path, no control characters, and is never empty', () => {
  expect(cleanName('C:\\fotki\\kot.png')).toBe('kot.png')
  expect(cleanName('../../etc/passwd')).toBe('passwd')
  expect(cleanName('\u0000\u001b')).toBe('picture')
  expect(nameOfUrl(new URL('https://x.test/a/%C5%BCuk.jpg?x=1'))).toBe('żuk.jpg')
  expect(nameOfUrl(new URL('https://x.test/%ff'))).toBe('%ff')
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (s) => cleanName(s) !== '' && cleanName(s).isWellFormed() && cleanName(s).length <= 200,
    ),
  )
})
