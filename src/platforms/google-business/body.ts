/** One local post as v4 takes it. Unknown members are refused, so only what is set is sent (fact sheet §3). */
import type { Json, StepContext, StepMedia } from '#kit/client/steps.ts'
import type { Settings } from './spec.ts'
import { wallTime, weekdayOf } from './wall-time.ts'

type T = Pick<StepContext<Settings>, 'segments' | 'settings' | 'channel'>

export const mediaOf = (t: T): StepMedia[] => t.segments[0]?.media ?? []
export const summaryOf = (t: T): string => t.segments[0]?.text.trim() ?? ''

/** The button; an offer has none, and CALL no address. */
export const actionOf = ({ settings: s }: T): { actionType: string; url?: string } | null => {
  if (!s.action || s.topic === 'OFFER') return null
  if (s.action === 'CALL') return { actionType: 'CALL' }
  return { actionType: s.action, ...(s.actionUrl ? { url: s.actionUrl } : {}) }
}

const pattern = (s: Settings): { [member: string]: Json } => {
  const start = wallTime(s.start)
  if (s.repeat === 'DAILY') return { dailyPattern: {} }
  if (s.repeat === 'WEEKLY')
    return { weeklyPattern: { daysOfWeek: s.repeatDays?.length ? s.repeatDays : start ? [weekdayOf(start)] : [] } }
  return { monthlyPattern: { dayOfMonth: start?.date.day ?? 1 } }
}

/** Title and schedule of an event or offer. Times are the place's own, so they carry no zone. */
const eventOf = (s: Settings): { [member: string]: Json } => {
  const [start, end] = [wallTime(s.start), wallTime(s.end)]
  const schedule = {
    ...(start ? { startDate: start.date, startTime: start.time } : {}),
    ...(end ? { endDate: end.date, endTime: end.time } : {}),
  }
  const recurrenceInfo = {
    // An instant, where only a day is known: the last moment of that day in UTC.
    ...(s.repeatUntil ? { seriesEndTime: `${s.repeatUntil}T23:59:59Z` } : {}),
    ...pattern(s),
  }
  return {
    ...(s.eventTitle ? { title: s.eventTitle } : {}),
    schedule,
    ...(s.repeat && s.topic === 'EVENT' ? { recurrenceInfo } : {}),
  }
}

export const offerOf = (s: Settings): { [member: string]: Json } => ({
  ...(s.couponCode ? { couponCode: s.couponCode } : {}),
  ...(s.redeemUrl ? { redeemOnlineUrl: s.redeemUrl } : {}),
  ...(s.terms ? { termsConditions: s.terms } : {}),
})

/** The post's own language, else that of the place as Google tells it. Google guesses where none is sent (§3). */
const languageOf = ({ settings: s, channel }: T): string =>
  s.languageCode ?? (typeof channel.facts.language === 'string' ? channel.facts.language : 'en')

/** The body of the create. */
export const bodyOf = async (t: T): Promise<Json> => {
  const { settings: s } = t
  const action = actionOf(t)
  const media: Json[] = []
  for (const m of mediaOf(t)) media.push({ mediaFormat: 'PHOTO', sourceUrl: await m.url() })
  return {
    languageCode: languageOf(t),
    topicType: s.topic,
    summary: summaryOf(t),
    ...(action ? { callToAction: action } : {}),
    ...(s.topic === 'STANDARD' ? {} : { event: eventOf(s) }),
    ...(s.topic === 'OFFER' ? { offer: offerOf(s) } : {}),
    ...(media.length > 0 ? { media } : {}),
  }
}
