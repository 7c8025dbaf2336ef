import { expect, test } from 'vitest'
import { type Draft, type PlatformPure, preflight } from './preflight.ts'
import { isBlank, textRules, withoutEnd } from './text.ts'

test.each([
  '',
  ' \n\t',
  '\u200b',
  '\u2800\u2800',
  '\u200e\u200f\u202a\u2066',
  '\u3164',
  '\u00ad',
  '\ufeff',
  '\u2060 \u200d',
  '\u3000',
  '\ufe0f',
  '\u{e0020}',
])('%j shows nothing', (text) => expect(isBlank(text)).toBe(true))
test.each(['.', '0', '👍', '\u200bа', '한', '\u0600'])('%j shows something', (text) =>
  expect(isBlank(text)).toBe(false),
)

test('the end of a text is trimmed in one pass, surrogates and all', () => {
  expect(withoutEnd('#tag🎉!', /\p{P}|🎉/u)).toBe('#tag')
  expect(withoutEnd(`${'!'.repeat(200_000)}a`, /!/)).toHaveLength(200_001)
})

const draft: Draft = {
  segments: [{ text: '\u200b', media: [] }],
  firstComment: '\u2800',
  settings: {},
  channel: { kind: 'profile', facts: {} },
}
const pure = {
  spec: {
    id: 'net',
    name: 'Net',
    text: { max: 10, unit: 'utf16' },
    thread: { max: 1 },
    media: { max: 1, mix: 'free' },
    can: { firstComment: false },
    settings: { version: 1, schema: { safeParse: () => ({ success: true }) } },
  },
  text: textRules('utf16'),
  check: (d: Draft) => [
    {
      rule: 'net.seen',
      kind: 'seen',
      level: 'warning',
      message: JSON.stringify([d.segments[0]!.text, d.firstComment]),
      remedy: '',
      params: {},
    },
  ],
} as unknown as PlatformPure

test('to preflight and to every platform a text that shows nothing is none', () =>
  expect(preflight(pure, draft).map((f) => [f.rule, f.message])).toEqual([
    ['net.text.empty', 'This post has neither text nor media.'],
    ['net.seen', '["",""]'],
  ]))
