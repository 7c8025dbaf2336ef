import { describe, expect, test } from 'vitest'
import { addresses, handlesAndTags, stretches } from './addresses.ts'

const found = (text: string) => addresses(text).map((a) => text.slice(a.start, a.end))

describe('an address', () => {
  test.each([
    // What ends it.
    ['読んで https://example.com/a。次', 'https://example.com/a'],
    ['https://example.com/a…', 'https://example.com/a'],
    ['[words](https://example.com/a)', 'https://example.com/a'],
    ['[https://example.com/a]', 'https://example.com/a'],
    ['（https://example.com/a）', 'https://example.com/a'],
    ['「https://example.com/a」と', 'https://example.com/a'],
    ['„https://example.com/a”', 'https://example.com/a'],
    ['https://example.com/a，还有', 'https://example.com/a'],
    ['https://example.com/a🎉', 'https://example.com/a'],
    ['https://example.com/a—and more', 'https://example.com/a'],
    ['https://example.com/abcを見て', 'https://example.com/abc'],
    ['https://example.comを見て', 'https://example.com'],
    ['Is it https://example.com/a?!', 'https://example.com/a'],
    ['*https://example.com/a*', 'https://example.com/a'],
    ['<https://example.com/a>', 'https://example.com/a'],
    // What belongs to it.
    ['https://en.wikipedia.org/wiki/Bread_(band)', 'https://en.wikipedia.org/wiki/Bread_(band)'],
    ['(https://en.wikipedia.org/wiki/Bread_(band))', 'https://en.wikipedia.org/wiki/Bread_(band)'],
    ['https://example.com/?q[]=1&r={2}', 'https://example.com/?q[]=1&r={2}'],
    ['https://ja.wikipedia.org/wiki/日本語', 'https://ja.wikipedia.org/wiki/日本語'],
    ['https://ja.wikipedia.org/wiki/ジョン・スミス', 'https://ja.wikipedia.org/wiki/ジョン・スミス'],
    ['https://hi.wikipedia.org/wiki/हिन्दी।', 'https://hi.wikipedia.org/wiki/हिन्दी'],
    ['http://żółw.pl/łąka', 'http://żółw.pl/łąka'],
    ['http://localhost:3000/a', 'http://localhost:3000/a'],
    ['HTTPS://EXAMPLE.COM', 'HTTPS://EXAMPLE.COM'],
    // What it may stand behind.
    ['（例：https://example.com', 'https://example.com'],
    ['リンクhttps://example.com', 'https://example.com'],
    ['🎉https://example.com', 'https://example.com'],
    ['—https://example.com', 'https://example.com'],
    ['Link:example.com', 'example.com'],
    ['-example.com', 'example.com'],
    ['「example.com」', 'example.com'],
    ['見てexample.com/aを', 'example.com/a'],
    // Without a scheme.
    ['żółw.pl', 'żółw.pl'],
    ['пример.рф и', 'пример.рф'],
    ['www.example.com:8080/a?b#c.', 'www.example.com:8080/a?b#c'],
    ['xn--p1ai.xn--p1ai', 'xn--p1ai.xn--p1ai'],
    ['docs.md/a', 'docs.md/a'],
  ])('in %s is %s', (text, address) => expect(found(text)).toEqual([address]))

  test.each([
    'node.js',
    'README.md',
    'e.g. this',
    'the end.Next one',
    'me@example.com',
    '@alice.example.com',
    '#example.com',
    '3.14 and 10.30',
    'https://',
    'https://nothing',
    'shttps://example',
    'a..com',
    '-.com',
    `${'a'.repeat(64)}.com`,
  ])('%s holds none', (text) => expect(found(text)).toEqual([]))

  test('several stand in order, each with its scheme', () =>
    expect(addresses('a.co https://b.co/x c.co').map((a) => a.url)).toEqual([
      'https://a.co',
      'https://b.co/x',
      'https://c.co',
    ]))
})

test('tags keep their marks and joiners, handles their dots, and a mark at the end is the sentence’s', () => {
  const text = '#हिन्दी, #می‌روم @alice.b. a@b #C# https://a.co/#x (#tag)'
  expect(stretches(text).map((s) => text.slice(s.start, s.end))).toEqual([
    '#हिन्दी',
    '#می‌روم',
    '@alice.b',
    '#C',
    'https://a.co/#x',
    '#tag',
  ])
})

test('a keycap behind a number sign, or behind a tag, is an emoji', () => {
  const text = '#1️⃣ #2\u20e3 #3 #a4️⃣ #️⃣'
  expect(handlesAndTags(text).map((s) => text.slice(s.start, s.end))).toEqual(['#3', '#a'])
})
