import { describe, expect, test } from 'vitest'
import { preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { mentions, richText, spans, text } from './text.ts'
import { newTid } from './tid.ts'

const facets = (source: string, dids: Record<string, string | null>) => richText(source, dids).facets
const words = (source: string) => spans(source).map((s) => source.slice(s.start, s.end))
/** The bytes a facet points at, as the network reads them. */
const pointed = (source: string, dids: Record<string, string | null> = {}) =>
  facets(source, dids).map((f) =>
    Buffer.from(richText(source, dids).text).subarray(f.index.byteStart, f.index.byteEnd).toString(),
  )

describe('counting', () => {
  test('a family is one grapheme and 25 bytes', () => expect(text.count('👨‍👩‍👧‍👦')).toBe(1))
  test('300 graphemes but over 3,000 bytes is too much in bytes only', () => {
    const draft = {
      segments: [{ text: '👨‍👩‍👧‍👦'.repeat(121), media: [] }],
      settings: {},
      channel: { kind: 'profile', facts: {} },
    }
    expect(preflight(pure, draft).map((f) => f.rule)).toEqual(['bluesky.text.bytes'])
  })
})

describe('facets', () => {
  test('a facet counts bytes of the text as it is stored, and keeps the whole address', () =>
    expect(richText('Hi https://example.com #x', {})).toEqual({
      text: 'Hi example.com #x',
      facets: [
        {
          index: { byteStart: 3, byteEnd: 14 },
          features: [{ $type: 'app.bsky.richtext.facet#link', uri: 'https://example.com' }],
        },
        { index: { byteStart: 15, byteEnd: 17 }, features: [{ $type: 'app.bsky.richtext.facet#tag', tag: 'x' }] },
      ],
    }))
  test('offsets are bytes: letters, emoji and CJK before a link move it', () => {
    const source = 'Zażółć 👨‍👩‍👧‍👦 日本 https://example.com/ż #żółć @alice.test'
    expect(pointed(source, { 'alice.test': 'did:plc:a' })).toEqual(['example.com/ż', '#żółć', '@alice.test'])
  })
  test('a mention nobody has stays plain text', () =>
    expect(facets('@nobody.test', { 'nobody.test': null })).toEqual([]))
  test('mentions are looked up once each, in lower case', () =>
    expect(mentions('@Alice.test and @alice.test, @bob.example.com!')).toEqual(['alice.test', 'bob.example.com']))
  test('an e-mail address is no mention', () => expect(mentions('write to me@example.com')).toEqual([]))
  test('punctuation after a link belongs to the sentence', () =>
    expect(words('Read https://example.com/a. (or https://example.com/b_(c)), yes')).toEqual([
      'https://example.com/a',
      'https://example.com/b_(c)',
    ]))
  test('a bare domain is a link, a file name is not', () =>
    expect(words('bsky.app and node.js and e.g. this')).toEqual(['bsky.app']))
  test('a bare domain gets https', () =>
    expect(spans('bsky.app')[0]).toMatchObject({ kind: 'link', uri: 'https://bsky.app' }))
  test('a number is no tag, and marks after a tag are not part of it', () =>
    expect(words('#1 #Bread! #a1')).toEqual(['#Bread', '#a1']))
  test('a fragment of a link is no tag', () =>
    expect(spans('https://example.com/#top').map((s) => s.kind)).toEqual(['link']))
  test('a tag of 65 graphemes is left out', () => expect(spans(`#${'a'.repeat(65)}`)).toEqual([]))
  test.each(['#️⃣ keys', '#⃣ keys', 'press #️⃣'])('a keycap is no tag: %s', (source) => expect(spans(source)).toEqual([]))
  test('a tag of another script keeps its marks', () =>
    expect(words('#हिन्दी और #café! #日本語。')).toEqual(['#हिन्दी', '#café', '#日本語']))
  test('a handle is found after a bracket of any script, and not in an address of the fediverse', () =>
    expect(mentions('（@alice.test）「@bob.test」 @me.test@example.com')).toEqual(['alice.test', 'bob.test']))
  test('facets never overlap', () => {
    const all = spans('@bsky.app https://bsky.app/@alice.test #tag')
    for (let i = 1; i < all.length; i++) expect(all[i]!.start).toBeGreaterThanOrEqual(all[i - 1]!.end)
  })
})

describe('long addresses are shown as the app shows them', () => {
  const shown = (source: string) => richText(source, {}).text
  test.each([
    ['https://example.com', 'example.com'],
    ['https://example.com/', 'example.com'],
    ['https://example.com/?a=1', 'example.com?a=1'],
    ['https://example.com/12345678901234', 'example.com/12345678901234'],
    ['https://example.com/123456789012345', 'example.com/123456789012...'],
    ['http://example.com:8080/a/very/long/path?with=query#top', 'example.com:8080/a/very/long/...'],
    ['example.com/a/very/long/path/without/scheme', 'example.com/a/very/long/path/without/scheme'],
    ['https://ja.wikipedia.org/wiki/日本語の文字の歴史についての記事', 'ja.wikipedia.org/wiki/日本語の文字の...'],
  ])('%s', (source, expected) => expect(shown(source)).toBe(expected))
  test('what is counted is what is stored: a long address leaves room', () => {
    const link = `https://example.com/${'a'.repeat(3000)}`
    expect(text.count(`See ${link}`)).toBe('See example.com/aaaaaaaaaaaa...'.length)
    expect(text.bytes!(`See ${link}`)).toBe('See example.com/aaaaaaaaaaaa...'.length)
    const draft = {
      segments: [{ text: `See ${link}`, media: [] }],
      settings: {},
      channel: { kind: 'profile', facts: {} },
    }
    expect(preflight(pure, draft)).toEqual([])
  })
})

describe('splitting', () => {
  test('every part keeps to 300 characters and to 3,000 bytes', () => {
    const parts = text.split('👨‍👩‍👧‍👦'.repeat(400), 300)
    expect(parts.join('')).toBe('👨‍👩‍👧‍👦'.repeat(400))
    for (const part of parts) {
      expect(text.count(part)).toBeLessThanOrEqual(300)
      expect(text.bytes!(part)).toBeLessThanOrEqual(3000)
    }
  })
  test('an address counts as it is shown, and is never cut', () => {
    const link = 'https://example.com/a/path/that/is/much/longer/than/what/is/shown/of/it'
    const parts = text.split(`${'word '.repeat(52)}${link} and more ${'word '.repeat(40)}`, 300)
    expect(parts[0]).toContain(link)
    expect(parts.filter((p) => p.includes('https://'))).toHaveLength(1)
  })
})

describe('record keys', () => {
  test('are TIDs: 13 signs, the first in 2-7a-j', () =>
    expect(newTid(Date.UTC(2026, 10, 22))).toMatch(/^[234567abcdefghij][234567a-z]{12}$/))
  test('sort by time', () => {
    const at = Date.UTC(2026, 10, 22)
    expect([newTid(at + 2), newTid(at), newTid(at + 1)].sort()).toHaveLength(3)
    expect(newTid(at) < newTid(at + 1)).toBe(true)
  })
  test('two of one millisecond differ', () =>
    expect(new Set(Array.from({ length: 200 }, () => newTid(1_790_000_000_000))).size).toBeGreaterThan(190))
  test('carry the microseconds they were made of', () =>
    expect(newTid(0, { clockId: 0, micros: 1 })).toBe('2222222222322'))
})
