/**
 * Wall time in the workspace's zone, honestly: some local times do not exist (clocks jump forward) and some exist twice
 * (clocks go back). The server decides; this tells the person beforehand, with the same rules.
 */
import { Temporal } from 'temporal-polyfill'

export type Fold = 'earlier' | 'later'
export type WallReading =
  | { kind: 'ok'; at: string }
  /** The time does not exist that day; `suggestion` is the first wall time after the jump by the same distance. */
  | { kind: 'gap'; suggestion: string }
  /** The time exists twice; `at` follows the chosen fold. Offsets like `+02:00`. */
  | { kind: 'overlap'; at: string; offsets: { earlier: string; later: string } }
  | { kind: 'invalid' }

/** Reads a wall time (`2026-11-22T09:30`, seconds optional) in a zone. Never throws. */
export const readWall = (wall: string, timeZone: string, fold: Fold = 'earlier'): WallReading => {
  let plain: Temporal.PlainDateTime
  try {
    plain = Temporal.PlainDateTime.from(wall)
  } catch {
    return { kind: 'invalid' }
  }
  const earlier = plain.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const later = plain.toZonedDateTime(timeZone, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds) return { kind: 'ok', at: earlier.toInstant().toString() }
  if (!earlier.toPlainDateTime().equals(plain))
    return { kind: 'gap', suggestion: wallOf(later.toInstant().toString(), timeZone) }
  const chosen = fold === 'earlier' ? earlier : later
  return {
    kind: 'overlap',
    at: chosen.toInstant().toString(),
    offsets: { earlier: earlier.offset, later: later.offset },
  }
}

/** The wall time of an instant in a zone, to the minute (to the second when it has seconds). */
export const wallOf = (instant: string, timeZone: string): string => {
  const z = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone)
  return z.toPlainDateTime().toString({ smallestUnit: z.second === 0 ? 'minute' : 'second', roundingMode: 'trunc' })
}

/** `YYYY-MM-DD` of an instant in a zone. */
export const dayOf = (instant: string, timeZone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString()

/** A wall time some days ahead of now in the zone, at `hour:minute`. */
export const dayAhead = (nowIso: string, timeZone: string, days: number, hour: number, minute = 0): string =>
  Temporal.Instant.from(nowIso)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .add({ days })
    .toPlainDateTime({ hour, minute })
    .toString({ smallestUnit: 'minute' })

/** The next full hour at least 10 minutes away, as a wall time in the zone. */
export const nextHour = (nowIso: string, timeZone: string): string =>
  Temporal.Instant.from(nowIso)
    .add({ minutes: 10 })
    .toZonedDateTimeISO(timeZone)
    .round({ smallestUnit: 'hour', roundingMode: 'ceil' })
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })

/** First instant of a day in a zone, ISO UTC. */
export const dayStart = (day: string, timeZone: string): string =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).toInstant().toString()

/** Every zone this browser knows, for pickers. */
export const zones = (): string[] => {
  const list = Intl.supportedValuesOf('timeZone')
  return list.includes('UTC') ? list : ['UTC', ...list]
}
