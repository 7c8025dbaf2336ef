import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScheduleInput } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import { knownZone, resolveSchedule, resolveWallTime, wallTimeOf } from './rules.ts'

const iso = (wall: string, zone: string, fold: 'earlier' | 'later' = 'earlier') => {
  const r = resolveWallTime(wall, zone, fold)
  return r.gap ? `gap -> ${r.suggestion}` : `${new Date(r.instant).toISOString()}${r.overlap ? ' overlap' : ''}`
}
const problemOf = (run: () => unknown): Problem => {
  try {
    run()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('wall time to instant', () => {
  it.each([
    ['2027-01-15T09:30', 'Europe/Warsaw', '2027-01-15T08:30:00.000Z'],
    ['2027-07-15T09:30:15', 'Europe/Warsaw', '2027-07-15T07:30:15.000Z'],
    ['2027-03-28T01:59', 'Europe/Warsaw', '2027-03-28T00:59:00.000Z'],
    ['2027-03-28T02:30', 'Europe/Warsaw', 'gap -> 2027-03-28T03:30'],
    ['2027-03-28T03:00', 'Europe/Warsaw', '2027-03-28T01:00:00.000Z'],
    ['2027-03-14T02:00', 'America/New_York', 'gap -> 2027-03-14T03:00'],
    ['2027-03-14T03:00', 'America/New_York', '2027-03-14T07:00:00.000Z'],
    ['2027-06-01T12:00', 'Asia/Kathmandu', '2027-06-01T06:15:00.000Z'],
    // Lord Howe moves by half an hour only.
    ['2027-10-03T02:15', 'Australia/Lord_Howe', 'gap -> 2027-10-03T02:45'],
    ['2027-10-03T02:30', 'Australia/Lord_Howe', '2027-10-02T15:30:00.000Z'],
    // Samoa jumped over the date line and had no 30 December 2011.
    ['2011-12-30T10:00', 'Pacific/Apia', 'gap -> 2011-12-31T10:00'],
    ['2011-12-29T23:59', 'Pacific/Apia', '2011-12-30T09:59:00.000Z'],
    ['2011-12-31T00:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('%s in %s is %s', (wall, zone, want) => expect(iso(wall, zone)).toBe(want))

  it.each([
    ['2027-11-07T01:30', 'America/New_York', '2027-11-07T05:30:00.000Z overlap', '2027-11-07T06:30:00.000Z overlap'],
    ['2027-10-31T02:30', 'Europe/Warsaw', '2027-10-31T00:30:00.000Z overlap', '2027-10-31T01:30:00.000Z overlap'],
    ['2027-04-04T01:45', 'Australia/Lord_Howe', '2027-04-03T14:45:00.000Z overlap', '2027-04-03T15:15:00.000Z overlap'],
  ])('%s in %s happens twice and fold chooses', (wall, zone, earlier, later) => {
    expect(iso(wall, zone, 'earlier')).toBe(earlier)
    expect(iso(wall, zone, 'later')).toBe(later)
  })

  it('keeps the instant through a round trip over wall time, in every zone and season', () => {
    const zones = fc.constantFrom(
      'Europe/Warsaw',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'America/St_Johns',
      'UTC',
    )
    const seconds = fc.integer({ min: Date.UTC(2005, 0, 1) / 1000, max: Date.UTC(2037, 0, 1) / 1000 })
    fc.assert(
      fc.property(seconds, zones, (s, zone) => {
        const folds = (['earlier', 'later'] as const).map((fold) =>
          resolveWallTime(wallTimeOf(s * 1000, zone), zone, fold),
        )
        // A wall time read off a clock exists, and one of its (at most two) instants is the one it was read at.
        expect(folds.some((r) => !r.gap && r.instant === s * 1000)).toBe(true)
        const overlaps = folds.filter((r) => !r.gap && r.overlap).length
        expect(overlaps === 0 || overlaps === 2).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('suggests a time that exists whenever it refuses one', () => {
    const minute = fc.integer({ min: 0, max: 24 * 60 * 3 })
    fc.assert(
      fc.property(minute, (m) => {
        const wall = new Date(Date.UTC(2027, 2, 27) + m * 60_000).toISOString().slice(0, 16)
        const r = resolveWallTime(wall, 'Europe/Warsaw', 'earlier')
        if (r.gap) expect(resolveWallTime(r.suggestion, 'Europe/Warsaw', 'earlier').gap).toBe(false)
        else expect(wallTimeOf(r.instant, 'Europe/Warsaw')).toBe(wall)
      }),
    )
  })
})

describe('what is not a time', () => {
  it.each([
    'Mars/Olympus',
    '',
    ' ',
    '+02:00',
    '2020-01-01T00:00Z[Europe/Paris]',
    'Europe/../Paris',
    'Europe/Warsaw\u0000',
  ])('zone %j is refused', (zone) => {
    const p = problemOf(() => knownZone(zone))
    expect([p.code, p.extra.errors?.[0]?.path]).toEqual(['validation', 'timeZone'])
  })
  it.each(['2027-02-30T10:00', '2027-13-01T10:00', '2027-01-01T24:01', '2027-01-01T10:60', '2027-01-01T23:59:60'])(
    'wall time %s is refused',
    (wall) => {
      const p = problemOf(() => resolveWallTime(wall, 'UTC', 'earlier'))
      expect([p.code, p.extra.errors?.[0]?.path]).toEqual(['validation', 'wallTime'])
    },
  )
  it('gives a zone its usual case', () => expect(knownZone('europe/warsaw')).toBe('Europe/Warsaw'))
})

describe('a request to schedule', () => {
  const now = Date.UTC(2027, 2, 1, 12, 0, 30, 250)
  const resolve = (input: ScheduleInput) => resolveSchedule(input, { now, timeZone: 'Europe/Warsaw' })
  const wall = (wallTime: string, timeZone?: string): ScheduleInput => ({ wallTime, timeZone, fold: 'earlier' })

  it('now is the instant itself, written in the zone of the workspace', () =>
    expect(resolve({ now: true })).toEqual({
      dueAt: new Date(now),
      wallTime: '2027-03-01T13:00:30',
      timeZone: 'Europe/Warsaw',
    }))
  it('an instant gets its wall time', () =>
    expect(resolve({ at: '2027-07-01T10:00:00Z' })).toEqual({
      dueAt: new Date('2027-07-01T10:00:00Z'),
      wallTime: '2027-07-01T12:00',
      timeZone: 'Europe/Warsaw',
    }))
  it('a wall time may name another zone', () =>
    expect(resolve(wall('2027-07-01T10:00', 'asia/kathmandu'))).toEqual({
      dueAt: new Date('2027-07-01T04:15:00Z'),
      wallTime: '2027-07-01T10:00',
      timeZone: 'Asia/Kathmandu',
    }))
  it('a gap is refused with a time that exists', () => {
    const p = problemOf(() => resolve(wall('2027-03-28T02:30')))
    expect([p.code, p.extra.suggestion]).toEqual(['time-gap', '2027-03-28T03:30'])
  })
  it('the past is refused', () => {
    expect(problemOf(() => resolve(wall('2027-03-01T12:59'))).code).toBe('time-past')
    expect(problemOf(() => resolve({ at: new Date(now - 60_001).toISOString() })).code).toBe('time-past')
  })
  it('the minute that is running counts as now', () => {
    expect(resolve(wall('2027-03-01T13:00')).dueAt.getTime()).toBe(now)
    expect(resolve({ at: new Date(now - 60_000).toISOString() }).dueAt.getTime()).toBe(now)
  })
  it('five years ahead is the end', () => {
    expect(resolve({ at: '2032-03-01T12:00:00Z' }).wallTime).toBe('2032-03-01T13:00')
    expect(problemOf(() => resolve({ at: '2032-03-01T12:01:00Z' })).code).toBe('validation')
  })
})
