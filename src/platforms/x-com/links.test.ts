import fc from 'fast-check'
// Other people's reading of the rules, old and slow: it may not count our users' texts, but it can mark our work.
import twitter from 'twitter-text'
import { expect, test } from 'vitest'
import { asciiLength, findLinks } from './links.ts'
import { cashtags, weighted } from './text.ts'

const found = (text: string) => findLinks(text).map((l) => l.url)

test.each([
  ['see example.com/a_(b), yes', 'example.com/a_(b)'],
  ['中example.com中', 'example.com'],
  ['http://example.com/abcを見て', 'http://example.com/abc'],
  ['http://żółw.pl/ż', 'http://żółw.pl/ż'],
  ['x.рф', 'x.рф'],
  ['http://a.com/?x=1.', 'http://a.com/?x=1'],
  ['www.a.com:80/x?y=1', 'www.a.com:80/x?y=1'],
  ['a.com:80', 'a.com'],
])('in %s X links %s', (text, link) => expect(found(text)).toEqual([link]))

test.each([
  'user@example.com',
  '@example.com',
  '#example.com',
  '$a.com',
  'foo.invalidtld',
  'http://localhost',
  'a_.com',
  '-a.com',
  'a.com+',
])('in %s X links nothing', (text) => expect(found(text)).toEqual([]))

test('twitter-text sees the same links, cashtags and weights in what people write', () => {
  const words = [
    'bread',
    'Żółć',
    '中文',
    'かな',
    'Привет',
    '#tag',
    '@name',
    '$TWTR',
    '$5',
    '😀',
    '👨‍👩‍👧‍👦',
    '🇵🇱',
    '1️⃣',
    '“quoted”',
    '…',
  ]
  const links = [
    'example.com',
    'https://example.com',
    'http://example.com/a/b_(c)?d=e&f#g',
    'EXAMPLE.ORG/X',
    'http://中文.com/a',
    'пример.рф',
    'a.co.uk',
    't.co/abc',
    'https://example.com:8080/',
    'https://example.com/a,b;c',
  ]
  const marks = [' ', '\n', '. ', ', ', '! ', '? ', ' (', ') ', ': ', ' - ', '。', '、']
  const text = fc
    .array(fc.tuple(fc.constantFrom(...words, ...links), fc.constantFrom(...marks)), { maxLength: 12 })
    .map((xs) => xs.flat().join(''))
  fc.assert(
    fc.property(text, (source) => {
      expect(found(source)).toEqual(twitter.extractUrls(source))
      expect(weighted(source)).toBe(twitter.parseTweet(source).weightedLength)
      expect(cashtags(source)).toEqual(twitter.extractCashtags(source))
    }),
    { numRuns: 1500 },
  )
})

test.each([
  'żółw',
  '中文中文中文中文',
  'пример',
  'bücher-und-mehr',
  'ü'.repeat(30),
  'かなかなkanaかな',
  'ไทยไทย',
  '𠀀𠀁a𠀂',
])('the ASCII form of %s is as long as the address bar says', (label) =>
  expect(asciiLength(label)).toBe(new URL(`http://${label}.com`).hostname.length - 4),
)
