import { describe, expect, test } from 'vitest'
import { settings } from './spec.ts'
import { holdsPhone, textKey } from './text.ts'
import { wallTime, weekdayOf } from './wall-time.ts'

describe('phone numbers in a text', () => {
  test.each([
    'Ring +48 600 123 456',
    '(555) 010-0199 now',
    'tel 020 7946 0958.',
    '555.010.0199',
    'tel. 22 123 45 67',
    '600123456',
  ])('%s', (text) => {
    expect(holdsPhone(text)).toBe(true)
  })
  test.each([
    'Open 9-17, from 2026-12-04 to 2026-12-24',
    '04.12.2026 - 24.12.2026',
    '24/12/2026-31/12/2026, 10:00-18:00',
    '9-17 8-16 10-12',
    '2026-2027-2028',
    'Sale of 1 200 000 loaves',
    'Dec 24-26, 2026 10-18',
    'Now 1,299,000 in stock',
    'See https://example.com/p/5550100199',
    'Only 100 left, 20% off',
    'ISBN978316148410a',
  ])('none: %s', (text) => {
    expect(holdsPhone(text)).toBe(false)
  })
})

describe('times of the place', () => {
  test('are days of the calendar and times of the day, nothing else', () => {
    expect(wallTime('2028-02-29T23:59')).toEqual({
      date: { year: 2028, month: 2, day: 29 },
      time: { hours: 23, minutes: 59 },
    })
    for (const bad of ['2027-02-29T10:00', '2027-01-01T24:00', '2027-01-01 10:00', '2027-1-1T10:00', '', undefined])
      expect(wallTime(bad)).toBeNull()
    expect(settings.safeParse({ start: '2027-02-29T10:00' }).success).toBe(false)
  })
  test('know their day of the week', () => {
    expect(weekdayOf(wallTime('2026-11-22T12:00')!)).toBe('SUNDAY')
    expect(weekdayOf(wallTime('2026-11-28T12:00')!)).toBe('SATURDAY')
  })
})

test('two texts are the same when only their spaces or the form of their letters differ', () => {
  expect(textKey(' a\r\n b  ')).toBe(textKey('a b'))
  expect(textKey('e\u0301')).toBe(textKey('é'))
  expect(textKey('a')).not.toBe(textKey('A'))
})
