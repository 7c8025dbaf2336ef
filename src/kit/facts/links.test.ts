import { expect, test } from 'vitest'
import { webAddress } from './links.ts'

test('only http(s) addresses are kept: a link of another scheme runs where it is clicked', () => {
  for (const good of ['https://x.example/a?b#c', 'http://localhost:4400/', 'HTTPS://x.example'])
    expect(webAddress(good)).toBe(good)
  for (const bad of [
    'javascript:alert(1)',
    ' https://x.example',
    'java\tscript:alert(1)',
    'data:text/html,<script>',
    'https:',
    'https:///x',
    'https://x y',
    '//x.example',
    'x.example',
    '',
    null,
    undefined,
  ])
    expect(webAddress(bad), String(bad)).toBeNull()
})
