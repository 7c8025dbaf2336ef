import fc from 'fast-check'
import { expect, test } from 'vitest'
import { problems } from '#contract/problems.ts'
import { TooManyBytes } from '#infra/files.ts'
import { StorageFull } from '#infra/storage.ts'
import { VideoRefused } from '#infra/videos.ts'
import { mp4, pdf } from '#kit/testing/video.ts'
import { checkLink, linkMs, signLink } from './links.ts'
import { asProblem, asTooLarge } from './refusals.ts'
import { cleanName, kindOf, nameOfUrl, rangeOf } from './rules.ts'

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

test('the first bytes tell the kind, whatever the file calls itself', () => {
  const of = (text: string) => kindOf(Buffer.from(text, 'latin1'))
  expect(kindOf(mp4())).toEqual({ kind: 'video' })
  expect(kindOf(pdf())).toEqual({ kind: 'document' })
  expect(of('\0\0\0\x14ftypqt  ')).toEqual({ kind: 'video' })
  expect(of('\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm')).toEqual({ kind: 'video' })
  for (const picture of ['\x89PNG\r\n', '\xff\xd8\xff', 'GIF89a', '<svg', ''])
    expect([picture, of(picture).kind]).toEqual([picture, 'image'])
  for (const other of ['\x1aE\xdf\xa3something', 'ID3', 'RIFF\0\0\0\0WAVE', '\0\0\0\x1cftypM4A '])
    expect([other, of(other).kind]).toEqual([other, null])
  for (const video of [
    '\x1aE\xdf\xa3matroska',
    'RIFF\0\0\0\0AVI ',
    'FLV\x01',
    '0&\xb2u',
    '\0\0\x01\xba',
    '\0\0\x01\xb3',
  ])
    expect([video, of(video).kind]).toEqual([video, 'video'])
  for (const document of ['PK\x03\x04', '\xd0\xcf\x11\xe0']) expect(of(document).kind).toBe('document')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => kindOf(bytes) !== undefined))
})

test('HEIC and AVIF are told what to do, under each of their brands', () => {
  const of = (brands: string) => kindOf(Buffer.from(`\0\0\0\x1cftyp${brands}`, 'latin1')).looks ?? 'taken'
  for (const brands of ['heic\0\0\0\0mif1heic', 'heix', 'hevc', 'mif1\0\0\0\0mif1heic', 'msf1\0\0\0\0hevc'])
    expect(of(brands)).toMatch(/HEIC.*JPEG.*Most Compatible/)
  for (const brands of ['avif', 'avis', 'mif1\0\0\0\0mif1avifmiaf'])
    expect(of(brands)).toMatch(/AVIF.*JPEG, PNG or WebP/)
})

test('a range is never wider than the file, and what is no range means all of it', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(3000), fc.nat(3000)).map(([a, b]) => `bytes=${a}-${b}`),
    fc.nat(3000).map((n) => `bytes=-${n}`),
    fc.nat(3000).map((n) => `bytes=${n}-`),
  )
  fc.assert(
    fc.property(header, fc.nat(2000), (text, size) => {
      const wanted = rangeOf(text, size)
      if (!('from' in wanted)) return true
      return wanted.from >= 0 && wanted.from <= wanted.to && wanted.to < size
    }),
  )
  expect(rangeOf('bytes=0-99', 10)).toEqual({ from: 0, to: 9 })
  expect(rangeOf('bytes=-3', 10)).toEqual({ from: 7, to: 9 })
  expect(rangeOf('bytes=10-', 10)).toEqual({ none: true })
  expect(rangeOf('bytes=0-', 0)).toEqual({ none: true })
  expect(rangeOf('bytes=5-4', 10)).toEqual({ all: true })
  expect(rangeOf(undefined, 10)).toEqual({ all: true })
})

test('what tools say becomes a Problem a person can act on; what they did not foresee stays what it is', () => {
  const code = (run: () => unknown) => {
    try {
      return run()
    } catch (error) {
      return (error as { code?: string }).code ?? error
    }
  }
  expect(code(() => asProblem(new StorageFull()))).toBe('no-space')
  expect(problems['no-space'].status).toBe(507)
  expect(code(() => asProblem(new VideoRefused('encrypted', 'x')))).toBe('bad-media')
  expect(code(() => asProblem(new VideoRefused('not-a-video', 'x')))).toBe('unsupported-media')
  expect(code(() => asTooLarge('video')(new TooManyBytes(5)))).toBe('too-large')
  const bug = new Error('x')
  expect(code(() => asTooLarge('video')(bug))).toBe(bug)
})
