/**
 * When: wall time <-> instant, pure. A schedule keeps local wall time, IANA zone and the instant (invariant 5); a
 * wall time that daylight saving skips is refused with a suggestion, one that happens twice needs a `fold`.
 */
import { Temporal } from 'temporal-polyfill'
import type { ScheduleInput } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'

export type Fold = 'earlier' | 'later'

/** A time up to this much in the past (ms) counts as "now": a person who picks the current minute means now. */
export const pastGraceMs = 60_000
/** How many years ahead a schedule may lie: zone rules further out are fiction. */
export const maxYearsAhead = 5

/** What a plan stores. `dueAt` is the UTC instant; `wallTime` and `timeZone` say how a person would read it. */
export type When = { dueAt: Date; wallTime: string; timeZone: string }

export type Resolved =
  /** `instant` in epoch ms; `overlap`: the wall time happens twice that day and `fold` decided. */
  | { gap: false; instant: number; overlap: boolean }
  /** The wall time does not exist; `suggestion` is the same distance after the jump. */
  | { gap: true; suggestion: string }

const invalid = (path: string, message: string) => new Problem('validation', message, { errors: [{ path, message }] })

/** IANA names only: Temporal would also take `+02:00` and whole timestamps, which do not survive daylight saving. */
const zoneName = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/

/** The zone's name in its usual case (`europe/warsaw` -> `Europe/Warsaw`). Throws `validation` for a name the runtime does not know. */
export const knownZone = (zone: string): string => {
  try {
    if (zoneName.test(zone)) return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw invalid('timeZone', `"${zone}" is not an IANA time zone`)
}

const plain = (wallTime: string): Temporal.PlainDateTime => {
  try {
    // `:60` is a leap second to Temporal, which would move it silently.
    if (!/:6\d/.test(wallTime)) return Temporal.PlainDateTime.from(wallTime, { overflow: 'reject' })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw invalid('wallTime', `"${wallTime}" is not a date and time of the calendar`)
}

/** `YYYY-MM-DDTHH:MM`, with `:SS` when the seconds are not zero; parts of a second are cut off. */
const written = (t: Temporal.PlainDateTime): string =>
  t.toString({ smallestUnit: t.second === 0 ? 'minute' : 'second', roundingMode: 'trunc' })

/** How a clock in `zone` shows the instant (epoch ms). Throws `validation` for an unknown zone. */
export const wallTimeOf = (instant: number, zone: string): string =>
  written(Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(knownZone(zone)).toPlainDateTime())

/** The instant of a wall time in a zone, or what to choose instead. Throws `validation` for an unknown zone or an impossible date. */
export const resolveWallTime = (wallTime: string, zone: string, fold: Fold): Resolved => {
  const wanted = plain(wallTime)
  const timeZone = knownZone(zone)
  const [first, last] = (['earlier', 'later'] as const).map((disambiguation) =>
    wanted.toZonedDateTime(timeZone, { disambiguation }),
  ) as [Temporal.ZonedDateTime, Temporal.ZonedDateTime]
  if (!last.toPlainDateTime().equals(wanted)) return { gap: true, suggestion: written(last.toPlainDateTime()) }
  const chosen = fold === 'earlier' ? first : last
  return { gap: false, instant: chosen.epochMilliseconds, overlap: first.epochMilliseconds !== last.epochMilliseconds }
}

/**
 * What a request to schedule means, at `now` (epoch ms), in the workspace's zone when it names none. Throws `time-gap`
 * (with `suggestion`), `time-past`, and `validation` for unknown zones and times over five years ahead.
 */
export const resolveSchedule = (input: ScheduleInput, o: { now: number; timeZone: string }): When => {
  const timeZone = knownZone('wallTime' in input ? (input.timeZone ?? o.timeZone) : o.timeZone)
  const at = (instant: number): When => ({
    dueAt: new Date(instant),
    wallTime: wallTimeOf(instant, timeZone),
    timeZone,
  })
  if ('now' in input) return at(o.now)
  const instant = 'at' in input ? Date.parse(input.at) : wallInstant(input.wallTime, timeZone, input.fold)
  if (instant < o.now - pastGraceMs)
    throw new Problem('time-past', `${wallTimeOf(instant, timeZone)} in ${timeZone} has passed.`)
  if (instant <= o.now) return at(o.now)
  const limit = Temporal.Instant.fromEpochMilliseconds(o.now).toZonedDateTimeISO('UTC').add({ years: maxYearsAhead })
  if (instant > limit.epochMilliseconds)
    throw invalid('at' in input ? 'at' : 'wallTime', `A post can be scheduled at most ${maxYearsAhead} years ahead.`)
  return at(instant)
}

const wallInstant = (wallTime: string, timeZone: string, fold: Fold): number => {
  const resolved = resolveWallTime(wallTime, timeZone, fold)
  if (!resolved.gap) return resolved.instant
  const detail = `Clocks in ${timeZone} jump over ${wallTime}; ${resolved.suggestion} exists.`
  throw new Problem('time-gap', detail, { suggestion: resolved.suggestion })
}
