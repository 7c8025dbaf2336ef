/** Dates and numbers in the person's language and the workspace's zone. */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../shell/session.tsx'
import { formatBytes } from './bytes.ts'
import { localeOf } from './locale.ts'
import { dayOf } from './time.ts'

export type Format = {
  /** `Mon, 23 Nov, 09:30` */
  dateTime: (at: string) => string
  time: (at: string) => string
  /** A wall time (`2026-11-22T09:30`) as its time of day, as `time` writes it. */
  wall: (wall: string) => string
  /** With seconds: for journals. */
  exact: (at: string) => string
  /** `Monday, 23 November` from an instant. */
  day: (at: string) => string
  date: (at: string) => string
  number: (n: number) => string
  /** 0.05 as `5%`. */
  percent: (share: number) => string
  /** `currency` by its ISO 4217 letters; up to three decimals, for prices below a cent. */
  money: (amount: number, currency: string) => string
  bytes: (n: number) => string
  list: (items: readonly string[]) => string
  /** Sorting key of the day in the workspace's zone. */
  dayKey: (at: string) => string
}

export const makeFormat = (
  language: string,
  timeZone: string,
  /** What the browser's person reads, the favourite first. */
  languages: readonly string[] = navigator.languages,
): Format => {
  const locale = localeOf(language, languages)
  const of = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options })
    return (at: string) => format.format(new Date(at))
  }
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  // One way to write hours everywhere: `9:30 AM` where people count to twelve, `09:30` where they count to 24.
  const twelve = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 === true
  const hours = { hour: twelve ? 'numeric' : '2-digit', minute: '2-digit' } as const
  const plain = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...hours })
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  return {
    dateTime: of({ weekday: 'short', day: 'numeric', month: 'short', ...hours }),
    time: of(hours),
    wall: (wall) => plain.format(new Date(`${wall.slice(0, 16)}Z`)),
    exact: of({ ...hours, second: '2-digit' }),
    day: of({ weekday: 'long', day: 'numeric', month: 'long' }),
    date: of({ day: 'numeric', month: 'short', year: 'numeric' }),
    number: (n) => number.format(n),
    percent: (share) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share),
    money: (amount, currency) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 3 }).format(amount),
    bytes: (n) => formatBytes(n, (value) => number.format(value)),
    list: (items) => list.format(items),
    dayKey: (at) => dayOf(at, timeZone),
  }
}

export const useFormat = (): Format => {
  const { i18n } = useTranslation()
  const { ws } = useSession()
  return useMemo(() => makeFormat(i18n.language, ws.timeZone), [i18n.language, ws.timeZone])
}
