import { describe, expect, test } from 'vitest'
import { type Draft, preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { permalink } from './publish.ts'
import { htmlFault, text, visible } from './text.ts'

const draft = (source: string, settings = {}, pictures = 0, kind = 'channel'): Draft => ({
  segments: [
    {
      text: source,
      media: Array.from({ length: pictures }, (_, i) => ({
        id: `m${i}`,
        kind: 'image' as const,
        mime: 'image/png',
        bytes: 10,
        width: 8,
        height: 8,
        durationMs: null,
        alt: '',
      })),
    },
  ],
  settings,
  channel: { kind, facts: {} },
})
const rules = (d: Draft) => preflight(pure, d).map((f) => `${f.level} ${f.rule}`)

describe('counting', () => {
  test('UTF-16 units: an emoji outside the first plane counts 2', () => expect(text.count('a😀')).toBe(3))
  test('tags and entities do not count in HTML', () =>
    expect(visible('<b>a</b> &amp; <a href="https://example.com">b</a> &#x1F600;', 'html')).toBe('a & b 😀'))
  test('plain text is what it is', () => expect(visible('<b>a</b>', 'plain')).toBe('<b>a</b>'))
  test('4,096 seen characters may carry markup', () =>
    expect(rules(draft(`<b>${'a'.repeat(4096)}</b>`, { parseMode: 'html' }))).toEqual([]))
  test('4,097 seen characters are too many, markup or not', () =>
    expect(rules(draft(`<b>${'a'.repeat(4097)}</b>`, { parseMode: 'html' }))).toEqual(['error telegram.text.length']))
  test('10 MB of text is refused at once', () => {
    const started = performance.now()
    expect(rules(draft('<'.repeat(10_000_000), { parseMode: 'html' }))).toContain('error telegram.text.length')
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe('HTML', () => {
  test.each([
    '<b>bold <i>both</i></b>',
    '<a href="https://example.com?a=1&amp;b=2">link</a>',
    '<pre><code class="language-ts">x</code></pre>',
    '<span class="tg-spoiler">x</span>',
    'a &lt; b &amp; c &#8364;',
    '<blockquote expandable>q</blockquote>',
    'AT&T',
  ])('%s is taken', (s) => expect(htmlFault(s)).toBeNull())
  test.each([
    ['<p>x</p>', 'tag <p>'],
    ['<b>x', 'not closed'],
    ['<b><i>x</b></i>', 'cross'],
    ['a < b', '&lt;'],
    ['&nbsp;', '&nbsp;'],
    ['x</b>', 'closes nothing'],
  ])('%s is refused', (s, why) => expect(htmlFault(s)).toContain(why))
})

describe('preflight', () => {
  test('a caption over 1,024 is sent in two messages, and says so', () => {
    expect(rules(draft('a'.repeat(1024), {}, 1))).toEqual([])
    expect(rules(draft('a'.repeat(1025), {}, 1))).toEqual(['warning telegram.caption.split'])
  })
  test('a poll has a question of 300 and no pictures', () => {
    const poll = { options: ['a', 'b'] }
    expect(rules(draft('q'.repeat(300), { poll }))).toEqual([])
    expect(rules(draft('q'.repeat(301), { poll }))).toEqual(['error telegram.text.length'])
    expect(rules(draft('q', { poll }, 1))).toEqual(['error telegram.poll.media'])
    expect(rules(draft('q', { poll: { ...poll, anonymous: false } }))).toEqual(['error telegram.poll.anonymous'])
    expect(rules(draft('q', { poll: { ...poll, anonymous: false } }, 0, 'supergroup'))).toEqual([])
  })
})

describe('links to a message', () => {
  test('public by name', () =>
    expect(permalink({ chatId: '-1001234567890', username: 'demo' }, 17)).toBe('https://t.me/demo/17'))
  test('private by number, only the leading -100 taken away', () =>
    expect(permalink({ chatId: '-1001001234567' }, 17)).toBe('https://t.me/c/1001234567/17'))
  test('in a topic', () =>
    expect(permalink({ chatId: '-1001234567890', username: 'demo', topicId: 5 }, 17)).toBe('https://t.me/demo/5/17'))
  test('a basic group has none', () => expect(permalink({ chatId: '-4012345' }, 17)).toBeNull())
})
