import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphemeEnds } from './graphemes.ts'

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const slow = (text: string) => [...segmenter.segment(text)].map((s) => s.index + s.segment.length)

test('characters end where Unicode says, however they are mixed', () => {
  const bits = [
    'a',
    'é',
    'e\u0301',
    '\r',
    '\n',
    '\r\n',
    '中',
    'か',
    '\u3099',
    '가',
    'ᄀ',
    'ᅡ',
    '👨‍👩‍👧‍👦',
    '🇵🇱',
    '🇵',
    '\u200d',
    '\u0600',
    'ด',
    'ำ',
    '©',
    '️',
  ]
  const text = fc.array(
    fc.oneof(
      fc.constantFrom(...bits),
      fc.nat({ max: 400 }).map((n) => 'a'.repeat(n)),
    ),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(text, (parts) => {
      expect(graphemeEnds(parts.join(''))).toEqual(slow(parts.join('')))
    }),
    { numRuns: 400 },
  )
})
