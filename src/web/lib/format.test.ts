import { describe, expect, it } from 'vitest'
import { makeFormat } from './format.ts'

const of = (language: string, ...languages: string[]) => makeFormat(language, 'Europe/Warsaw', languages)

describe('hours', () => {
  const at = '2026-12-01T08:07:00Z'
  it('are written in one way everywhere: to twelve where the reader counts so, to 24 elsewhere', () => {
    // Newer ICU data puts a narrow space before AM.
    const plain = (s: string) => s.replace(/\u202f/g, ' ')
    const us = of('en', 'en-US', 'en')
    expect([us.time(at), us.wall('2026-12-01T09:07'), us.wall('2026-12-01T21:00:30')].map(plain)).toEqual([
      '9:07 AM',
      '9:07 AM',
      '9:00 PM',
    ])
    expect(plain(us.dateTime(at))).toMatch(/9:07 AM$/)
    expect(plain(us.exact(at))).toBe('9:07:00 AM')
    const gb = of('en', 'en-GB')
    expect([gb.time(at), gb.wall('2026-12-01T21:00'), gb.exact(at)]).toEqual(['09:07', '21:00', '09:07:00'])
    const pl = of('pl', 'en-US')
    expect([pl.time(at), pl.wall('2026-12-01T21:00')]).toEqual(['09:07', '21:00'])
  })
})
