/** Which days a view shows. Days are YYYY-MM-DD in the workspace's zone; weeks begin on Monday. */
import { Temporal } from 'temporal-polyfill'

export const views = ['month', 'week', 'agenda'] as const
export type View = (typeof views)[number]

const monday = (day: Temporal.PlainDate) => day.subtract({ days: day.dayOfWeek - 1 })

/** The list shows this many days from the day asked for at least: on the last of a month, tomorrow is what one looks for. */
const ahead = 14

/** First day shown and first day not shown. A month view shows whole weeks, up to six. */
export const rangeOf = (view: View, day: string): { from: string; to: string } => {
  const date = Temporal.PlainDate.from(day)
  if (view === 'week') return { from: monday(date).toString(), to: monday(date).add({ days: 7 }).toString() }
  const first = date.with({ day: 1 })
  if (view === 'agenda') {
    const ends = [first.add({ months: 1 }), date.add({ days: ahead })].sort(Temporal.PlainDate.compare)
    return { from: first.toString(), to: ends[1]!.toString() }
  }
  return { from: monday(first).toString(), to: monday(first).add({ days: 42 }).toString() }
}

export const shift = (view: View, day: string, by: -1 | 1): string => {
  const date = Temporal.PlainDate.from(day)
  return (view === 'week' ? date.add({ days: 7 * by }) : date.with({ day: 1 }).add({ months: by })).toString()
}
