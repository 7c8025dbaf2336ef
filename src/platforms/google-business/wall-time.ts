/** Days and times as settings keep them. Pure, and light: the spec reads it, which is in the first load of the web app. */

/** A day and time of the place, without a zone, as Google takes it. */
export type WallTime = {
  date: { year: number; month: number; day: number }
  time: { hours: number; minutes: number }
}

const form = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/

/** Reads `2026-12-04T19:00`; null when it is not a day and time of the calendar. */
export const wallTime = (text: string | undefined): WallTime | null => {
  const [year, month, day, hours, minutes] = (form.exec(text ?? '') ?? []).slice(1).map(Number)
  if (minutes === undefined || hours! > 23 || minutes > 59) return null
  const at = new Date(Date.UTC(year!, month! - 1, day!))
  if (at.getUTCMonth() !== month! - 1 || at.getUTCDate() !== day!) return null
  return { date: { year: year!, month: month!, day: day! }, time: { hours: hours!, minutes } }
}

const names = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const

/** Day of the week of a wall time, in Google's words. */
export const weekdayOf = ({ date: { year, month, day } }: WallTime): (typeof names)[number] =>
  names[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]!
