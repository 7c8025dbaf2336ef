import { describe, expect, it } from 'vitest'
import { dayAhead, nextHour, readWall, wallOf } from './time.ts'

describe('wall time', () => {
  it('reads an ordinary time in the zone', () => {
    expect(readWall('2026-07-01T09:30', 'Europe/Warsaw')).toEqual({ kind: 'ok', at: '2026-07-01T07:30:00Z' })
  })
  it('names a time the clocks jump over, and the one that exists instead', () => {
    expect(readWall('2026-03-29T02:30', 'Europe/Warsaw')).toEqual({ kind: 'gap', suggestion: '2026-03-29T03:30' })
  })
  it('shows a time that exists twice and follows the choice', () => {
    const earlier = readWall('2026-10-25T02:30', 'Europe/Warsaw')
    const later = readWall('2026-10-25T02:30', 'Europe/Warsaw', 'later')
    expect(earlier).toMatchObject({
      kind: 'overlap',
      at: '2026-10-25T00:30:00Z',
      offsets: { earlier: '+02:00', later: '+01:00' },
    })
    expect(later).toMatchObject({ at: '2026-10-25T01:30:00Z' })
  })
  it('never throws on half-typed input', () => {
    expect(readWall('2026-1', 'Europe/Warsaw')).toEqual({ kind: 'invalid' })
  })
  it('gives wall times to the minute, and seconds only when there are some', () => {
    expect(wallOf('2026-07-01T07:30:00Z', 'Europe/Warsaw')).toBe('2026-07-01T09:30')
    expect(wallOf('2026-07-01T07:30:15Z', 'Europe/Warsaw')).toBe('2026-07-01T09:30:15')
  })
  it('suggests full hours that are not about to pass', () => {
    expect(nextHour('2026-07-01T07:55:00Z', 'Europe/Warsaw')).toBe('2026-07-01T11:00')
    expect(dayAhead('2026-07-01T23:30:00Z', 'Europe/Warsaw', 1, 9)).toBe('2026-07-03T09:00')
  })
})
