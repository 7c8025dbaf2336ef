import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphemeEnds } from './graphemes.ts'
import { textRules } from './text.ts'

const { split } = textRules('graphemes')
const squeezed = (text: string) => text.replace(/\s+/g, '')

describe('a text is cut', () => {
  test('at the end of a paragraph', () =>
    expect(split('One. Two.\n\nThree. Four.', 16)).toEqual(['One. Two.', 'Three. Four.']))
  test.each([
    ['Latin', 'The first one here. The second one here. Third.', 45],
    ['Chinese', '今天天气很好。我们去公园。', 10],
    ['quoted Japanese', '彼は「はい。」と言った。次の文がここにある。', 16],
    ['Hindi', 'यह पहला वाक्य है। यह दूसरा वाक्य है।', 22],
    ['Arabic', 'هل هذا هو السؤال؟ نعم هذا هو الجواب', 25],
    ['Urdu', 'یہ پہلا جملہ ہے۔ یہ دوسرا جملہ ہے۔', 22],
  ])('at the end of a sentence: %s', (_, text, max) => {
    const [first] = split(text, max)
    expect(first).toMatch(/[.。।؟۔]$/u)
  })
  test('at the end of a word, even far from the limit', () =>
    expect(split('See antidisestablishmentarianism', 30)).toEqual(['See', 'antidisestablishmentarianism']))
  test('at the end of a word where no spaces stand between words, and not before a closing mark', () => {
    const parts = split('私はパンを焼くのが好きです、毎朝早く起きてパンを焼きます', 14)
    expect(parts.join('')).toBe('私はパンを焼くのが好きです、毎朝早く起きてパンを焼きます')
    for (const part of parts) expect(part).not.toMatch(/^[、。」]/u)
  })
  test('between characters where there is nothing else, and a family stays together', () =>
    expect(split('👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 2)).toEqual(['👨‍👩‍👧‍👦👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦']))
  test.each(['https://example.com/a.b?c=d', '@alice.example.com', '#BreadIsGood', 'example.com/path.html'])(
    'never inside %s',
    (kept) => {
      for (let max = kept.length; max < kept.length + 12; max++)
        expect(
          split(`Some words ${kept} and some more words. ${kept}`, max).filter((p) => p.includes(kept)),
        ).not.toEqual([])
    },
  )
  test('an address longer than a post is cut all the same', () => {
    const link = `https://example.com/${'a'.repeat(50)}`
    expect(split(link, 30).join('')).toBe(link)
  })
  test('a decimal point ends no sentence', () =>
    expect(split('It costs 3.14 euros', 12)).toEqual(['It costs', '3.14 euros']))
})

test('no part is too long or empty, nothing but white space is lost, and no grapheme is cut', () => {
  const bits = [
    'word',
    ' ',
    '. ',
    '\n\n',
    '。',
    '中文',
    'https://a.co/b',
    '@al.ice',
    '#tag',
    '👨‍👩‍👧‍👦',
    'e\u0301',
    '…',
    '"',
    'ก็',
    '\u200b',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (xs, max) => {
      const text = xs.join('')
      const parts = split(text, max)
      expect(squeezed(parts.join(''))).toBe(squeezed(text))
      if (text.trim()) expect(parts.every((p) => p.trim() !== '')).toBe(true)
      const joined = graphemeEnds(squeezed(text)).length
      expect(parts.reduce((n, p) => n + graphemeEnds(squeezed(p)).length, 0)).toBe(joined)
      for (const p of parts) expect(graphemeEnds(p).length).toBeLessThanOrEqual(max)
    }),
    { numRuns: 500 },
  )
})
