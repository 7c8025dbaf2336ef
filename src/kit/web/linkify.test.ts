import { expect, test } from 'vitest'
import { usualStretches } from './linkify.tsx'

const coloured = (text: string) => usualStretches(text).map(({ start, end }) => text.slice(start, end))

test('digits alone are no hashtag, and no handle begins with a letter that handles do not have', () => {
  expect(coloured('In #2026 and #2026goals, #7, #日本 by @é and @anna.k, see https://example.com/#1')).toEqual([
    '#2026goals',
    '#日本',
    '@anna.k',
    'https://example.com/#1',
  ])
})
