import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Draft, preflight } from '#kit/facts/preflight.ts'
import { hostileTexts } from '#kit/testing/hostile.ts'
import { faultCodes } from './fault.ts'
import { pure } from './preflight.ts'
import { permalink } from './publish.ts'
import { format } from './sandbox/entities.ts'
import { read, text, visible } from './text.ts'
import { words } from './web/words.ts'

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
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

const htmlFault = (source: string) => read(source, 'html').fault?.message ?? null
const markdown = (source: string) => read(source, 'markdown')

describe('HTML', () => {
  test.each([
    '<b>bold <i>both</i></b>',
    '<a href="https://example.com?a=1&amp;b=2">link</a>',
    '<pre><code class="language-ts">x</code></pre>',
    '<span class="tg-spoiler">x</span>',
    'a &lt; b &amp; c &#8364;',
    '<blockquote expandable>q</blockquote>',
    'AT&T',
    '<b class=x>x</b>',
    '<B>x</b>',
    '<b>x</>',
    '<a href=example.com>x</a>',
    '<a href="https://example.com/a>b">x</a>',
    '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
    '<tg-spoiler>x</tg-spoiler>',
    '<blockquote\nexpandable>q</blockquote>',
    'a > b',
  ])('%s is taken', (s) => expect(htmlFault(s)).toBeNull())
  test.each([
    ['<p>x</p>', 'tag <p>'],
    ['<b>x', 'not closed'],
    ['<b><i>x</b></i>', 'cross'],
    ['a < b', '&lt;'],
    ['&nbsp;', '&nbsp;'],
    ['x</b>', 'closes nothing'],
    ['<span>x</span>', 'tg-spoiler'],
    ['<span class="spoiler">x</span>', 'tg-spoiler'],
    ['<tg-emoji>👍</tg-emoji>', 'number'],
    ['<b', 'does not end'],
    ['<b class="x>y</b>', 'attributes'],
    ['<b =x>y</b>', 'attributes'],
    ['<br/>', 'tag <br/>'],
    ['<>', '&lt;'],
    ['x</b', 'does not end'],
  ])('%s is refused', (s, why) => expect(htmlFault(s)).toContain(why))
})

describe('MarkdownV2', () => {
  test.each([
    ['*bold _both_* ~no~ __under__ ||hidden||', 'bold both no under hidden'],
    ['[words](https://example.com/a_(b\\))', 'words'],
    ['1\\. a \\- b\\!', '1. a - b!'],
    ['```ts\ncode();\n```', 'code();\n'],
    ['>quoted\n>twice\nafter', 'quoted\ntwice\nafter'],
    ['>quoted\n**>folded\n>last||\nafter', 'quoted\nfolded\nlast\nafter'],
    ['**>folded||', 'folded'],
    ['>a ||secret||', 'a secret'],
    ['![👍](tg://emoji?id=5368324170671202286)', '👍'],
    ['[words] alone', 'words alone'],
  ])('%j is taken', (source, seen) => expect(markdown(source)).toEqual({ visible: seen, fault: null }))
  test.each([
    ['a.b', '"." must be'],
    ['a!', '"!" must be'],
    ['a > b', '">" must be'],
    ['*a', '* is not closed'],
    ['*a _b* c_', 'crosses'],
    ['[a](b', '[words](address)'],
    ['![a](https://example.com)', 'custom emoji'],
    ['`a', '` is not closed'],
    ['a | b', '"|" must be'],
    ['a||', '|| is not closed'],
  ])('%j is refused', (source, why) => expect(markdown(source).fault?.message).toContain(why))
})

test.each(Object.entries(hostileTexts))('markup of 100 kB is read at once: %s', (_, source) => {
  for (const mode of ['html', 'markdown'] as const) {
    const used = () => {
      const begun = process.threadCpuUsage()
      read(source, mode)
      const { user, system } = process.threadCpuUsage(begun)
      return (user + system) / 1000
    }
    expect(Math.min(...Array.from({ length: 5 }, used))).toBeLessThan(50)
  }
})

test.each(Object.entries(hostileTexts))('the imitation reads 100 kB at once: %s', (_, source) => {
  for (const mode of [undefined, 'HTML', 'MarkdownV2']) {
    const used = () => {
      const begun = process.threadCpuUsage()
      try {
        format(source, mode, undefined)
      } catch {
        // Refused is an answer too.
      }
      const { user, system } = process.threadCpuUsage(begun)
      return (user + system) / 1000
    }
    expect(Math.min(...Array.from({ length: 5 }, used))).toBeLessThan(150)
  }
})

test('every fault of markup has its sentence and its remedy in Polish', () => {
  const pl: Readonly<Record<string, string>> = words.pl
  for (const code of faultCodes)
    for (const key of [`preflight.text.fault.${code}`, `preflight.text.fault.${code}.fix`])
      expect(pl[key], key).toBeTruthy()
})

describe('what the preflight takes, the imitation takes; what it refuses, the imitation refuses', () => {
  // Two readings of one document: the pieces of both languages in any order, as people get them wrong.
  const html = [
    '<b>',
    '</b>',
    '<span class="tg-spoiler">',
    '<span>',
    '</span>',
    '</>',
    'a',
    '<',
    '>',
    '&lt;',
    '<a href="x.com">',
    '</a>',
    '<blockquote expandable>',
    '</blockquote>',
    ' ',
    '\n',
  ]
  const marks = [
    '*',
    '_',
    '__',
    '||',
    '~',
    '`',
    '```',
    '[',
    '](x)',
    '![',
    '](tg://emoji?id=1)',
    '>',
    '**>',
    '\n',
    'a',
    '\\.',
    '.',
    ' ',
  ]
  test.each([
    ['html', html, 'HTML'],
    ['markdown', marks, 'MarkdownV2'],
  ] as const)('%s', (mode, pieces, name) =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (xs) => {
        const source = `x${xs.join('')}`
        const taken = () => {
          try {
            return format(source, name, undefined).text
          } catch {
            return null
          }
        }
        const ours = read(source, mode)
        expect(ours.fault ? null : ours.visible.trim()).toBe(taken())
      }),
      { numRuns: 5000, seed: 8 },
    ),
  )
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
