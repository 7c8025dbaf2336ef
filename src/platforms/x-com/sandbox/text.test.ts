import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileTexts } from '#kit/testing/hostile.ts'
import { findLinks } from '../links.ts'
import { weighted } from '../text.ts'
import { cashtags, findUrls, mentions, weightedLength } from './text.ts'

test.each(Object.entries(hostileTexts))('the imitation reads 100 kB at once: %s', (_, text) => {
  const used = () => {
    const begun = process.threadCpuUsage()
    weightedLength(text)
    mentions(text)
    cashtags(text)
    const { user, system } = process.threadCpuUsage(begun)
    return (user + system) / 1000
  }
  expect(Math.min(...Array.from({ length: 5 }, used))).toBeLessThan(150)
})

test('both books find the same links and weights in what people write', () => {
  const words = [
    'bread',
    'Żółć',
    '中文',
    'かな',
    '#tag',
    '@name',
    '😀',
    '👨‍👩‍👧‍👦',
    '🇵🇱',
    '❤️‍🔥',
    'example.com',
    'https://example.com/a_(b)?c=d',
    'http://中文.com/a',
    'a.co.uk',
    'https://example.com:8080/',
    'EXAMPLE.ORG',
  ]
  const marks = [' ', '\n', '. ', ', ', '! ', '? ', ' (', ') ', ': ', '。', '、']
  const text = fc.array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(...marks)), { maxLength: 10 })
  fc.assert(
    fc.property(text, (xs) => {
      const source = xs.flat().join('')
      expect(findUrls(source).map((u) => u.url)).toEqual(findLinks(source).map((u) => u.url))
      expect(weightedLength(source)).toBe(weighted(source))
    }),
    { numRuns: 1000 },
  )
})
