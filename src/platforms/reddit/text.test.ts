import { expect, test } from 'vitest'
import { hostOf, linkKey } from '#kit/facts/links.ts'
import { bareName, sameName, shownName, text, textKey, underDomain } from './text.ts'

test('text is counted in code points, as Reddit counts', () => {
  expect(text.count('a👨‍👩‍👧é')).toBe(7)
  expect(text.count('👍')).toBe(1)
})

test('a body is the same whatever happened to its white space, and without the tail of a poll', () => {
  expect(textKey('One\n\n two ')).toBe('One two')
  expect(textKey('Which?\n\n[View Poll](https://www.reddit.com/poll/ga3hiq)')).toBe('Which?')
  expect(textKey(null)).toBe(textKey('  '))
  expect(textKey('See [View Poll](x) here')).toBe('See [View Poll](x) here')
})

test('names of communities and profiles in every way people write them', () => {
  for (const given of ['AskReddit', 'r/AskReddit', '/r/AskReddit/', ' AskReddit '])
    expect(bareName(given)).toBe('AskReddit')
  for (const given of ['u/teo', '/user/teo', 'u_teo']) expect(bareName(given)).toBe('u_teo')
  expect(sameName('r/ASKREDDIT', 'askreddit')).toBe(true)
  expect(sameName('u/teo', 'u_Teo')).toBe(true)
  expect(sameName('teo', 'u_teo')).toBe(false)
  expect([shownName('bread'), shownName('u_teo')]).toEqual(['r/bread', 'u/teo'])
})

test('links are the same whatever the case of their host and the stroke at their end', () => {
  expect(linkKey('HTTPS://Example.com/A/')).toBe(linkKey('https://example.com/A'))
  expect(linkKey('https://example.com/a')).not.toBe(linkKey('https://example.com/A'))
  expect(linkKey('https://example.com/?q=1')).not.toBe(linkKey('https://example.com/?q=2'))
  expect(hostOf('https://www.Example.com:8080/x')).toBe('example.com')
  expect(hostOf('no link')).toBe('')
})

test('a domain holds for what is below it, not for what ends like it', () => {
  expect(underDomain('blog.example.com', 'example.com')).toBe(true)
  expect(underDomain('example.com', 'www.example.com')).toBe(true)
  expect(underDomain('badexample.com', 'example.com')).toBe(false)
  expect(underDomain('example.com', '')).toBe(false)
})
