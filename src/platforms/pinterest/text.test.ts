import { describe, expect, test } from 'vitest'
import { hostOf, linkKey } from '#kit/facts/links.ts'
import { joinedAlt, text, textKey } from './text.ts'

test('text is counted in code points, as the schema of the API counts', () => {
  expect(text.count('a👍🏽é')).toBe(4)
  expect(text.count('e\u0301')).toBe(2)
})

describe('what makes two pins the same', () => {
  test('white space and the form of an accent do not', () => expect(textKey(' cafe\u0301\n\n x ')).toBe('café x'))
  test('nothing and empty are one', () => expect(textKey(null)).toBe(textKey('')))
  test('another word does', () => expect(textKey('Rye')).not.toBe(textKey('rye')))
  test('a slash at the end and the case of the host do not', () =>
    expect(linkKey('https://Example.com/Bread/')).toBe(linkKey('https://example.com/Bread')))
  test('a path or a query does', () => {
    expect(linkKey('https://example.com/a')).not.toBe(linkKey('https://example.com/A'))
    expect(linkKey('https://example.com/a?x=1')).not.toBe(linkKey('https://example.com/a'))
  })
  test('what is no address stays as it is', () => expect(linkKey('not an address')).toBe('not an address'))
})

test('a carousel has one alt text; those without words are left out, one alone has no number', () => {
  expect(joinedAlt(['a loaf', '', 'two rolls!'])).toBe('1: a loaf. 3: two rolls!')
  expect(joinedAlt([' a loaf '])).toBe('a loaf')
  expect(joinedAlt([])).toBe('')
})

test('the host of an address is told without www and port; half an address has none', () => {
  expect(hostOf('https://WWW.Example.com:8443/a?b#c')).toBe('example.com')
  expect(hostOf('https://')).toBe('')
  expect(hostOf('bit.ly/x')).toBe('')
})
