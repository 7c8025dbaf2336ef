import { describe, expect, test } from 'vitest'
import type { Draft } from '#kit/facts/preflight.ts'
import { preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { lengthOf } from './sandbox/checks.ts'
import { count, inlineTopic, linkCount, links, sameText, spoilerRanges, text } from './text.ts'

const draft = (source: string, settings = {}, more: Partial<Draft> = {}): Draft => ({
  segments: [{ text: source, media: [] }],
  settings,
  channel: { kind: 'profile', facts: {} },
  ...more,
})
const kinds = (d: Draft) => preflight(pure, d).map((f) => f.kind)

describe('characters count one, emoji their bytes', () => {
  const vectors: [string, number][] = [
    ['', 0],
    ['abc', 3],
    ['zażółć gęślą', 12],
    ['日本語', 3],
    ['e\u0301', 1],
    ['🍞', 4],
    ['❤️', 6],
    ['👍🏽', 8],
    ['🇵🇱', 8],
    ['1️⃣', 7],
    ['👨‍👩‍👧‍👦', 25],
    ['#1 © 2026', 9],
    ['“quoted” – dash…', 16],
  ]
  for (const [source, length] of vectors)
    test(`${JSON.stringify(source)} counts ${length}`, () => {
      expect(count(source)).toBe(length)
      // The imitation's own reading agrees.
      expect(lengthOf(source)).toBe(length)
    })
  test('10 MB of text is counted at once, and never fits', () => {
    const started = performance.now()
    expect(count('é'.repeat(10_000_000))).toBeGreaterThan(500)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
  test('a long text is cut into posts that fit', () => {
    const parts = text.split(`${'Bread 🍞 and butter. '.repeat(60)}`, 500)
    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) expect(count(part)).toBeLessThanOrEqual(500)
  })
})

describe('links', () => {
  test('each address counts once, with the attached ones', () => {
    expect(links('see www.a.com, https://b.com/x. and me@www.c.com')).toEqual(['www.a.com', 'https://b.com/x'])
    expect(linkCount('www.example.com, www.example.com, and www.test.com', 'https://www.test.com/')).toBe(2)
    expect(linkCount('www.a.com www.b.com', 'https://c.com')).toBe(3)
  })
  test('more than five are named before publishing, in each post and in the comment', () => {
    const many = Array.from({ length: 6 }, (_, i) => `https://e.com/${i}`).join(' ')
    expect(kinds(draft(many))).toContain('text.links')
    expect(kinds(draft('ok', {}, { firstComment: many }))).toContain('text.links')
  })
})

describe('topics, spoilers, sameness', () => {
  test('the first tag that is no number is the topic', () => {
    expect(inlineTopic('we are #1 in #Bread.baking')).toBe('Bread')
    expect(inlineTopic('a&#b c#d')).toBeUndefined()
  })
  test('hidden words are found in code points, in order, never overlapping', () => {
    expect(spoilerRanges('🍞 rye and wheat', ['wheat', 'rye', 'nothing'])).toEqual([
      { offset: 2, length: 3 },
      { offset: 10, length: 5 },
    ])
    expect(spoilerRanges('aaa', ['aa', 'a'])).toHaveLength(1)
  })
  test('a text is the same without the sign of its topic and with other white space', () => {
    expect(sameText('Fresh  #bread\ntoday', 'Fresh bread today')).toBe(true)
    expect(sameText('Fresh bread', 'Fresh rolls')).toBe(false)
    expect(sameText('C# and a#b', 'C and ab')).toBe(false)
  })
})

describe('preflight says what Threads would refuse', () => {
  test('what does not go together', () => {
    expect(kinds(draft('a', { longTextLink: 'https://e.com' }))).toContain('longText.missing')
    expect(kinds(draft('a', { spoilers: ['b'] }))).toContain('spoilers.missing')
    expect(kinds(draft('ab ab', { spoilers: ['a', 'ab'] }))).toContain('spoilers.overlap')
    expect(kinds(draft('żabka', { spoilers: ['ka'] }))).toContain('spoilers.place')
    expect(kinds(draft('a', { ghost: true }, { firstComment: 'b' }))).toContain('ghost.thread')
    expect(kinds(draft('a', { ghost: true, poll: ['a', 'b'] }))).toContain('ghost.alone')
    expect(kinds(draft('a', { ghost: true, spoilers: ['a'] }))).toEqual([])
  })
  test('a first comment has its own length', () => {
    expect(kinds(draft('a', {}, { firstComment: 'b'.repeat(500) }))).toEqual([])
    expect(kinds(draft('a', {}, { firstComment: 'b'.repeat(501) }))).toEqual(['comment.length'])
  })
  test('several hashtags and a missing permission are worth a warning', () => {
    expect(kinds(draft('#a1 #b2'))).toEqual(['text.topics'])
    const poor = { channel: { kind: 'profile', facts: { mayReply: false } } }
    expect(kinds(draft('a', {}, { ...poor, firstComment: 'b' }))).toEqual(['reply.permission'])
    expect(kinds(draft('a', {}, poor))).toEqual([])
  })
})
