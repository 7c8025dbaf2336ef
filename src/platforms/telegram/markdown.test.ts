import { expect, test } from 'vitest'
import { readMarkdown } from './markdown.ts'

test.each([
  ['*bold* _it_ __un__ ~gone~ ||hidden||', 'bold it un gone hidden'],
  ['[Clarion](https://example.com/a_b)', 'Clarion'],
  ['`a.b` and ```ts\nlet x = 1\n```', 'a.b and let x = 1\n'],
  ['1\\.5 \\* two\\!', '1.5 * two!'],
  ['>quoted\n>more\nplain', 'quoted\nmore\nplain'],
  ['*bold _and italic_ here*', 'bold and italic here'],
])('%s is seen without its marks', (source, visible) => {
  expect(readMarkdown(source)).toEqual({ visible, fault: null })
})

test.each([
  ['one. two', /"\."/],
  ['*bold', /not closed/],
  ['*a _b* c_', /crosses/],
  ['`code', /not closed/],
  ['[words](alone', /link/],
  ['a > b', /">"/],
])('%s names its first fault', (source, fault) => {
  expect(readMarkdown(source).fault?.message).toMatch(fault)
})
