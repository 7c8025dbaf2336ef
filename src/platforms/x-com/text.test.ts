import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cost } from './preflight.ts'
import { cashtags, echoedKey, hasUrl, sentKey, text, weighted } from './text.ts'

type Vector = { text: string; weightedLength: number; what?: string }
const vectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/text/${file}`, 'utf8')).vectors

describe('weighted length', () => {
  for (const v of [...vectors('weighted-length.json'), ...vectors('conformance.json')])
    test(`${v.what ?? JSON.stringify(v.text.slice(0, 40))} weighs ${v.weightedLength}`, () =>
      expect(weighted(v.text)).toBe(v.weightedLength))
  test('10 MB of text is counted at once, and never fits', () => {
    const started = performance.now()
    expect(weighted('a b '.repeat(2_500_000))).toBeGreaterThan(25_000)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('emoji of any age count 2', () => {
  test.each([
    ['a heart on fire', '❤️‍🔥'],
    ['a two-tone handshake', '🫱🏻‍🫲🏿'],
    ['a family of four', '👨‍👩‍👧‍👦'],
    ['the flag of Wales', '🏴󠁧󠁢󠁷󠁬󠁳󠁿'],
    ['a flag', '🇵🇱'],
    ['a pirate flag', '🏴‍☠️'],
    ['a keycap', '#️⃣'],
    ['a keycap without its selector', '1⃣'],
    ['a copyright sign as emoji', '©️'],
    ['a person with a skin tone facing right', '🏃🏾‍♀️‍➡️'],
    ['a phoenix (2023)', '🐦‍🔥'],
    ['a face with bags under its eyes (2024)', '🫩'],
  ])('%s', (_, emoji) => {
    expect(weighted(emoji)).toBe(2)
    expect(weighted(`a${emoji}b`)).toBe(4)
  })
  test('a plain copyright sign and a digit are no emoji', () => expect(weighted('© 1 ®')).toBe(5))
  test('people who are joined but no emoji of Unicode count each', () => expect(weighted('👩‍👩')).toBe(5))
  test('no emoji is cut in a thread', () =>
    expect(text.split('🫱🏻‍🫲🏿'.repeat(200), 280).map((p) => p.length)).toEqual(
      [140, 60].map((n) => n * '🫱🏻‍🫲🏿'.length),
    ))
})

describe('splitting into a thread', () => {
  test('each part fits, and no word is lost', () => {
    const source = Array.from({ length: 200 }, (_, i) => `Sentence ${i} about bread 🍞.`).join(' ')
    const parts = text.split(source, 280)
    expect(parts.length).toBeGreaterThan(3)
    for (const p of parts) expect(weighted(p)).toBeLessThanOrEqual(280)
    expect(parts.join(' ')).toBe(source)
  })
  test('an address counts 23 however long, and is never cut', () => {
    const link = `https://example.com/${'a'.repeat(400)}`
    const parts = text.split(`${'word '.repeat(50)}${link} ${'word '.repeat(40)}`, 280)
    expect(parts.map((p) => p.includes(link))).toEqual([true, false])
  })
  test('a short text stays one part', () => expect(text.split('Short', 280)).toEqual(['Short']))
})

describe('the key that tells two texts are one post', () => {
  const same = (sent: string, echoed: string, urls: Parameters<typeof echoedKey>[1] = []) =>
    expect(echoedKey(echoed, urls)).toBe(sentKey(sent))
  test('t.co links are undone', () =>
    same('See https://example.com/a?b=1 now', 'See https://t.co/abc now', [
      { url: 'https://t.co/abc', expanded: 'https://example.com/a?b=1', media: false },
    ]))
  test('a bare domain comes back with a scheme', () =>
    same('example.com works', 'https://t.co/abc works', [
      { url: 'https://t.co/abc', expanded: 'http://example.com', media: false },
    ]))
  test('the link to the picture is not part of the text', () =>
    same('Look', 'Look https://t.co/pic', [
      { url: 'https://t.co/pic', expanded: 'https://x.com/a/status/1/photo/1', media: true },
    ]))
  test('HTML entities are undone', () => same('a < b & c > d', 'a &lt; b &amp; c &gt; d'))
  test('a text that says &amp; itself is not undone twice', () => same('&amp; in HTML', '&amp;amp; in HTML'))
  test('both forms of an accent are one', () => same('cafe\u0301', 'café'))
  test('white space at the ends and doubled does not matter', () => same('  one\n\n two ', 'one\n two'))
  test('another word is another post', () => expect(echoedKey('Tuesday')).not.toBe(sentKey('Wednesday')))
  test('another link is another post', () =>
    expect(echoedKey('https://example.com/1')).not.toBe(sentKey('https://example.com/2')))
})

test('links and cashtags are seen as X sees them', () => {
  expect(hasUrl('example.com')).toBe(true)
  expect(hasUrl('no link. Here')).toBe(false)
  expect(cashtags('$TWTR and $5 and $GOOG')).toEqual(['TWTR', 'GOOG'])
})

test('the cost names what a link costs', () => {
  const draft = (texts: string[], alt = '') => ({
    segments: texts.map((t) => ({
      text: t,
      media: alt
        ? [{ id: 'm', kind: 'image' as const, mime: 'image/png', bytes: 1, width: 1, height: 1, durationMs: null, alt }]
        : [],
    })),
    settings: {},
    channel: { kind: 'profile', facts: {} },
  })
  expect(cost(draft(['plain'])).amount).toBe(0.015)
  expect(cost(draft(['https://example.com', 'plain'])).amount).toBe(0.215)
  // What is said adds up to what is charged.
  expect(cost(draft(['plain'], 'an alt text'))).toMatchObject({
    amount: 0.02,
    kind: 'plain-alt',
    params: { alts: 1 },
    note: expect.stringContaining('$0.005; 1 here'),
  })
})
